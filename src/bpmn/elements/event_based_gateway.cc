// Event-based gateway (BPMN 10.6.6): waits for the first of the events that its flows lead to.
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

bool is_waited_for(const RawNode& node) {
  if (node.spec == nullptr) return true;  // refused by name
  if (node.spec->type != ElementType::kIntermediateCatchEvent) return false;
  return node.events.empty() || node.events.front().type != EventType::kLink;
}

void validate_event_based_gateway(const NodeView& view, Report& report) {
  if (view.outgoing().size() < 2) {
    report.add(view.node, "event-gateway-outgoing",
               "An event-based gateway must have at least two outgoing sequence flows");
  }
  std::vector<const RawNode*> targets;
  for (const std::uint32_t flow : view.outgoing()) {
    const std::uint32_t index = view.process.target(flow);
    if (index == ProcessView::kNone) continue;  // refused by the rules of flows
    const RawNode& target = view.process.process().nodes[index];
    targets.push_back(&target);
    if (!is_waited_for(target)) {
      report.add(view.node, "event-gateway-target",
                 fmt::format("An event-based gateway must lead to message, timer and signal catch events alone, not to "
                             "the {} '{}'",
                             words(target.kind), clipped(target.id)));
    } else if (view.process.incoming(index).size() > 1) {
      report.add(target, "event-gateway-target-incoming",
                 "A catch event behind an event-based gateway must not have other incoming sequence flows");
    }
  }
  check_unique_catches(view.process, targets, report);
}

}  // namespace

const ElementSpec kEventBasedGatewaySpec{.xml_name = "eventBasedGateway",
                                         .type = ElementType::kEventBasedGateway,
                                         .token_flow = TokenFlow::kWaits,
                                         .validate = validate_event_based_gateway};

}  // namespace baton::bpmn
