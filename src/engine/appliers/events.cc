// Appliers of timers, messages, signals, commands on their way, and request ids.
#include "base/ensure.h"
#include "base/json.h"
#include "engine/appliers/appliers.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

namespace {

SubscriptionRow subscription_row(ApplyContext& context, Key key) {
  const SubscriptionRow* row = context.state.instance(context.instance)->subscription(key);
  ENSURE(row != nullptr, "an event names a subscription that does not exist");
  return *row;
}

MessageSubscriptionRow message_subscription_row(ApplyContext& context, Key key) {
  const MessageSubscriptionRow* row = context.state.view().message_subscription(key);
  ENSURE(row != nullptr, "an event names a message subscription that does not exist");
  return *row;
}

Value object_of(const std::vector<NamedValue>& variables) {
  std::string json = "{";
  for (const NamedValue& variable : variables) {
    if (json.size() > 1) json.push_back(',');
    json_append_string(json, variable.name.text());
    json.push_back(':');
    json.append(variable.value.json());
  }
  json.push_back('}');
  return Value(json);
}

}  // namespace

void apply(ApplyContext& context, const CommandSent& event) {
  CountersRow counters = context.state.view().counters();
  ENSURE(event.number == counters.next_sent, "commands are sent in order");
  ++counters.next_sent;
  context.state.put_counters(counters);
  context.state.put_new(SentCommandRow{event.number, event.tenant, event.intent, event.command});
}

void apply(ApplyContext& context, const CommandTaken& event) {
  context.state.erase<SentCommandRow>({event.number});
}

void apply(ApplyContext& context, const SubscriptionOpened& event) {
  take_key(context, event.key);
  context.state.put(context.instance,
                    SubscriptionRow{event.key, event.owner, event.element, event.type, event.due, event.repetitions,
                                    event.cycle, event.name, event.correlation_key, context.state.position()});
}

void apply(ApplyContext& context, const SubscriptionClosed& event) {
  context.state.erase<SubscriptionRow>(context.instance, event.key);
}

void apply(ApplyContext& context, const TimerRescheduled& event) {
  SubscriptionRow row = subscription_row(context, event.key);
  row.due = event.due;
  row.repetitions = event.repetitions;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const StartTimerSet& event) {
  context.state.put(event.row);
}
void apply(ApplyContext& context, const StartTimerEnded& event) {
  context.state.erase<StartTimerRow>({event.definition, event.element});
}
void apply(ApplyContext& context, const StartSubscriptionOpened& event) {
  context.state.put(event.row);
}
void apply(ApplyContext& context, const StartSubscriptionClosed& event) {
  context.state.erase<StartSubscriptionRow>({event.definition, event.element});
}

void apply(ApplyContext& context, const MessagePublished& event) {
  context.state.put_next_block(event.key.value() + kKeyBlockSize);
  if (event.deadline.value() == 0) return;
  context.state.put_new(MessageRow{event.key,
                                   event.tenant,
                                   event.name,
                                   event.correlation_key,
                                   event.message_id,
                                   event.deadline,
                                   object_of(event.variables),
                                   {}});
}

void apply(ApplyContext& context, const MessageExpired& event) {
  context.state.erase<MessageRow>({event.key});
}

void apply(ApplyContext& context, const MessageSubscriptionOpened& event) {
  context.state.put_new(MessageSubscriptionRow{event.key, event.owner, event.tenant, event.name, event.correlation_key,
                                               event.process_id, context.state.position(), Key(0)});
}

void apply(ApplyContext& context, const MessageSubscriptionClosed& event) {
  context.state.erase<MessageSubscriptionRow>({event.key});
}

void apply(ApplyContext& context, const MessageCorrelating& event) {
  if (event.subscription.value() != 0) {
    MessageSubscriptionRow row = message_subscription_row(context, event.subscription);
    row.correlating = event.message;
    context.state.put(row);
  }
  if (!event.buffered) return;
  MessageRow row = *context.state.view().message(event.message);
  row.correlated.push_back(event.process_id);
  context.state.put(row);
}

void apply(ApplyContext& context, const MessageAcknowledged& event) {
  MessageSubscriptionRow row = message_subscription_row(context, event.key);
  row.correlating = Key(0);
  context.state.put(row);
}

void apply(ApplyContext& context, const MessageRejected& event) {
  MessageRow row = *context.state.view().message(event.message);
  std::erase(row.correlated, event.process_id);
  context.state.put(row);
}

void apply(ApplyContext& context, const StartLockTaken& event) {
  context.state.put(event.row);
}

void apply(ApplyContext& context, const StartLockReleased& event) {
  context.state.erase<StartLockRow>({event.tenant, event.process_id, event.correlation_key});
}

void apply(ApplyContext& context, const SignalBroadcast& event) {
  context.state.put_next_block(event.key.value() + kKeyBlockSize);
}

namespace {
void count_requests(ApplyContext& context, std::uint64_t change) {
  CountersRow counters = context.state.view().counters();
  counters.requests += change;
  context.state.put_counters(counters);
}
}  // namespace

void apply(ApplyContext& context, const RequestRemembered& event) {
  count_requests(context, 1);
  context.state.put(event.row);
}
void apply(ApplyContext& context, const RequestForgotten& event) {
  count_requests(context, ~0ULL);
  context.state.erase<RequestRow>({event.high, event.low});
}

}  // namespace baton::engine
