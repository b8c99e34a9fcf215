// The instance side of messages and signals: what reaches a subscription, and what starts an instance.
#include "engine/commands/start_events.h"

namespace baton::engine {

namespace {

/// A caught event closes its subscription, or leaves it open for the next one.
bool stays_open(const Execution& x, const SubscriptionRow& row) {
  if (x.instance_ended()) return false;
  return x.instance().subscription(row.key) != nullptr;
}

}  // namespace

Outcome handle(CommandContext& context, const CorrelateMessage& command) {
  Execution& x = context.x;
  const Symbol tenant = x.symbols.intern(context.command.tenant);
  const auto selected = select_subscription(context, command.subscription);
  if (!selected || *selected == nullptr) {
    x.send(RejectMessage{command.subscription, command.message, command.process_id}, tenant);
    return {};
  }
  const SubscriptionRow row = **selected;
  x.catch_event(row.owner, row.element, x.command_variables);
  if (stays_open(x, row)) x.send(AcknowledgeMessage{row.key}, tenant);
  x.run();
  return {};
}

Outcome handle(CommandContext& context, const StartByMessage& command) {
  return start_instance(context, command.definition, command.element, command.locks, command.correlation_key);
}

Outcome handle(CommandContext& context, const TriggerSignal& command) {
  BATON_ASSIGN(const SubscriptionRow* row, select_subscription(context, command.subscription));
  if (row == nullptr) return {};
  const SubscriptionRow signal = *row;
  context.x.catch_event(signal.owner, signal.element, context.x.command_variables);
  context.x.run();
  return {};
}

Outcome handle(CommandContext& context, const StartBySignal& command) {
  return start_instance(context, command.definition, command.element);
}

}  // namespace baton::engine
