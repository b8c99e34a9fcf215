// Builds DMN files for tests.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dmn/decision_model.h"
#include "feel/json.h"
#include "feel/text.h"

namespace baton::dmn::testing {

inline constexpr TimeMs kNow{1'700'000'000'000};

inline std::string definitions(const std::string& content,
                               std::string_view uri = "https://www.omg.org/spec/DMN/20191111/MODEL/") {
  return fmt::format("<definitions xmlns=\"{}\" id=\"drg\" name=\"Graph\" namespace=\"test\">{}</definitions>", uri,
                     content);
}

inline std::string text(const std::string& feel) {
  return "<text><![CDATA[" + feel + "]]></text>";
}

inline std::string literal(const std::string& feel, const std::string& attributes = "") {
  return "<literalExpression " + attributes + ">" + text(feel) + "</literalExpression>";
}

inline std::string decision(const std::string& id, const std::string& logic, const std::string& requires_decisions = "",
                            const std::string& variable_type = "") {
  const std::string variable =
      variable_type.empty() ? "" : fmt::format(R"(<variable name="{}" typeRef="{}"/>)", id, variable_type);
  return fmt::format(R"(<decision id="{}" name="{}">{}{}{}</decision>)", id, id, variable, requires_decisions, logic);
}

inline std::string requires_decision(const std::string& id) {
  return "<informationRequirement><requiredDecision href=\"#" + id + "\"/></informationRequirement>";
}

/// A decision table in the shape that people draw.
struct TableText {
  std::string hit_policy = "UNIQUE";
  std::string aggregation;
  std::vector<std::pair<std::string, std::string>> inputs;   // expression, type
  std::vector<std::pair<std::string, std::string>> outputs;  // name, output values ("" for none)
  std::vector<std::vector<std::string>> rules;               // input cells, then output cells
  std::map<std::size_t, std::string> input_values;
  std::map<std::size_t, std::string> defaults;

  [[nodiscard]] std::string xml() const {
    std::string out = fmt::format(R"(<decisionTable hitPolicy="{}" {}>)", hit_policy,
                                  aggregation.empty() ? "" : fmt::format(R"(aggregation="{}")", aggregation));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      out += fmt::format(R"(<input id="i{}" label="{}"><inputExpression typeRef="{}">{}</inputExpression>)", i + 1,
                         inputs[i].first, inputs[i].second, text(inputs[i].first));
      if (input_values.contains(i)) out += "<inputValues>" + text(input_values.at(i)) + "</inputValues>";
      out += "</input>";
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      out += fmt::format(R"(<output id="o{}" name="{}">)", i + 1, outputs[i].first);
      if (!outputs[i].second.empty()) out += "<outputValues>" + text(outputs[i].second) + "</outputValues>";
      if (defaults.contains(i)) out += "<defaultOutputEntry>" + text(defaults.at(i)) + "</defaultOutputEntry>";
      out += "</output>";
    }
    for (std::size_t r = 0; r < rules.size(); ++r) {
      out += fmt::format(R"(<rule id="r{}">)", r + 1);
      for (std::size_t c = 0; c < rules[r].size(); ++c) {
        const char* tag = c < inputs.size() ? "inputEntry" : "outputEntry";
        out += fmt::format("<{}>{}</{}>", tag, text(rules[r][c]), tag);
      }
      out += "</rule>";
    }
    return out + "</decisionTable>";
  }
};

class MapVariables final : public feel::Variables {
 public:
  explicit MapVariables(const feel::Value& context) : context_(context) {}
  std::optional<feel::Value> find(std::size_t, std::string_view name, feel::Evaluation&) const override {
    const feel::Value* found = context_.as_context().find(name);
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }

 private:
  feel::Value context_;
};

inline std::string shown(const feel::Value& value) {
  std::string out;
  return feel::append_text(value, out, 1U << 20) ? out : "?";
}

/// Evaluates and returns the output as FEEL text. `json` lives in the caller.
inline std::string evaluate(const DecisionModel& model, std::string_view name, const std::string& json,
                            DecisionRun& run) {
  run.reset(kNow);
  const auto context = feel::from_json(json, run.feel());
  if (!context) return "bad JSON";
  const auto index = model.find_decision(name);
  if (!index) return "no such decision";
  const Status status = model.evaluate(*index, MapVariables(*context), run);
  return status ? shown(run.output()) : status.error().message;
}

inline std::shared_ptr<const DecisionModel> load(const std::string& xml,
                                                 feel::Dialect dialect = feel::Dialect::kCamunda) {
  auto model = DecisionModel::load(xml, {dialect});
  if (!model) {
    fmt::print(stderr, "{}\n", model.error().message);
    return nullptr;
  }
  return *model;
}

}  // namespace baton::dmn::testing
