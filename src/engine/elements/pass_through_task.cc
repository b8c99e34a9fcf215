// Undefined and manual tasks: nothing that the engine could wait for; they pass through.
#include "engine/elements/element.h"

namespace baton::engine {

const ElementBehaviour kPassThroughTaskBehaviour{&nothing_to_do, &complete_at_once, &nothing_to_complete,
                                                 &take_all_flows, &nothing_to_terminate};

}  // namespace baton::engine
