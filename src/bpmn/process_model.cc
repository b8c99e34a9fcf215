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
    case ElementType::kSubProcess:
      return "SUB_PROCESS";
    case ElementType::kEventSubProcess:
      return "EVENT_SUB_PROCESS";
    case ElementType::kBoundaryEvent:
      return "BOUNDARY_EVENT";
    case ElementType::kIntermediateCatchEvent:
      return "INTERMEDIATE_CATCH_EVENT";
    case ElementType::kIntermediateThrowEvent:
      return "INTERMEDIATE_THROW_EVENT";
    case ElementType::kReceiveTask:
      return "RECEIVE_TASK";
    case ElementType::kUserTask:
      return "USER_TASK";
    case ElementType::kCallActivity:
      return "CALL_ACTIVITY";
    case ElementType::kMultiInstanceBody:
      return "MULTI_INSTANCE_BODY";
    case ElementType::kInclusiveGateway:
      return "INCLUSIVE_GATEWAY";
    case ElementType::kEventBasedGateway:
      return "EVENT_BASED_GATEWAY";
  }
  ENSURE(false, "element type out of range");
  return {};
}

}  // namespace baton::bpmn
