// Arbitrary bytes as a DMN file, through reading, compiling, checking and evaluating every decision: nothing may crash,
// and every budget holds. The file's own names get values of several kinds.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ensure.h"
#include "dmn/check.h"
#include "dmn/decision_model.h"

namespace {

using namespace baton;

/// Every variable has a value, chosen by its name.
class AnyVariables final : public feel::Variables {
 public:
  std::optional<feel::Value> find(std::size_t, std::string_view name, feel::Evaluation& evaluation) const override {
    const std::size_t kind = name.size() % 5;
    if (kind == 0) return feel::Value::number(static_cast<std::int64_t>(name.size()));
    if (kind == 1) return evaluation.string(name);
    if (kind == 2) return feel::Value::boolean(true);
    if (kind == 3) return feel::Value();
    const feel::Value items[] = {feel::Value::number(1), feel::Value::number(2)};
    return evaluation.list(items);
  }
};

feel::Budgets small_budgets() {
  feel::Budgets budgets;
  budgets.steps = 20'000;
  budgets.bytes = 4U << 20;
  return budgets;
}

void evaluate_all(const dmn::DecisionModel& model) {
  constexpr std::size_t kMost = 20;
  const AnyVariables variables;
  dmn::DecisionRun run(TimeMs(1'700'000'000'000), small_budgets());
  for (std::size_t i = 0; i < model.decisions().size() && i < kMost; ++i) {
    run.reset(TimeMs(1'700'000'000'000));
    const Status status = model.evaluate(i, variables, run);
    const std::string first = run.failure() != nullptr ? run.failure()->to_string() : std::string();
    const bool is_null = run.output().is_null();
    run.reset(TimeMs(1'700'000'000'000));
    const Status again = model.evaluate(i, variables, run);
    ENSURE(status.has_value() == again.has_value() && is_null == run.output().is_null(),
           "evaluation is not repeatable");
    ENSURE(first == (run.failure() != nullptr ? run.failure()->to_string() : std::string()), "failures differ");
  }
  for (std::size_t i = 0; i < model.services().size() && i < kMost; ++i) {
    run.reset(TimeMs(1'700'000'000'000));
    (void)model.evaluate_service(i, variables, run);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostBytes = 64U << 10;
  if (size > kMostBytes) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto dialect : {feel::Dialect::kDmn, feel::Dialect::kCamunda}) {
    const auto model = dmn::DecisionModel::load(bytes, {dialect});
    if (!model) return 0;
    evaluate_all(**model);
    if (dialect == feel::Dialect::kCamunda) (void)dmn::check_tables(**model, 20);
  }
  return 0;
}
