// What timer events wait for: ISO 8601 dates, durations and repeating intervals, and cron expressions
// (camunda-8-api.md 3.1, 5.14). Pure functions on texts; times are milliseconds since 1970, in UTC.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace baton::bpmn {

/// A length of time: calendar months and exact milliseconds. "P1M" is one month, however long that is.
struct Interval {
  std::int64_t months = 0;
  std::int64_t ms = 0;
};

/// A cron expression in the syntax of Spring 5.3: six fields, seconds first; sets of allowed values as bits.
struct Cron {
  std::uint64_t seconds = 0;
  std::uint64_t minutes = 0;
  std::uint64_t hours = 0;
  std::uint64_t days = 0;      // bit 1 to 31
  std::uint64_t months = 0;    // bit 1 to 12
  std::uint64_t weekdays = 0;  // bit 0 (Sunday) to 6
  bool any_day = false;        // "*" or "?"
  bool any_weekday = false;
  std::optional<int> last_day_offset;             // L or L-n
  std::optional<int> nearest_weekday;             // nW; 0 for LW
  std::optional<std::array<int, 2>> nth_weekday;  // {weekday, n}: n-th of the month; n 0 for the last one
};

/// "R3/PT10H", "R/2022-04-27T17:20:00Z/P1D" or a cron expression.
struct Cycle {
  std::int32_t repetitions = -1;  // -1: without end
  std::optional<TimeMs> start;
  Interval interval;
  std::optional<Cron> cron;
};

/// "2019-10-01T12:00:00Z", "...+02:00", "...[Europe/Berlin]". Errors: INVALID_ARGUMENT; also when the zone is missing.
Result<TimeMs> parse_timer_date(std::string_view text);
/// "P1Y2M10DT2H30M", "PT0.5S", "-PT1M". Errors: INVALID_ARGUMENT.
Result<Interval> parse_timer_duration(std::string_view text);
/// Errors: INVALID_ARGUMENT.
Result<Cycle> parse_timer_cycle(std::string_view text);
Result<Cron> parse_cron(std::string_view text);

/// `time` moved by `interval`: first the months on the calendar, then the milliseconds.
TimeMs add_interval(TimeMs time, const Interval& interval);
/// The first time after `after` that `cron` allows; nullopt if there is none within the next decades.
std::optional<TimeMs> next_cron(const Cron& cron, TimeMs after);

/// When a cycle that begins at `now` is due first; nullopt if it is never.
std::optional<TimeMs> first_due(const Cycle& cycle, TimeMs now);
/// When it is due after `due`: no drift.
std::optional<TimeMs> next_due(const Cycle& cycle, TimeMs due);

}  // namespace baton::bpmn
