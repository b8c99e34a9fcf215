// Publishing a message, and what the message side does with it (camunda-8-api.md 5.2): to at most one subscription or
// new instance per process id, else buffered for its time to live.
#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "base/limits.h"
#include "engine/behaviours/variables.h"
#include "engine/commands/message_side.h"
#include "engine/commands/start_events.h"

namespace baton::engine {

namespace {

/// A message that is being published, and those who wait for it now.
struct Publication {
  Key message;
  const std::string& correlation_key;
  bool buffered;
  const JsonDocument& variables;
  std::vector<MessageSubscriptionRow> subscriptions;
  std::vector<StartSubscriptionRow> starts;
};

using IsWanted = std::function<bool(const MessageSubscriptionRow&)>;

/// Finds whom a message reaches: one subscription of those that `is_wanted`, or one start event, of each process id.
void find_receivers(const Execution& x, std::string_view tenant, const std::string& name, const IsWanted& is_wanted,
                    Publication& out) {
  std::set<std::string> hit;  // process ids
  x.view.for_each_message_subscription(tenant, name, out.correlation_key, [&](const MessageSubscriptionRow& row) {
    if (row.correlating.value() == 0 && !hit.contains(row.process_id) && is_wanted(row)) {
      hit.insert(row.process_id);
      out.subscriptions.push_back(row);
    }
    return true;
  });
  x.view.for_each_start_subscription(tenant, bpmn::EventType::kMessage, name, [&](const StartSubscriptionRow& row) {
    if (hit.insert(row.process_id).second) out.starts.push_back(row);
  });
}

void send_to_receivers(Execution& x, const Publication& publication) {
  for (const MessageSubscriptionRow& row : publication.subscriptions)
    correlate_to(x, row, publication.message, publication.buffered, publication.variables);
  for (const StartSubscriptionRow& row : publication.starts) {
    start_by_message(x, row, publication.message, publication.buffered, publication.correlation_key,
                     publication.variables);
  }
}

Status check_texts(const std::string& name, const std::string& correlation_key, const std::string& message_id) {
  if (name.empty()) return fail(Code::kInvalidArgument, "Expected to publish a message with a name, but it was empty");
  if (name.size() + correlation_key.size() + message_id.size() <= limits::kSubscriptionTextBytes) return {};
  return failf(Code::kInvalidArgument,
               "Expected to publish a message whose name, correlation key and id take at most {} bytes together",
               limits::kSubscriptionTextBytes);
}

}  // namespace

Outcome handle(CommandContext& context, const PublishMessage& command) {
  Execution& x = context.x;
  const std::string& tenant = context.command.tenant;
  BATON_TRY(check_texts(command.name, command.correlation_key, command.message_id));
  if (!command.message_id.empty()) {
    const MessageRow* equal = x.view.message_with_id(tenant, command.name, command.correlation_key, command.message_id);
    if (equal != nullptr && equal->deadline > x.now()) {
      return failf(Code::kAlreadyExists,
                   "Expected to publish a new message with id '{}', but a message with that id was already published",
                   command.message_id);
    }
    if (equal != nullptr) x.events.append(MessageExpired{equal->key});
  }
  const Key key(x.view.counters().next_block);
  const TimeMs deadline = command.ttl_ms > 0 ? x.now() + command.ttl_ms : TimeMs(0);
  x.events.append(MessagePublished{key, x.symbols.intern(tenant), x.symbols.intern(command.name),
                                   x.symbols.intern(command.correlation_key), x.symbols.intern(command.message_id),
                                   deadline, x.command_variables});
  context.reply(PublishReply{key, tenant});
  Publication publication{key, command.correlation_key, command.ttl_ms > 0, command.variables, {}, {}};
  find_receivers(x, tenant, command.name, [](const MessageSubscriptionRow&) { return true; }, publication);
  send_to_receivers(x, publication);
  return {};
}

namespace {

/// True if the instance still waits: what it has closed may not have reached the message side yet.
bool still_waits(const Execution& x, const MessageSubscriptionRow& row) {
  const Instance* instance = x.view.instance_of(row.key);
  const SubscriptionRow* open = instance == nullptr || instance->isolated ? nullptr : instance->subscription(row.key);
  return open != nullptr && can_catch(*instance, *open);
}

/// Whom the answer names: it gets the message in this frame.
class Addressee {
 public:
  /// A started instance is preferred to one that waits. `publication` has at least one receiver and loses this one.
  explicit Addressee(Publication& publication) {
    if (!publication.starts.empty()) {
      start_ = publication.starts.front();
      publication.starts.erase(publication.starts.begin());
    } else {
      subscription_ = publication.subscriptions.front();
      publication.subscriptions.erase(publication.subscriptions.begin());
    }
  }

