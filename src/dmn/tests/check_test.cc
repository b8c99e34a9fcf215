// The check of decision tables: planted gaps and overlaps are found, complete tables are left alone.
#include "dmn/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "dmn/tests/dmn_text.h"

namespace baton::dmn::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Finding> check(const TableText& table) {
  const auto model = load(definitions(decision("d", table.xml())));
  EXPECT_TRUE(model && model->diagnostics().empty());
  return check_tables(*model);
}

std::vector<Finding> of_kind(const std::vector<Finding>& findings, Finding::Kind kind) {
  std::vector<Finding> found;
  for (const Finding& finding : findings) {
    if (finding.kind == kind) found.push_back(finding);
  }
  return found;
}

TableText two_columns() {
  TableText table;
  table.inputs = {{"age", "number"}, {"status", "string"}};
  table.input_values = {{1, "\"gold\", \"silver\""}};
  table.outputs = {{"r", ""}};
  table.rules = {{"< 18", "-", "1"}, {">= 18", "\"gold\"", "2"}, {">= 18", "\"silver\"", "3"}};
  return table;
}

TEST(Check, ACompleteTableHasNoFindings) {
  EXPECT_THAT(check(two_columns()), IsEmpty());
}

TEST(Check, AGapIsNamedWithItsRanges) {
  TableText table = two_columns();
  table.rules[1][0] = "> 18";
  const auto findings = check(table);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, Finding::Kind::kGap);
  EXPECT_THAT(findings[0].ranges, ElementsAre("18", "\"gold\""));
  EXPECT_THAT(findings[0].message, HasSubstr("age 18, status \"gold\""));
}

TEST(Check, ValuesThatNobodyListedAreAGap) {
  TableText table = two_columns();
  table.input_values.clear();
  const auto findings = check(table);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].ranges, ElementsAre(">= 18", "not(\"gold\", \"silver\")"));
}

TEST(Check, OverlapsOfUniqueAndAny) {
  TableText table = two_columns();
  table.rules[0][0] = "<= 20";
  auto overlaps = of_kind(check(table), Finding::Kind::kOverlap);
  ASSERT_EQ(overlaps.size(), 2U);
  EXPECT_THAT(overlaps[0].rules, ElementsAre(1U, 2U));
  EXPECT_THAT(overlaps[0].ranges, ElementsAre("[18..20]", "\"gold\""));
  table.hit_policy = "ANY";
  EXPECT_EQ(of_kind(check(table), Finding::Kind::kOverlap).size(), 2U);
  table.rules[1][2] = "1";
  EXPECT_EQ(of_kind(check(table), Finding::Kind::kOverlap).size(), 1U);
  table.hit_policy = "FIRST";
  EXPECT_THAT(check(table), IsEmpty());
}

TEST(Check, RulesThatNeverDecide) {
  TableText table = two_columns();
  table.hit_policy = "FIRST";
  table.rules.push_back({"[20..30]", "-", "4"});    // covered by rules 2 and 3 together
  table.rules.push_back({"-", "\"bronze\"", "5"});  // not an allowed value
  const auto unreachable = of_kind(check(table), Finding::Kind::kUnreachable);
  ASSERT_EQ(unreachable.size(), 2U);
  EXPECT_THAT(unreachable[0].rules, ElementsAre(5U));
  EXPECT_THAT(unreachable[1].rules, ElementsAre(4U));
}

TEST(Check, ARuleOfLowerPriorityThatIsCovered) {
  TableText table;
  table.hit_policy = "PRIORITY";
  table.inputs = {{"x", "number"}};
  table.outputs = {{"r", "\"high\", \"low\""}};
  table.rules = {{"[1..5]", "\"low\""}, {"-", "\"high\""}};
  const auto findings = check(table);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, Finding::Kind::kUnreachable);
  EXPECT_THAT(findings[0].rules, ElementsAre(1U));
}

TEST(Check, Duplicates) {
  TableText table = two_columns();
  table.rules.push_back({"< 18.0", "\"gold\", \"silver\"", "9"});
  const auto findings = check(table);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, Finding::Kind::kDuplicate);
  EXPECT_THAT(findings[0].rules, ElementsAre(1U, 4U));
}

TEST(Check, BooleansDatesAndWholeNumbersHaveNoGapsBetweenThem) {
  TableText table;
  table.inputs = {{"ok", "boolean"}, {"day", "date"}, {"n", "integer"}};
  table.outputs = {{"r", ""}};
  table.rules = {{"true", "<= @\"2024-02-29\"", "< 5", "1"},
                 {"true", ">= @\"2024-03-01\"", "[1..4]", "2"},
                 {"true", "-", ">= 5", "3"},
                 {"true", ">= @\"2024-03-01\"", "<= 0", "4"},
                 {"false", "-", "-", "5"}};
  EXPECT_THAT(check(table), IsEmpty());
}

