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
      return kEndEventBehaviour;
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
  }
  ENSURE(false, "an element type without a behaviour");
}

}  // namespace baton::engine