  /// Makes its instance the frame's, before the first event. Errors: none are expected.
  Status select(CommandContext& context, const Publication& publication) const {
    if (start_) {
      context.x.events.set_instance(Key(publication.message.value() + kKeyBlockSize));
      return {};
    }
    const auto selected = select_subscription(context, subscription_->key);
    return selected ? Status() : fail(selected.error());
  }

  Outcome deliver(CommandContext& context, const Publication& publication) const {
    Execution& x = context.x;
    if (start_) {
      const bool locks = !publication.correlation_key.empty();
      if (locks) take_start_lock(x, *start_, publication.message, publication.correlation_key);
      x.events.append(MessageCorrelating{publication.message, Key(0), start_->process_id, false});
      return start_instance(context, start_->definition, start_->element, locks, publication.correlation_key);
    }
    x.events.append(MessageCorrelating{publication.message, subscription_->key, subscription_->process_id, false});
    return catch_message(context, subscription_->key);
  }

 private:
  std::optional<StartSubscriptionRow> start_;
  std::optional<MessageSubscriptionRow> subscription_;
};

}  // namespace

Outcome handle(CommandContext& context, const RequestCorrelation& command) {
  Execution& x = context.x;
  const std::string& tenant = context.command.tenant;
  BATON_TRY(check_texts(command.name, command.correlation_key, {}));
  const Key key(x.view.counters().next_block);
  Publication publication{key, command.correlation_key, false, command.variables, {}, {}};
  find_receivers(x, tenant, command.name, [&x](const auto& row) { return still_waits(x, row); }, publication);
  std::erase_if(publication.starts, [&](const StartSubscriptionRow& row) {
    return !command.correlation_key.empty() &&
           x.view.start_lock(tenant, row.process_id, command.correlation_key) != nullptr;
  });
  if (publication.starts.empty() && publication.subscriptions.empty()) {
    return failf(Code::kNotFound,
                 "Expected to find subscription for message with name '{}' and correlation key '{}', but none was "
                 "found.",
                 command.name, command.correlation_key);
  }
  const Addressee addressee(publication);
  BATON_TRY(addressee.select(context, publication));
  x.events.append(MessagePublished{key,
                                   x.symbols.intern(tenant),
                                   x.symbols.intern(command.name),
                                   x.symbols.intern(command.correlation_key),
                                   {},
                                   TimeMs(0),
                                   x.command_variables});
  send_to_receivers(x, publication);
  context.reply(CorrelateReply{key, x.events.instance(), tenant});
  return addressee.deliver(context, publication);
}

Outcome handle(CommandContext& context, const ExpireMessages&) {
  constexpr std::size_t kSlice = 100;
  Execution& x = context.x;
  const auto is_due = [&x](const auto& entry) { return std::get<TimeMs>(entry) <= x.now(); };
  const auto expired = x.view.index<MessageDeadlines>().head({}, kSlice, is_due);
  if (expired.empty()) return fail(Code::kFailedPrecondition, "no message is due");
  for (const auto& [deadline, key] : expired) x.events.append(MessageExpired{key});
  return {};
}

}  // namespace baton::engine
