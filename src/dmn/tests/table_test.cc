// Decision tables: hit policies, aggregations, defaults, what is recorded and reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmn/tests/dmn_text.h"

namespace baton::dmn::testing {
namespace {

using ::testing::HasSubstr;

TableText overlapping(const std::string& policy, const std::string& aggregation = "") {
  TableText table;
  table.hit_policy = policy;
  table.aggregation = aggregation;
  table.inputs = {{"x", "number"}};
  table.outputs = {{"y", "30, 10, 20"}};
  table.rules = {{"> 0", "10"}, {"> 1", "20"}, {"> 2", "30"}};
  return table;
}

std::string run(const TableText& table, const std::string& json, feel::Dialect dialect = feel::Dialect::kCamunda) {
  const auto model = load(definitions(decision("d", table.xml())), dialect);
  EXPECT_TRUE(model && model->diagnostics().empty());
  DecisionRun evaluation(kNow);
  return evaluate(*model, "d", json, evaluation);
}

TEST(HitPolicies, EachOnOverlappingRules) {
  const std::string all = R"({"x":3})";
  EXPECT_EQ(run(overlapping("FIRST"), all), "10");
  EXPECT_EQ(run(overlapping("PRIORITY"), all), "30");
  EXPECT_EQ(run(overlapping("RULE ORDER"), all), "[10, 20, 30]");
  EXPECT_EQ(run(overlapping("OUTPUT ORDER"), all), "[30, 10, 20]");
  EXPECT_EQ(run(overlapping("COLLECT"), all), "[10, 20, 30]");
  EXPECT_EQ(run(overlapping("COLLECT", "SUM"), all), "60");
  EXPECT_EQ(run(overlapping("COLLECT", "MIN"), all), "10");
  EXPECT_EQ(run(overlapping("COLLECT", "MAX"), all), "30");
  EXPECT_EQ(run(overlapping("COLLECT", "COUNT"), all), "3");
  EXPECT_EQ(run(overlapping("UNIQUE"), all), "null");
  EXPECT_EQ(run(overlapping("UNIQUE"), R"({"x":1})"), "10");
  EXPECT_EQ(run(overlapping("ANY"), R"({"x":1})"), "10");
}

TEST(HitPolicies, ShortAndOldNames) {
  EXPECT_EQ(run(overlapping("RULE_ORDER"), R"({"x":3})"), "[10, 20, 30]");
  EXPECT_EQ(run(overlapping("F"), R"({"x":3})"), "10");
  EXPECT_EQ(run(overlapping("C"), R"({"x":2})"), "[10, 20]");
}

TEST(HitPolicies, UniqueNamesTheRulesThatMatch) {
  const auto model = load(definitions(decision("d", overlapping("UNIQUE").xml())));
  DecisionRun evaluation(kNow);
  evaluate(*model, "d", R"({"x":2})", evaluation);
  ASSERT_NE(evaluation.failure(), nullptr);
  EXPECT_EQ(evaluation.failure()->decision, "d");
  EXPECT_THAT(evaluation.failure()->message, HasSubstr("2 rules match: 1, 2"));
  ASSERT_EQ(evaluation.decisions().size(), 1U);
  EXPECT_TRUE(evaluation.decisions()[0].failed);
  EXPECT_EQ(evaluation.decisions()[0].rules.size(), 2U);
}

TEST(HitPolicies, AnyRefusesDifferentOutputs) {
  EXPECT_EQ(run(overlapping("ANY"), R"({"x":2})"), "null");
  TableText equal = overlapping("ANY");
  equal.rules = {{"> 0", "1 + 1"}, {"> 1", "2.0"}};
  EXPECT_EQ(run(equal, R"({"x":2})"), "2");
}

TEST(Tables, NoRuleMatches) {
  for (const char* policy : {"UNIQUE", "FIRST", "COLLECT", "RULE ORDER"})
    EXPECT_EQ(run(overlapping(policy), R"({"x":0})"), "null") << policy;
  TableText table = overlapping("UNIQUE");
  table.defaults = {{0, "x + 100"}};
  EXPECT_EQ(run(table, R"({"x":0})"), "100");
}

TEST(Tables, SeveralOutputsAreAContext) {
  TableText table;
  table.inputs = {{"s", "string"}};
  table.outputs = {{"a", ""}, {"b c", ""}};
  table.rules = {{"\"x\", \"y\"", "1", "\"one\""}, {"not(\"x\", \"y\")", "2", "s"}};
  EXPECT_EQ(run(table, R"({"s":"y"})"), R"({a: 1, "b c": "one"})");
  EXPECT_EQ(run(table, R"({"s":"z"})"), R"({a: 2, "b c": "z"})");
}

TEST(Tables, CellsThatAreExpressions) {
  TableText table;
  table.hit_policy = "FIRST";
  table.inputs = {{"x", "number"}, {"y", "number"}};
  table.outputs = {{"r", ""}};
  table.rules = {{"y", "-", "\"equal\""}, {"? > y * 2", "", "\"far above\""}, {"-", "< x", "\"below\""}};
  EXPECT_EQ(run(table, R"({"x":2,"y":2})"), "equal");
  EXPECT_EQ(run(table, R"({"x":5,"y":2})"), "far above");
  EXPECT_EQ(run(table, R"({"x":3,"y":2})"), "below");
  EXPECT_EQ(run(table, R"({"x":1,"y":2})"), "null");
}

TEST(Tables, NullAndWrongKindsOfInput) {
  TableText table;
  table.hit_policy = "COLLECT";
  table.inputs = {{"x", ""}};
  table.outputs = {{"r", ""}};
  table.rules = {{"null", "0"}, {"< 5", "1"}, {"\"a\"", "2"}, {"not(7)", "3"}, {"-", "4"}, {"true", "5"}, {"!= 3", "6"}};
  EXPECT_EQ(run(table, R"({"x":null})"), "[0, 3, 4, 6]");
  EXPECT_EQ(run(table, R"({"x":3})"), "[1, 3, 4]");
  EXPECT_EQ(run(table, R"({"x":7})"), "[4, 6]");
  EXPECT_EQ(run(table, R"({"x":"a"})"), "[2, 3, 4]");
  EXPECT_EQ(run(table, R"({"x":true})"), "[3, 4, 5]");
  EXPECT_EQ(run(table, R"({"x":[1]})"), "[3, 4]");
}

TEST(Tables, InputsRulesAndOutputsAreRecorded) {
  TableText table = overlapping("COLLECT");
  const auto model = load(definitions(decision("a", table.xml()) +
                                      decision("b", literal("sum(a)"), requires_decision("a"))));
  DecisionRun evaluation(kNow);
  EXPECT_EQ(evaluate(*model, "b", R"({"x":2})", evaluation), "30");
  ASSERT_EQ(evaluation.decisions().size(), 2U);
  const EvaluatedDecision& first = evaluation.decisions()[0];
  EXPECT_EQ(model->decisions()[first.decision].id, "a");
  ASSERT_EQ(first.inputs.size(), 1U);
  EXPECT_EQ(shown(first.inputs[0]), "2");
  ASSERT_EQ(first.rules.size(), 2U);
  EXPECT_EQ(first.rules[1].rule, 1U);
  EXPECT_EQ(shown(first.rules[1].outputs[0]), "20");
  EXPECT_EQ(model->decisions()[evaluation.decisions()[1].decision].id, "b");
}

TEST(Tables, AProblemNamesDecisionRuleAndReason) {
  TableText table;
  table.inputs = {{"x", "number"}};
  table.outputs = {{"r", ""}};
  table.rules = {{"1", "nothing + 1"}};
  const auto model = load(definitions(decision("d", table.xml())));
  DecisionRun evaluation(kNow);
  EXPECT_EQ(evaluate(*model, "d", R"({"x":1})", evaluation), "null");
  ASSERT_FALSE(evaluation.problems().empty());
  EXPECT_THAT(evaluation.problems()[0].to_string(), HasSubstr("decision 'd', rule 1 (r1), output 1"));
  EXPECT_THAT(evaluation.problems()[0].message, HasSubstr("no variable 'nothing'"));
  EXPECT_EQ(evaluation.failure(), nullptr);
}

TEST(Tables, TheStandardRefusesInputsThatAreNotAllowed) {
  TableText table = overlapping("COLLECT");
  table.input_values = {{0, "[0..2]"}};
  EXPECT_EQ(run(table, R"({"x":2})", feel::Dialect::kDmn), "[10, 20]");
  EXPECT_EQ(run(table, R"({"x":3})", feel::Dialect::kDmn), "null");
  EXPECT_EQ(run(table, R"({"x":3})"), "[10, 20, 30]");
}

TEST(Tables, WhatCannotBeCompiledIsDiagnosed) {
  const auto diagnosed = [](const std::string& xml) {
    const auto model = load(definitions(decision("d", xml)));
    return model->diagnostics().empty() ? std::string() : model->diagnostics()[0].to_string();
  };
  EXPECT_THAT(diagnosed(overlapping("SOMETIMES").xml()), HasSubstr("no hit policy 'SOMETIMES'"));
  EXPECT_THAT(diagnosed(overlapping("COLLECT", "AVERAGE").xml()), HasSubstr("no aggregation 'AVERAGE'"));
  TableText broken = overlapping("UNIQUE");
  broken.rules[1][0] = "> ";
  EXPECT_THAT(diagnosed(broken.xml()), HasSubstr("'r2': FEEL"));
  TableText wide = overlapping("COLLECT", "SUM");
  wide.outputs.emplace_back("z", "");
  EXPECT_THAT(diagnosed(wide.xml()), HasSubstr("needs a single output"));
  EXPECT_THAT(diagnosed(R"(<literalExpression expressionLanguage="juel"><text>${x}</text></literalExpression>)"),
              HasSubstr("expression language 'juel' is not supported"));
}

TEST(Tables, ManyRulesFindTheRightOne) {
  TableText table;
  table.inputs = {{"s", "string"}, {"x", "number"}};
  table.outputs = {{"r", ""}};
  for (int i = 0; i < 500; ++i)
    table.rules.push_back({fmt::format("\"k{}\"", i % 10), fmt::format("[{}..{})", i / 10, i / 10 + 1), std::to_string(i)});
  const auto model = load(definitions(decision("d", table.xml())));
  DecisionRun evaluation(kNow);
  for (int i = 0; i < 500; i += 7) {
    const std::string json = fmt::format(R"({{"s":"k{}","x":{}.5}})", i % 10, i / 10);
    EXPECT_EQ(evaluate(*model, "d", json, evaluation), std::to_string(i));
  }
  EXPECT_EQ(evaluate(*model, "d", R"({"s":"k1","x":50})", evaluation), "null");
}

}  // namespace
}  // namespace baton::dmn::testing
