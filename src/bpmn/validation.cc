#include "bpmn/validation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/limits.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {
namespace {

void check_node(const NodeView& view, Report& report) {
  const ElementSpec* spec = view.node.spec;
  if (spec == nullptr) return;  // refused by check_supported
  if (creates_job(view.node)) {
    check_job(view.node, report);
  } else {
    check_no_job(view.node, report);
  }
  check_mappings(view.node, report);
  if (view.node.multi_instance) check_multi_instance(view.node, report);
  if (spec->validate != nullptr) spec->validate(view, report);
}

/// One violation: a heading if it is about another element than the one before, and the error line.
std::string violation_text(const Violation& violation, bool with_heading) {
  std::string text;
  if (with_heading) text += fmt::format("- Element: {}\n", violation.element_id);
  text += fmt::format("    - ERROR: {} (line {}, rule {})\n", violation.message, violation.line, violation.rule);
  return text;
}

/// By line; violations of one line stay in the order in which the rules found them.
std::vector<Violation> in_file_order(std::vector<Violation> violations) {
  std::vector<std::size_t> order(violations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(violations[a].line, a) < std::pair(violations[b].line, b);
  });
  std::vector<Violation> sorted;
  sorted.reserve(violations.size());
  for (const std::size_t index : order) sorted.push_back(std::move(violations[index]));
  return sorted;
}

}  // namespace

std::vector<Violation> validate(const Definitions& definitions) {
  Report report;
  check_processes(definitions, report);
  check_ids(definitions, report);
  check_supported(definitions, report);
  std::vector<ProcessView> views;
  for (const RawProcess& process : definitions.processes) {
    if (!process.is_executable) continue;
    const ProcessView& view = views.emplace_back(definitions, process);
    for (std::uint32_t i = 0; i < process.nodes.size(); ++i) check_node(NodeView{view, process.nodes[i], i}, report);
    check_scopes(view, report);
    check_flows(definitions, view, report);
  }
  check_straight_through_loops(views, report);
  return in_file_order(report.take());
}

std::string violations_text(std::string_view resource_name, const std::vector<Violation>& violations) {
  constexpr std::size_t kReserve = 64;  // for the line that counts the rest
  std::string text = fmt::format("'{}': ", clipped(resource_name));
  for (std::size_t i = 0; i < violations.size(); ++i) {
    const bool with_heading = i == 0 || violations[i].element_id != violations[i - 1].element_id;
    const std::string next = violation_text(violations[i], with_heading);
    if (text.size() + next.size() + kReserve > limits::kViolationTextBytes) {
      return text + fmt::format("... and {} more errors\n", violations.size() - i);
    }
    text += next;
  }
  return text;
}

}  // namespace baton::bpmn
