// Exclusive gateway (BPMN 10.6.2): the first flow whose condition is true, otherwise the default flow. Inclusive
// gateway (BPMN 10.6.3): every flow whose condition is true, otherwise the default flow.
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

void validate_conditions(const NodeView& view, Report& report) {
  const auto& default_flow = view.node.default_flow;
  for (const std::uint32_t index : view.outgoing()) {
    const RawFlow& flow = view.flow(index);
    const bool is_default = default_flow && !flow.id.empty() && flow.id == *default_flow;
    if (is_default && flow.condition)
      report.add(flow, "default-flow-condition", "Default flow must not have a condition");
    if (!is_default && !flow.condition && view.outgoing().size() > 1) {
      report.add(flow, "exclusive-gateway-condition", "Must have a condition or be default flow");
    }
  }
}

}  // namespace

const ElementSpec kExclusiveGatewaySpec{.xml_name = "exclusiveGateway",
                                        .type = ElementType::kExclusiveGateway,
                                        .token_flow = TokenFlow::kRoutes,
                                        .has_conditional_flows = true,
                                        .validate = validate_conditions};

const ElementSpec kInclusiveGatewaySpec{.xml_name = "inclusiveGateway",
                                        .type = ElementType::kInclusiveGateway,
                                        .token_flow = TokenFlow::kRoutes,
                                        .has_conditional_flows = true,
                                        .validate = validate_conditions};

}  // namespace baton::bpmn
