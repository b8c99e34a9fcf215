// zeebe:taskDefinition and zeebe:taskHeaders.
#include <charconv>
#include <unordered_map>

#include "base/limits.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"
#include "bpmn/text_or_expression.h"

namespace baton::bpmn {
namespace {

constexpr std::string_view kReservedPrefix = "io.camunda.zeebe:";

bool is_retry_count(std::string_view text) {
  std::int32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count >= 0;
}

void check_definition(const RawNode& node, const RawTaskDefinition& definition, Report& report) {
  const std::string id = described(node.id, node.kind, node.line);
  if (!definition.type || trimmed(*definition.type).empty()) {
    report.add(id, definition.line, "task-type",
               "Attribute 'type' of zeebe:taskDefinition must be present and not empty");
  } else if (!is_expression(*definition.type) && definition.type->size() > limits::kBpmnIdBytes) {
    report.add(
        id, definition.line, "task-type",
        fmt::format("Attribute 'type' of zeebe:taskDefinition must not be longer than {} bytes", limits::kBpmnIdBytes));
  } else {
    check_text_or_expression(node, definition.line, "zeebe:taskDefinition type", *definition.type, report);
  }
  if (!definition.retries) return;  // default
  const std::string_view retries = trimmed(*definition.retries);
  if (is_expression(retries)) {
    check_text_or_expression(node, definition.line, "zeebe:taskDefinition retries", retries, report);
  } else if (!is_retry_count(retries)) {
    report.add(id, definition.line, "task-retries",
               fmt::format("Attribute 'retries' of zeebe:taskDefinition must be a number from 0 to 2147483647 or an "
                           "expression, not '{}'",
                           clipped(retries)));
  }
}

void check_headers(const RawNode& node, Report& report) {
  const std::string id = described(node.id, node.kind, node.line);
  if (node.header_blocks > 1) report.add(node, "task-headers-once", "Must have at most one zeebe:taskHeaders");
  std::unordered_map<std::string_view, int> lines;
  for (const RawHeader& header : node.headers) {
    if (header.ignored()) continue;
    if (header.key.starts_with(kReservedPrefix)) {
      report.add(
          id, header.line, "header-reserved",
          fmt::format("Header '{}' is reserved: keys must not start with '{}'", clipped(header.key), kReservedPrefix));
    }
    const auto [at, is_new] = lines.try_emplace(header.key, header.line);
    if (!is_new) {
      report.add(
          id, header.line, "header-duplicate",
          fmt::format("Header '{}' is defined twice, the first time in line {}", clipped(header.key), at->second));
    }
  }
}

// A node whose other implementation is refused anyway is not also told that it has no job.
bool has_refused_alternative(const RawNode& node) {
  for (const Unsupported& found : node.unsupported) {
    if (found.what == "extension zeebe:publishMessage") return true;
  }
  return false;
}

}  // namespace

void check_job(const RawNode& node, Report& report) {
  if (node.spec->type == ElementType::kUserTask) {  // its job type is fixed
    for (const RawTaskDefinition& definition : node.task_definitions) {
      report.add(described(node.id, node.kind, node.line), definition.line, "job-not-allowed",
                 "zeebe:taskDefinition has no meaning on a user task");
    }
    check_headers(node, report);
    return;
  }
  const std::size_t count = node.task_definitions.size();
  if (!node.called_decisions.empty() || !node.scripts.empty()) {
    check_decision(node, report);
    check_script(node, report);
  } else if (count > 1 || (count == 0 && !has_refused_alternative(node))) {
    report.add(node, "task-definition", fmt::format("Must have exactly one zeebe:taskDefinition, but has {}", count));
  }
  for (const RawTaskDefinition& definition : node.task_definitions) check_definition(node, definition, report);
  check_headers(node, report);
}

void check_no_job(const RawNode& node, Report& report) {
  for (const RawTaskDefinition& definition : node.task_definitions) {
    report.add(described(node.id, node.kind, node.line), definition.line, "job-not-allowed",
               fmt::format("zeebe:taskDefinition has no meaning on a {}", words(node.kind)));
  }
  if (node.spec->type == ElementType::kUserTask) {
    check_headers(node, report);
  } else if (node.header_blocks > 0) {
    report.add(node, "job-not-allowed", fmt::format("zeebe:taskHeaders has no meaning on a {}", words(node.kind)));
  }
}

}  // namespace baton::bpmn
