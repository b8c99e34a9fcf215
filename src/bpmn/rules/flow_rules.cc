#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {
namespace {

// A reference that finds no flow node of the same scope: says whether the id exists at all.
void check_end(const Definitions& definitions, const RawFlow& flow, std::string_view attribute, const std::string& id,
               Report& report) {
  if (id.empty()) {
    report.add(flow, "dangling-reference", fmt::format("Attribute '{}' must be present and not empty", attribute));
    return;
  }
  const auto place = definitions.ids.find(id);
  if (place == definitions.ids.end()) {
    report.add(flow, "dangling-reference", fmt::format("{} '{}' does not exist", attribute, clipped(id)));
    return;
  }
  report.add(
      flow, "flow-scope",
      fmt::format("{} '{}' (a {} in line {}) is not a flow node of the process that the sequence flow belongs to",
                  attribute, clipped(id), words(clipped(place->second.kind)), place->second.line));
}

void check_condition(const ProcessView& process, std::uint32_t flow_index, Report& report) {
  const RawFlow& flow = process.process().flows[flow_index];
  if (!flow.condition) return;
  const std::uint32_t source = process.source(flow_index);
  if (source != ProcessView::kNone) {
    const ElementSpec* spec = process.process().nodes[source].spec;
    if (spec != nullptr && !spec->has_conditional_flows) {
      report.add(flow, "conditional-flow",
                 fmt::format("A condition is allowed only on sequence flows that leave an exclusive gateway, not a {}",
                             words(spec->xml_name)));
    }
  }
  check_expression(described(flow.id, "sequenceFlow", flow.line), flow.condition_line, "conditionExpression",
                   *flow.condition, report);
}

void check_default_flow(const Definitions& definitions, const ProcessView& process, std::uint32_t index,
                        Report& report) {
  const RawNode& node = process.process().nodes[index];
  if (!node.default_flow || node.spec == nullptr) return;
  if (!node.spec->has_conditional_flows) {
    report.add(node, "default-flow",
               fmt::format("A default flow is allowed only at an exclusive gateway, not at a {}", words(node.kind)));
    return;
  }
  for (const std::uint32_t flow : process.outgoing(index)) {
    if (process.process().flows[flow].id == *node.default_flow) return;
  }
  const bool exists = definitions.ids.contains(*node.default_flow);
  report.add(node, exists ? "default-flow" : "dangling-reference",
             exists ? fmt::format("Default flow '{}' must start at this gateway", clipped(*node.default_flow))
                    : fmt::format("default '{}' does not exist", clipped(*node.default_flow)));
}

}  // namespace

void check_flows(const Definitions& definitions, const ProcessView& process, Report& report) {
  for (std::uint32_t i = 0; i < process.process().flows.size(); ++i) {
    const RawFlow& flow = process.process().flows[i];
    if (process.source(i) == ProcessView::kNone) check_end(definitions, flow, "sourceRef", flow.source, report);
    if (process.target(i) == ProcessView::kNone) check_end(definitions, flow, "targetRef", flow.target, report);
    check_condition(process, i, report);
  }
  for (std::uint32_t i = 0; i < process.process().nodes.size(); ++i)
    check_default_flow(definitions, process, i, report);
}

}  // namespace baton::bpmn
