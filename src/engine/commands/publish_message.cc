// Publishing a message, and what the message side does with it (camunda-8-api.md 5.2): to at most one subscription or
// new instance per process id, else buffered for its time to live.
#include <algorithm>
#include <set>

#include "base/limits.h"
#include "engine/behaviours/variables.h"
#include "engine/commands/message_side.h"

namespace baton::engine {

namespace {

/// The message that is being published, to all who wait for it now.
class Publication {
 public:
  Publication(CommandContext& context, const PublishMessage& command, Key key)
      : x_(context.x), command_(command), tenant_(context.x.symbols.intern(context.command.tenant)), key_(key) {}

  void run() {
    to_subscriptions();
    to_start_events();
  }

 private:
  void to_subscriptions() {
    std::vector<MessageSubscriptionRow> chosen;
    x_.view.for_each_message_subscription(tenant_.text(), command_.name, command_.correlation_key,
                                          [&](const MessageSubscriptionRow& row) {
                                            if (row.correlating.value() == 0 && hit_.insert(row.process_id).second)
                                              chosen.push_back(row);
                                            return true;
                                          });
    for (const MessageSubscriptionRow& row : chosen)
      correlate_to(x_, row, key_, command_.ttl_ms > 0, command_.variables);
  }

  void to_start_events() {
    std::vector<StartSubscriptionRow> chosen;
    x_.view.for_each_start_subscription(tenant_.text(), bpmn::EventType::kMessage, command_.name,
                                        [&](const StartSubscriptionRow& row) {
                                          if (hit_.insert(row.process_id).second) chosen.push_back(row);
                                        });
    for (const StartSubscriptionRow& row : chosen)
      start_by_message(x_, row, key_, command_.ttl_ms > 0, command_.correlation_key, command_.variables);
  }

  Execution& x_;
  const PublishMessage& command_;
  Symbol tenant_;
  Key key_;
  std::set<std::string> hit_;  // process ids
};

}  // namespace

Outcome handle(CommandContext& context, const PublishMessage& command) {
  Execution& x = context.x;
  const std::string& tenant = context.command.tenant;
  if (command.name.empty())
    return fail(Code::kInvalidArgument, "Expected to publish a message with a name, but it was empty");
  if (command.name.size() + command.correlation_key.size() + command.message_id.size() >
      limits::kSubscriptionTextBytes) {
    return failf(Code::kInvalidArgument,
                 "Expected the name, the correlation key and the id of a message to take at most {} bytes together",
                 limits::kSubscriptionTextBytes);
  }
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
  Publication(context, command, key).run();
  return {};
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
