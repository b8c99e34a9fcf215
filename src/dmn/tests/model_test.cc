// Reading, names, types, functions, services, imports, limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "dmn/tests/dmn_text.h"

namespace baton::dmn::testing {
namespace {

using ::testing::HasSubstr;
constexpr auto kDmn = feel::Dialect::kDmn;

std::string run(const std::string& content, const std::string& decision_id, const std::string& json = "{}",
                feel::Dialect dialect = kDmn) {
  const auto model = load(definitions(content), dialect);
  if (!model) return "not loaded";
  DecisionRun evaluation(kNow);
  return evaluate(*model, decision_id, json, evaluation);
}

TEST(Model, EveryNamespaceOfDmn) {
  for (const char* uri :
       {"http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/"}) {
    const auto model = load(definitions(decision("d", literal("1 + x")), uri));
    ASSERT_NE(model, nullptr) << uri;
    DecisionRun evaluation(kNow);
    EXPECT_EQ(evaluate(*model, "d", R"({"x":2})", evaluation), "3") << uri;
  }
  const auto other = DecisionModel::load("<definitions xmlns=\"http://example.org\"/>", {});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("line 1"));
}

TEST(Model, NamesWithSpacesComeFromTheContext) {
  const std::string input = R"(<inputData id="i" name="Monthly Salary"><variable name="Monthly Salary"/></inputData>)"
                            R"(<itemDefinition name="t"><itemComponent name="pre-tax"/></itemDefinition>)";
  const std::string needs = R"(<informationRequirement><requiredInput href="#i"/></informationRequirement>)";
  EXPECT_EQ(run(input + decision("d", literal("Monthly Salary * 12"), needs), "d", R"({"Monthly Salary":10})"), "120");
  EXPECT_EQ(run(input + decision("d", literal("Monthly Salary.pre-tax + 1"), needs), "d",
                R"({"Monthly Salary":{"pre-tax":10}})"),
            "11");
}

TEST(Model, ContextsSeeEarlierEntriesAndHaveAResult) {
  const auto entry = [](const std::string& name, const std::string& feel) {
    return "<contextEntry>" + (name.empty() ? "" : "<variable name=\"" + name + "\"/>") + literal(feel) +
           "</contextEntry>";
  };
  EXPECT_EQ(run(decision("d", "<context>" + entry("a b", "2") + entry("c", "a b * 3") + "</context>"), "d"),
            R"({"a b": 2, c: 6})");
  EXPECT_EQ(run(decision("d", "<context>" + entry("a", "2") + entry("", "a + 1") + "</context>"), "d"), "3");
}

TEST(Model, ListsRelationsAndConditionals) {
  EXPECT_EQ(run(decision("d", "<list>" + literal("1") + literal("x") + "</list>"), "d", R"({"x":2})"), "[1, 2]");
  EXPECT_EQ(run(decision("d", "<relation><column name=\"a\"/><column name=\"b\"/><row>" + literal("1") + literal("2") +
                                  "</row><row>" + literal("3") + literal("4") + "</row></relation>"),
                "d"),
            "[{a: 1, b: 2}, {a: 3, b: 4}]");
  const std::string conditional = "<conditional><if>" + literal("x > 1") + "</if><then>" + literal("\"big\"") +
                                  "</then><else>" + literal("\"small\"") + "</else></conditional>";
  EXPECT_EQ(run(decision("d", conditional), "d", R"({"x":2})"), "big");
  EXPECT_EQ(run(decision("d", conditional), "d", R"({"x":1})"), "small");
}

TEST(Model, BoxedIterators) {
  const auto boxed = [](const std::string& kind, const std::string& in, const std::string& tag,
                        const std::string& body) {
    const std::string iterator = kind == "filter" ? "" : " iteratorVariable=\"e\"";
    return decision("d", "<" + kind + iterator + "><in>" + literal(in) + "</in><" + tag + ">" + literal(body) + "</" +
                             tag + "></" + kind + ">");
  };
  EXPECT_EQ(run(boxed("for", "[1,2,3]", "return", "e * 2"), "d"), "[2, 4, 6]");
  EXPECT_EQ(run(boxed("for", "[1,2,3]", "return", "count(partial)"), "d"), "[0, 1, 2]");
  EXPECT_EQ(run(boxed("some", "[1,2,3]", "satisfies", "e > 2"), "d"), "true");
  EXPECT_EQ(run(boxed("every", "[1,2,3]", "satisfies", "e > 2"), "d"), "false");
  EXPECT_EQ(run(boxed("filter", "[1,2,3]", "match", "item > 1"), "d"), "[2, 3]");
  EXPECT_EQ(run(boxed("filter", "[{a:1},{a:5}]", "match", "a > x"), "d", R"({"x":2})"), "[{a: 5}]");
  EXPECT_EQ(run(boxed("filter", "[7,8,9]", "match", "2"), "d"), "8");
  EXPECT_EQ(run(boxed("for", "\"x\"", "return", "e"), "d"), "null");
}

TEST(Model, KnowledgeModelsAreFunctions) {
  const std::string bkm =
      R"(<businessKnowledgeModel id="b" name="add tax"><encapsulatedLogic><formalParameter name="net" typeRef="number"/>)" +
      literal("net * 1.2") + "</encapsulatedLogic></businessKnowledgeModel>";
  const std::string needs = R"(<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>)";
  EXPECT_EQ(run(bkm + decision("d", literal("add tax(10)"), needs), "d"), "12.0");
  const std::string invocation = "<invocation>" + literal("add tax") +
                                 "<binding><parameter name=\"net\"/>" + literal("x") + "</binding></invocation>";
  EXPECT_EQ(run(bkm + decision("d", invocation, needs), "d", R"({"x":5})"), "6.0");
  EXPECT_EQ(run(bkm + decision("d", literal("add tax(\"x\")"), needs), "d"), "null");
  EXPECT_EQ(run(bkm + decision("d", literal("add tax(10)")), "d"), "null") << "it is not required";
}

TEST(Model, FunctionsKeepWhatTheySawWhenTheyWereMade) {
  const std::string make =
      R"(<businessKnowledgeModel id="b" name="adder"><encapsulatedLogic><formalParameter name="n"/><functionDefinition>)"
      R"(<formalParameter name="m"/>)" +
      literal("n + m") + "</functionDefinition></encapsulatedLogic></businessKnowledgeModel>";
  const std::string needs = R"(<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>)";
  EXPECT_EQ(run(make + decision("d", literal("[adder(1)(10), adder(2)(10)]"), needs), "d"), "[11, 12]");
}

TEST(Model, ForeignFunctionsAreRefusedByName) {
  const std::string java =
      R"(<functionDefinition kind="Java"><formalParameter name="x"/><context/></functionDefinition>)";
  const auto model = load(definitions(decision("d", java)), kDmn);
  ASSERT_FALSE(model->diagnostics().empty());
  EXPECT_THAT(model->diagnostics()[0].message, HasSubstr("functions of kind 'Java' are not supported"));
  DecisionRun evaluation(kNow);
  EXPECT_EQ(evaluate(*model, "d", "{}", evaluation), "null");
  EXPECT_THAT(evaluation.problems()[0].to_string(), HasSubstr("decision 'd'"));
}

TEST(Model, ServicesEvaluateTheirDecisionsWithTheirInputsAlone) {
  const std::string graph =
      R"(<inputData id="i" name="x"><variable name="x" typeRef="number"/></inputData>)" +
      decision("inner", literal("x * 2"), R"(<informationRequirement><requiredInput href="#i"/></informationRequirement>)") +
      R"(<decisionService id="s" name="double"><outputDecision href="#inner"/><inputData href="#i"/></decisionService>)";
  const std::string needs = R"(<knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement>)";
  EXPECT_EQ(run(graph + decision("d", literal("double(5) + double(x)"), needs), "d", R"({"x":1})"), "12");
  EXPECT_EQ(run(graph + decision("d", literal("double(\"a\")"), needs), "d", R"({"x":1})"), "null");
  const auto model = load(definitions(graph), kDmn);
  DecisionRun evaluation(kNow);
  const auto context = feel::from_json(R"({"x":21})", evaluation.feel());
  ASSERT_TRUE(model->evaluate_service(*model->find_service("double"), MapVariables(*context), evaluation));
  EXPECT_EQ(shown(evaluation.output()), "42");
}

TEST(Model, ImportsByNamespace) {
  const std::string library =
      "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" id=\"l\" name=\"l\" namespace=\"urn:lib\">"
      "<itemDefinition name=\"tAge\"><typeRef>number</typeRef></itemDefinition>" +
      decision("base", literal("100")) +
      "<businessKnowledgeModel id=\"b\" name=\"twice\"><encapsulatedLogic><formalParameter name=\"n\" typeRef=\"tAge\"/>" +
      literal("n * 2") + "</encapsulatedLogic></businessKnowledgeModel></definitions>";
  const std::string main = definitions(
      "<import name=\"lib\" namespace=\"urn:lib\" importType=\"https://www.omg.org/spec/DMN/20230324/MODEL/\"/>" +
      decision("d", literal("lib.twice(4) + lib.base", "typeRef=\"lib.tAge\""),
               "<knowledgeRequirement><requiredKnowledge href=\"urn:lib#b\"/></knowledgeRequirement>"
               "<informationRequirement><requiredDecision href=\"urn:lib#base\"/></informationRequirement>"));
  const std::vector<Definitions> files = {*parse(main), *parse(library)};
  const auto model = DecisionModel::compile(files, {kDmn});
  ASSERT_TRUE(model);
  EXPECT_TRUE((*model)->diagnostics().empty());
  DecisionRun evaluation(kNow);
  EXPECT_EQ(evaluate(**model, "d", "{}", evaluation), "108");
  const auto alone = load(main);
  ASSERT_FALSE(alone->diagnostics().empty());
  EXPECT_THAT(alone->diagnostics()[0].message, HasSubstr("'urn:lib' is not among the files"));
}

TEST(Types, CoercionsOfTheStandard) {
  const std::string types =
      R"(<itemDefinition name="tList" isCollection="true"><typeRef>number</typeRef></itemDefinition>)"
      R"(<itemDefinition name="tPart"><itemComponent name="a"><typeRef>number</typeRef></itemComponent></itemDefinition>)"
      R"(<itemDefinition name="tColour"><typeRef>string</typeRef><allowedValues><text>"red","green"</text></allowedValues></itemDefinition>)"
      R"(<itemDefinition name="tColours" isCollection="true"><typeRef>string</typeRef><allowedValues><text>"red","green"</text></allowedValues></itemDefinition>)"
      R"(<itemDefinition name="tPair" isCollection="true"><typeRef>number</typeRef><typeConstraint><text>count(?) = 2</text></typeConstraint></itemDefinition>)";
  const auto typed = [&](const std::string& type, const std::string& feel) {
    return run(types + decision("d", literal(feel), "", type), "d");
  };
  EXPECT_EQ(typed("string", "1"), "null");
  EXPECT_EQ(typed("string", "[\"a\"]"), "a");
  EXPECT_EQ(typed("tList", "1"), "[1]");
  EXPECT_EQ(typed("tList", "[1,\"a\"]"), "null");
  EXPECT_EQ(typed("tPart", "{a: 1, b: 2}"), "{a: 1, b: 2}");
  EXPECT_EQ(typed("tPart", "{b: 2}"), "null");
  EXPECT_EQ(typed("tColour", "\"red\""), "red");
  EXPECT_EQ(typed("tColour", "\"blue\""), "null");
  EXPECT_EQ(typed("tColours", "[\"red\",\"blue\"]"), "null");
  EXPECT_EQ(typed("tPair", "[1,2]"), "[1, 2]");
  EXPECT_EQ(typed("tPair", "[1,2,3]"), "null");
  EXPECT_EQ(typed("date and time", "date(\"2024-01-31\")"), "2024-01-31T00:00:00Z");
  EXPECT_EQ(typed("feel:number", "2"), "2");
  EXPECT_EQ(typed("list&lt;number&gt;", "[1]"), "[1]");
}

TEST(Types, CamundasDialectKeepsWhatDoesNotFitAndSaysSo) {
  const auto model = load(definitions(decision("d", literal("1"), "", "string")));
  DecisionRun evaluation(kNow);
  EXPECT_EQ(evaluate(*model, "d", "{}", evaluation), "1");
  ASSERT_EQ(evaluation.problems().size(), 1U);
  EXPECT_FALSE(evaluation.problems()[0].failure);
}

TEST(Types, ATypeThatContainsItself) {
  const std::string types = R"(<itemDefinition name="t"><itemComponent name="next"><typeRef>t</typeRef></itemComponent>)"
                            R"(</itemDefinition><itemDefinition name="a"><typeRef>b</typeRef></itemDefinition>)"
                            R"(<itemDefinition name="b"><typeRef>a</typeRef></itemDefinition>)";
  EXPECT_EQ(run(types + decision("d", literal("{next: {next: null}}"), "", "t"), "d"), "{next: {next: null}}");
  EXPECT_EQ(run(types + decision("d", literal("1"), "", "a"), "d"), "null") << "a type without an end has no values";
}

TEST(Model, WhatIsWrongIsNamed) {
  const auto first = [](const std::string& content) {
    const auto model = load(definitions(content));
    return model == nullptr || model->diagnostics().empty() ? std::string() : model->diagnostics()[0].to_string();
  };
  EXPECT_THAT(first(decision("d", literal("1"), requires_decision("x"))), HasSubstr("requires '#x', which is not there"));
  EXPECT_THAT(first(decision("d", literal("1"), "", "tNothing")), HasSubstr("there is no type 'tNothing'"));
  EXPECT_THAT(first(decision("d", literal("1")) + decision("d", literal("2"))), HasSubstr("two elements have this id"));
  EXPECT_THAT(first(decision("d", literal("1 +"))), HasSubstr("FEEL"));
}

TEST(Model, ADecisionThatRequiresItselfIsRefused) {
  const auto model = DecisionModel::load(definitions(decision("a", literal("1"), requires_decision("b")) +
                                                     decision("b", literal("1"), requires_decision("a"))),
                                         {});
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("requires itself"));
}

TEST(Limits, LongChainsOfDecisionsNeedNoStack) {
  std::string content = decision("d0", literal("1"));
  for (int i = 1; i <= 3000; ++i)
    content += decision(fmt::format("d{}", i), literal(fmt::format("d{} + 1", i - 1)), requires_decision(fmt::format("d{}", i - 1)));
  EXPECT_EQ(run(content, "d3000", "{}", feel::Dialect::kCamunda), "3001");
}

TEST(Limits, NestedExpressions) {
  const auto nested = [](int depth) {
    std::string content;
    for (int i = 0; i < depth - 1; ++i) content += "<list>";
    content += literal("1");
    for (int i = 0; i < depth - 1; ++i) content += "</list>";
    return DecisionModel::load(definitions(decision("d", content)), {});
  };
  EXPECT_TRUE(nested(limits::kDmnNesting));
  const auto deeper = nested(limits::kDmnNesting + 1);
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, Code::kResourceExhausted);
}

TEST(Limits, EndlessRecursionEndsAtABudget) {
  const std::string bkm = R"(<businessKnowledgeModel id="b" name="f"><encapsulatedLogic><formalParameter name="n"/>)" +
                          literal("f(n + 1)") +
                          R"(</encapsulatedLogic><knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement></businessKnowledgeModel>)";
  const std::string needs = R"(<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>)";
  EXPECT_THAT(run(bkm + decision("d", literal("f(1)"), needs), "d"), HasSubstr("call depth"));
}

}  // namespace
}  // namespace baton::dmn::testing
