// Source, then a zero byte, then JSON variables: evaluation within small budgets, and every result through the text and
// JSON writers. A result that JSON can hold must read back equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "feel/expression.h"
#include "feel/json.h"
#include "feel/text.h"

namespace {

using namespace baton;
using namespace baton::feel;

class FuzzVariables final : public Variables {
 public:
  explicit FuzzVariables(const Value& context) : context_(context) {}
  std::optional<Value> find(std::size_t, std::string_view name, Evaluation&) const override {
    const Value* found = context_.is(Kind::kContext) ? context_.as_context().find(name) : nullptr;
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }

 private:
  Value context_;
};

void evaluate(std::string_view source, std::string_view json, bool unary, Dialect dialect) {
  Budgets budgets;
  budgets.steps = 20'000;
  budgets.bytes = 4U << 20;
  Evaluation evaluation(TimeMs(1'700'000'000'000), budgets);
  const auto variables = from_json(json, evaluation);
  if (!variables) evaluation.reset(TimeMs(0));
  const CompileOptions options{dialect, {}, {}};
  const auto expression =
      unary ? Expression::compile_unary_tests(source, options) : Expression::compile(source, options);
  if (!expression) return;
  const auto value = expression->evaluate(evaluation, FuzzVariables(variables ? *variables : Value()));
  if (!value) return;
  std::string text;
  (void)append_text(*value, text, 1U << 20);
  std::string out;
  if (!to_json(*value, out)) return;
  Evaluation again(TimeMs(0));
  const auto back = from_json(out, again);
  std::string second;
  if (back && (!to_json(*back, second) || second != out)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto zero = input.find('\0');
  const std::string_view source = input.substr(0, zero);
  const std::string_view json = zero == std::string_view::npos ? std::string_view("{}") : input.substr(zero + 1);
  evaluate(source, json, false, Dialect::kCamunda);
  evaluate(source, json, false, Dialect::kDmn);
  evaluate(source, json, true, Dialect::kDmn);
  return 0;
}
