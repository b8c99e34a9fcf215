// Parallel gateway (BPMN 10.6.4): waits for one token on each incoming flow, then gives one to each outgoing flow.
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {

const ElementSpec kParallelGatewaySpec{
    .xml_name = "parallelGateway", .type = ElementType::kParallelGateway, .token_flow = TokenFlow::kRoutes};

}  // namespace baton::bpmn
