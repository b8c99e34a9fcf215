// The closed table of built-in functions (DMN 10.3.4 and Camunda's additions).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feel/evaluation.h"
#include "feel/expression.h"
#include "feel/value.h"

namespace baton::feel {

/// What a built-in gets beside its arguments.
class Call {
 public:
  virtual ~Call() = default;
  [[nodiscard]] virtual Evaluation& evaluation() = 0;
  /// Records a warning at the call's place and returns null.
  virtual Value fail(std::string message) = 0;
  /// Calls a function value.
  virtual Value invoke(const Value& function, std::span<const Value> arguments) = 0;
  /// 1 + the alternative of the signature that named arguments chose; 0 for positional arguments.
  [[nodiscard]] virtual int named_alternative() const = 0;
};

using Arguments = std::span<const Value>;
using BuiltinFunction = Value (*)(Call& call, Arguments arguments);

struct Builtin {
  std::string_view name;
  /// Alternatives separated by '|', each a comma-separated list of parameter names; "name?" is optional, "name*" takes
  /// the rest.
  std::string_view signature;
  BuiltinFunction function;
  bool camunda_only = false;
  bool uses_time = false;
  /// With constant arguments it is a literal: computed while compiling.
  bool literal = false;
};

/// One alternative of a signature.
struct Signature {
  std::vector<std::string_view> parameters;
  std::size_t required = 0;
  bool variadic = false;
};

/// The built-in of that name, or nullptr.
const Builtin* find_builtin(std::string_view name, Dialect dialect);
/// Alternatives of a built-in, parsed once.
const std::vector<Signature>& signatures_of(const Builtin& builtin);
/// True if a call with this many positional arguments can be right.
bool accepts_count(const Builtin& builtin, std::size_t count);
struct NamedMatch {
  std::vector<std::size_t> places;  // of each argument; empty if no alternative fits
  int alternative = 0;
};
/// Places of named arguments in the first alternative that has these names, with all required ones present. Absent
/// optional parameters before the last given one are passed as null.
NamedMatch match_names(const Builtin& builtin, std::span<const std::string_view> names);
/// All names, for the parser's joining of names with spaces.
std::span<const Builtin> all_builtins();

// The parts of the table, one per file.
std::span<const Builtin> string_builtins();
std::span<const Builtin> list_builtins();
std::span<const Builtin> number_builtins();
std::span<const Builtin> temporal_builtins();
std::span<const Builtin> context_builtins();
std::span<const Builtin> range_builtins();
std::span<const Builtin> conversion_builtins();

}  // namespace baton::feel
