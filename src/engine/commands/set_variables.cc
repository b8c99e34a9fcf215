// Setting variables of a scope, locally or propagated upwards.
#include "engine/behaviours/variables.h"
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const SetVariables& command) {
  Execution& x = context.x;
  const Instance* instance = select_instance(context, command.scope);
  if (instance == nullptr || instance->element(command.scope) == nullptr || !instance->is_live(command.scope)) {
    return failf(Code::kNotFound,
                 "Expected to update variables for element with key '{}', but no such element was found",
                 shown(command.scope));
  }
  for (const NamedValue& variable : x.command_variables) {
    if (command.local) {
      set_local(x, command.scope, variable);
    } else {
      propagate(x, command.scope, variable);
    }
  }
  // The answer carries the key of this change: a position is unique and needs no row.
  context.reply(
      SetVariablesReply{Key((partition_of(command.scope).value() * 1ULL << kKeyCounterBits) + x.position().value())});
  return {};
}

}  // namespace baton::engine
