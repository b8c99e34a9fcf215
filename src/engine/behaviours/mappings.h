// Input and output mappings (camunda-8-api.md 5.4).
#pragma once

#include "engine/execution.h"

namespace baton::engine {

/// Evaluates the input mappings in order; each creates or extends a local variable of the element instance.
StepResult apply_inputs(Execution& x, Key element_instance, const bpmn::Element& element);

/// Evaluates the output mappings in order in the element's scope; the combined result is propagated from the parent
/// scope up.
StepResult apply_outputs(Execution& x, Key element_instance, const bpmn::Element& element);

/// Takes the variables that a job or message brought: local if there are output mappings, else propagated.
void take_result(Execution& x, Key element_instance, const bpmn::Element& element, const CommandVariables& variables);

/// Sets `value` at `path` (from index `from`) inside a JSON object; what is there and no object is replaced.
std::string json_with_path(std::string_view object, const std::vector<std::string>& path, std::size_t from,
                           std::string_view value);

}  // namespace baton::engine
