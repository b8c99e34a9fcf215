// Cancelling a process instance: terminates everything in it.
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const CancelInstance& command) {
  const Instance* instance = select_instance(context, command.instance);
  if (instance == nullptr || instance->row.key != command.instance ||
      instance->process()->state == ElementState::kTerminating) {
    return failf(Code::kNotFound, "Expected to cancel a process instance with key '{}', but no such process was found",
                 shown(command.instance));
  }
  if (instance->row.parent.value() != 0) {
    return failf(Code::kFailedPrecondition,
                 "Expected to cancel a process instance with key '{}', but it is created by a parent process instance. "
                 "Cancel the root process instance '{}' instead.",
                 shown(command.instance), shown(instance->row.root));
  }
  context.reply(EmptyReply{});
  context.x.terminate(command.instance);
  return {};
}

}  // namespace baton::engine
