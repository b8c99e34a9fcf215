// The instance side of messages and signals: what reaches a subscription, and what starts an instance.
#include "engine/commands/message_side.h"
#include "engine/commands/start_events.h"

namespace baton::engine {

namespace {

/// A caught event closes its subscription, or leaves it open for the next one.
bool stays_open(const Execution& x, const SubscriptionRow& row) {
  if (x.instance_ended()) return false;
  return x.instance().subscription(row.key) != nullptr;
}

}  // namespace

Outcome catch_message(CommandContext& context, Key subscription) {
  Execution& x = context.x;
  BATON_ASSIGN(const SubscriptionRow* selected, select_subscription(context, subscription));
  if (selected == nullptr) return failf(Code::kNotFound, "no subscription {}", subscription.value());
  const SubscriptionRow row = *selected;
  x.catch_event(row.owner, row.element, x.command_variables);
  if (stays_open(x, row)) x.send(AcknowledgeMessage{row.key}, x.symbols.intern(context.command.tenant));
  x.run();
  return {};
}

Outcome handle(CommandContext& context, const CorrelateMessage& command) {
  Execution& x = context.x;
  if (catch_message(context, command.subscription)) return {};
  x.send(RejectMessage{command.subscription, command.message, command.process_id},
         x.symbols.intern(context.command.tenant));
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
