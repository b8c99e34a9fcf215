// None end event: uses up its token; the scope completes when it was the last one.
#include "engine/elements/element.h"

namespace baton::engine {

const ElementBehaviour kEndEventBehaviour{&nothing_to_do, &complete_at_once, &nothing_to_complete, &take_all_flows,
                                          &nothing_to_terminate};

}  // namespace baton::engine
