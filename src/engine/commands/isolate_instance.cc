// Stopping an instance on which the engine crashes: its jobs leave the queues, commands for it are refused, until the
// incident is resolved or the instance cancelled.
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const IsolateInstance& command) {
  const Instance* instance = select_instance(context, command.entity);
  if (instance == nullptr || instance->process()->state != ElementState::kActivated || instance->isolated) {
    return failf(Code::kNotFound, "no instance of {} to isolate", shown(command.entity));
  }
  context.x.raise_incident(instance->row.key, Key(0), IncidentKind::kUnknown, command.reason);
  return {};
}

}  // namespace baton::engine
