#include "bpmn/timer.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "bpmn/text_or_expression.h"
#include "feel/temporal.h"

namespace baton::bpmn {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;
constexpr std::int64_t kMsPerDay = feel::kSecondsPerDay * kMsPerSecond;
constexpr std::int64_t kMostMonths = 12LL * 1'000'000;
constexpr std::int64_t kMostMs = kMsPerDay * 366 * 1'000'000;  // a million years: sums stay far from the type's end

Failure not_a(std::string_view what, std::string_view text) {
  return failf(Code::kInvalidArgument, "'{}' is not {}", text.substr(0, 200), what);
}

/// Reads the number at the front of `text`, digits only.
bool take_number(std::string_view& text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || text.empty() || text.front() == '-') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// The digits behind a decimal point as milliseconds: ".5" is 500. False if there is none of them.
bool take_fraction(std::string_view& text, std::int64_t& ms) {
  std::int64_t unit = kMsPerSecond / 10;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    ms += (text[digits] - '0') * unit;
    unit /= 10;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

struct Unit {
  char letter;
  bool time;  // behind the T
  std::int64_t months;
  std::int64_t ms;
};
constexpr Unit kUnits[] = {{'Y', false, 12, 0},         {'M', false, 1, 0},        {'W', false, 0, 7 * kMsPerDay},
                           {'D', false, 0, kMsPerDay},  {'H', true, 0, 3'600'000}, {'M', true, 0, 60'000},
                           {'S', true, 0, kMsPerSecond}};

/// Adds `number` units of `letter`, which must come behind `at` in the order of the standard.
bool add_unit(Interval& interval, std::size_t& at, bool time, char letter, std::int64_t number) {
  for (; at < std::size(kUnits); ++at) {
    const Unit& unit = kUnits[at];
    if (unit.letter != letter || unit.time != time) continue;
    ++at;
    if (unit.months != 0 && number > kMostMonths / unit.months) return false;
    if (unit.ms != 0 && number > kMostMs / unit.ms) return false;
    interval.months += number * unit.months;
    interval.ms += number * unit.ms;
    return interval.months <= kMostMonths && interval.ms <= kMostMs;
  }
  return false;
}

std::optional<Interval> read_interval(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  Interval interval;
  bool time = false;
  bool any = false;
  std::size_t at = 0;
  while (!text.empty()) {
    if (text.front() == 'T') {
      if (time) return std::nullopt;
      time = true;
      any = false;  // something must follow
      text.remove_prefix(1);
      continue;
    }
    std::int64_t number = 0;
    std::int64_t fraction_ms = 0;
    if (!take_number(text, number)) return std::nullopt;
    const bool has_fraction = !text.empty() && (text.front() == '.' || text.front() == ',');
    if (has_fraction) {
      text.remove_prefix(1);
      if (!take_fraction(text, fraction_ms)) return std::nullopt;
    }
    if (text.empty() || (has_fraction && (text.front() != 'S' || !time))) return std::nullopt;
    if (!add_unit(interval, at, time, text.front(), number)) return std::nullopt;
    interval.ms += fraction_ms;
    text.remove_prefix(1);
    any = true;
  }
  if (!any) return std::nullopt;
  if (negative) interval = {-interval.months, -interval.ms};
  return interval;
}

std::int64_t to_ms(const feel::Instant& instant) {
  return instant.seconds * kMsPerSecond + instant.nanos / 1'000'000;
}

feel::DateTime utc(TimeMs time) {
  std::int64_t seconds = time.value() / kMsPerSecond;
  std::int64_t ms = time.value() % kMsPerSecond;
  if (ms < 0) {
    --seconds;
    ms += kMsPerSecond;
  }
  const auto value = feel::from_instant({seconds, ms * 1'000'000}, feel::Offset::fixed(0));
  return value.value_or(feel::DateTime{{feel::kMaxYear, 12, 31}, {0, feel::Offset::fixed(0)}});
}

}  // namespace

Result<TimeMs> parse_timer_date(std::string_view text) {
  constexpr std::string_view kWhat = "a date and time with a time zone (e.g. 2030-01-31T12:00:00Z)";
  std::string changed(trimmed(text));
  // An offset decides; the name in brackets only explains it. Without an offset the name decides.
  const std::size_t bracket = changed.find('[');
  if (bracket != std::string::npos) {
    if (!changed.ends_with(']')) return not_a(kWhat, text);
    const std::string zone = changed.substr(bracket + 1, changed.size() - bracket - 2);
    changed.resize(bracket);
    const auto local = feel::parse_date_time(changed);
    if (local && local->time.offset.type == feel::Offset::Type::kLocal) changed += "@" + zone;
  }
  const auto value = feel::parse_date_time(changed);
  if (!value || changed.find('T') == std::string::npos || value->time.offset.type == feel::Offset::Type::kLocal)
    return not_a(kWhat, text);
  return TimeMs(to_ms(feel::to_instant(*value)));
}

Result<Interval> parse_timer_duration(std::string_view text) {
  const auto interval = read_interval(trimmed(text));
  if (!interval) return not_a("a duration (e.g. P1DT12H or PT30S)", text);
  return *interval;
}

Result<Cycle> parse_timer_cycle(std::string_view text) {
  constexpr std::string_view kWhat =
      "a repeating interval (e.g. R/PT1H or R3/2030-01-31T12:00:00Z/P1D) and no cron expression";
  std::string_view rest = trimmed(text);
  Cycle cycle;
  if (!rest.starts_with('R')) {
    auto cron = parse_cron(rest);
    if (!cron) return failf(Code::kInvalidArgument, "{}: {}", not_a(kWhat, text).value().message, cron.error().message);
    cycle.cron = *cron;
    return cycle;
  }
  rest.remove_prefix(1);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return not_a(kWhat, text);
  std::string_view count = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  if (!count.empty() && count != "-1") {
    std::int64_t number = 0;
    if (!take_number(count, number) || !count.empty() || number > 2'147'483'647) return not_a(kWhat, text);
    cycle.repetitions = static_cast<std::int32_t>(number);
  }
  const std::size_t second = rest.rfind('/');
  if (second != std::string_view::npos) {
    if (second > 0) {
      BATON_ASSIGN(cycle.start, parse_timer_date(rest.substr(0, second)));
    }
    rest.remove_prefix(second + 1);
  }
  const auto interval = read_interval(rest);
  if (!interval) return not_a(kWhat, text);
  if (interval->months <= 0 && interval->ms <= 0)
    return failf(Code::kInvalidArgument, "the interval of '{}' must be longer than zero", text.substr(0, 200));
  cycle.interval = *interval;
  return cycle;
}

TimeMs add_interval(TimeMs time, const Interval& interval) {
  if (interval.months == 0) return time + interval.ms;
  feel::DateTime value = utc(time);
  const auto date = feel::add_months(value.date, interval.months);
  if (!date) return time + (interval.months > 0 ? kMostMs : -kMostMs);
  value.date = *date;
  return TimeMs(to_ms(feel::to_instant(value))) + interval.ms;
}

std::optional<TimeMs> first_due(const Cycle& cycle, TimeMs now) {
  if (cycle.repetitions == 0) return std::nullopt;
  if (cycle.cron) return next_cron(*cycle.cron, now);
  if (!cycle.start) return add_interval(now, cycle.interval);
  TimeMs due = *cycle.start;
  if (due >= now) return due;
  if (cycle.interval.months == 0) {  // the next place in the raster, without walking to it
    const std::int64_t steps = (now.value() - due.value() + cycle.interval.ms - 1) / cycle.interval.ms;
    return due + steps * cycle.interval.ms;
  }
  for (std::int64_t steps = 1; due < now; ++steps) {
    const Interval moved{cycle.interval.months * steps, cycle.interval.ms * steps};
    due = add_interval(*cycle.start, moved);
  }
  return due;
}

std::optional<TimeMs> next_due(const Cycle& cycle, TimeMs due) {
  return cycle.cron ? next_cron(*cycle.cron, due) : add_interval(due, cycle.interval);
}

}  // namespace baton::bpmn
