// Cron expressions in the syntax of Spring 5.3, in UTC.
#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <vector>

#include "bpmn/text_or_expression.h"
#include "bpmn/timer.h"
#include "feel/temporal.h"

namespace baton::bpmn {
namespace {

constexpr int kMostYears = 40;  // 29 February on a given weekday comes every 28 years, 40 across 2100
constexpr std::string_view kMonths = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
constexpr std::string_view kWeekdays = "SUNMONTUEWEDTHUFRISAT";

struct Macro {
  std::string_view name;
  std::string_view cron;
};
constexpr Macro kMacros[] = {{"@yearly", "0 0 0 1 1 *"}, {"@annually", "0 0 0 1 1 *"}, {"@monthly", "0 0 0 1 * *"},
                             {"@weekly", "0 0 0 * * 0"}, {"@daily", "0 0 0 * * *"},    {"@midnight", "0 0 0 * * *"},
                             {"@hourly", "0 0 * * * *"}};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  return value;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

/// One field: its smallest and largest value, and names for values.
struct Field {
  int least;
  int most;
  std::string_view names = {};  // three letters each
  int first_name = 0;

  [[nodiscard]] std::optional<int> value(std::string_view text) const {
    if (text.size() == 3 && !names.empty()) {
      const std::size_t at = names.find(upper(text));
      if (at != std::string_view::npos && at % 3 == 0) return static_cast<int>(at / 3) + first_name;
    }
    const auto given = text.empty() ? std::nullopt : number(text);
    if (!given || *given < least || *given > most) return std::nullopt;
    return given;
  }

