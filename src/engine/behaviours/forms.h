// Forms that user tasks and start events link to (camunda-8-api.md 3.3, 5.11).
#pragma once

#include "engine/state/view.h"

namespace baton::engine {

/// The version of the form `id` that `link`, in the process `definition`, means now; null if there is none.
const FormRow* find_form(const StateView& view, const DefinitionRow& definition, const bpmn::LinkedForm& link,
                         std::string_view id);

}  // namespace baton::engine
