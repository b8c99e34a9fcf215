// The values of FEEL (DMN 1.5, 10.3.2). A Value is a 24-byte tagged, trivially copyable handle: null, booleans, numbers
// and temporal values are held inline, strings, lists, contexts, ranges and functions point to immutable data in the
// arena of the Evaluation that made them or in the compiled expression. A Value is valid as long as both live.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "feel/decimal.h"

namespace baton::feel {

enum class Kind : std::uint8_t {
  kNull,
  kBoolean,
  kNumber,
  kString,
  kDate,
  kTime,
  kDateTime,
  kMonths,    // years and months duration
  kDuration,  // days and time duration
  kRange,
  kList,
  kContext,
  kFunction,
};

/// FEEL's name of a kind, e.g. "date and time".
std::string_view kind_name(Kind kind);

class Value;
struct ContextData;
struct RangeData;
struct FunctionData;
struct Zone;  // an IANA time zone, interned for the life of the process (feel/zone.h)

/// A calendar date of the proleptic Gregorian calendar, year -999999999 to 999999999.
struct Date {
  std::int32_t year = 0;
  std::uint8_t month = 1;
  std::uint8_t day = 1;
  auto operator<=>(const Date&) const = default;
};

/// How a time is tied to UTC: not at all (local), by a fixed offset, or by a named zone.
struct Offset {
  enum class Type : std::uint8_t { kLocal, kFixed, kNamed };
  Type type = Type::kLocal;
  std::int32_t seconds = 0;    // kFixed
  const Zone* zone = nullptr;  // kNamed
  static Offset fixed(std::int32_t seconds) { return {Type::kFixed, seconds, nullptr}; }
  static Offset named(const Zone* zone) { return {Type::kNamed, 0, zone}; }
  bool operator==(const Offset&) const = default;
};

/// Nanoseconds since midnight with an offset.
struct Time {
  std::int64_t nanos = 0;
  Offset offset;
};

struct DateTime {
  Date date;
  Time time;
};

/// Exact length of time; `nanos` is in [0, 1e9) and counts upwards from `seconds`, also for negative durations.
struct Duration {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  auto operator<=>(const Duration&) const = default;
};

class Value {
 public:
  constexpr Value() : kind_(Kind::kNull), a_(0), b_(0), c_(0), number_() {}
  static constexpr Value null() { return {}; }
  static constexpr Value boolean(bool value) {
    Value v(Kind::kBoolean);
    v.a_ = value ? 1 : 0;
    return v;
  }
  static constexpr Value number(const Decimal& value) {
    Value v(Kind::kNumber);
    v.number_ = value;
    return v;
  }
  static constexpr Value number(std::int64_t value) { return number(Decimal::from_int(value)); }
  /// `text` is not copied; Evaluation::string does that.
  static Value string(std::string_view text) {
    Value v(Kind::kString);
    v.ref_ = {text.data(), text.size()};
    return v;
  }
  static Value date(const Date& date) {
    Value v(Kind::kDate);
    v.set_date(date);
    return v;
  }
  static Value time(const Time& time) {
    Value v(Kind::kTime);
    v.set_time(time);
    return v;
  }
  static Value date_time(const DateTime& value) {
    Value v(Kind::kDateTime);
    v.set_date(value.date);
    v.set_time(value.time);
    return v;
  }
  static Value months(std::int64_t months) {
    Value v(Kind::kMonths);
    v.words_ = {months, 0};
    return v;
  }
  static Value duration(const Duration& d) {
    Value v(Kind::kDuration);
    v.c_ = d.nanos;
    v.words_ = {d.seconds, 0};
    return v;
  }
  static Value list(std::span<const Value> items);
  static Value context(const ContextData* data) { return reference(Kind::kContext, data); }
  static Value range(const RangeData* data) { return reference(Kind::kRange, data); }
  static Value function(const FunctionData* data) { return reference(Kind::kFunction, data); }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is(Kind kind) const { return kind_ == kind; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }
  [[nodiscard]] bool is_true() const { return kind_ == Kind::kBoolean && a_ != 0; }
  [[nodiscard]] bool is_false() const { return kind_ == Kind::kBoolean && a_ == 0; }
  [[nodiscard]] bool is_temporal() const {
    return kind_ == Kind::kDate || kind_ == Kind::kTime || kind_ == Kind::kDateTime;
  }

