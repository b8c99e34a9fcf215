#include <array>

#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

constexpr std::array<const ElementSpec*, 10> kSpecs = {
    &kStartEventSpec,       &kEndEventSpec,   &kTaskSpec,     &kManualTaskSpec,       &kServiceTaskSpec,
    &kBusinessRuleTaskSpec, &kScriptTaskSpec, &kSendTaskSpec, &kExclusiveGatewaySpec, &kParallelGatewaySpec,
};

}  // namespace

std::span<const ElementSpec* const> element_specs() {
  return kSpecs;
}

const ElementSpec* find_element_spec(std::string_view xml_name) {
  for (const ElementSpec* spec : kSpecs) {
    if (spec->xml_name == xml_name) return spec;
  }
  return nullptr;
}

}  // namespace baton::bpmn
