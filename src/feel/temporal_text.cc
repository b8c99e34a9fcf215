// ISO 8601 text of temporal values, both ways.
#include <fmt/format.h>

#include <iterator>

#include "feel/temporal.h"
#include "feel/zone.h"

namespace baton::feel {
namespace {

/// Walks a text from the left; every read fails without moving when the text does not match.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  bool accept(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  /// Between `least` and `most` digits.
  std::optional<std::int64_t> digits(std::size_t least, std::size_t most) {
    std::int64_t value = 0;
    std::size_t n = 0;
    while (n < most && at_ + n < text_.size() && text_[at_ + n] >= '0' && text_[at_ + n] <= '9') {
      value = value * 10 + (text_[at_ + n] - '0');
      ++n;
    }
    if (n < least) return std::nullopt;
    at_ += n;
    return value;
  }
  /// Digits after a decimal point as nanoseconds; further digits are cut off. No digits are a fraction of zero.
  std::int64_t fraction() {
    std::int64_t nanos = 0;
    int n = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++n) {
      if (n < 9) nanos = nanos * 10 + (text_[at_] - '0');
    }
    for (; n < 9; ++n) nanos *= 10;
    return nanos;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<Date> scan_date(Scanner& in) {
  const bool negative = in.accept('-');
  const bool leading_zero = in.peek() == '0';
  const std::size_t before = in.rest().size();
  const auto year = in.digits(4, 9);
  if (!year || (leading_zero && before - in.rest().size() > 4) || !in.accept('-')) return std::nullopt;
  const auto month = in.digits(2, 2);
  if (!month || !in.accept('-')) return std::nullopt;
  const auto day = in.digits(2, 2);
  const std::int64_t signed_year = negative ? -*year : *year;
  if (!day || !is_valid_date(signed_year, *month, *day)) return std::nullopt;
  return Date{static_cast<std::int32_t>(signed_year), static_cast<std::uint8_t>(*month),
              static_cast<std::uint8_t>(*day)};
}

std::optional<Offset> scan_offset(Scanner& in) {
  if (in.at_end()) return Offset{};
  if (in.accept('Z') || in.accept('z')) return Offset::fixed(0);
  if (in.accept('@')) {
    const Zone* zone = find_zone(in.rest());
    in = Scanner({});
    if (zone == nullptr) return std::nullopt;
    return Offset::named(zone);
  }
  const bool negative = in.peek() == '-';
  if (!in.accept('-') && !in.accept('+')) return std::nullopt;
  const auto hours = in.digits(2, 2);
  if (!hours || !in.accept(':')) return std::nullopt;
  const auto minutes = in.digits(2, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::int64_t seconds = 0;
  if (in.accept(':')) {
    const auto s = in.digits(2, 2);
    if (!s || *s > 59) return std::nullopt;
    seconds = *s;
  }
  const std::int64_t total = *hours * 3600 + *minutes * 60 + seconds;
  if (total > kMaxOffset) return std::nullopt;
  return Offset::fixed(static_cast<std::int32_t>(negative ? -total : total));
}

std::optional<Time> scan_time(Scanner& in) {
  const auto hours = in.digits(2, 2);
  if (!hours || *hours > 23 || !in.accept(':')) return std::nullopt;
  const auto minutes = in.digits(2, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  if (in.accept(':')) {
    const auto s = in.digits(2, 2);
    if (!s || *s > 59) return std::nullopt;
    seconds = *s;
    if (in.accept('.')) {
      if (in.peek() < '0' || in.peek() > '9') return std::nullopt;
      nanos = in.fraction();
    }
  }
  const auto offset = scan_offset(in);
  if (!offset || !in.at_end()) return std::nullopt;
  return Time{(*hours * 3600 + *minutes * 60 + seconds) * kNanosPerSecond + nanos, *offset};
}

/// One "12D"-like part; the digits are bounded so that no sum can overflow.
struct DurationPart {
  std::int64_t value = 0;
  std::int64_t nanos = 0;
  bool has_fraction = false;
  char unit = 0;
};

std::optional<DurationPart> scan_part(Scanner& in) {
  DurationPart part;
  const auto value = in.digits(1, 15);
  if (!value) return std::nullopt;
  part.value = *value;
  if (in.accept('.')) {
    part.nanos = in.fraction();
    part.has_fraction = true;
  }
  part.unit = in.peek();
  if (!in.accept(part.unit)) return std::nullopt;
  return part;
}

struct DurationParts {
  bool months_used = false;
  bool time_used = false;
  std::int64_t months = 0;
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
};

/// Reads the parts allowed in `units`, in that order, each at most once.
bool scan_parts(Scanner& in, std::string_view units, bool after_t, DurationParts& parts) {
  std::size_t next = 0;
  while (!in.at_end() && in.peek() != 'T') {
    const auto part = scan_part(in);
    if (!part) return false;
    const auto place = units.find(part->unit, next);
    if (place == std::string_view::npos || (part->has_fraction && part->unit != 'S')) return false;
    next = place + 1;
    std::int64_t scale = 1;
    switch (part->unit) {
      case 'Y':
        scale = 12;
        break;
      case 'M':
        scale = after_t ? 60 : 1;
        break;
      case 'D':
        scale = kSecondsPerDay;
        break;
      case 'H':
        scale = 3600;
        break;
      default:
        break;
    }
    const bool is_months = !after_t && part->unit != 'D';
    (is_months ? parts.months_used : parts.time_used) = true;
    std::int64_t& sum = is_months ? parts.months : parts.seconds;
    std::int64_t amount = 0;
    if (__builtin_mul_overflow(part->value, scale, &amount) || __builtin_add_overflow(sum, amount, &sum)) return false;
    if (part->unit == 'S') parts.nanos = part->nanos;
  }
  return next > 0 || !after_t;
}

void append_fraction(std::string& out, std::int64_t nanos) {
  if (nanos == 0) return;
  fmt::format_to(std::back_inserter(out), ".{:09}", nanos);
  while (out.back() == '0') out.pop_back();
}

void append_offset(std::string& out, const Offset& offset) {
  if (offset.type == Offset::Type::kLocal) return;
  if (offset.type == Offset::Type::kNamed) {
    out += '@';
    out += zone_name(offset.zone);
    return;
  }
  if (offset.seconds == 0) {
    out += 'Z';
    return;
  }
  const int total = offset.seconds < 0 ? -offset.seconds : offset.seconds;
  fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}", offset.seconds < 0 ? '-' : '+', total / 3600,
                 total / 60 % 60);
  if (total % 60 != 0) fmt::format_to(std::back_inserter(out), ":{:02}", total % 60);
}

}  // namespace

std::optional<Date> parse_date(std::string_view text) {
  Scanner in(text);
  const auto date = scan_date(in);
  return in.at_end() ? date : std::nullopt;
}

std::optional<Time> parse_time(std::string_view text) {
  Scanner in(text);
  return scan_time(in);
}

std::optional<DateTime> parse_date_time(std::string_view text) {
  Scanner in(text);
  const auto date = scan_date(in);
  if (!date) return std::nullopt;
  if (in.at_end()) return DateTime{*date, {}};
  if (!in.accept('T')) return std::nullopt;
  constexpr std::string_view kEndOfDay = "24:00:00";
  if (in.rest().starts_with(kEndOfDay)) {  // midnight at the end of the day
    const auto next = date_from_days(days_from_date(*date) + 1);
    const auto midnight = parse_time("00:00:00" + std::string(in.rest().substr(kEndOfDay.size())));
    return next && midnight && midnight->nanos == 0 ? std::optional(DateTime{*next, *midnight}) : std::nullopt;
  }
  const auto time = scan_time(in);
  if (!time) return std::nullopt;
  return DateTime{*date, *time};
}

Value parse_duration(std::string_view text) {
  Scanner in(text);
  const bool negative = in.accept('-');
  if (!in.accept('P') || in.at_end()) return {};
  DurationParts parts;
  if (!scan_parts(in, "YMD", false, parts)) return {};
  if (in.accept('T') && !scan_parts(in, "HMS", true, parts)) return {};
  if (!in.at_end() || parts.months_used == parts.time_used) return {};
  if (parts.months_used) return Value::months(negative ? -parts.months : parts.months);
  const Duration duration{parts.seconds, static_cast<std::int32_t>(parts.nanos)};
  const auto result = negative ? negate(duration) : duration;
  return result ? Value::duration(*result) : Value();
}

Value parse_temporal(std::string_view text) {
  if (text.empty()) return {};
  if (text[0] == 'P' || (text.size() > 1 && text[0] == '-' && text[1] == 'P')) return parse_duration(text);
  if (text.find('T', 0) != std::string_view::npos && text.find('-') != std::string_view::npos) {
    if (const auto value = parse_date_time(text)) return Value::date_time(*value);
  }
  if (const auto date = parse_date(text)) return Value::date(*date);
  if (const auto time = parse_time(text)) return Value::time(*time);
  return {};
}

void append_date(std::string& out, const Date& date) {
  const std::int32_t year = date.year < 0 ? -date.year : date.year;
  fmt::format_to(std::back_inserter(out), "{}{:04}-{:02}-{:02}", date.year < 0 ? "-" : "", year, date.month, date.day);
}

void append_time(std::string& out, const Time& time) {
  const std::int64_t seconds = time.nanos / kNanosPerSecond;
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  append_fraction(out, time.nanos % kNanosPerSecond);
  append_offset(out, time.offset);
}

void append_date_time(std::string& out, const DateTime& value) {
  append_date(out, value.date);
  out += 'T';
  append_time(out, value.time);
}

void append_months(std::string& out, std::int64_t months) {
  const auto magnitude = months < 0 ? 0 - static_cast<std::uint64_t>(months) : static_cast<std::uint64_t>(months);
  out += months < 0 ? "-P" : "P";
  if (magnitude / 12 != 0) fmt::format_to(std::back_inserter(out), "{}Y", magnitude / 12);
  if (magnitude % 12 != 0 || magnitude == 0) fmt::format_to(std::back_inserter(out), "{}M", magnitude % 12);
}

void append_duration(std::string& out, const Duration& duration) {
  Duration d = duration;
  if (d.seconds < 0) {
    out += '-';
    // Magnitude of a floored pair; the smallest value has no positive counterpart and is shown one nanosecond short.
    d = negate(d).value_or(Duration{INT64_MAX, 999'999'999});
  }
  out += 'P';
  const std::int64_t rest = d.seconds % kSecondsPerDay;
  if (d.seconds / kSecondsPerDay != 0) fmt::format_to(std::back_inserter(out), "{}D", d.seconds / kSecondsPerDay);
  if (rest != 0 || d.nanos != 0) {
    out += 'T';
    if (rest / 3600 != 0) fmt::format_to(std::back_inserter(out), "{}H", rest / 3600);
    if (rest / 60 % 60 != 0) fmt::format_to(std::back_inserter(out), "{}M", rest / 60 % 60);
    if (rest % 60 != 0 || d.nanos != 0) {
      fmt::format_to(std::back_inserter(out), "{}", rest % 60);
      append_fraction(out, d.nanos);
      out += 'S';
    }
  } else if (d.seconds == 0) {
    out += "T0S";
  }
}

}  // namespace baton::feel
