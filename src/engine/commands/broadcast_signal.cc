// Signals: to everybody in the tenant who waits for the name now, and one new instance per start event. Nobody buffers
// them (camunda-8-api.md 5.9).
#include "base/limits.h"
#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

constexpr std::size_t kSlice = 100;

/// Sends the signal to the next waiters behind `slice.after...`, and the rest of the work to itself.
void deliver(Execution& x, const Symbol& tenant, const DeliverSignal& slice) {
  const bool first = slice.after.value() == 0;
  if (first) {
    std::vector<StartSubscriptionRow> starts;
    x.view.start_subscriptions().for_each(tenant.text(), bpmn::EventType::kSignal, slice.name,
                                          [&](const StartSubscriptionRow& row) { starts.push_back(row); });
    for (const StartSubscriptionRow& row : starts)
      x.send(StartBySignal{row.definition, row.element, slice.variables}, tenant);
  }
  const SignalWaiters* waiters = x.view.signal_waiters(tenant.text(), slice.name);
  if (waiters == nullptr) return;
  DeliverSignal rest = slice;
  std::size_t count = 0;
  const std::tuple after{slice.after.value(), slice.after_owner.value(), slice.after_subscription.value()};
  for (auto it = first ? waiters->begin() : waiters->upper_bound(after); it != waiters->end(); ++it) {
    const auto [opened, owner, subscription] = *it;
    if (opened > slice.until.value()) return;
    if (count++ == kSlice) {
      x.send(rest, tenant);
      return;
    }
    x.send(TriggerSignal{Key(owner), Key(subscription), slice.variables}, tenant);
    rest.after = Position(opened);
    rest.after_owner = Key(owner);
    rest.after_subscription = Key(subscription);
  }
}

}  // namespace

Outcome handle(CommandContext& context, const BroadcastSignal& command) {
  Execution& x = context.x;
  if (command.name.empty())
    return fail(Code::kInvalidArgument, "Expected to broadcast a signal with a name, but it was empty");
  if (command.name.size() > limits::kSubscriptionTextBytes) {
    return failf(Code::kInvalidArgument, "Expected the name of a signal to take at most {} bytes",
                 limits::kSubscriptionTextBytes);
  }
  const Key key(x.view.counters().next_block);
  x.events.append(SignalBroadcast{key, command.name});
  context.reply(SignalReply{key, context.command.tenant});
  deliver(x, x.symbols.intern(context.command.tenant),
          {command.name, x.position(), Position(0), Key(0), Key(0), command.variables});
  return {};
}

Outcome handle(CommandContext& context, const DeliverSignal& command) {
  deliver(context.x, context.x.symbols.intern(context.command.tenant), command);
  return {};
}

}  // namespace baton::engine
