// FEEL (Friendly Enough Expression Language, OMG DMN 1.5 chapter 10): compiled once, evaluated many times.
//
//   auto expression = feel::Expression::compile("amount > 1000 and status = \"open\"", {});
//   feel::Evaluation evaluation(now);
//   auto value = expression->evaluate(evaluation, variables);
//
// An Expression is immutable, cheap to copy and safe to share between threads. Evaluation has no access to anything but
// the given variables and the given time, and stops at counted budgets (base/limits.h) with a typed error.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feel/evaluation.h"
#include "feel/value.h"

namespace baton::feel {

/// kCamunda adds that product's built-ins, back-tick names and null handling to the standard's FEEL.
enum class Dialect { kDmn, kCamunda };

/// A type that `instance of` and parameters may name, e.g. an item definition, with its meaning as a FEEL type.
struct NamedType {
  std::string name;
  std::string type;  // "list<number>", "context<a: string, b: tOther>"
};

struct CompileOptions {
  Dialect dialect = Dialect::kCamunda;
  /// Names with spaces or operators that the context is known to have; they win over operators while parsing.
  std::span<const std::string> known_names = {};
  std::span<const NamedType> known_types = {};
  /// Names with spaces or operators that only members of contexts have: they count after a dot and in filters.
  std::span<const std::string> known_members = {};
};

/// Where an expression's free names come from.
class Variables {
 public:
  virtual ~Variables() = default;
  /// The value of `name`, built in the evaluation's arena; nullopt if there is no such variable. `slot` is the index of
  /// `name` in the expression's free_names(), so that an implementation can resolve names ahead of time.
  virtual std::optional<Value> find(std::size_t slot, std::string_view name, Evaluation& evaluation) const = 0;
};

class Program;

/// The tests of a decision table cell that only compare the input with constants.
struct ConstantTests {
  struct Test {
    Value value;           // equal to it, or contained in it if it is a range or list
    bool negated = false;  // `!= value`
  };
  bool any = false;      // `-`: everything passes, there are no tests
  bool negated = false;  // not(...): passes if no test does
  std::vector<Test> tests;
};

class Expression {
 public:
  /// Parses and compiles; errors name line and column and quote the offending part.
  static Result<Expression> compile(std::string_view source, const CompileOptions& options);
  /// Compiles the unary tests of a decision table's cell (DMN 1.5, grammar rule 17): `-`, `not(...)` or a list of
  /// tests. The value under test is the free name `?`; the result is true, false, or null if a test cannot be decided.
  static Result<Expression> compile_unary_tests(std::string_view source, const CompileOptions& options);

  /// The source text as given.
  [[nodiscard]] const std::string& source() const;
  /// Names that are looked up in Variables, in slot order, each once.
  [[nodiscard]] std::span<const std::string> free_names() const;
  /// True if the value cannot depend on variables or time.
  [[nodiscard]] bool is_constant() const;

  /// Of an expression made by compile_unary_tests: its tests, if each compares `?` with a constant. Their values live as
  /// long as the expression. Nullopt if anything else decides.
  [[nodiscard]] std::optional<ConstantTests> constant_tests() const;

  /// Evaluates. FEEL's own errors yield null and a warning in `evaluation`; a Result error is an exhausted budget.
  /// The value lives in the evaluation's arena.
  [[nodiscard]] Result<Value> evaluate(Evaluation& evaluation, const Variables& variables) const;

 private:
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

/// Calls a function value, e.g. the result of another expression; the compiled expressions that made it must still
/// exist. FEEL's own errors yield null and a warning; a Result error is an exhausted budget.
Result<Value> invoke(const Value& function, std::span<const Value> arguments, Evaluation& evaluation);

}  // namespace baton::feel
