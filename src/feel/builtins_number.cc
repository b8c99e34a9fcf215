// Number functions (DMN 10.3.4.5).
#include "feel/arguments.h"

namespace baton::feel {
namespace {

Value checked(Call& call, const Decimal& d) {
  return d.is_finite() ? Value::number(d) : call.fail("the result is not a number or out of range");
}

Value rounded(Call& call, Arguments args, Rounding rounding, bool scale_required) {
  const Value n = single(args[0]);
  if (!is_number(n)) return wrong_argument(call, n, "number");
  std::int64_t scale = 0;
  if (args.size() > 1) {
    const auto given = integer_of(single(args[1]));
    constexpr std::int64_t kMinScale = -6111;
    constexpr std::int64_t kMaxScale = 6176;
    if (!given || *given < kMinScale || *given > kMaxScale)
      return call.fail("the scale must be a number from -6111 to 6176");
    scale = *given;
  } else if (scale_required) {
    return call.fail("the scale is missing");
  }
  const Decimal result = n.as_number().round(scale, rounding);
  // A scale that needs more than 34 digits changes nothing.
  return result.is_finite() ? Value::number(result) : (scale > 0 ? n : call.fail("the result is out of range"));
}

Value decimal(Call& call, Arguments args) {
  return rounded(call, args, Rounding::kHalfEven, true);
}
Value floor(Call& call, Arguments args) {
  return rounded(call, args, Rounding::kDown, false);
}
Value ceiling(Call& call, Arguments args) {
  return rounded(call, args, Rounding::kUp, false);
}
Value round_up(Call& call, Arguments args) {
  return rounded(call, args, Rounding::kAwayFromZero, true);
}
Value round_down(Call& call, Arguments args) {
  return rounded(call, args, Rounding::kToZero, true);
}
Value round_half_up(Call& call, Arguments args) {
  return rounded(call, args, Rounding::kHalfUp, true);
}
Value round_half_down(Call& call, Arguments args) {
  return rounded(call, args, Rounding::kHalfDown, true);
}

Value abs(Call& call, Arguments args) {
  const Value n = single(args[0]);
  if (is_number(n)) return Value::number(n.as_number().abs());
  if (n.is(Kind::kMonths) && n.as_months() != INT64_MIN)
    return Value::months(n.as_months() < 0 ? -n.as_months() : n.as_months());
  if (n.is(Kind::kDuration) && n.as_duration().seconds != INT64_MIN) {
    const Duration d = n.as_duration();
    if (d.seconds >= 0) return n;
    return d.nanos == 0 ? Value::duration({-d.seconds, 0}) : Value::duration({-d.seconds - 1, 1'000'000'000 - d.nanos});
  }
  return wrong_argument(call, n, "number or duration");
}

Value modulo(Call& call, Arguments args) {
  const Value a = single(args[0]);
  const Value b = single(args[1]);
  if (!is_number(a) || !is_number(b) || b.as_number().is_zero())
    return call.fail("'modulo' needs two numbers, the second not 0");
  return checked(call, a.as_number().modulo(b.as_number()));
}

Value sqrt(Call& call, Arguments args) {
  const Value n = single(args[0]);
  if (!is_number(n) || n.as_number().is_negative()) return call.fail("'sqrt' needs a number of at least 0");
  return checked(call, n.as_number().sqrt());
}

Value log(Call& call, Arguments args) {
  const Value n = single(args[0]);
  if (!is_number(n) || n.as_number().is_negative() || n.as_number().is_zero())
    return call.fail("'log' needs a positive number");
  return checked(call, n.as_number().log());
}

Value exp(Call& call, Arguments args) {
  const Value n = single(args[0]);
  return is_number(n) ? checked(call, n.as_number().exp()) : wrong_argument(call, n, "number");
}

Value parity(Call& call, const Value& argument, bool odd) {
  const Value n = single(argument);
  if (!is_number(n)) return wrong_argument(call, n, "number");
  const Decimal rest = n.as_number().modulo(Decimal::from_int(2));
  return Value::boolean(odd ? rest == Decimal::from_int(1) : rest.is_zero());
}

Value odd(Call& call, Arguments args) {
  return parity(call, args[0], true);
}
Value even(Call& call, Arguments args) {
  return parity(call, args[0], false);
}

constexpr Builtin kBuiltins[] = {
    {"decimal", "n,scale", decimal},
    {"floor", "n,scale?", floor},
    {"ceiling", "n,scale?", ceiling},
    {"round up", "n,scale", round_up},
    {"round down", "n,scale", round_down},
    {"round half up", "n,scale", round_half_up},
    {"round half down", "n,scale", round_half_down},
    {"abs", "n", abs},
    {"modulo", "dividend,divisor", modulo},
    {"sqrt", "number", sqrt},
    {"log", "number", log},
    {"exp", "number", exp},
    {"odd", "number", odd},
    {"even", "number", even},
};

}  // namespace

std::span<const Builtin> number_builtins() {
  return kBuiltins;
}

}  // namespace baton::feel
