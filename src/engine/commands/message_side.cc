#include "engine/commands/message_side.h"

#include <algorithm>

namespace baton::engine {

namespace {

bool went_to(const MessageRow& message, const std::string& process_id) {
  return std::find(message.correlated.begin(), message.correlated.end(), process_id) != message.correlated.end();
}

JsonDocument variables_of_message(const MessageRow& message) {
  auto document = JsonDocument::parse(message.variables.json());
  return document ? std::move(*document) : JsonDocument();
}

/// Takes the oldest buffered message that has not been in this process yet.
void correlate_buffered(Execution& x, const MessageSubscriptionRow& subscription) {
  const MessageRow* found = nullptr;
  x.view.for_each_message(subscription.tenant.text(), subscription.name.text(), subscription.correlation_key.text(),
                          [&](const MessageRow& message) {
                            if (message.deadline <= x.now() || went_to(message, subscription.process_id)) return true;
                            found = &message;
                            return false;
                          });
  if (found == nullptr) return;
  const JsonDocument variables = variables_of_message(*found);
  correlate_to(x, subscription, found->key, true, variables);
}

}  // namespace

void correlate_to(Execution& x, const MessageSubscriptionRow& row, Key message, bool buffered,
                  const JsonDocument& variables) {
  const MessageSubscriptionRow subscription = row;
  x.events.append(MessageCorrelating{message, subscription.key, subscription.process_id, buffered});
  x.send(CorrelateMessage{subscription.key, message, subscription.process_id, variables}, subscription.tenant);
}

void take_start_lock(Execution& x, const StartSubscriptionRow& start, Key message, const std::string& correlation_key) {
  x.events.append(
      StartLockTaken{{start.tenant, x.symbols.intern(start.process_id), x.symbols.intern(correlation_key), message}});
}

bool start_by_message(Execution& x, const StartSubscriptionRow& row, Key message, bool buffered,
                      const std::string& correlation_key, const JsonDocument& variables) {
  const StartSubscriptionRow start = row;
  const bool locks = !correlation_key.empty();
  if (locks) {
    if (x.view.start_lock(start.tenant.text(), start.process_id, correlation_key) != nullptr) return false;
    take_start_lock(x, start, message, correlation_key);
  }
  x.events.append(MessageCorrelating{message, Key(0), start.process_id, buffered});
  x.send(StartByMessage{start.definition, start.element, locks, correlation_key, variables}, start.tenant);
  return true;
}

Outcome handle(CommandContext& context, const OpenMessageSubscription& command) {
  Execution& x = context.x;
  x.events.append(MessageSubscriptionOpened{command.subscription, command.owner,
                                            x.symbols.intern(context.command.tenant), x.symbols.intern(command.name),
                                            x.symbols.intern(command.correlation_key), command.process_id});
  correlate_buffered(x, *x.view.message_subscription(command.subscription));
  return {};
}

Outcome handle(CommandContext& context, const CloseMessageSubscription& command) {
  if (context.x.view.message_subscription(command.subscription) != nullptr)
    context.x.events.append(MessageSubscriptionClosed{command.subscription});
  return {};
}

Outcome handle(CommandContext& context, const AcknowledgeMessage& command) {
  Execution& x = context.x;
  const MessageSubscriptionRow* row = x.view.message_subscription(command.subscription);
  if (row == nullptr) return {};
  x.events.append(MessageAcknowledged{command.subscription});
  correlate_buffered(x, *x.view.message_subscription(command.subscription));
  return {};
}

// The instance does not wait any more: the message may go to another one of the same process.
Outcome handle(CommandContext& context, const RejectMessage& command) {
  Execution& x = context.x;
  if (x.view.message_subscription(command.subscription) != nullptr)
    x.events.append(MessageSubscriptionClosed{command.subscription});
  const MessageRow* message = x.view.message(command.message);
  if (message == nullptr || message->deadline <= x.now()) return {};
  x.events.append(MessageRejected{message->key, command.process_id});
  message = x.view.message(command.message);
  const MessageSubscriptionRow* next = nullptr;
  x.view.for_each_message_subscription(message->tenant.text(), message->name.text(), message->correlation_key.text(),
                                       [&](const MessageSubscriptionRow& other) {
                                         if (other.correlating.value() != 0 || other.process_id != command.process_id)
                                           return true;
                                         next = &other;
                                         return false;
                                       });
  if (next == nullptr) return {};
  const JsonDocument variables = variables_of_message(*message);
  correlate_to(x, *next, command.message, true, variables);
  return {};
}

// The instance that was started with this correlation key has ended: the oldest message that waited for it starts the
// next one.
Outcome handle(CommandContext& context, const ReleaseStartLock& command) {
  Execution& x = context.x;
  const std::string& tenant = context.command.tenant;
  if (x.view.start_lock(tenant, command.process_id, command.correlation_key) == nullptr) return {};
  x.events.append(StartLockReleased{x.symbols.intern(tenant), x.symbols.intern(command.process_id),
                                    x.symbols.intern(command.correlation_key)});
  const LatestDefinitionRow* latest = x.view.latest(tenant, command.process_id);
  const DefinitionRow* definition = latest == nullptr ? nullptr : x.view.definition(latest->latest);
  if (definition == nullptr) return {};
  const MessageRow* oldest = nullptr;
  const StartSubscriptionRow* start = nullptr;
  for (const ElementIndex element : definition->model->start_events) {
    const StartSubscriptionRow* row = x.view.start_subscription(definition->key, element);
    if (row == nullptr || row->type != bpmn::EventType::kMessage) continue;
    x.view.for_each_message(tenant, row->name.text(), command.correlation_key, [&](const MessageRow& message) {
      if (message.deadline <= x.now() || went_to(message, command.process_id)) return true;
      if (oldest == nullptr || message.key < oldest->key) {
        oldest = &message;
        start = row;
      }
      return false;
    });
  }
  if (oldest == nullptr) return {};
  const JsonDocument variables = variables_of_message(*oldest);
  start_by_message(x, *start, oldest->key, true, command.correlation_key, variables);
  return {};
}

}  // namespace baton::engine