  /// "*", "5", "1-5", "*/15", "1-30/2", "5/10", and lists of them.
  [[nodiscard]] std::optional<std::uint64_t> set(std::string_view text) const {
    std::uint64_t bits = 0;
    for (std::string_view part : split(text, ',')) {
      int step = 1;
      const std::size_t slash = part.find('/');
      if (slash != std::string_view::npos) {
        const auto given = slash + 1 < part.size() ? number(part.substr(slash + 1)) : std::nullopt;
        if (!given || *given < 1) return std::nullopt;
        step = *given;
        part = part.substr(0, slash);
      }
      int from = least;
      int to = most;
      if (part != "*") {
        const std::size_t dash = part.find('-');
        const auto low = value(part.substr(0, dash));
        if (!low) return std::nullopt;
        from = *low;
        if (dash != std::string_view::npos) {
          const auto high = value(part.substr(dash + 1));
          if (!high) return std::nullopt;
          to = *high;
        } else if (slash == std::string_view::npos) {
          to = from;
        }
      }
      if (from > to) return std::nullopt;
      for (int i = from; i <= to; i += step) bits |= 1ULL << static_cast<unsigned>(i);
    }
    return bits;
  }
};

constexpr Field kSecondField{0, 59};
constexpr Field kHourField{0, 23};
constexpr Field kDayField{1, 31};
constexpr Field kMonthField{1, 12, kMonths, 1};
constexpr Field kWeekdayField{0, 7, kWeekdays, 0};

bool read_days(std::string_view text, Cron& cron) {
  if (text == "*" || text == "?") {
    cron.any_day = true;
  } else if (text == "L") {
    cron.last_day_offset = 0;
  } else if (text == "LW") {
    cron.nearest_weekday = 0;
  } else if (text.starts_with("L-")) {
    cron.last_day_offset = text.size() > 2 ? number(text.substr(2)) : std::nullopt;
    return cron.last_day_offset && *cron.last_day_offset < 31;
  } else if (text.ends_with('W')) {
    cron.nearest_weekday = kDayField.value(text.substr(0, text.size() - 1));
    return cron.nearest_weekday.has_value();
  } else {
    const auto days = kDayField.set(text);
    cron.days = days.value_or(0);
    return days.has_value();
  }
  return true;
}

bool read_weekdays(std::string_view text, Cron& cron) {
  const std::size_t hash = text.find('#');
  if (text == "*" || text == "?") {
    cron.any_weekday = true;
  } else if (hash != std::string_view::npos || (text.ends_with('L') && text.size() > 1)) {
    const auto day =
        kWeekdayField.value(hash != std::string_view::npos ? text.substr(0, hash) : text.substr(0, text.size() - 1));
    const auto nth = hash == std::string_view::npos ? std::optional<int>(0)
                     : hash + 1 < text.size()       ? number(text.substr(hash + 1))
                                                    : std::nullopt;
    if (!day || !nth || (hash != std::string_view::npos && (*nth < 1 || *nth > 5))) return false;
    cron.nth_weekday = {{*day % 7, *nth}};
  } else {
    const auto days = kWeekdayField.set(text);
    if (!days) return false;
    cron.weekdays = (*days | (*days >> 7)) & 0x7F;  // 0 and 7 are Sunday
  }
  return true;
}

int sunday_based(const feel::Date& date) {
  return (feel::weekday(date) + 1) % 7;
}

/// The working day nearest to day `wanted` of the month, within the month.
int nearest_working_day(const feel::Date& date, int wanted) {
  const int last = feel::days_in_month(date.year, date.month);
  if (wanted == 0 || wanted > last) wanted = last;
  const int weekday = sunday_based({date.year, date.month, static_cast<std::uint8_t>(wanted)});
  if (weekday == 6) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (weekday == 0) return wanted < last ? wanted + 1 : wanted - 2;
  return wanted;
}

bool allows_day(const Cron& cron, const feel::Date& date) {
  const int last = feel::days_in_month(date.year, date.month);
  const int weekday = sunday_based(date);
  const auto has = [](std::uint64_t bits, int i) { return (bits >> static_cast<unsigned>(i) & 1) != 0; };
  if (!has(cron.months, date.month)) return false;
  if (cron.last_day_offset) {
    if (date.day != last - *cron.last_day_offset) return false;
  } else if (cron.nearest_weekday) {
    if (date.day != nearest_working_day(date, *cron.nearest_weekday)) return false;
  } else if (!cron.any_day && !has(cron.days, date.day)) {
    return false;
  }
  if (cron.nth_weekday) {
    const auto [day, nth] = *cron.nth_weekday;
    if (weekday != day) return false;
    return nth == 0 ? date.day + 7 > last : (date.day - 1) / 7 + 1 == nth;
  }
  return cron.any_weekday || has(cron.weekdays, weekday);
}

/// The first value of the set at or after `from`; -1 if there is none.
int first_from(std::uint64_t bits, int from) {
  const std::uint64_t rest = from > 63 ? 0 : bits & (~0ULL << static_cast<unsigned>(from));
  return rest == 0 ? -1 : std::countr_zero(rest);
}

}  // namespace

Result<Cron> parse_cron(std::string_view text) {
  std::string_view rest = trimmed(text);
  for (const Macro& macro : kMacros) {
    if (rest == macro.name) rest = macro.cron;
  }
  std::vector<std::string_view> fields;
  for (const std::string_view field : split(rest, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  const auto malformed = [&](std::string_view what) {
    return failf(Code::kInvalidArgument, "'{}' is no cron expression: {}", text.substr(0, 200), what);
  };
  if (fields.size() != 6) return malformed(fmt::format("expected 6 fields, found {}", fields.size()));
  Cron cron;
  const auto seconds = kSecondField.set(fields[0]);
  const auto minutes = kSecondField.set(fields[1]);
  const auto hours = kHourField.set(fields[2]);
  const auto months = kMonthField.set(fields[4]);
  if (!seconds) return malformed("the seconds");
  if (!minutes) return malformed("the minutes");
  if (!hours) return malformed("the hours");
  if (!read_days(upper(fields[3]), cron)) return malformed("the days of the month");
  if (!months) return malformed("the months");
  if (!read_weekdays(upper(fields[5]), cron)) return malformed("the days of the week");
  cron.seconds = *seconds;
  cron.minutes = *minutes;
  cron.hours = *hours;
  cron.months = *months;
  return cron;
}

std::optional<TimeMs> next_cron(const Cron& cron, TimeMs after) {
  std::int64_t second = after.value() / 1000 + 1;
  if (after.value() < 0) second = (after.value() - 999) / 1000 + 1;
  std::int64_t day = second / feel::kSecondsPerDay;
  if (second < 0) return std::nullopt;  // before 1970 there was no cron
  auto in_day = static_cast<int>(second % feel::kSecondsPerDay);
  for (int i = 0; i < kMostYears * 366; ++i, ++day, in_day = 0) {
    const auto date = feel::date_from_days(day);
    if (!date) return std::nullopt;
    if (!allows_day(cron, *date)) continue;
    for (int hour = first_from(cron.hours, in_day / 3600); hour >= 0; hour = first_from(cron.hours, hour + 1)) {
      if (hour > in_day / 3600) in_day = hour * 3600;
      for (int minute = first_from(cron.minutes, in_day % 3600 / 60); minute >= 0;
           minute = first_from(cron.minutes, minute + 1)) {
        if (minute > in_day % 3600 / 60) in_day = hour * 3600 + minute * 60;
        const int at = first_from(cron.seconds, in_day % 60);
        if (at >= 0) return TimeMs((day * feel::kSecondsPerDay + hour * 3600 + minute * 60 + at) * 1000);
        in_day = hour * 3600 + minute * 60 + 59;
        if (minute == 59) break;
        in_day = hour * 3600 + (minute + 1) * 60;
      }
      if (hour == 23) break;
      in_day = (hour + 1) * 3600;
    }
  }
  return std::nullopt;
}

}  // namespace baton::bpmn
