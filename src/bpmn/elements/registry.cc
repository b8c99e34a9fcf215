#include <array>

#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

constexpr std::array<const ElementSpec*, 19> kSpecs = {
    &kStartEventSpec,
    &kEndEventSpec,
    &kTaskSpec,
    &kManualTaskSpec,
    &kServiceTaskSpec,
    &kBusinessRuleTaskSpec,
    &kScriptTaskSpec,
    &kSendTaskSpec,
    &kExclusiveGatewaySpec,
    &kParallelGatewaySpec,
    &kSubProcessSpec,
    &kBoundaryEventSpec,
    &kIntermediateCatchEventSpec,
    &kIntermediateThrowEventSpec,
    &kReceiveTaskSpec,
    &kUserTaskSpec,
    &kCallActivitySpec,
    &kInclusiveGatewaySpec,
    &kEventBasedGatewaySpec,
};

}  // namespace

std::span<const ElementSpec* const> element_specs() {
  return kSpecs;
}

bool is_activity(ElementType type) {
  using enum ElementType;
  switch (type) {
    case kTask:
    case kManualTask:
    case kServiceTask:
    case kBusinessRuleTask:
    case kScriptTask:
    case kSendTask:
    case kSubProcess:
    case kReceiveTask:
    case kUserTask:
    case kCallActivity:
      return true;
    default:
      return false;
  }
}

bool creates_job(const RawNode& node) {
  const ElementType type = node.spec->type;
  if (type == ElementType::kUserTask) return node.user_task.native_blocks == 0;
  if (type == ElementType::kEndEvent || type == ElementType::kIntermediateThrowEvent)
    return node.events.size() == 1 && node.events.front().type == EventType::kMessage;
  return node.spec->has_job;
}

const ElementSpec* find_element_spec(std::string_view xml_name) {
  for (const ElementSpec* spec : kSpecs) {
    if (spec->xml_name == xml_name) return spec;
  }
  return nullptr;
}

}  // namespace baton::bpmn
