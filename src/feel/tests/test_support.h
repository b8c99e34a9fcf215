// Helpers for the tests of this module.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "feel/expression.h"
#include "feel/json.h"
#include "feel/text.h"

namespace baton::feel::testing {

inline constexpr TimeMs kNow{1'700'000'000'000};  // 2023-11-14T22:13:20Z

/// Variables from the text of a JSON object.
class JsonVariables final : public Variables {
 public:
  explicit JsonVariables(std::string_view json, Evaluation& evaluation) : text_(json) {
    const auto value = from_json(text_, evaluation);
    EXPECT_TRUE(value.has_value()) << json;
    if (value) value_ = *value;
  }
  std::optional<Value> find(std::size_t, std::string_view name, Evaluation&) const override {
    const Value* found = value_.as_context().find(name);
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }
  [[nodiscard]] const Value& value() const { return value_; }

 private:
  std::string text_;
  Value value_;
};

/// The result of an expression as FEEL text, "error: ..." if it does not compile or exhausts a budget.
inline std::string eval(std::string_view source, std::string_view variables = "{}",
                        Dialect dialect = Dialect::kCamunda) {
  Evaluation evaluation(kNow);
  const JsonVariables json(variables, evaluation);
  std::vector<std::string> names;
  for (const ContextEntry& entry : json.value().as_context().entries) names.emplace_back(entry.key);
  const auto expression = Expression::compile(source, {dialect, names});
  if (!expression) return "error: " + expression.error().message;
  const auto value = expression->evaluate(evaluation, json);
  if (!value) return "error: " + value.error().message;
  std::string out;
  const Value wrapped[] = {*value};
  EXPECT_TRUE(append_text(value->is(Kind::kString) ? Value::list(wrapped) : *value, out, 1U << 20));
  return value->is(Kind::kString) ? out.substr(1, out.size() - 2) : out;
}

}  // namespace baton::feel::testing
