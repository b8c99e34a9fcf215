// Conversions, boolean functions and Camunda's helpers (DMN 10.3.4.1, 10.3.4.2).
#include "feel/arguments.h"
#include "feel/json.h"
#include "feel/text.h"

namespace baton::feel {
namespace {

Value string(Call& call, Arguments args) {
  if (args[0].is_null()) return {};
  if (is_string(args[0])) return args[0];
  std::string out;
  if (const auto written = append_text(args[0], out, call.evaluation().budgets().string_bytes); !written) {
    return call.fail(written.error().message);
  }
  return call.evaluation().string(out);
}

/// One of the separators that `number` allows, or nothing.
bool separator_of(const Value& value, std::string_view allowed, char& out) {
  if (value.is_null()) return true;
  if (!is_string(value) || value.as_string().size() != 1 ||
      allowed.find(value.as_string()[0]) == std::string_view::npos)
    return false;
  out = value.as_string()[0];
  return true;
}

/// number(from, grouping separator?, decimal separator?). In Camunda `from` alone may be a number too.
Value number(Call& call, Arguments args) {
  const Value from = single(args[0]);
  if (args.size() == 1 && is_number(from)) return from;
  if (!is_string(from)) return wrong_argument(call, from, "string");
  char grouping = '\0';
  char point = '.';
  if (args.size() > 1 && !separator_of(args[1], " ,.", grouping))
    return call.fail("the grouping separator must be ' ', ',' or '.'");
  if (args.size() > 2 && !separator_of(args[2], ",.", point))
    return call.fail("the decimal separator must be ',' or '.'");
  if (grouping == point) return call.fail("the separators must differ");
  std::string text;
  for (const char c : from.as_string()) {
    if (c == grouping && grouping != '\0') continue;
    if (c == '.' && point != '.') return call.fail("not a number");
    text += c == point ? '.' : c;
  }
  const auto result = Decimal::parse(text);
  return result ? Value::number(*result) : call.fail("not a number");
}

Value negation(Call& call, Arguments args) {
  const Value v = single(args[0]);
  return v.is(Kind::kBoolean) ? Value::boolean(!v.as_boolean()) : wrong_argument(call, v, "boolean");
}

/// Same value domain and equal, for times including the zone (DMN 10.3.4.11).
Value is(Call&, Arguments args) {
  const Value a = args.empty() ? Value() : args[0];
  const Value b = args.size() > 1 ? args[1] : Value();
  if (a.kind() != b.kind()) return Value::boolean(false);
  if (a.is(Kind::kTime) || a.is(Kind::kDateTime)) {
    if (a.as_time().nanos != b.as_time().nanos || !(a.as_time().offset == b.as_time().offset))
      return Value::boolean(false);
    return Value::boolean(a.is(Kind::kTime) || a.as_date() == b.as_date());
  }
  const Ternary same = equals(a, b);
  return Value::boolean(same && *same);
}

Value get_or_else(Call&, Arguments args) {
  return args[0].is_null() ? args[1] : args[0];
}

Value is_defined(Call&, Arguments args) {
  return Value::boolean(!args[0].is_null());
}

/// assert(value, condition, cause?): the value if the condition holds, else null and a warning with the cause.
Value assert_that(Call& call, Arguments args) {
  if (args[1].is_true()) return args[0];
  return call.fail(args.size() > 2 && is_string(args[2]) ? std::string(args[2].as_string())
                                                         : "the condition is not fulfilled");
}

Value parse_json(Call& call, Arguments args) {
  if (!is_string(args[0])) return wrong_argument(call, args[0], "string");
  call.evaluation().charge(args[0].as_string().size() / 16);
  const auto result = from_json(args[0].as_string(), call.evaluation());
  return result ? *result : call.fail(result.error().message);
}

Value write_json(Call& call, Arguments args) {
  std::string out;
  if (const auto written = to_json(args[0], out); !written) return call.fail(written.error().message);
  call.evaluation().charge(out.size() / 16);
  return call.evaluation().string(out);
}

/// Marks a tool parameter that an AI agent fills in; its value is the first argument.
Value from_ai(Call&, Arguments args) {
  return args[0];
}

constexpr Builtin kBuiltins[] = {
    {"string", "from", string},
    {"number", "from,grouping separator?,decimal separator?", number},
    {"not", "negand", negation},
    {"is", "value1?,value2?", is},
    {"get or else", "value,default", get_or_else, true},
    {"is defined", "value", is_defined, true},
    {"assert", "value,condition,cause?", assert_that, true},
    {"from json", "value", parse_json, true},
    {"to json", "value", write_json, true},
    {"fromAi", "value,description?,type?,schema?,options?", from_ai, true},
};

}  // namespace

std::span<const Builtin> conversion_builtins() {
  return kBuiltins;
}

}  // namespace baton::feel
