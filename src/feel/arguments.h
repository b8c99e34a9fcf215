// Small readers of built-in arguments, shared by the files of the table.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <span>

#include "feel/builtins.h"
#include "feel/value.h"

namespace baton::feel {

/// The items of a list argument; any other value but null counts as a list of one (DMN 10.3.2.9.4).
inline std::optional<std::span<const Value>> items_of(const Value& value) {
  if (value.is(Kind::kList)) return value.as_list();
  if (value.is_null()) return std::nullopt;
  return std::span<const Value>(&value, 1);
}

/// For functions of a list or of any number of values.
inline std::optional<std::span<const Value>> items_or_arguments(Arguments arguments) {
  if (arguments.size() == 1) return items_of(arguments[0]);
  return arguments;
}

/// A list of one counts as its item where a single value is wanted.
inline Value single(const Value& value) {
  return value.is(Kind::kList) && value.as_list().size() == 1 ? value.as_list()[0] : value;
}

inline bool is_string(const Value& v) {
  return v.is(Kind::kString);
}
inline bool is_number(const Value& v) {
  return v.is(Kind::kNumber);
}

/// The integer part of a number argument.
inline std::optional<std::int64_t> integer_of(const Value& value) {
  return value.is(Kind::kNumber) ? value.as_number().truncate_to_int() : std::nullopt;
}

inline Value wrong_argument(Call& call, const Value& got, std::string_view wanted) {
  return call.fail(fmt::format("an argument is {} instead of {}", kind_name(got.kind()), wanted));
}

}  // namespace baton::feel
