// None start event: passes its token on.
#include "engine/elements/element.h"

namespace baton::engine {

const ElementBehaviour kStartEventBehaviour{&nothing_to_do, &complete_at_once, &nothing_to_complete, &take_all_flows,
                                            &nothing_to_terminate};

}  // namespace baton::engine
