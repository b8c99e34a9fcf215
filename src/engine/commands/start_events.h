// Start events of definitions: what opens with a deployment and closes with the next one, and what they start.
#pragma once

#include "engine/commands/handler.h"

namespace baton::engine {

/// Opens the timers, messages and signals that start instances of `definition`. Errors: INVALID_ARGUMENT, when a timer
/// or a name cannot be evaluated.
Status open_start_events(Execution& x, const DefinitionRow& definition);
void close_start_events(Execution& x, Key definition);

/// Creates an instance of `definition` at its start event `start`, with the command's variables; makes it the frame's.
Outcome start_instance(CommandContext& context, Key definition, ElementIndex start, bool locks = false,
                       const std::string& correlation_key = {});

}  // namespace baton::engine
