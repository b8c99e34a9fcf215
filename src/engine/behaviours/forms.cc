#include "engine/behaviours/forms.h"

namespace baton::engine {

const FormRow* find_form(const StateView& view, const DefinitionRow& definition, const bpmn::LinkedForm& link,
                         std::string_view id) {
  switch (link.binding) {
    case bpmn::Binding::kDeployment:
      return view.deployed_form(definition.deployment, id);
    case bpmn::Binding::kVersionTag:
      return view.tagged_form(definition.tenant.text(), id, link.version_tag);
    case bpmn::Binding::kLatest:
      break;
  }
  return view.newest_form(definition.tenant.text(), id);
}

}  // namespace baton::engine
