// Commands to other instances and to the message side: rows until they are carried out, in the order in which they were
// sent.
#include "engine/command_codec.h"
#include "engine/execution.h"

namespace baton::engine {

void Execution::send(const CommandBody& command) {
  send(command, instance().row.tenant);
}

void Execution::send(const CommandBody& command, const Symbol& tenant) {
  std::string bytes;
  encode_command(command, bytes);
  events.append(CommandSent{view.counters().next_sent, tenant, intent_number(command), std::move(bytes)});
}

}  // namespace baton::engine
