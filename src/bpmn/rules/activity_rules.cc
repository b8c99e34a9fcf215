// Call activities, multi-instance loops and user tasks: their extensions (camunda-8-api.md 3.3, 3.5).
#include <charconv>
#include <utility>

#include "bpmn/elements/element_spec.h"
#include "bpmn/mapping_path.h"
#include "bpmn/rules/rules.h"
#include "bpmn/text_or_expression.h"
#include "bpmn/timer.h"

namespace baton::bpmn {
namespace {

constexpr int kMostPriority = 100;

std::string id_of(const RawNode& node) {
  return described(node.id, node.kind, node.line);
}

void check_binding(const RawNode& node, int line, std::string_view type, std::string_view version_tag, Report& report) {
  const auto binding = binding_of(type);
  if (!binding) {
    report.add(id_of(node), line, "binding-type",
               fmt::format("bindingType must be 'latest', 'deployment' or 'versionTag', not '{}'", clipped(type)));
  } else if (*binding == Binding::kVersionTag && version_tag.empty()) {
    report.add(id_of(node), line, "binding-type", "bindingType 'versionTag' needs a versionTag");
  }
}

void check_variable_name(const RawNode& node, int line, std::string_view what, const std::string& name,
                         Report& report) {
  const auto path = split_mapping_path(name);
  if (!name.empty() && (!path || path->size() != 1)) {
    report.add(id_of(node), line, "variable-name", fmt::format("{} '{}' must be a variable name", what, clipped(name)));
  }
}

void check_date(const RawNode& node, std::string_view what, const std::optional<RawAttribute>& given, Report& report) {
  if (!given) return;
  if (is_expression(given->value)) {
    check_text_or_expression(node, given->line, what, given->value, report);
  } else if (const auto date = parse_timer_date(given->value); !date) {
    report.add(id_of(node), given->line, "task-schedule", fmt::format("{}: {}", what, date.error().message));
  }
}

void check_priority(const RawNode& node, Report& report) {
  const auto& given = node.user_task.priority;
  if (!given) return;
  if (is_expression(given->value)) {
    check_text_or_expression(node, given->line, "zeebe:priorityDefinition priority", given->value, report);
    return;
  }
  int value = 0;
  const std::string_view text = trimmed(given->value);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > kMostPriority) {
    report.add(id_of(node), given->line, "task-priority",
               fmt::format("The priority must be a number from 0 to {} or an expression, not '{}'", kMostPriority,
                           clipped(text)));
  }
}

void check_form(const RawNode& node, const RawForm& form, Report& report) {
  const bool native = node.user_task.native_blocks > 0;
  const std::string& other = native ? form.external_reference : form.form_key;
  if (form.form_id.empty() == other.empty()) {
    report.add(id_of(node), form.line, "form-definition",
               fmt::format("zeebe:formDefinition of a {} user task must have exactly one of formId and {}",
                           native ? "native" : "job-based", native ? "externalReference" : "formKey"));
  }
  check_text_or_expression(node, form.line, "externalReference", form.external_reference, report);
  check_text_or_expression(node, form.line, "formId", form.form_id, report);
  check_binding(node, form.line, form.binding_type, form.version_tag, report);
}

}  // namespace

void check_start_form(const NodeView& view, Report& report) {
  const RawNode& node = view.node;
  const auto& forms = node.user_task.forms;
  if (forms.empty()) return;
  const auto refuse = [&](std::string text) {
    report.add(id_of(node), forms.front().line, "form-definition", std::move(text));
  };
  if (forms.size() > 1) refuse("Must have at most one zeebe:formDefinition");
  if (node.parent != RawNode::kNoParent || !node.events.empty())
    refuse("Only a none start event of a process can have a zeebe:formDefinition");
  for (const RawForm& form : forms) {
    if (form.form_id.empty() == form.form_key.empty())
      refuse("zeebe:formDefinition of a start event must have exactly one of formId and formKey");
    if (form.form_id.starts_with('=')) refuse("formId of a start event must be a text: there are no variables yet");
    check_binding(node, form.line, form.binding_type, form.version_tag, report);
  }
}

void check_called_element(const RawNode& node, Report& report) {
  if (node.called_elements.size() != 1) {
    report.add(node, "called-element",
               fmt::format("Must have exactly one zeebe:calledElement, but has {}", node.called_elements.size()));
  }
  for (const RawCalledElement& called : node.called_elements) {
    if (!called.process_id || trimmed(*called.process_id).empty()) {
      report.add(id_of(node), called.line, "called-process-id",
                 "Attribute 'processId' of zeebe:calledElement must be present and not empty");
    } else {
      check_text_or_expression(node, called.line, "zeebe:calledElement processId", *called.process_id, report);
    }
    check_binding(node, called.line, called.binding_type, called.version_tag, report);
  }
}

void check_multi_instance(const RawNode& node, Report& report) {
  const RawMultiInstance& loop = *node.multi_instance;
  if (loop.loops.size() != 1) {
    report.add(id_of(node), loop.line, "loop-characteristics",
               fmt::format("Must have exactly one zeebe:loopCharacteristics, but has {}", loop.loops.size()));
  }
  if (loop.completion_condition && !loop.completion_condition->empty())
    check_expression(id_of(node), loop.line, "completionCondition", *loop.completion_condition, report);
  for (const RawLoopCharacteristics& given : loop.loops) {
    check_expression(id_of(node), given.line, "inputCollection", given.input_collection, report);
    check_variable_name(node, given.line, "inputElement", given.input_element, report);
    check_variable_name(node, given.line, "outputCollection", given.output_collection, report);
    if (given.output_collection.empty() != given.output_element.empty()) {
      report.add(id_of(node), given.line, "output-collection",
                 "outputCollection and outputElement must both be present, or neither");
    } else if (!given.output_element.empty()) {
      check_expression(id_of(node), given.line, "outputElement", given.output_element, report);
    }
  }
}

void check_user_task(const RawNode& node, Report& report) {
  const RawUserTask& task = node.user_task;
  if (task.native_blocks > 1) report.add(node, "user-task-once", "Must have at most one zeebe:userTask");
  if (task.forms.size() > 1) report.add(node, "form-definition", "Must have at most one zeebe:formDefinition");
  for (const RawForm& form : task.forms) check_form(node, form, report);
  if (task.assignee) check_text_or_expression(node, task.assignee->line, "assignee", task.assignee->value, report);
  if (task.candidate_groups)
    check_text_or_expression(node, task.candidate_groups->line, "candidateGroups", task.candidate_groups->value,
                             report);
  if (task.candidate_users)
    check_text_or_expression(node, task.candidate_users->line, "candidateUsers", task.candidate_users->value, report);
  check_date(node, "dueDate", task.due_date, report);
  check_date(node, "followUpDate", task.follow_up_date, report);
  if (task.priority && task.native_blocks == 0) {
    report.add(id_of(node), task.priority->line, "task-priority",
               "zeebe:priorityDefinition needs a native user task (zeebe:userTask)");
  } else {
    check_priority(node, report);
  }
}

}  // namespace baton::bpmn
