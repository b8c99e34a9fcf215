// Timers that are due.
#include "engine/behaviours/subscriptions.h"
#include "engine/commands/start_events.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const TriggerTimer& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const SubscriptionRow* row, select_subscription(context, command.timer));
  if (row == nullptr) return {};
  const SubscriptionRow timer = *row;
  if (timer.type != bpmn::EventType::kTimer || timer.due > x.now())
    return failf(Code::kFailedPrecondition, "timer {} is not due", command.timer.value());
  if (const auto next = next_time(timer.cycle, timer.due, timer.repetitions)) {
    x.events.append(TimerRescheduled{timer.key, *next->due, next->repetitions});
  } else {
    close_subscription(x, timer);
  }
  x.catch_event(timer.owner, timer.element, {});
  x.run();
  return {};
}

Outcome handle(CommandContext& context, const TriggerStartTimer& command) {
  Execution& x = context.x;
  const StartTimerRow* row = x.view.start_timer(command.definition, command.element);
  if (row == nullptr || row->due > x.now())
    return failf(Code::kFailedPrecondition, "no start timer of definition {} is due", command.definition.value());
  const StartTimerRow timer = *row;
  x.events.set_instance(Key(x.view.counters().next_block));  // before the first event: keys are relative to it
  if (const auto next = next_time(timer.cycle, timer.due, timer.repetitions)) {
    x.events.append(StartTimerSet{{timer.definition, timer.element, *next->due, next->repetitions, timer.cycle}});
  } else {
    x.events.append(StartTimerEnded{timer.definition, timer.element});
  }
  return start_instance(context, timer.definition, timer.element);
}

}  // namespace baton::engine
