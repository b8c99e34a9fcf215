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
    x.view.for_each_start_subscription(tenant.text(), bpmn::EventType::kSignal, slice.name,
                                       [&](const StartSubscriptionRow& row) { starts.push_back(row); });
    for (const StartSubscriptionRow& row : starts)
      x.send(StartBySignal{row.definition, row.element, slice.variables}, tenant);
  }
  const auto waiters =
      x.view.signal_waiters(tenant.text(), slice.name, {slice.after, slice.after_subscription}, kSlice);
  for (const auto& [opened, subscription] : waiters) {
    if (opened > slice.until) return;
    x.send(TriggerSignal{subscription, slice.variables}, tenant);
  }
  if (waiters.size() < kSlice) return;
  DeliverSignal rest = slice;
  std::tie(rest.after, rest.after_subscription) = waiters.back();
  x.send(rest, tenant);
}

}  // namespace

Outcome handle(CommandContext& context, const BroadcastSignal& command) {
  Execution& x = context.x;
  if (command.name.empty())
    return fail(Code::kInvalidArgument, "Expected to broadcast a signal with a name, but it was empty");
  if (command.name.size() > limits::kSubscriptionTextBytes) {
    return failf(Code::kInvalidArgument, "Expected to broadcast a signal whose name takes at most {} bytes",
                 limits::kSubscriptionTextBytes);
  }
  const Key key(x.view.counters().next_block);
  x.events.append(SignalBroadcast{key, command.name});
  context.reply(SignalReply{key, context.command.tenant});
  deliver(x, x.symbols.intern(context.command.tenant),
          {command.name, x.position(), Position(0), Key(0), command.variables});
  return {};
}

Outcome handle(CommandContext& context, const DeliverSignal& command) {
  deliver(context.x, context.x.symbols.intern(context.command.tenant), command);
  return {};
}

}  // namespace baton::engine
