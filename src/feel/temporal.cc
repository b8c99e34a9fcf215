#include "feel/temporal.h"

#include <algorithm>

#include "feel/zone.h"

namespace baton::feel {
namespace {

constexpr std::int64_t kMaxDays = 366LL * kMaxYear;  // rough, guards the exact check from overflow

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

bool is_leap(std::int32_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/// The date on which the offset of a time of day without a date is looked up: fixed, because FEEL has no clock here.
constexpr Date kReferenceDate{1970, 1, 1};

}  // namespace

std::int64_t days_from_date(const Date& date) {
  // Counts from March so that the leap day is the last of the year; eras of 400 years.
  const std::int64_t y = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t month = date.month + (date.month > 2 ? -3 : 9);
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::optional<Date> date_from_days(std::int64_t days) {
  if (days > kMaxDays || days < -kMaxDays) return std::nullopt;
  const std::int64_t z = days + 719'468;
  const std::int64_t era = floor_div(z, 146'097);
  const std::int64_t day_of_era = z - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t m = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * m + 2) / 5 + 1;
  const std::int64_t month = m < 10 ? m + 3 : m - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  if (year > kMaxYear || year < -kMaxYear) return std::nullopt;
  return Date{static_cast<std::int32_t>(year), static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)};
}

int days_in_month(std::int32_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

bool is_valid_date(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (year < -kMaxYear || year > kMaxYear || month < 1 || month > 12 || day < 1) return false;
  return day <= days_in_month(static_cast<std::int32_t>(year), static_cast<int>(month));
}

int weekday(const Date& date) {
  const std::int64_t days = days_from_date(date) + 3;  // 1970-01-01 was a Thursday
  return static_cast<int>(days - floor_div(days, 7) * 7);
}

int day_of_year(const Date& date) {
  return static_cast<int>(days_from_date(date) - days_from_date({date.year, 1, 1})) + 1;
}

int week_of_year(const Date& date) {
  // The week belongs to the year of its Thursday.
  const auto thursday = date_from_days(days_from_date(date) - weekday(date) + 3);
  return thursday ? (day_of_year(*thursday) - 1) / 7 + 1 : 1;
}

std::int32_t offset_seconds(const DateTime& value) {
  const Offset& offset = value.time.offset;
  return offset.type == Offset::Type::kNamed ? zone_offset_local(offset.zone, value.date, value.time.nanos)
                                             : offset.seconds;
}

std::int32_t offset_seconds(const Time& value) {
  return offset_seconds(DateTime{kReferenceDate, value});
}

Instant to_instant(const DateTime& value) {
  const std::int64_t local = days_from_date(value.date) * kSecondsPerDay + value.time.nanos / kNanosPerSecond;
  return {local - offset_seconds(value), value.time.nanos % kNanosPerSecond};
}

std::optional<DateTime> from_instant(const Instant& instant, const Offset& offset) {
  const std::int64_t shift =
      offset.type == Offset::Type::kNamed ? zone_offset_at(offset.zone, instant.seconds) : offset.seconds;
  const std::int64_t local = instant.seconds + shift;
  const std::int64_t days = floor_div(local, kSecondsPerDay);
  const auto date = date_from_days(days);
  if (!date) return std::nullopt;
  return DateTime{*date, Time{(local - days * kSecondsPerDay) * kNanosPerSecond + instant.nanos, offset}};
}

std::optional<Date> add_months(const Date& date, std::int64_t months) {
  constexpr std::int64_t kLimit = 24LL * kMaxYear;
  if (months > kLimit || months < -kLimit) return std::nullopt;
  const std::int64_t total = static_cast<std::int64_t>(date.year) * 12 + (date.month - 1) + months;
  const std::int64_t year = floor_div(total, 12);
  if (year > kMaxYear || year < -kMaxYear) return std::nullopt;
  const auto y = static_cast<std::int32_t>(year);
  const auto month = static_cast<int>(total - year * 12) + 1;
  const int day = std::min<int>(date.day, days_in_month(y, month));
  return Date{y, static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)};
}

std::optional<DateTime> add_duration(const DateTime& value, const Duration& duration) {
  Instant instant = to_instant(value);
  if (__builtin_add_overflow(instant.seconds, duration.seconds, &instant.seconds)) return std::nullopt;
  constexpr std::int64_t kLimit = kMaxDays * kSecondsPerDay;
  if (instant.seconds > kLimit || instant.seconds < -kLimit) return std::nullopt;
  instant.nanos += duration.nanos;
  if (instant.nanos >= kNanosPerSecond) {
    instant.nanos -= kNanosPerSecond;
    ++instant.seconds;
  }
  return from_instant(instant, value.time.offset);
}

Time add_duration(const Time& value, const Duration& duration) {
  const std::int64_t seconds = duration.seconds - floor_div(duration.seconds, kSecondsPerDay) * kSecondsPerDay;
  return Time{(value.nanos + seconds * kNanosPerSecond + duration.nanos) % kNanosPerDay, value.offset};
}

std::optional<Duration> add(const Duration& a, const Duration& b) {
  Duration sum;
  if (__builtin_add_overflow(a.seconds, b.seconds, &sum.seconds)) return std::nullopt;
  const std::int64_t nanos = static_cast<std::int64_t>(a.nanos) + b.nanos;
  if (nanos >= kNanosPerSecond && __builtin_add_overflow(sum.seconds, 1, &sum.seconds)) return std::nullopt;
  sum.nanos = static_cast<std::int32_t>(nanos % kNanosPerSecond);
  return sum;
}

std::optional<Duration> negate(const Duration& d) {
  Duration result;
  if (__builtin_sub_overflow(std::int64_t{0}, d.seconds, &result.seconds)) return std::nullopt;
  if (d.nanos != 0) {
    if (__builtin_sub_overflow(result.seconds, 1, &result.seconds)) return std::nullopt;
    result.nanos = static_cast<std::int32_t>(kNanosPerSecond - d.nanos);
  }
  return result;
}

namespace {

Duration between(const Instant& a, const Instant& b) {
  Duration d{a.seconds - b.seconds, static_cast<std::int32_t>(a.nanos - b.nanos)};
  if (d.nanos < 0) {
    d.nanos += static_cast<std::int32_t>(kNanosPerSecond);
    --d.seconds;
  }
  return d;
}

bool comparable(const Offset& a, const Offset& b) {
  return (a.type == Offset::Type::kLocal) == (b.type == Offset::Type::kLocal);
}

}  // namespace

std::optional<Duration> difference(const DateTime& a, const DateTime& b) {
  if (!comparable(a.time.offset, b.time.offset)) return std::nullopt;
  return between(to_instant(a), to_instant(b));
}

std::optional<Duration> difference(const Time& a, const Time& b) {
  return difference(DateTime{kReferenceDate, a}, DateTime{kReferenceDate, b});
}

std::int64_t months_between(const DateTime& from, const DateTime& to) {
  std::int64_t months =
      (static_cast<std::int64_t>(to.date.year) - from.date.year) * 12 + (to.date.month - from.date.month);
  const auto rest = [](const DateTime& v) { return v.date.day * kNanosPerDay + v.time.nanos; };
  if (months > 0 && rest(to) < rest(from)) --months;
  if (months < 0 && rest(to) > rest(from)) ++months;
  return months;
}

namespace {

/// Times are compared by the millisecond (DMN TCK 0068: 10:30:00.0001 equals 10:30:00.0002), although they keep
/// nanoseconds.
Instant comparable_instant(const DateTime& value) {
  Instant instant = to_instant(value);
  constexpr std::int64_t kNanosPerMillisecond = 1'000'000;
  instant.nanos -= instant.nanos % kNanosPerMillisecond;
  return instant;
}

}  // namespace

std::optional<std::strong_ordering> order_date_times(const DateTime& a, const DateTime& b) {
  if (!comparable(a.time.offset, b.time.offset)) return std::nullopt;
  return comparable_instant(a) <=> comparable_instant(b);
}

std::optional<std::strong_ordering> order_times(const Time& a, const Time& b) {
  return order_date_times(DateTime{kReferenceDate, a}, DateTime{kReferenceDate, b});
}

Decimal to_decimal(const Duration& d) {
  const Decimal seconds = Decimal::from_int(d.seconds);
  return d.nanos == 0 ? seconds : seconds + Decimal::from_scaled(d.nanos, -9);
}

std::optional<Duration> duration_from_decimal(const Decimal& seconds) {
  if (!seconds.is_finite()) return std::nullopt;
  const Decimal whole = seconds.round(0, Rounding::kDown);
  const auto count = whole.is_finite() ? whole.to_int() : std::nullopt;
  if (!count) return std::nullopt;
  const auto nanos = ((seconds - whole) * Decimal::from_int(kNanosPerSecond)).truncate_to_int();
  if (!nanos) return std::nullopt;
  return Duration{*count, static_cast<std::int32_t>(*nanos)};
}

}  // namespace baton::feel
