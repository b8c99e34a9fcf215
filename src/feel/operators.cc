#include "feel/operators.h"

#include <cstring>

#include "feel/temporal.h"
#include "feel/zone.h"

namespace baton::feel {
namespace {

Value finite(const Decimal& d) {
  return d.is_finite() ? Value::number(d) : Value();
}

Value concatenate(std::string_view a, std::string_view b, Evaluation& evaluation) {
  const std::size_t size = a.size() + b.size();
  if (size > evaluation.budgets().string_bytes) {
    evaluation.exhaust("string length");
    return {};
  }
  auto* text = static_cast<char*>(evaluation.allocate(size));
  if (text == nullptr) return {};
  if (!a.empty()) std::memcpy(text, a.data(), a.size());
  if (!b.empty()) std::memcpy(text + a.size(), b.data(), b.size());
  return Value::string({text, size});
}

Value months_or_null(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? Value() : Value::months(sum);
}

/// A date, time or date-time moved by a duration.
Value shift(const Value& value, const Value& by) {
  if (by.is(Kind::kMonths)) {
    if (value.is(Kind::kTime)) return {};
    const auto date = add_months(value.as_date(), by.as_months());
    if (!date) return {};
    return value.is(Kind::kDate) ? Value::date(*date) : Value::date_time({*date, value.as_time()});
  }
  const Duration duration = by.as_duration();
  if (value.is(Kind::kTime)) return Value::time(add_duration(value.as_time(), duration));
  const DateTime start = value.is(Kind::kDate) ? DateTime{value.as_date(), {}} : value.as_date_time();
  const auto moved = add_duration(start, duration);
  if (!moved) return {};
  return value.is(Kind::kDate) ? Value::date(moved->date) : Value::date_time(*moved);
}

bool is_duration(const Value& v) {
  return v.is(Kind::kMonths) || v.is(Kind::kDuration);
}

/// A date counts as midnight UTC where it meets a date-time.
DateTime widen(const Value& v) {
  return v.is(Kind::kDate) ? DateTime{v.as_date(), Time{0, Offset::fixed(0)}} : v.as_date_time();
}

Value time_between(const Value& a, const Value& b) {
  std::optional<Duration> d;
  if (a.is(Kind::kTime) && b.is(Kind::kTime)) {
    d = difference(a.as_time(), b.as_time());
  } else if (!a.is(Kind::kTime) && !b.is(Kind::kTime)) {
    d = difference(widen(a), widen(b));
  }
  return d ? Value::duration(*d) : Value();
}

Value months_from(const Decimal& d) {
  const auto months = d.is_finite() ? d.truncate_to_int() : std::nullopt;
  return months ? Value::months(*months) : Value();
}

Value duration_from(const Decimal& d) {
  const auto duration = duration_from_decimal(d);
  return duration ? Value::duration(*duration) : Value();
}

}  // namespace

Value add(const Value& a, const Value& b, Evaluation& evaluation) {
  if (a.is(Kind::kNumber) && b.is(Kind::kNumber)) return finite(a.as_number() + b.as_number());
  if (a.is(Kind::kString) && b.is(Kind::kString)) return concatenate(a.as_string(), b.as_string(), evaluation);
  if (a.is(Kind::kMonths) && b.is(Kind::kMonths)) return months_or_null(a.as_months(), b.as_months());
  if (a.is(Kind::kDuration) && b.is(Kind::kDuration)) {
    const auto sum = add(a.as_duration(), b.as_duration());
    return sum ? Value::duration(*sum) : Value();
  }
  if (a.is_temporal() && is_duration(b)) return shift(a, b);
  if (is_duration(a) && b.is_temporal()) return shift(b, a);
  return {};
}

Value subtract(const Value& a, const Value& b) {
  if (a.is(Kind::kNumber) && b.is(Kind::kNumber)) return finite(a.as_number() - b.as_number());
  if (a.is_temporal() && b.is_temporal()) return time_between(a, b);
  if (!is_duration(b)) return {};
  const Value minus = negate(b);
  if (minus.is_null()) return {};
  if (a.is(Kind::kMonths) && b.is(Kind::kMonths)) return months_or_null(a.as_months(), minus.as_months());
  if (a.is(Kind::kDuration) && b.is(Kind::kDuration)) {
    const auto sum = add(a.as_duration(), minus.as_duration());
    return sum ? Value::duration(*sum) : Value();
  }
  return a.is_temporal() ? shift(a, minus) : Value();
}

Value multiply(const Value& a, const Value& b) {
  if (a.is(Kind::kNumber) && b.is(Kind::kNumber)) return finite(a.as_number() * b.as_number());
  if (a.is(Kind::kNumber) && is_duration(b)) return multiply(b, a);
  if (!b.is(Kind::kNumber)) return {};
  if (a.is(Kind::kMonths)) return months_from(Decimal::from_int(a.as_months()) * b.as_number());
  if (a.is(Kind::kDuration)) return duration_from(to_decimal(a.as_duration()) * b.as_number());
  return {};
}

Value divide(const Value& a, const Value& b) {
  const auto quotient = [](const Decimal& x, const Decimal& y) { return y.is_zero() ? Value() : finite(x / y); };
  if (a.is(Kind::kNumber) && b.is(Kind::kNumber)) return quotient(a.as_number(), b.as_number());
  if (a.is(Kind::kMonths) && b.is(Kind::kMonths))
    return quotient(Decimal::from_int(a.as_months()), Decimal::from_int(b.as_months()));
  if (a.is(Kind::kDuration) && b.is(Kind::kDuration))
    return quotient(to_decimal(a.as_duration()), to_decimal(b.as_duration()));
  if (!b.is(Kind::kNumber) || b.as_number().is_zero()) return {};
  if (a.is(Kind::kMonths)) return months_from(Decimal::from_int(a.as_months()) / b.as_number());
  if (a.is(Kind::kDuration)) return duration_from(to_decimal(a.as_duration()) / b.as_number());
  return {};
}

Value power(const Value& a, const Value& b) {
  if (!a.is(Kind::kNumber) || !b.is(Kind::kNumber)) return {};
  return finite(a.as_number().pow(b.as_number()));
}

Value negate(const Value& a) {
  if (a.is(Kind::kNumber)) return Value::number(-a.as_number());
  if (a.is(Kind::kMonths) && a.as_months() != INT64_MIN) return Value::months(-a.as_months());
  if (a.is(Kind::kDuration)) {
    if (const auto d = negate(a.as_duration())) return Value::duration(*d);
  }
  return {};
}

Ternary in_range(const Value& value, const RangeData& range) {
  if (range.equality) return equals(value, range.start);
  if (range.has_start) {
    const auto low = order(value, range.start);
    if (!low) return std::nullopt;
    if (range.start_included ? *low < 0 : *low <= 0) return false;
  }
  if (range.has_end) {
    const auto high = order(value, range.end);
    if (!high) return std::nullopt;
    if (range.end_included ? *high > 0 : *high >= 0) return false;
  }
  return true;
}

Ternary equals(const Value& a, const Value& b, Evaluation& evaluation) {
  if (a.kind() < Kind::kString || b.kind() < Kind::kString) return equals(a, b);
  std::uint64_t work = 0;
  const Ternary result = equals(a, b, work);
  evaluation.charge(work);
  return result;
}

Ternary passes(const Value& value, const Value& test, Evaluation& evaluation) {
  if (test.is(Kind::kRange) && (!value.is(Kind::kRange) || test.as_range().equality))
    return in_range(value, test.as_range());
  if (!test.is(Kind::kList)) return equals(value, test, evaluation);
  if (value.is(Kind::kList)) {
    const Ternary whole = equals(value, test, evaluation);
    if (whole && *whole) return true;
  }
  evaluation.charge(test.as_list().size() / 4);
  for (const Value& item : test.as_list()) {
    const Ternary one = item.is(Kind::kRange) && !value.is(Kind::kRange) ? in_range(value, item.as_range())
                                                                         : equals(value, item, evaluation);
    if (one && *one) return true;
  }
  return false;
}

namespace {

std::optional<Value> date_property(const Date& date, std::string_view name) {
  if (name == "year") return Value::number(date.year);
  if (name == "month") return Value::number(date.month);
  if (name == "day") return Value::number(date.day);
  if (name == "weekday") return Value::number(weekday(date) + 1);
  return std::nullopt;
}

std::optional<Value> time_property(const Value& value, std::string_view name, Evaluation& evaluation) {
  const Time time = value.as_time();
  const std::int64_t seconds = time.nanos / kNanosPerSecond;
  if (name == "hour") return Value::number(seconds / 3600);
  if (name == "minute") return Value::number(seconds / 60 % 60);
  if (name == "second") return Value::number(seconds % 60);
  if (name == "time offset") {
    if (time.offset.type == Offset::Type::kLocal) return Value();
    const std::int32_t offset = value.is(Kind::kTime) ? offset_seconds(time) : offset_seconds(value.as_date_time());
    return Value::duration({offset, 0});
  }
  if (name == "timezone") {
    return time.offset.type == Offset::Type::kNamed ? evaluation.string(zone_name(time.offset.zone)) : Value();
  }
  return std::nullopt;
}

std::optional<Value> duration_property(const Value& value, std::string_view name) {
  if (value.is(Kind::kMonths)) {
    if (name == "years") return Value::number(value.as_months() / 12);
    if (name == "months") return Value::number(value.as_months() % 12);
    return std::nullopt;
  }
  // The parts of a negative duration are all negative.
  Duration d = value.as_duration();
  const bool negative = d.seconds < 0;
  if (negative) d = negate(d).value_or(Duration{});
  const auto part = [&](std::int64_t v) { return Value::number(negative ? -v : v); };
  if (name == "days") return part(d.seconds / kSecondsPerDay);
  if (name == "hours") return part(d.seconds / 3600 % 24);
  if (name == "minutes") return part(d.seconds / 60 % 60);
  if (name == "seconds") {
    if (d.nanos == 0) return part(d.seconds % 60);
    const Decimal exact = (Decimal::from_int(d.seconds % 60) + Decimal::from_scaled(d.nanos, -9)).normalized();
    return Value::number(negative ? -exact : exact);
  }
  return std::nullopt;
}

std::optional<Value> range_property(const RangeData& range, std::string_view name) {
  if (name == "start") return range.has_start ? range.start : Value();
  if (name == "end") return range.has_end ? range.end : Value();
  if (name == "start included") return Value::boolean(range.start_included);
  if (name == "end included") return Value::boolean(range.end_included);
  return std::nullopt;
}

}  // namespace

std::optional<Value> property(const Value& value, std::string_view name, Evaluation& evaluation) {
  switch (value.kind()) {
    case Kind::kDate:
      return date_property(value.as_date(), name);
    case Kind::kTime:
      return time_property(value, name, evaluation);
    case Kind::kDateTime: {
      auto found = date_property(value.as_date(), name);
      return found ? found : time_property(value, name, evaluation);
    }
    case Kind::kMonths:
    case Kind::kDuration:
      return duration_property(value, name);
    case Kind::kRange:
      return range_property(value.as_range(), name);
    default:
      return std::nullopt;
  }
}

namespace {

bool conforms_context(const Value& value, const Program& program, const Type& type) {
  if (!value.is(Kind::kContext)) return false;
  for (std::size_t i = 0; i < type.names.size(); ++i) {
    const Value* field = value.as_context().find(type.names[i]);
    if (field == nullptr || (!field->is_null() && !conforms(*field, program, type.parts[i]))) return false;
  }
  return true;
}

bool conforms_list(const Value& value, const Program& program, const Type& type) {
  if (!value.is(Kind::kList)) return false;
  if (type.parts.empty()) return true;
  for (const Value& item : value.as_list()) {
    if (!item.is_null() && !conforms(item, program, type.parts[0])) return false;
  }
  return true;
}

bool conforms_range(const Value& value, const Program& program, const Type& type) {
  if (!value.is(Kind::kRange)) return false;
  if (type.parts.empty()) return true;
  const RangeData& range = value.as_range();
  return (!range.has_start || conforms(range.start, program, type.parts[0])) &&
         (!range.has_end || conforms(range.end, program, type.parts[0]));
}

bool is_any(const Program& program, std::uint32_t type) {
  return type == kNoNode || program.types[type].shape == Type::Shape::kAny;
}

bool same_type(const Program& p, std::uint32_t a, const Program& q, std::uint32_t b) {
  const Type& x = p.types[a];
  const Type& y = q.types[b];
  if (x.shape != y.shape || x.kind != y.kind || x.parts.size() != y.parts.size() || x.names != y.names) return false;
  for (std::size_t i = 0; i < x.parts.size(); ++i) {
    if (!same_type(p, x.parts[i], q, y.parts[i])) return false;
  }
  return true;
}

/// A function conforms if it takes as many parameters and the ones with a declared type have the wanted one.
bool conforms_function(const Value& value, const Program& program, const Type& type) {
  if (!value.is(Kind::kFunction)) return false;
  if (type.parts.empty()) return true;
  const FunctionData& function = value.as_function();
  const std::size_t wanted = type.parts.size() - 1;
  if (function.builtin != nullptr) return accepts_count(*function.builtin, wanted);
  if (function.parameters.size() != wanted) return false;
  if (function.closure == nullptr) return true;
  const FunctionCode& code = *function.closure->code;
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::uint32_t declared = code.parameter_types[i];
    if (is_any(*function.closure->program, declared)) continue;
    if (!same_type(*function.closure->program, declared, program, type.parts[i])) return false;
  }
  return true;
}

}  // namespace

bool conforms(const Value& value, const Program& program, std::uint32_t type_index) {
  const Type& type = program.types[type_index];
  if (value.is_null()) return type.shape == Type::Shape::kNull;
  switch (type.shape) {
    case Type::Shape::kAny:
      return true;
    case Type::Shape::kNull:
    case Type::Shape::kUnknown:
      return false;
    case Type::Shape::kKind:
      return value.is(type.kind);
    case Type::Shape::kDuration:
      return value.is(Kind::kMonths) || value.is(Kind::kDuration);
    case Type::Shape::kList:
      return conforms_list(value, program, type);
    case Type::Shape::kContext:
      return conforms_context(value, program, type);
    case Type::Shape::kRange:
      return conforms_range(value, program, type);
    case Type::Shape::kFunction:
      return conforms_function(value, program, type);
  }
  return false;
}

}  // namespace baton::feel
