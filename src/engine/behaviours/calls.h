// Call activities and the processes that they call; what the end of an instance tells others.
#pragma once

#include "engine/execution.h"

namespace baton::engine {

/// Finds the definition that a call activity means; CALLED_ELEMENT_ERROR if there is none that can be started.
tl::expected<Key, StepFailure> find_called(Execution& x, Key call_activity, const bpmn::CalledElement& called);
/// Starts an instance of `definition`: a command of its own.
void start_call(Execution& x, Key call_activity, Key definition);
/// Terminates the called instance, if there is one.
void end_call(Execution& x, Key call_activity);

/// Tells those who wait for the end of this frame's instance: before its last event.
void end_instance(Execution& x, bool completed);

/// Goes on with an activated element after its incident: a call that could not be started, a scope whose event
/// sub-processes could not be opened, a loop whose items could not be read.
void resume_active(Execution& x, Key element_instance);

}  // namespace baton::engine
