// Tasks whose work is a job for a worker (BPMN 10.3.3): service, business rule, script and send task.
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
const ElementSpec kServiceTaskSpec{.xml_name = "serviceTask", .type = ElementType::kServiceTask, .has_job = true};

const ElementSpec kBusinessRuleTaskSpec{
    .xml_name = "businessRuleTask", .type = ElementType::kBusinessRuleTask, .has_job = true};

const ElementSpec kScriptTaskSpec{.xml_name = "scriptTask", .type = ElementType::kScriptTask, .has_job = true};

const ElementSpec kSendTaskSpec{.xml_name = "sendTask", .type = ElementType::kSendTask, .has_job = true};

}  // namespace baton::bpmn
