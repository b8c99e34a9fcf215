#include "engine/behaviours/subscriptions.h"

#include <algorithm>

#include "base/limits.h"
#include "engine/behaviours/expressions.h"
#include "feel/temporal.h"

namespace baton::engine {

namespace {

using bpmn::EventType;

constexpr std::int64_t kNanosPerMs = 1'000'000;

StepFailure not_a(std::string_view what, const bpmn::Event& event, std::string_view why) {
  const std::string_view source = event.text.expression ? event.text.expression->source() : event.text.text;
  return {IncidentKind::kExtractValueError, fmt::format("Expected '{}' to be {}: {}", source, what, why)};
}

TimeMs to_time(const feel::DateTime& value) {
  const feel::Instant instant = feel::to_instant(value);  // a local one counts as UTC
  return TimeMs(instant.seconds * 1000 + instant.nanos / kNanosPerMs);
}

tl::expected<TimerTimes, StepFailure> from_text(const bpmn::Event& event, std::string_view text, TimeMs now) {
  TimerTimes times;
  switch (event.timer) {
    case bpmn::TimerKind::kDuration: {
      const auto interval = bpmn::parse_timer_duration(text);
      if (!interval) return tl::unexpected(not_a("a duration", event, interval.error().message));
      times.due = bpmn::add_interval(now, *interval);
      break;
    }
    case bpmn::TimerKind::kDate: {
      const auto date = bpmn::parse_timer_date(text);
      if (!date) return tl::unexpected(not_a("a date and time", event, date.error().message));
      times.due = *date;
      break;
    }
    case bpmn::TimerKind::kCycle: {
      const auto cycle = bpmn::parse_timer_cycle(text);
      if (!cycle) return tl::unexpected(not_a("a repeating interval", event, cycle.error().message));
      times.due = bpmn::first_due(*cycle, now);
      times.repetitions = cycle->repetitions < 0 ? -1 : std::max(0, cycle->repetitions - 1);
      times.cycle = text;
      break;
    }
  }
  return times;
}

/// The value of a timer's expression: a text, or a FEEL date or duration.
tl::expected<TimerTimes, StepFailure> from_value(const bpmn::Event& event, const feel::Value& value, TimeMs now) {
  TimerTimes times;
  if (value.is(feel::Kind::kString)) return from_text(event, value.as_string(), now);
  if (event.timer == bpmn::TimerKind::kDate && value.is(feel::Kind::kDateTime)) {
    times.due = to_time(value.as_date_time());
    return times;
  }
  if (event.timer == bpmn::TimerKind::kDate && value.is(feel::Kind::kDate)) {
    times.due = to_time({value.as_date(), {}});
    return times;
  }
  if (event.timer == bpmn::TimerKind::kDuration && value.is(feel::Kind::kDuration)) {
    const feel::Duration d = value.as_duration();
    times.due = now + (d.seconds * 1000 + d.nanos / kNanosPerMs);
    return times;
  }
  if (event.timer == bpmn::TimerKind::kDuration && value.is(feel::Kind::kMonths)) {
    times.due = bpmn::add_interval(now, {value.as_months(), 0});
    return times;
  }
  return tl::unexpected(
      not_a("a timer's definition", event, fmt::format("it was a {}", feel::kind_name(value.kind()))));
}

/// A correlation key: a string, or a number without needless decimals.
tl::expected<std::string, StepFailure> evaluate_correlation_key(Execution& x, Key scope,
                                                                const feel::Expression& expression) {
  auto value = evaluate(x, scope, expression, IncidentKind::kExtractValueError);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (value->is(feel::Kind::kString)) return std::string(value->as_string());
  if (value->is(feel::Kind::kNumber)) {
    const auto whole = value->as_number().to_int();
    return whole ? std::to_string(*whole) : value->as_number().to_string();
  }
  return step_failure(
      IncidentKind::kExtractValueError,
      fmt::format("Failed to extract the correlation key for '{}': The value must be either a string or a number, but "
                  "was {}.",
                  expression.source(), feel::kind_name(value->kind())));
}

tl::expected<SubscriptionOpened, StepFailure> evaluate_event(Execution& x, Key owner, ElementIndex catch_event) {
  const bpmn::Event& event = *x.model().element(catch_event).event;
  SubscriptionOpened opened;
  opened.owner = owner;
  opened.element = catch_event;
  opened.type = event.type;
  if (event.type == EventType::kTimer) {
    auto times = evaluate_timer(x, owner, event);
    if (!times) return tl::unexpected(std::move(times.error()));
    if (!times->due) {
      opened.type = EventType::kNone;  // never due: nothing to wait for
      return opened;
    }
    opened.due = *times->due;
    opened.repetitions = times->repetitions;
    opened.cycle = std::move(times->cycle);
    return opened;
  }
  auto name = evaluate_text(x, owner, event.text);
  if (!name) return tl::unexpected(std::move(name.error()));
  opened.name = x.symbols.intern(*name);
  if (event.type == EventType::kMessage) {
    auto key = evaluate_correlation_key(x, owner, *event.correlation_key);
    if (!key) return tl::unexpected(std::move(key.error()));
    opened.correlation_key = std::move(*key);
  }
  if (name->size() + opened.correlation_key.size() > limits::kSubscriptionTextBytes) {
    return step_failure(
        IncidentKind::kExtractValueError,
        fmt::format("The name and the correlation key take more than {} bytes.", limits::kSubscriptionTextBytes));
  }
  return opened;
}

bool is_waited_for(const bpmn::Element& element) {
  return element.event && (element.event->type == EventType::kTimer || element.event->type == EventType::kMessage ||
                           element.event->type == EventType::kSignal);
}

}  // namespace

tl::expected<TimerTimes, StepFailure> evaluate_timer(Execution& x, Key element_instance, const bpmn::Event& event) {
  if (!event.text.expression) return from_text(event, event.text.text, x.now());
  auto value = evaluate(x, element_instance, *event.text.expression, IncidentKind::kExtractValueError);
  if (!value) return tl::unexpected(std::move(value.error()));
  return from_value(event, *value, x.now());
}

Result<TimerTimes> evaluate_start_timer(Execution& x, const bpmn::Event& event) {
  struct NoVariables final : feel::Variables {
    std::optional<feel::Value> find(std::size_t, std::string_view, feel::Evaluation&) const override {
      return std::nullopt;
    }
  };
  auto times = [&]() -> tl::expected<TimerTimes, StepFailure> {
    if (!event.text.expression) return from_text(event, event.text.text, x.now());
    x.evaluation.reset(x.now());
    auto value = event.text.expression->evaluate(x.evaluation, NoVariables());
    if (!value) return step_failure(IncidentKind::kExtractValueError, value.error().message);
    return from_value(event, *value, x.now());
  }();
  if (!times) return fail(Code::kInvalidArgument, times.error().message);
  return std::move(*times);
}

std::optional<TimerTimes> next_time(const std::string& cycle, TimeMs due, std::int32_t repetitions) {
  if (cycle.empty() || repetitions == 0) return std::nullopt;
  const auto parsed = bpmn::parse_timer_cycle(cycle);
  if (!parsed) return std::nullopt;
  TimerTimes times;
  times.due = bpmn::next_due(*parsed, due);
  if (!times.due) return std::nullopt;
  times.repetitions = repetitions < 0 ? -1 : repetitions - 1;
  times.cycle = cycle;
  return times;
}

StepResult open_own_events(Execution& x, Key owner, const std::vector<ElementIndex>& catch_events) {
  std::vector<SubscriptionOpened> all;
  for (const ElementIndex event : catch_events) {
    if (!is_waited_for(x.model().element(event))) continue;
    auto opened = evaluate_event(x, owner, event);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    if (opened->type != EventType::kNone) all.push_back(std::move(*opened));
  }
  for (SubscriptionOpened& opened : all) {
    opened.key = x.new_key();
    x.events.append(opened);
    if (opened.type != EventType::kMessage) continue;
    x.send(OpenMessageSubscription{opened.key, owner, std::string(opened.name.text()), opened.correlation_key,
                                   x.instance().definition->process_id});
  }
  return {};
}

StepResult open_boundary_events(Execution& x, Key activity) {
  return open_own_events(x, activity, x.definition_of(activity).boundary_events);
}

StepResult open_event_sub_processes(Execution& x, Key scope) {
  std::vector<ElementIndex> starts;
  for (const ElementIndex event_sub_process : x.definition_of(scope).event_sub_processes)
    starts.push_back(x.model().element(event_sub_process).start);
  return open_own_events(x, scope, starts);
}

void close_subscription(Execution& x, const SubscriptionRow& row) {
  const SubscriptionRow closed = row;
  x.events.append(SubscriptionClosed{closed.key});
  if (closed.type == EventType::kMessage) x.send(CloseMessageSubscription{closed.key});
}

namespace {

template <typename Wanted>
void close_if(Execution& x, Key owner, Wanted wanted) {
  std::vector<SubscriptionRow> rows;
  const Instance& instance = x.instance();
  instance.subscriptions_of.for_each(owner, [&](std::uint64_t key) {
    const SubscriptionRow& row = instance.subscriptions.find(key)->second;
    if (wanted(row)) rows.push_back(row);
    return true;
  });
  for (const SubscriptionRow& row : rows) close_subscription(x, row);
}

}  // namespace

void close_subscriptions(Execution& x, Key owner) {
  close_if(x, owner, [](const SubscriptionRow&) { return true; });
}

void close_subscriptions_of(Execution& x, Key owner, ElementIndex catch_event) {
  close_if(x, owner, [catch_event](const SubscriptionRow& row) { return row.element == catch_event; });
}

void close_event_sub_processes(Execution& x, Key scope) {
  close_if(x, scope, [&](const SubscriptionRow& row) {
    return x.model().element(row.element).type == bpmn::ElementType::kStartEvent;
  });
}

}  // namespace baton::engine
