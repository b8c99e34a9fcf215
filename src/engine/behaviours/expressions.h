// FEEL over the variables that an element instance sees.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/execution.h"
#include "feel/expression.h"

namespace baton::engine {

/// Values that an output mapping sees before the state has them: name and minified JSON, the last one wins.
using Overlay = std::vector<std::pair<std::string, std::string>>;

/// Resolves names from the overlay, then from the scope chain of an element instance.
class ScopeVariables final : public feel::Variables {
 public:
  ScopeVariables(const Execution& x, Key scope, const Overlay* overlay) : x_(x), scope_(scope), overlay_(overlay) {}
  std::optional<feel::Value> find(std::size_t slot, std::string_view name, feel::Evaluation& evaluation) const override;

 private:
  const Execution& x_;
  Key scope_;
  const Overlay* overlay_;
};

/// Evaluates in the scope of `element_instance`; the value lives until the next evaluation. Fails with kind `kind` when
/// a budget is exhausted.
tl::expected<feel::Value, StepFailure> evaluate(Execution& x, Key element_instance, const feel::Expression& expression,
                                                IncidentKind kind, const Overlay* overlay = nullptr);

/// Evaluates to minified JSON.
tl::expected<std::string, StepFailure> evaluate_json(Execution& x, Key element_instance,
                                                     const feel::Expression& expression, IncidentKind kind,
                                                     const Overlay* overlay = nullptr);

/// A condition: anything but true or false is an EXTRACT_VALUE_ERROR.
tl::expected<bool, StepFailure> evaluate_condition(Execution& x, Key element_instance,
                                                   const feel::Expression& expression);

/// A fixed text, or an expression that must yield a string.
tl::expected<std::string, StepFailure> evaluate_text(Execution& x, Key element_instance,
                                                     const bpmn::TextOrExpression& source);

/// A fixed number, or an expression that must yield a number or a numeric string.
tl::expected<std::int32_t, StepFailure> evaluate_integer(Execution& x, Key element_instance,
                                                         const bpmn::TextOrExpression& source);

}  // namespace baton::engine
