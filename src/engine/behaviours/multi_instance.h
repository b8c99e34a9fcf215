// Multi-instance loops (camunda-8-api.md 5.6): a body and one instance of the activity per item. Items are created in
// slices; their outputs are rows, assembled when the body completes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/execution.h"

namespace baton::engine {

/// Reads the input collection of a body that is being activated: its length and the items of the first slice.
StepResult read_items(Execution& x, Key body, const bpmn::LoopCharacteristics& loop);
/// Creates the items that may exist now: all of a parallel loop, the next one of a sequential loop.
void create_items(Execution& x, Key body);
/// An item is completing: its output, and the completion condition.
StepResult complete_item(Execution& x, Key item, const bpmn::Element& activity);
/// No item is active: creates the next ones, or says that the body is done.
bool go_on_with_loop(Execution& x, Key body);
/// Assembles the output collection and gives it to the body's parent scope.
StepResult assemble_output(Execution& x, Key body, const bpmn::Element& element);
/// The name of the output collection of the loop whose body `scope` is; "" of any other scope.
std::string_view output_name(const Instance& instance, Key scope);
/// The output collection of a body as it is now, with null for items that have no output yet. It is a variable of the
/// body in all but its row: one that is written again for each item would cost the square of their number.
std::string output_so_far(const Instance& instance, Key body);

}  // namespace baton::engine
