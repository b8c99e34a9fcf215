// Decision tables (DMN chapter 8).
#include <algorithm>

#include "dmn/compiler.h"

namespace baton::dmn {
namespace {

std::optional<HitPolicy> hit_policy_of(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  if (text.empty() || text == "UNIQUE" || text == "U") return HitPolicy::kUnique;
  if (text == "ANY" || text == "A") return HitPolicy::kAny;
  if (text == "PRIORITY" || text == "P") return HitPolicy::kPriority;
  if (text == "FIRST" || text == "F") return HitPolicy::kFirst;
  if (text == "RULE ORDER" || text == "R") return HitPolicy::kRuleOrder;
  if (text == "OUTPUT ORDER" || text == "O") return HitPolicy::kOutputOrder;
  if (text == "COLLECT" || text == "C") return HitPolicy::kCollect;
  return std::nullopt;
}

std::optional<Aggregation> aggregation_of(std::string_view text) {
  if (text.empty() || text == "LIST") return Aggregation::kNone;
  if (text == "SUM") return Aggregation::kSum;
  if (text == "MIN") return Aggregation::kMin;
  if (text == "MAX") return Aggregation::kMax;
  if (text == "COUNT") return Aggregation::kCount;
  return std::nullopt;
}

}  // namespace

InputClause Compiler::compile_input(const RawInput& raw, std::uint32_t column, const Scope& scope,
                                    std::string_view language) {
  InputClause clause;
  clause.expression = compile_feel(raw.expression.text, language,
                                   {Place::Kind::kInput, 0, column, raw.expression.line, raw.id}, scope, false);
  clause.type = model_.types.resolve(raw.type, scope.file, raw.id, raw.expression.line, model_.diagnostics);
  if (raw.values) {
    Feel values = compile_feel(raw.values->text, {}, {Place::Kind::kInputValues, 0, column, raw.values->line, raw.id},
                               scope, true);
    if (values.expression) clause.values = std::move(values);
  }
  return clause;
}

OutputClause Compiler::compile_output(const RawOutput& raw, std::uint32_t column, const Scope& scope) {
  OutputClause clause;
  clause.name = intern(raw.name);
  clause.type = model_.types.resolve(raw.type, scope.file, raw.id, raw.line, model_.diagnostics);
  if (raw.values) {
    Feel values = compile_feel(raw.values->text, {}, {Place::Kind::kOutputValues, 0, column, raw.values->line, raw.id},
                               scope, true);
    if (values.expression) {
      if (const auto tests = values.expression->constant_tests()) {
        for (const auto& test : tests->tests) clause.priorities.push_back(test.value);
      }
      clause.values = std::move(values);
    }
  }
  if (raw.fallback) {
    clause.fallback = compile_feel(raw.fallback->text, {}, {Place::Kind::kDefault, 0, column, raw.fallback->line, raw.id},
                                   scope, false);
  }
  return clause;
}

void Compiler::compile_rule(const RawTable& raw, std::size_t rule, const Scope& scope, Table& table) {
  const RawRule& from = raw.rules[rule];
  const auto row = static_cast<std::uint32_t>(rule);
  for (std::uint32_t i = 0; i < raw.inputs.size(); ++i) {
    const RawText entry = i < from.inputs.size() ? from.inputs[i] : RawText{"-", {}, from.line};
    const std::string_view text = entry.text.empty() ? "-" : std::string_view(entry.text);
    table.conditions.push_back(
        compile_feel(text, {}, {Place::Kind::kCondition, row, i, entry.line, from.id}, scope, true));
  }
  for (std::uint32_t i = 0; i < raw.outputs.size(); ++i) {
    const RawText entry = i < from.outputs.size() ? from.outputs[i] : RawText{{}, {}, from.line};
    table.results.push_back(
        compile_feel(entry.text, {}, {Place::Kind::kOutput, row, i, entry.line, from.id}, scope, false));
  }
}

void Compiler::index_table(Table& table) {
  table.index.set_rules(table.rules);
  std::vector<TableIndex::Cell> cells(table.rules);
  for (std::size_t column = 0; column < table.inputs.size(); ++column) {
    for (std::size_t rule = 0; rule < table.rules; ++rule) {
      const Feel& cell = table.conditions[rule * table.inputs.size() + column];
      cells[rule] = cell.expression ? cell.expression->constant_tests() : std::nullopt;
    }
    table.index.add_column(cells);
  }
}

void Compiler::compile_table(const RawTable& raw, const std::string& language, int line, const Scope& scope,
                             Node& node) {
  node.table = std::make_unique<Table>();
  Table& table = *node.table;
  const auto policy = hit_policy_of(raw.hit_policy);
  const auto aggregation = aggregation_of(raw.aggregation);
  if (!policy || !aggregation) {
    node.broken = !policy ? fmt::format("there is no hit policy '{}'", raw.hit_policy)
                          : fmt::format("there is no aggregation '{}'", raw.aggregation);
    complain(scope, node.place, node.broken);
    return;
  }
  table.hit_policy = *policy;
  table.aggregation = *policy == HitPolicy::kCollect ? *aggregation : Aggregation::kNone;
  if (table.aggregation != Aggregation::kNone && table.aggregation != Aggregation::kCount && raw.outputs.size() > 1) {
    node.broken = fmt::format("the aggregation '{}' needs a single output column", raw.aggregation);
    complain(scope, node.place, node.broken);
    return;
  }
  if (raw.outputs.empty()) {
    node.broken = "the decision table has no output";
    complain(scope, {Place::Kind::kExpression, 0, 0, line, node.place.id}, node.broken);
    return;
  }
  table.rules = raw.rules.size();
  for (std::uint32_t i = 0; i < raw.inputs.size(); ++i)
    table.inputs.push_back(compile_input(raw.inputs[i], i, scope, language));
  for (std::uint32_t i = 0; i < raw.outputs.size(); ++i) {
    table.outputs.push_back(compile_output(raw.outputs[i], i, scope));
    table.has_fallback = table.has_fallback || table.outputs.back().fallback.has_value();
  }
  for (std::size_t rule = 0; rule < raw.rules.size(); ++rule) compile_rule(raw, rule, scope, table);
  index_table(table);
}

}  // namespace baton::dmn