  // The payload; the kind must be right.
  [[nodiscard]] bool as_boolean() const { return a_ != 0; }
  [[nodiscard]] const Decimal& as_number() const { return number_; }
  [[nodiscard]] std::string_view as_string() const { return {static_cast<const char*>(ref_.data), ref_.size}; }
  [[nodiscard]] Date as_date() const { return {c_, a_, static_cast<std::uint8_t>(b_ & 0xFF)}; }
  [[nodiscard]] Time as_time() const;
  [[nodiscard]] DateTime as_date_time() const { return {as_date(), as_time()}; }
  [[nodiscard]] std::int64_t as_months() const { return words_.first; }
  [[nodiscard]] Duration as_duration() const { return {words_.first, c_}; }
  [[nodiscard]] std::span<const Value> as_list() const;
  [[nodiscard]] const ContextData& as_context() const { return *static_cast<const ContextData*>(ref_.data); }
  [[nodiscard]] const RangeData& as_range() const { return *static_cast<const RangeData*>(ref_.data); }
  [[nodiscard]] const FunctionData& as_function() const { return *static_cast<const FunctionData*>(ref_.data); }

 private:
  struct Reference {
    const void* data;
    std::uint64_t size;
  };
  struct Words {
    std::int64_t first;
    std::int64_t second;
  };
  constexpr explicit Value(Kind kind) : kind_(kind), a_(0), b_(0), c_(0), number_() {}
  static Value reference(Kind kind, const void* data) {
    Value v(kind);
    v.ref_ = {data, 0};
    return v;
  }
  void set_date(const Date& date) {
    c_ = date.year;
    a_ = date.month;
    b_ = date.day;
  }
  void set_time(const Time& time);

  Kind kind_;
  std::uint8_t a_;   // boolean, month
  std::uint16_t b_;  // day, and the offset's type in the high byte
  std::int32_t c_;   // year, nanoseconds of a duration
  union {
    Decimal number_;
    Reference ref_;
    Words words_;  // nanoseconds and offset, or months, or seconds
  };
};

static_assert(sizeof(Value) == 24 && std::is_trivially_copyable_v<Value>);

/// One entry of a context.
struct ContextEntry {
  std::string_view key;
  Value value;
};

/// Entries in the order of their definition, keys unique. Contexts with many entries carry an index sorted by key.
struct ContextData {
  std::span<const ContextEntry> entries;
  const std::uint32_t* sorted = nullptr;

  /// The value of `key`, or nullptr.
  [[nodiscard]] const Value* find(std::string_view key) const;
};

/// An interval. An absent end point (unary tests such as `< 5`) is marked, because null is a legal end point too.
struct RangeData {
  Value start;
  Value end;
  bool start_included = false;
  bool end_included = false;
  bool has_start = false;
  bool has_end = false;
  /// The test `= x`: both end points are x, and values without an order can be tested too.
  bool equality = false;
};

class Evaluation;
class Program;
struct Builtin;
struct Closure;

/// A function that the host provides, e.g. a DMN business knowledge model.
class NativeFunction {
 public:
  virtual ~NativeFunction() = default;
  /// Called with exactly one argument per parameter name (missing ones are null).
  [[nodiscard]] virtual Value call(std::span<const Value> arguments, Evaluation& evaluation) const = 0;
};

/// A built-in, a function defined in an expression, or one of the host.
struct FunctionData {
  const Builtin* builtin = nullptr;
  const Closure* closure = nullptr;
  const NativeFunction* native = nullptr;
  std::span<const std::string_view> parameters;  // of closures and native functions
};

/// True, false or unknown.
using Ternary = std::optional<bool>;

/// FEEL `=` (DMN table 42): nullopt if the values cannot be compared. Null equals only null. Allocates nothing.
Ternary equals(const Value& a, const Value& b);
/// The same, adding the number of compared pairs and of compared bytes / 64 to `work`.
Ternary equals(const Value& a, const Value& b, std::uint64_t& work);
/// Order of two numbers, strings or temporal values of the same kind; nullopt if they have none. Allocates nothing.
std::optional<std::strong_ordering> order(const Value& a, const Value& b);

inline Value Value::list(std::span<const Value> items) {
  Value v(Kind::kList);
  v.ref_ = {items.data(), items.size()};
  return v;
}
inline std::span<const Value> Value::as_list() const {
  return {static_cast<const Value*>(ref_.data), ref_.size};
}
inline void Value::set_time(const Time& time) {
  b_ = static_cast<std::uint16_t>(b_ | (static_cast<unsigned>(time.offset.type) << 8));
  words_.first = time.nanos;
  words_.second = time.offset.type == Offset::Type::kNamed
                      ? static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(time.offset.zone))
                      : time.offset.seconds;
}
inline Time Value::as_time() const {
  Time time{words_.first, {}};
  time.offset.type = static_cast<Offset::Type>(b_ >> 8);
  if (time.offset.type == Offset::Type::kNamed) {
    time.offset.zone = reinterpret_cast<const Zone*>(static_cast<std::intptr_t>(words_.second));
  } else {
    time.offset.seconds = static_cast<std::int32_t>(words_.second);
  }
  return time;
}

}  // namespace baton::feel