TEST(Check, CellsThatAreExpressionsAreNamedAndGiveNoFalseAlarm) {
  TableText table = two_columns();
  table.rules[1][0] = "? > limit";
  const auto findings = check(table);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, Finding::Kind::kNotAnalysed);
}

TEST(Check, ADefaultOutputCoversTheRest) {
  TableText table = two_columns();
  table.rules.pop_back();
  table.defaults = {{0, "0"}};
  EXPECT_THAT(check(table), IsEmpty());
}

/// Splits the plane of two numbers at random into boxes: every point is in exactly one.
class Partition {
 public:
  explicit Partition(std::uint64_t seed) : random_(seed) { split({{{{0, 100}}, {{0, 100}}}}, 4); }
  [[nodiscard]] const std::vector<std::array<std::array<int, 2>, 2>>& boxes() const { return boxes_; }

  [[nodiscard]] static std::string cell(const std::array<int, 2>& side) {
    if (side[0] == 0 && side[1] == 100) return "-";
    if (side[0] == 0) return fmt::format("< {}", side[1]);
    if (side[1] == 100) return fmt::format(">= {}", side[0]);
    return fmt::format("[{}..{})", side[0], side[1]);
  }
  [[nodiscard]] TableText table() const {
    TableText table;
    table.inputs = {{"x", "number"}, {"y", "number"}};
    table.outputs = {{"r", ""}};
    for (const auto& box : boxes_) table.rules.push_back({cell(box[0]), cell(box[1]), "1"});
    return table;
  }

 private:
  void split(std::array<std::array<int, 2>, 2> box, int depth) {
    const std::size_t side = random_() % 2;
    if (depth == 0 || box[side][1] - box[side][0] < 2) {
      boxes_.push_back(box);
      return;
    }
    const int at = box[side][0] + 1 + static_cast<int>(random_() % static_cast<unsigned>(box[side][1] - box[side][0] - 1));
    auto low = box;
    auto high = box;
    low[side][1] = at;
    high[side][0] = at;
    split(low, depth - 1);
    split(high, depth - 1);
  }

  std::mt19937_64 random_;
  std::vector<std::array<std::array<int, 2>, 2>> boxes_;
};

bool contains(const std::string& range, double value) {
  const auto tests = feel::Expression::compile_unary_tests(range, {});
  EXPECT_TRUE(tests) << range;
  feel::Evaluation evaluation(kNow);
  const auto number = feel::Decimal::parse(fmt::format("{}", value));
  const auto result = tests->evaluate(evaluation, TestedValue(feel::Value::number(*number)));
  return result && result->is_true();
}

TEST(CheckProperty, PlantedGapsAndOverlapsInRandomPartitions) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Partition partition(seed);
    TableText table = partition.table();
    ASSERT_THAT(check(table), IsEmpty()) << "seed " << seed << table.xml();
    const std::size_t victim = seed % table.rules.size();
    const auto& box = partition.boxes()[victim];
    const double x = box[0][0] + 0.5;
    const double y = box[1][0] + 0.5;
    const auto covers = [&](const Finding& finding) {
      return contains(finding.ranges[0], x) && contains(finding.ranges[1], y);
    };

    TableText holed = table;
    holed.rules.erase(holed.rules.begin() + static_cast<std::ptrdiff_t>(victim));
    const auto gaps = check(holed);
    ASSERT_FALSE(gaps.empty()) << "seed " << seed;
    EXPECT_EQ(of_kind(gaps, Finding::Kind::kGap).size(), gaps.size());
    EXPECT_EQ(std::count_if(gaps.begin(), gaps.end(), covers), 1) << "seed " << seed;

    TableText doubled = table;
    doubled.rules.push_back({fmt::format("[{}..{}]", x, x), fmt::format("[{}..{}]", y, y), "2"});
    const auto overlaps = check(doubled);
    ASSERT_EQ(overlaps.size(), 1U) << "seed " << seed;
    EXPECT_EQ(overlaps[0].kind, Finding::Kind::kOverlap);
    EXPECT_EQ(overlaps[0].rules[0], victim + 1);
    EXPECT_TRUE(covers(overlaps[0]));
  }
}

}  // namespace
}  // namespace baton::dmn::testing
