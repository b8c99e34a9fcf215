// Parallel gateway (BPMN 10.6.4): joins one token of each incoming flow, then takes every outgoing flow. Waiting for
// the tokens happens before activation (Execution::activate_target), so an activated gateway has them all.
#include "engine/elements/element.h"

namespace baton::engine {

const ElementBehaviour kParallelGatewayBehaviour{&nothing_to_do, &complete_at_once, &nothing_to_complete,
                                                 &take_all_flows, &nothing_to_terminate};

}  // namespace baton::engine
