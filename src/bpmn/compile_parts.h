// The parts of an element that its own extensions and event definition say: no references to other elements.
#pragma once

#include "base/result.h"
#include "bpmn/definitions.h"
#include "bpmn/process_model.h"

namespace baton::bpmn {

/// An INVALID_ARGUMENT that names element and line.
Failure failure_at(const RawNode& node, int line, std::string_view message);

Result<JobDefinition> compile_job(const RawNode& node);
Result<std::vector<Mapping>> compile_mappings(const RawNode& node, const std::vector<RawMapping>& mappings);
/// The event definition of an event, or the message of a receive task.
Result<std::optional<Event>> compile_event(const Definitions& definitions, const RawNode& node);
Result<CalledElement> compile_called_element(const RawNode& node);
Result<LoopCharacteristics> compile_loop(const RawNode& node);
/// The linked form of a user task or start event; none if it has none.
Result<std::optional<LinkedForm>> compile_form(const RawNode& node);
Result<UserTaskDefinition> compile_user_task(const RawNode& node);
Result<CalledDecision> compile_decision(const RawNode& node);
Result<Script> compile_script(const RawNode& node);

}  // namespace baton::bpmn
