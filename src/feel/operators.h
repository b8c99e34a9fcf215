// FEEL's operators on values (DMN 10.3.2.15, tables 50 to 57). Null means: not defined for these operands.
#pragma once

#include <string_view>

#include "feel/evaluation.h"
#include "feel/program.h"
#include "feel/value.h"

namespace baton::feel {

Value add(const Value& a, const Value& b, Evaluation& evaluation);
Value subtract(const Value& a, const Value& b);
Value multiply(const Value& a, const Value& b);
Value divide(const Value& a, const Value& b);
Value power(const Value& a, const Value& b);
Value negate(const Value& a);

/// Whether `value` lies in the range; nullopt if it cannot be compared with an end point.
Ternary in_range(const Value& value, const RangeData& range);
/// One test of `in` or of a decision table: equal, contained in a list or range, or passing one of a list's ranges.
Ternary passes(const Value& value, const Value& test, Evaluation& evaluation);
/// `=` that counts its work.
Ternary equals(const Value& a, const Value& b, Evaluation& evaluation);

/// The property `name` of a temporal value, duration or range; nullopt if the kind has no such property (DMN table 65).
std::optional<Value> property(const Value& value, std::string_view name, Evaluation& evaluation);

/// Whether `value` has type `type` of `program` (DMN 10.3.2.9.4); null has type Null only.
bool conforms(const Value& value, const Program& program, std::uint32_t type);

}  // namespace baton::feel
