#include "feel/tests/differential.h"

#include <fmt/format.h>

#include <array>

#include "feel/json.h"
#include "feel/tests/tree_walker.h"
#include "feel/text.h"

namespace baton::feel::testing {
namespace {

constexpr TimeMs kNow{1'700'000'000'000};

std::string show(const Value& value) {
  std::string out(kind_name(value.kind()));
  out += ' ';
  if (!append_text(value, out, 1U << 20)) out += "...";
  return out;
}

class ContextVariables final : public Variables {
 public:
  explicit ContextVariables(const Value& context) : context_(context) {}
  std::optional<Value> find(std::size_t, std::string_view name, Evaluation&) const override {
    const Value* found = context_.as_context().find(name);
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }

 private:
  Value context_;
};

}  // namespace

std::optional<std::string> compare_evaluators(std::string_view source, bool unary, const CompileOptions& options,
                                              const Variables& variables, const Budgets& budgets) {
  Evaluation compiled_evaluation(kNow, budgets);
  Evaluation walked_evaluation(kNow, budgets);
  const auto expression =
      unary ? Expression::compile_unary_tests(source, options) : Expression::compile(source, options);
  TreeWalker walker(source, unary, options, walked_evaluation, variables);
  const auto walked = walker.run();
  if (!expression) {
    if (!walked && walked.error().code == expression.error().code) return std::nullopt;
    if (walked_evaluation.exhausted()) return std::nullopt;
    return fmt::format("{}\n  does not compile: {}\n  but has a tree", source, expression.error().message);
  }
  const auto compiled = expression->evaluate(compiled_evaluation, variables);
  if (!compiled || walked_evaluation.exhausted()) return std::nullopt;
  if (!walked) return fmt::format("{}\n  compiles, but has no tree: {}", source, walked.error().message);
  const std::string a = show(*compiled);
  const std::string b = show(*walked);
  if (a == b) return std::nullopt;
  return fmt::format("{}\n  compiled: {}\n  walked:   {}", source, a, b);
}

std::size_t RandomSource::choose(std::size_t count) {
  if (at_ >= bytes_.size()) return 0;
  return static_cast<unsigned char>(bytes_[at_++]) % count;
}

std::string RandomSource::literal() {
  static constexpr std::array<const char*, 24> kLiterals = {"1",
                                                            "0",
                                                            "2",
                                                            "-1",
                                                            "3.5",
                                                            "10",
                                                            "\"a\"",
                                                            "\"b\"",
                                                            "\"\"",
                                                            "true",
                                                            "false",
                                                            "null",
                                                            "[]",
                                                            "{}",
                                                            "@\"2024-02-29\"",
                                                            "date(\"2024-03-01\")",
                                                            "duration(\"P1D\")",
                                                            "@\"P1Y2M\"",
                                                            "@\"10:00:00Z\"",
                                                            "[1..3]",
                                                            "(1..3)",
                                                            "\"abc\"",
                                                            "@\"2024-01-01T10:00:00\"",
                                                            "1e3"};
  return kLiterals[choose(kLiterals.size())];
}

std::string RandomSource::name() {
  static constexpr std::array<const char*, 14> kNames = {"a",    "b",    "n",       "s", "xs", "c",   "c.d",
                                                         "c.xs", "item", "partial", "x", "f",  "e e", "?"};
  return kNames[choose(kNames.size())];
}

std::string RandomSource::list(int depth) {
  std::string out = "[";
  for (std::size_t i = choose(4); i > 0; --i) out += expression(depth) + (i > 1 ? ", " : "");
  return out + "]";
}

std::string RandomSource::context(int depth) {
  static constexpr std::array<const char*, 6> kKeys = {"a", "d", "x", "e e", "\"k\"", "f"};
  std::string out = "{";
  const std::size_t first = choose(kKeys.size());
  const std::size_t count = choose(4);
  for (std::size_t i = 0; i < count; ++i)
    out += fmt::format("{}{}: {}", i == 0 ? "" : ", ", kKeys[(first + i) % kKeys.size()], expression(depth));
  return out + "}";
}

std::string RandomSource::loop(int depth) {
  static constexpr std::array<const char*, 3> kKinds = {"for", "some", "every"};
  static constexpr std::array<const char*, 3> kIterators = {"x", "a", "i i"};
  const std::size_t kind = choose(kKinds.size());
  std::string out = kKinds[kind];
  const std::size_t count = 1 + choose(2);
  for (std::size_t i = 0; i < count; ++i) {
    out += fmt::format("{} {} in {}", i == 0 ? "" : ",", kIterators[choose(kIterators.size())],
                       choose(3) == 0 ? "1.." + literal() : "(" + expression(depth) + ")");
  }
  return fmt::format("({} {} {})", out, kind == 0 ? "return" : "satisfies", expression(depth));
}

std::string RandomSource::call(int depth) {
  static constexpr std::array<const char*, 16> kFunctions = {
      "not",     "count",   "sum",    "append", "f",           "string",   "min",  "is",
      "reverse", "sublist", "number", "date",   "concatenate", "contains", "sort", "get value"};
  const std::size_t which = choose(kFunctions.size());
  if (std::string_view(kFunctions[which]) == "sort" && choose(2) == 0)
    return fmt::format("sort({}, function(l, r) l {} r)", list(depth), choose(2) == 0 ? "<" : ">");
  std::string out = fmt::format("{}(", kFunctions[which]);
  const std::size_t count = choose(4);
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ", ") + expression(depth);
  return out + ")";
}

