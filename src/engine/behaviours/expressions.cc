#include "engine/behaviours/expressions.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "engine/behaviours/multi_instance.h"
#include "engine/behaviours/variables.h"
#include "feel/json.h"

namespace baton::engine {

namespace {

std::string with_warnings(const feel::Evaluation& evaluation, std::string message) {
  for (const auto& warning : evaluation.warnings()) message += "\n" + warning.to_string();
  return message;
}

StepFailure wrong_type(const Execution& x, const feel::Expression& expression, std::string_view expected,
                       const feel::Value& value) {
  return {
      IncidentKind::kExtractValueError,
      with_warnings(x.evaluation, fmt::format("Expected the result of the expression '{}' to be a {}, but it was a {}.",
                                              expression.source(), expected, feel::kind_name(value.kind())))};
}

tl::unexpected<StepFailure> not_whole(std::string_view text) {
  return step_failure(IncidentKind::kExtractValueError, fmt::format("Expected a whole number, but it was '{}'.", text));
}

tl::expected<std::int32_t, StepFailure> to_integer(std::string_view text) {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return not_whole(text);
  return number;
}

/// A copy that lives as long as the values of the evaluation; "" if that exhausts its budget.
std::string_view kept(std::string_view text, feel::Evaluation& evaluation) {
  auto* copy = static_cast<char*>(evaluation.allocate(text.size()));
  if (copy == nullptr) return {};
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

}  // namespace

std::optional<feel::Value> ScopeVariables::find(std::size_t, std::string_view name,
                                                feel::Evaluation& evaluation) const {
  const auto parsed = [&evaluation](std::string_view json) -> std::optional<feel::Value> {
    auto value = feel::from_json(json, evaluation);
    if (!value) return std::nullopt;
    return *value;
  };
  if (overlay_ != nullptr) {
    for (auto it = overlay_->rbegin(); it != overlay_->rend(); ++it) {
      if (it->first == name) return parsed(it->second);
    }
  }
  const Instance& instance = x_.instance();
  const Symbol symbol = x_.view.symbols().find(name);
  if (instance.loops.empty()) {
    const VariableRow* row = symbol.empty() ? nullptr : find_visible(instance, scope_, symbol);
    return row == nullptr ? std::nullopt : parsed(row->value.json());
  }
  for (Key at = scope_; at.value() != 0; at = instance.element(at)->scope) {
    const VariableRow* row = symbol.empty() ? nullptr : instance.variables.find(at, symbol);
    if (row != nullptr) return parsed(row->value.json());
    // The inside of a loop sees its output collection. The body itself does not: its input collection may have the same
    // name.
    if (at != scope_ && !name.empty() && output_name(instance, at) == name)
      return parsed(kept(output_so_far(instance, at), evaluation));
  }
  return std::nullopt;
}

tl::expected<feel::Value, StepFailure> evaluate(Execution& x, Key element_instance, const feel::Expression& expression,
                                                IncidentKind kind, const Overlay* overlay) {
  x.evaluation.reset(x.now());
  auto value = expression.evaluate(x.evaluation, ScopeVariables(x, element_instance, overlay));
  if (!value) {
    return step_failure(
        kind, fmt::format("Failed to evaluate expression '{}': {}", expression.source(), value.error().message));
  }
  return *value;
}

tl::expected<std::string, StepFailure> evaluate_json(Execution& x, Key element_instance,
                                                     const feel::Expression& expression, IncidentKind kind,
                                                     const Overlay* overlay) {
  auto value = evaluate(x, element_instance, expression, kind, overlay);
  if (!value) return tl::unexpected(std::move(value.error()));
  std::string json;
  if (auto status = feel::to_json(*value, json); !status) {
    return step_failure(kind, fmt::format("The result of the expression '{}' cannot be stored: {}", expression.source(),
                                          status.error().message));
  }
  return json;
}

tl::expected<bool, StepFailure> evaluate_condition(Execution& x, Key element_instance,
                                                   const feel::Expression& expression) {
  auto value = evaluate(x, element_instance, expression, IncidentKind::kExtractValueError);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (!value->is(feel::Kind::kBoolean)) return tl::unexpected(wrong_type(x, expression, "boolean", *value));
  return value->as_boolean();
}

tl::expected<std::string, StepFailure> evaluate_text(Execution& x, Key element_instance,
                                                     const bpmn::TextOrExpression& source) {
  if (!source.expression) return source.text;
  auto value = evaluate(x, element_instance, *source.expression, IncidentKind::kExtractValueError);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (!value->is(feel::Kind::kString)) return tl::unexpected(wrong_type(x, *source.expression, "string", *value));
  return std::string(value->as_string());
}

tl::expected<std::int32_t, StepFailure> evaluate_integer(Execution& x, Key element_instance,
                                                         const bpmn::TextOrExpression& source) {
  if (!source.expression) return to_integer(source.text);
  auto value = evaluate(x, element_instance, *source.expression, IncidentKind::kExtractValueError);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (value->is(feel::Kind::kString)) return to_integer(value->as_string());
  if (!value->is(feel::Kind::kNumber)) return tl::unexpected(wrong_type(x, *source.expression, "number", *value));
  const auto number = value->as_number().to_int();  // 3.0 is whole
  if (!number || !std::in_range<std::int32_t>(*number)) return not_whole(value->as_number().to_string());
  return static_cast<std::int32_t>(*number);
}

}  // namespace baton::engine
