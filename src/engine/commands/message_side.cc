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
  x.view.messages().for_each(subscription.tenant.text(), subscription.name, subscription.correlation_key,
                             [&](const MessageRow& message) {
                               if (message.deadline <= x.now() || went_to(message, subscription.process_id))
                                 return true;
                               found = &message;
                               return false;
                             });
  if (found == nullptr) return;
  const JsonDocument variables = variables_of_message(*found);
  correlate_to(x, subscription, found->key, variables);
}

}  // namespace

void correlate_to(Execution& x, const MessageSubscriptionRow& row, Key message, const JsonDocument& variables) {
  const MessageSubscriptionRow subscription = row;
  x.events.append(MessageCorrelating{message, subscription.key, subscription.process_id});
  x.send(CorrelateMessage{subscription.owner, subscription.key, message, subscription.process_id, variables},
         subscription.tenant);
}

bool start_by_message(Execution& x, const StartSubscriptionRow& row, Key message, const std::string& correlation_key,
                      const JsonDocument& variables) {
  const StartSubscriptionRow start = row;
  const bool locks = !correlation_key.empty();
  if (locks) {
    const StartLockRow lock{start.tenant, start.process_id, correlation_key, message};
    if (x.view.start_locks().find(lock.id()) != nullptr) return false;
    x.events.append(StartLockTaken{lock});
  }
  x.events.append(MessageCorrelating{message, Key(0), start.process_id});
  x.send(StartByMessage{start.definition, start.element, locks, correlation_key, variables}, start.tenant);
  return true;
}

Outcome handle(CommandContext& context, const OpenMessageSubscription& command) {
  Execution& x = context.x;
  x.events.append(MessageSubscriptionOpened{command.subscription, command.owner,
                                            x.symbols.intern(context.command.tenant), command.name,
                                            command.correlation_key, command.process_id});
  correlate_buffered(x, *x.view.message_subscriptions().find(command.subscription.value()));
  return {};
}

Outcome handle(CommandContext& context, const CloseMessageSubscription& command) {
  if (context.x.view.message_subscriptions().find(command.subscription.value()) != nullptr)
    context.x.events.append(MessageSubscriptionClosed{command.subscription});
  return {};
}

Outcome handle(CommandContext& context, const AcknowledgeMessage& command) {
  Execution& x = context.x;
  const MessageSubscriptionRow* row = x.view.message_subscriptions().find(command.subscription.value());
  if (row == nullptr) return {};
  x.events.append(MessageAcknowledged{command.subscription});
  correlate_buffered(x, *x.view.message_subscriptions().find(command.subscription.value()));
  return {};
}

// The instance does not wait any more: the message may go to another one of the same process.
Outcome handle(CommandContext& context, const RejectMessage& command) {
  Execution& x = context.x;
  if (x.view.message_subscriptions().find(command.subscription.value()) != nullptr)
    x.events.append(MessageSubscriptionClosed{command.subscription});
  const MessageRow* message = x.view.messages().find(command.message.value());
  if (message == nullptr || message->deadline <= x.now()) return {};
  x.events.append(MessageRejected{message->key, command.process_id});
  message = x.view.messages().find(command.message.value());
  const MessageSubscriptionRow* next = nullptr;
  x.view.message_subscriptions().for_each(
      message->tenant.text(), message->name, message->correlation_key, [&](const MessageSubscriptionRow& other) {
        if (other.correlating.value() != 0 || other.process_id != command.process_id) return true;
        next = &other;
        return false;
      });
  if (next == nullptr) return {};
  const JsonDocument variables = variables_of_message(*message);
  correlate_to(x, *next, command.message, variables);
  return {};
}

// The instance that was started with this correlation key has ended: the oldest message that waited for it starts the
// next one.
Outcome handle(CommandContext& context, const ReleaseStartLock& command) {
  Execution& x = context.x;
  const std::string& tenant = context.command.tenant;
  if (x.view.start_locks().find({tenant, command.process_id, command.correlation_key}) == nullptr) return {};
  x.events.append(StartLockReleased{x.symbols.intern(tenant), command.process_id, command.correlation_key});
  const LatestDefinitionRow* latest = x.view.latest(tenant, command.process_id);
  const DefinitionRow* definition = latest == nullptr ? nullptr : x.view.definition(latest->latest);
  if (definition == nullptr) return {};
  const MessageRow* oldest = nullptr;
  const StartSubscriptionRow* start = nullptr;
  for (const ElementIndex element : definition->model->start_events) {
    const StartSubscriptionRow* row = x.view.start_subscriptions().find({definition->key.value(), element.value()});
    if (row == nullptr || row->type != bpmn::EventType::kMessage) continue;
    x.view.messages().for_each(tenant, row->name, command.correlation_key, [&](const MessageRow& message) {
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
  start_by_message(x, *start, oldest->key, command.correlation_key, variables);
  return {};
}

}  // namespace baton::engine
