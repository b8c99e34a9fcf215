// What element instances wait for: timers, messages and signals (camunda-8-api.md 5.2, 5.7, 5.14).
#pragma once

#include <string>
#include <vector>

#include "bpmn/timer.h"
#include "engine/execution.h"

namespace baton::engine {

/// When a timer is due, and how it goes on.
struct TimerTimes {
  std::optional<TimeMs> due;  // none: never
  std::int32_t repetitions = 0;
  std::string cycle;
};

/// Evaluates a timer's definition in the scope of `element_instance`. EXTRACT_VALUE_ERROR if it is no timer.
tl::expected<TimerTimes, StepFailure> evaluate_timer(Execution& x, Key element_instance, const bpmn::Event& event);
/// The same without variables, for start events of processes.
Result<TimerTimes> evaluate_start_timer(Execution& x, const bpmn::Event& event);
/// A timer that has been due at `due`: when it is due again. None: it is over.
std::optional<TimerTimes> next_time(const std::string& cycle, TimeMs due, std::int32_t repetitions);

/// Opens the subscriptions of the events attached to an activity. All or nothing.
StepResult open_boundary_events(Execution& x, Key activity);
/// Opens those of the event sub-processes in a scope.
StepResult open_event_sub_processes(Execution& x, Key scope);
/// Opens those of the event itself, or of the events behind an event-based gateway.
StepResult open_own_events(Execution& x, Key element_instance, const std::vector<ElementIndex>& catch_events);
/// Closes all subscriptions that `owner` has.
void close_subscriptions(Execution& x, Key owner);
/// Closes the one that waits for `catch_event`.
void close_subscriptions_of(Execution& x, Key owner, ElementIndex catch_event);
void close_event_sub_processes(Execution& x, Key scope);
void close_subscription(Execution& x, const SubscriptionRow& row);

}  // namespace baton::engine
