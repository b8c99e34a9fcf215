#include "bpmn/process_model.h"

#include "base/ensure.h"

namespace baton::bpmn {

std::string_view element_type_name(ElementType type) {
  switch (type) {
    case ElementType::kProcess:
      return "PROCESS";
    case ElementType::kStartEvent:
      return "START_EVENT";
    case ElementType::kEndEvent:
      return "END_EVENT";
    case ElementType::kTask:
      return "TASK";
    case ElementType::kManualTask:
      return "MANUAL_TASK";
    case ElementType::kServiceTask:
      return "SERVICE_TASK";
    case ElementType::kBusinessRuleTask:
      return "BUSINESS_RULE_TASK";
    case ElementType::kScriptTask:
      return "SCRIPT_TASK";
    case ElementType::kSendTask:
      return "SEND_TASK";
    case ElementType::kExclusiveGateway:
      return "EXCLUSIVE_GATEWAY";
    case ElementType::kParallelGateway:
      return "PARALLEL_GATEWAY";
  }
  ENSURE(false, "element type out of range");
  return {};
}

}  // namespace baton::bpmn
