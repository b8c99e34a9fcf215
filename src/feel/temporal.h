// Dates, times and durations: calendar arithmetic, ISO 8601 text in and out (DMN 10.3.2.3.4 to 10.3.2.3.9). Pure
// functions.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "feel/value.h"

namespace baton::feel {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kSecondsPerDay = 86'400;
inline constexpr std::int64_t kNanosPerDay = kSecondsPerDay * kNanosPerSecond;
inline constexpr std::int32_t kMaxYear = 999'999'999;
/// Largest offset from UTC, 18 hours as in ISO implementations.
inline constexpr std::int32_t kMaxOffset = 18 * 3600;

/// Days since 1970-01-01.
std::int64_t days_from_date(const Date& date);
/// nullopt outside of the representable years.
std::optional<Date> date_from_days(std::int64_t days);
int days_in_month(std::int32_t year, int month);
bool is_valid_date(std::int64_t year, std::int64_t month, std::int64_t day);
/// 0 is Monday.
int weekday(const Date& date);
int day_of_year(const Date& date);
/// ISO 8601 week number.
int week_of_year(const Date& date);

/// An exact point in time, or a local one counted as if it were UTC.
struct Instant {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  auto operator<=>(const Instant&) const = default;
};
/// The offset in effect, 0 for local.
std::int32_t offset_seconds(const DateTime& value);
std::int32_t offset_seconds(const Time& value);
Instant to_instant(const DateTime& value);
/// The date-time of an instant, shown with `offset`; nullopt outside of the representable years.
std::optional<DateTime> from_instant(const Instant& instant, const Offset& offset);

std::optional<Date> add_months(const Date& date, std::int64_t months);
/// Adds exact time; zoned values move on the time line, local ones on the calendar.
std::optional<DateTime> add_duration(const DateTime& value, const Duration& duration);
/// Adds to the time of day, wrapping around midnight.
Time add_duration(const Time& value, const Duration& duration);
std::optional<Duration> add(const Duration& a, const Duration& b);
std::optional<Duration> negate(const Duration& d);
/// a - b. nullopt if one is local and the other is not.
std::optional<Duration> difference(const DateTime& a, const DateTime& b);
std::optional<Duration> difference(const Time& a, const Time& b);
/// Whole months between two dates, truncated towards zero.
std::int64_t months_between(const DateTime& from, const DateTime& to);

/// Order of times and date-times; nullopt if only one of them is local.
std::optional<std::strong_ordering> order_times(const Time& a, const Time& b);
std::optional<std::strong_ordering> order_date_times(const DateTime& a, const DateTime& b);

Decimal to_decimal(const Duration& d);
/// Rounds to nanoseconds; nullopt if out of range.
std::optional<Duration> duration_from_decimal(const Decimal& seconds);

std::optional<Date> parse_date(std::string_view text);
std::optional<Time> parse_time(std::string_view text);
/// A date alone is midnight, local.
std::optional<DateTime> parse_date_time(std::string_view text);
/// Either kind of duration; null if `text` is neither.
Value parse_duration(std::string_view text);
/// What @"text" means: a date, time, date and time, or duration; null if none.
Value parse_temporal(std::string_view text);

void append_date(std::string& out, const Date& date);
void append_time(std::string& out, const Time& time);
void append_date_time(std::string& out, const DateTime& value);
void append_months(std::string& out, std::int64_t months);
void append_duration(std::string& out, const Duration& duration);

}  // namespace baton::feel
