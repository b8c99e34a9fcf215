#include "engine/elements/element.h"

#include "base/ensure.h"

namespace baton::engine {

const ElementBehaviour& behaviour_of(bpmn::ElementType type) {
  using enum bpmn::ElementType;
  switch (type) {
    case kProcess:
      return kProcessBehaviour;
    case kStartEvent:
      return kStartEventBehaviour;
    case kEndEvent:
    case kIntermediateThrowEvent:
      return kThrowEventBehaviour;
    case kTask:
    case kManualTask:
      return kPassThroughTaskBehaviour;
    case kServiceTask:
    case kSendTask:
      return kJobTaskBehaviour;
    case kBusinessRuleTask:
      return kBusinessRuleTaskBehaviour;
    case kScriptTask:
      return kScriptTaskBehaviour;
    case kExclusiveGateway:
      return kExclusiveGatewayBehaviour;
    case kParallelGateway:
      return kParallelGatewayBehaviour;
    case kSubProcess:
      return kSubProcessBehaviour;
    case kEventSubProcess:
      return kEventSubProcessBehaviour;
    case kBoundaryEvent:
      return kBoundaryEventBehaviour;
    case kIntermediateCatchEvent:
    case kReceiveTask:
      return kCatchEventBehaviour;
    case kUserTask:
      return kUserTaskBehaviour;
    case kCallActivity:
      return kCallActivityBehaviour;
    case kMultiInstanceBody:
      return kMultiInstanceBodyBehaviour;
    case kInclusiveGateway:
      return kInclusiveGatewayBehaviour;
    case kEventBasedGateway:
      return kEventBasedGatewayBehaviour;
  }
  ENSURE(false, "an element type without a behaviour");
}

}  // namespace baton::engine
