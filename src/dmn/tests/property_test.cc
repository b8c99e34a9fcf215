// Random tables of every hit policy against a plain reading of the standard: every cell tested on its own, rules
// gathered in order, policies applied by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "dmn/tests/dmn_text.h"
#include "feel/operators.h"

namespace baton::dmn::testing {
namespace {

using feel::Value;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))];
  }

 private:
  std::mt19937_64 engine_;
};

const std::vector<std::string> kNumberCells = {"-",        "< 3",       "<= 3",          "> 3",    ">= 3",     "3",
                                               "1, 4, 7",  "[2..5]",    "(2..5)",        "]2..5[", "[2..5)",   "not(3)",
                                               "not([1..4])", "!= 4",      "3.0",           "null",   "not(null)", "other",
                                               "? > other", "< other", "[1..2], [5..6]", "[1, 3]", "0.5",      "not(< 2)"};
const std::vector<std::string> kStringCells = {"-",           "\"a\"",        "\"a\", \"b\"", "not(\"a\")", "not(\"a\", \"c\")",
                                               "[\"a\"..\"b\"]", "< \"b\"", "!= \"a\"", "null", "word", "starts with(?, \"b\")"};
const std::vector<std::string> kBooleanCells = {"-", "true", "false", "not(true)", "null", "true, null"};
const std::vector<std::string> kDateCells = {"-", "@\"2024-03-01\"", "< @\"2024-03-01\"",
                                             "[@\"2024-01-01\"..@\"2024-03-01\"]", "not(@\"2024-03-01\")"};
const std::vector<std::string> kNumbers = {"0", "0.5", "1", "2", "3", "4", "5", "6.5", "7", "null", "\"a\"", "[1,3]"};
const std::vector<std::string> kStrings = {"\"a\"", "\"b\"", "\"bb\"", "\"c\"", "\"\"", "null", "3"};
const std::vector<std::string> kBooleans = {"true", "false", "null", "\"true\""};
const std::vector<std::string> kDates = {"date(\"2024-01-01\")", "date(\"2024-02-15\")", "date(\"2024-03-01\")",
                                         "date(\"2025-01-01\")", "null"};

struct Column {
  const std::vector<std::string>* cells;
  const std::vector<std::string>* values;
};
const std::vector<Column> kColumns = {{&kNumberCells, &kNumbers},
                                      {&kStringCells, &kStrings},
                                      {&kBooleanCells, &kBooleans},
                                      {&kDateCells, &kDates}};

const std::vector<std::string> kOutputValues = {"\"low\"", "\"mid\"", "\"high\"", "\"none\""};

struct Case {
  TableText table;
  std::vector<Column> columns;
};

Case random_case(Random& random) {
  static const std::vector<std::string> kPolicies = {"UNIQUE",     "ANY",     "PRIORITY", "FIRST", "RULE ORDER",
                                                     "OUTPUT ORDER", "COLLECT", "COLLECT"};
  static const std::vector<std::string> kAggregations = {"", "SUM", "MIN", "MAX", "COUNT"};
  Case result;
  TableText& table = result.table;
  table.hit_policy = random.pick(kPolicies);
  if (table.hit_policy == "COLLECT") table.aggregation = random.pick(kAggregations);
  const bool numbers = table.aggregation == "SUM" || table.aggregation == "MIN" || table.aggregation == "MAX";
  const int columns = 1 + random.below(3);
  for (int i = 0; i < columns; ++i) {
    result.columns.push_back(random.pick(kColumns));
    table.inputs.emplace_back(fmt::format("v{}", i), "");
  }
  table.outputs.emplace_back("out", numbers ? "" : "\"high\", \"mid\", \"low\"");
  if (random.below(4) == 0) table.defaults = {{0, "\"fallback\""}};
  const int rules = random.below(3) == 0 ? 70 + random.below(70) : random.below(9);
  for (int r = 0; r < rules; ++r) {
    std::vector<std::string> row;
    for (const Column& column : result.columns) row.push_back(random.pick(*column.cells));
    row.push_back(numbers ? std::to_string(random.below(10)) : random.pick(kOutputValues));
    table.rules.push_back(std::move(row));
  }
  return result;
}

/// The reference: its own compilation of each cell, nothing shared with the model but FEEL.
class Reference {
 public:
  Reference(const Case& c, const Value& context) : case_(c), context_(context) {}

  std::string result() {
    std::vector<std::size_t> hits;
    for (std::size_t r = 0; r < case_.table.rules.size(); ++r) {
      if (matches(r)) hits.push_back(r);
    }
    return apply(hits);
  }

