// Undefined task and manual task (BPMN 10.3.3): nothing for an engine to do, a token passes.
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {

const ElementSpec kTaskSpec{.xml_name = "task", .type = ElementType::kTask, .token_flow = TokenFlow::kPasses};

const ElementSpec kManualTaskSpec{
    .xml_name = "manualTask", .type = ElementType::kManualTask, .token_flow = TokenFlow::kPasses};

}  // namespace baton::bpmn