std::string RandomSource::range(int depth) {
  return fmt::format("{}({})..({}){}", choose(2) == 0 ? "[" : "(", expression(depth), expression(depth),
                     choose(2) == 0 ? "]" : ")");
}

std::string RandomSource::compound(int depth) {
  static constexpr std::array<const char*, 13> kOperators = {
      "+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or"};
  switch (choose(14)) {
    case 0:
      return fmt::format("({} {} {})", expression(depth), kOperators[choose(kOperators.size())], expression(depth));
    case 1:
      return fmt::format("{} {} {}", expression(depth), kOperators[choose(kOperators.size())], expression(depth));
    case 2:
      return fmt::format("(if {} then {} else {})", expression(depth), expression(depth), expression(depth));
    case 3:
      return fmt::format("({})[{}]", expression(depth), expression(depth));
    case 4:
      return list(depth) + "[" + (choose(2) == 0 ? "item > 1" : expression(depth)) + "]";
    case 5:
      return context(depth) + (choose(2) == 0 ? "" : choose(2) == 0 ? ".a" : ".e e");
    case 6:
      return loop(depth);
    case 7:
      return call(depth);
    case 8:
      return fmt::format("({} in {})", expression(depth),
                         choose(2) == 0 ? range(depth) : "(" + unary_tests(depth) + ")");
    case 9:
      return fmt::format("({} between {} and {})", name(), literal(), literal());
    case 10:
      return fmt::format("(function(x, y) {})({}, {})", expression(depth), expression(depth), expression(depth));
    case 11:
      return fmt::format("{{f: function(x{}) if x <= 0 then {} else f(x - 1), a: f({})}}.a",
                         choose(2) == 0 ? "" : ": number", expression(depth), literal());
    case 12:
      return fmt::format("({} instance of {})", expression(depth), choose(2) == 0 ? "number" : "list<string>");
    default:
      return "-(" + expression(depth) + ")";
  }
}

std::string RandomSource::expression(int depth) {
  if (depth <= 0 || at_ >= bytes_.size()) return choose(2) == 0 ? literal() : name();
  switch (choose(5)) {
    case 0:
      return literal();
    case 1:
      return name();
    default:
      return compound(depth - 1);
  }
}

std::string RandomSource::unary_tests(int depth) {
  static constexpr std::array<const char*, 8> kTests = {"", "", "< ", ">= ", "= ", "!= ", "? > ", "not "};
  std::string out;
  const std::size_t count = 1 + choose(3);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view test = kTests[choose(kTests.size())];
    out += (i == 0 ? "" : ", ") +
           (test == "not " ? "not(" + expression(depth) + ")" : std::string(test) + expression(depth));
  }
  return out;
}

std::optional<std::string> compare_random_bytes(std::string_view bytes) {
  static constexpr std::string_view kInputs =
      R"({"a":1,"b":null,"n":2.50,"s":"text","xs":[1,2,3],"c":{"d":true,"xs":[{"a":1},{"a":2}]},"e e":5,"?":3})";
  static const std::array<std::string, 9> kNames = {"a", "b", "n", "s", "xs", "c", "d", "e e", "?"};
  Evaluation inputs(kNow);
  const auto context = from_json(kInputs, inputs);
  const ContextVariables variables(*context);
  Budgets budgets;
  budgets.steps = 100'000;
  budgets.bytes = 8U << 20;
  budgets.call_depth = 30;
  for (const Dialect dialect : {Dialect::kDmn, Dialect::kCamunda}) {
    const CompileOptions options{dialect, kNames, {}};
    RandomSource source(bytes);
    const std::string expression = source.expression(4);
    if (auto difference = compare_evaluators(expression, false, options, variables, budgets)) return difference;
    const std::string cell = source.unary_tests(3);
    if (auto difference = compare_evaluators(cell, true, options, variables, budgets)) return "cell " + *difference;
  }
  return std::nullopt;
}

std::string random_bytes(std::uint64_t seed) {
  std::string bytes(64, '\0');
  for (char& byte : bytes) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(seed >> 56);
  }
  return bytes;
}

}  // namespace baton::feel::testing
