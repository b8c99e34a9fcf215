// Dates, times and durations as functions (DMN 10.3.4.1, 10.3.4.8).
#include <array>

#include "feel/arguments.h"
#include "feel/temporal.h"
#include "feel/zone.h"

namespace baton::feel {
namespace {

Value date(Call& call, Arguments args) {
  if (args.size() == 1) {
    const Value from = single(args[0]);
    if (from.is(Kind::kDate) || from.is(Kind::kDateTime)) return Value::date(from.as_date());
    if (!is_string(from)) return wrong_argument(call, from, "string or date");
    const auto parsed = parse_date(from.as_string());
    return parsed ? Value::date(*parsed) : call.fail("not a date");
  }
  const auto year = integer_of(args[0]);
  const auto month = integer_of(args[1]);
  const auto day = integer_of(args[2]);
  if (!year || !month || !day || !is_valid_date(*year, *month, *day)) return call.fail("not a date");
  return Value::date(
      {static_cast<std::int32_t>(*year), static_cast<std::uint8_t>(*month), static_cast<std::uint8_t>(*day)});
}

/// time(hour, minute, second, offset?): seconds may have a fraction, the offset is a days and time duration.
Value time_from_parts(Call& call, Arguments args) {
  const auto hour = integer_of(args[0]);
  const auto minute = integer_of(args[1]);
  if (!hour || !minute || !is_number(args[2]) || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59)
    return call.fail("not a time");
  const Decimal second = args[2].as_number();
  const auto nanos = (second * Decimal::from_int(kNanosPerSecond)).truncate_to_int();
  if (!nanos || *nanos < 0 || *nanos >= 60 * kNanosPerSecond) return call.fail("not a time");
  Offset offset;
  if (args.size() > 3 && !args[3].is_null()) {
    if (!args[3].is(Kind::kDuration)) return wrong_argument(call, args[3], "days and time duration");
    const Duration d = args[3].as_duration();
    if (d.nanos != 0 || d.seconds < -kMaxOffset || d.seconds > kMaxOffset)
      return call.fail("the offset is out of range");
    offset = Offset::fixed(static_cast<std::int32_t>(d.seconds));
  }
  return Value::time({(*hour * 3600 + *minute * 60) * kNanosPerSecond + *nanos, offset});
}

Value time(Call& call, Arguments args) {
  if (args.size() > 1) return time_from_parts(call, args);
  const Value from = single(args[0]);
  if (from.is(Kind::kTime)) return from;
  if (from.is(Kind::kDateTime)) return Value::time(from.as_time());
  if (from.is(Kind::kDate)) return Value::time({0, Offset::fixed(0)});
  if (!is_string(from)) return wrong_argument(call, from, "string or time");
  const auto parsed = parse_time(from.as_string());
  return parsed ? Value::time(*parsed) : call.fail("not a time");
}

/// Camunda: date and time(value, time zone): the same instant shown in that zone.
Value in_zone(Call& call, const Value& value, const Value& zone_argument) {
  const Zone* zone = find_zone(zone_argument.as_string());
  if (zone == nullptr) return call.fail("unknown time zone");
  if (!value.is(Kind::kDateTime)) return wrong_argument(call, value, "date and time");
  DateTime d = value.as_date_time();
  if (d.time.offset.type == Offset::Type::kLocal) {
    d.time.offset = Offset::named(zone);
    return Value::date_time(d);
  }
  const auto moved = from_instant(to_instant(d), Offset::named(zone));
  return moved ? Value::date_time(*moved) : call.fail("out of range");
}

Value date_and_time(Call& call, Arguments args) {
  const Value first = single(args[0]);
  if (args.size() == 1) {
    if (first.is(Kind::kDateTime)) return first;
    if (first.is(Kind::kDate)) return Value::date_time({first.as_date(), Time{0, Offset::fixed(0)}});
    if (!is_string(first)) return wrong_argument(call, first, "string or date and time");
    const auto parsed = parse_date_time(first.as_string());
    return parsed ? Value::date_time(*parsed) : call.fail("not a date and time");
  }
  const Value second = single(args[1]);
  if (is_string(second)) return in_zone(call, first, second);
  if ((!first.is(Kind::kDate) && !first.is(Kind::kDateTime)) || !second.is(Kind::kTime))
    return call.fail("'date and time' needs a date and a time");
  return Value::date_time({first.as_date(), second.as_time()});
}

Value duration(Call& call, Arguments args) {
  const Value from = single(args[0]);
  if (from.is(Kind::kMonths) || from.is(Kind::kDuration)) return from;
  if (!is_string(from)) return wrong_argument(call, from, "string");
  const Value parsed = parse_duration(from.as_string());
  return parsed.is_null() ? call.fail("not a duration") : parsed;
}

bool has_date(const Value& v) {
  return v.is(Kind::kDate) || v.is(Kind::kDateTime);
}

Value years_and_months_duration(Call& call, Arguments args) {
  const Value from = single(args[0]);
  const Value to = single(args[1]);
  if (!has_date(from) || !has_date(to)) return call.fail("'years and months duration' needs two dates");
  const auto widened = [](const Value& v) { return v.is(Kind::kDate) ? DateTime{v.as_date(), {}} : v.as_date_time(); };
  return Value::months(months_between(widened(from), widened(to)));
}

Value now(Call& call, Arguments) {
  const std::int64_t ms = call.evaluation().now().value();
  const std::int64_t seconds = ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
  const auto value = from_instant({seconds, (ms - seconds * 1000) * 1'000'000}, Offset::fixed(0));
  return value ? Value::date_time(*value) : call.fail("the time is out of range");
}

Value today(Call& call, Arguments args) {
  const Value current = now(call, args);
  return current.is_null() ? current : Value::date(current.as_date());
}

template <typename Get>
Value of_date(Call& call, const Value& argument, Get get) {
  const Value v = single(argument);
  return has_date(v) ? get(v.as_date()) : wrong_argument(call, v, "date or date and time");
}

Value day_of_year_function(Call& call, Arguments args) {
  return of_date(call, args[0], [](const Date& d) { return Value::number(day_of_year(d)); });
}

Value week_of_year_function(Call& call, Arguments args) {
  return of_date(call, args[0], [](const Date& d) { return Value::number(week_of_year(d)); });
}

Value day_of_week(Call& call, Arguments args) {
  static constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                            "Friday", "Saturday", "Sunday"};
  return of_date(call, args[0],
                 [](const Date& d) { return Value::string(kDays[static_cast<std::size_t>(weekday(d))]); });
}

Value month_of_year(Call& call, Arguments args) {
  static constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                               "May",       "June",     "July",     "August",
                                                               "September", "October",  "November", "December"};
  return of_date(call, args[0], [](const Date& d) { return Value::string(kMonths[d.month - 1U]); });
}

/// Camunda: the last day of the month, as a date or date and time like the argument.
Value last_day_of_month(Call& call, Arguments args) {
  const Value v = single(args[0]);
  if (!has_date(v)) return wrong_argument(call, v, "date or date and time");
  Date d = v.as_date();
  d.day = static_cast<std::uint8_t>(days_in_month(d.year, d.month));
  return v.is(Kind::kDate) ? Value::date(d) : Value::date_time({d, v.as_time()});
}

constexpr Builtin kBuiltins[] = {
    {"date", "from|year,month,day", date, false, false, true},
    {"time", "from|hour,minute,second,offset?", time, false, false, true},
    {"date and time", "from|date,time|date,timezone", date_and_time, false, false, true},
    {"duration", "from", duration, false, false, true},
    {"years and months duration", "from,to", years_and_months_duration},
    {"now", "", now, false, true},
    {"today", "", today, false, true},
    {"day of year", "date", day_of_year_function},
    {"day of week", "date", day_of_week},
    {"month of year", "date", month_of_year},
    {"week of year", "date", week_of_year_function},
    {"last day of month", "date", last_day_of_month, true},
};

}  // namespace

std::span<const Builtin> temporal_builtins() {
  return kBuiltins;
}

}  // namespace baton::feel
