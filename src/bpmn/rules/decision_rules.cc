// zeebe:calledDecision and zeebe:script: work that the engine does itself, instead of a job.
#include "base/limits.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/mapping_path.h"
#include "bpmn/rules/rules.h"
#include "bpmn/text_or_expression.h"

namespace baton::bpmn {
namespace {

/// A task does one thing: `extension` once, and no job beside it.
void check_only_one(const RawNode& node, std::string_view extension, std::size_t count, Report& report) {
  if (count > 1) report.add(node, "task-implementation", fmt::format("Must have at most one {}", extension));
  if (!node.task_definitions.empty()) {
    report.add(node, "task-implementation",
               fmt::format("Must have either one {} or one zeebe:taskDefinition, but has both", extension));
  }
}

void check_result_variable(const RawNode& node, int line, std::string_view extension, std::string_view name,
                           Report& report) {
  const auto path = split_mapping_path(name);
  if (path && path->size() == 1) return;
  report.add(described(node.id, node.kind, line), line, "result-variable",
             fmt::format("Attribute 'resultVariable' of {} must be the name of a variable, not '{}'", extension,
                         clipped(name)));
}

}  // namespace

void check_decision(const RawNode& node, Report& report) {
  constexpr std::string_view kExtension = "zeebe:calledDecision";
  if (node.called_decisions.empty()) return;
  check_only_one(node, kExtension, node.called_decisions.size(), report);
  for (const RawCalledDecision& raw : node.called_decisions) {
    const std::string id = described(node.id, node.kind, raw.line);
    if (trimmed(raw.decision_id).empty()) {
      report.add(id, raw.line, "called-decision",
                 "Attribute 'decisionId' of zeebe:calledDecision must be present and not empty");
    } else {
      check_text_or_expression(node, raw.line, "zeebe:calledDecision decisionId", raw.decision_id, report);
    }
    check_result_variable(node, raw.line, kExtension, raw.result_variable, report);
    if (!binding_of(raw.binding_type)) {
      report.add(id, raw.line, "binding-type",
                 fmt::format("Attribute 'bindingType' must be latest, deployment or versionTag, not '{}'",
                             clipped(raw.binding_type)));
    } else if (*binding_of(raw.binding_type) == Binding::kVersionTag && trimmed(raw.version_tag).empty()) {
      report.add(id, raw.line, "binding-type", "Attribute 'versionTag' must not be empty with bindingType versionTag");
    }
  }
}

void check_script(const RawNode& node, Report& report) {
  constexpr std::string_view kExtension = "zeebe:script";
  if (node.scripts.empty()) return;
  check_only_one(node, kExtension, node.scripts.size(), report);
  for (const RawScript& raw : node.scripts) {
    check_expression(described(node.id, node.kind, raw.line), raw.line, "zeebe:script expression", raw.expression,
                     report);
    check_result_variable(node, raw.line, kExtension, raw.result_variable, report);
  }
}

}  // namespace baton::bpmn