 private:
  class CellVariables final : public feel::Variables {
   public:
    CellVariables(const Value& context, const Value& tested) : context_(context), tested_(tested) {}
    std::optional<Value> find(std::size_t, std::string_view name, feel::Evaluation&) const override {
      if (name == "?") return tested_;
      const Value* found = context_.as_context().find(name);
      return found != nullptr ? std::optional(*found) : std::nullopt;
    }

   private:
    Value context_;
    Value tested_;
  };

  bool matches(std::size_t rule) {
    for (std::size_t i = 0; i < case_.columns.size(); ++i) {
      const Value tested = *context_.as_context().find(fmt::format("v{}", i));
      auto cell = feel::Expression::compile_unary_tests(case_.table.rules[rule][i], {});
      EXPECT_TRUE(cell);
      feel::Evaluation evaluation(kNow);
      const auto value = cell->evaluate(evaluation, CellVariables(context_, tested));
      if (!value || !value->is_true()) return false;
    }
    return true;
  }

  [[nodiscard]] std::string output(std::size_t rule) const { return case_.table.rules[rule].back(); }
  [[nodiscard]] static std::string plain(const std::string& output) {
    return output.starts_with('"') ? output.substr(1, output.size() - 2) : output;
  }
  [[nodiscard]] std::size_t priority(std::size_t rule) const {
    const std::vector<std::string> order = {"\"high\"", "\"mid\"", "\"low\""};
    return static_cast<std::size_t>(std::find(order.begin(), order.end(), output(rule)) - order.begin());
  }
  [[nodiscard]] std::string listed(const std::vector<std::size_t>& hits) const {
    std::string text = "[";
    for (const std::size_t hit : hits) text += (text.size() > 1 ? ", " : "") + output(hit);
    return text + "]";
  }

  std::string apply(std::vector<std::size_t> hits) {
    const TableText& table = case_.table;
    if (hits.empty()) return table.defaults.empty() ? "null" : "fallback";
    const auto by_priority = [this](std::size_t a, std::size_t b) { return priority(a) < priority(b); };
    if (table.hit_policy == "UNIQUE") return hits.size() == 1 ? plain(output(hits[0])) : "null";
    if (table.hit_policy == "FIRST") return plain(output(hits[0]));
    if (table.hit_policy == "ANY") {
      const bool same = std::all_of(hits.begin(), hits.end(), [&](std::size_t h) { return output(h) == output(hits[0]); });
      return same ? plain(output(hits[0])) : "null";
    }
    if (table.hit_policy == "PRIORITY" || table.hit_policy == "OUTPUT ORDER")
      std::stable_sort(hits.begin(), hits.end(), by_priority);
    if (table.hit_policy == "PRIORITY") return plain(output(hits[0]));
    if (table.aggregation == "COUNT") return std::to_string(hits.size());
    if (table.aggregation.empty()) return listed(hits);
    std::vector<int> numbers;
    for (const std::size_t hit : hits) numbers.push_back(std::stoi(output(hit)));
    if (table.aggregation == "MIN") return std::to_string(*std::min_element(numbers.begin(), numbers.end()));
    if (table.aggregation == "MAX") return std::to_string(*std::max_element(numbers.begin(), numbers.end()));
    int sum = 0;
    for (const int number : numbers) sum += number;
    return std::to_string(sum);
  }

  const Case& case_;
  Value context_;
};

TEST(Property, TablesOfEveryHitPolicyAgreeWithAPlainReading) {
  const std::uint64_t seed = std::getenv("BATON_SEED") != nullptr ? std::stoull(std::getenv("BATON_SEED")) : 20240301;
  Random random(seed);
  for (int round = 0; round < 400; ++round) {
    const Case c = random_case(random);
    const auto model = load(definitions(decision("d", c.table.xml())));
    ASSERT_TRUE(model) << "seed " << seed << " round " << round;
    ASSERT_TRUE(model->diagnostics().empty()) << model->diagnostics()[0].to_string() << c.table.xml();
    DecisionRun run(kNow);
    for (int sample = 0; sample < 12; ++sample) {
      std::string source = "{other: 4, word: \"b\"";
      for (std::size_t i = 0; i < c.columns.size(); ++i)
        source += fmt::format(", v{}: {}", i, random.pick(*c.columns[i].values));
      source += "}";
      run.reset(kNow);
      const auto context_expression = feel::Expression::compile(source, {});
      ASSERT_TRUE(context_expression);
      const auto context = context_expression->evaluate(run.feel(), TestedValue(Value()));
      ASSERT_TRUE(context);
      const std::string expected = Reference(c, *context).result();
      ASSERT_TRUE(model->evaluate(0, MapVariables(*context), run));
      ASSERT_EQ(shown(run.output()), expected)
          << "seed " << seed << " round " << round << "\n"
          << source << "\n"
          << c.table.xml();
    }
  }
}

}  // namespace
}  // namespace baton::dmn::testing
