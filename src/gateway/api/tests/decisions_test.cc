// Decisions over gRPC: deployment, evaluation, deletion.
#include <gmock/gmock.h>

#include "gateway/api/tests/api_support.h"

namespace baton::gateway::test {
namespace {

using ::testing::HasSubstr;

const char* const kDmn =
    R"(<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="drg" name="Graph" namespace="n">
<decision id="base" name="Base"><variable name="Base"/><literalExpression><text>x * 2</text></literalExpression></decision>
<decision id="rate" name="Rate"><informationRequirement><requiredDecision href="#base"/></informationRequirement>
<decisionTable hitPolicy="UNIQUE"><input id="in" label="Base value"><inputExpression><text>Base</text></inputExpression></input>
<output id="out" name="r"/><rule id="low"><inputEntry><text>&lt; 10</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
<rule id="high"><inputEntry><text>&gt; 5</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule></decisionTable></decision>
</definitions>)";

class DecisionsApiTest : public ApiTest {
 protected:
  Result<pb::EvaluateDecisionResponse> evaluate(const std::string& id, const std::string& variables) {
    pb::EvaluateDecisionRequest request;
    request.set_decisionid(id);
    request.set_variables(variables);
    return call<pb::EvaluateDecisionResponse>("EvaluateDecision", request);
  }
};

TEST_F(DecisionsApiTest, DeployEvaluateDelete) {
  const auto deployed = deploy(kDmn, "rates.dmn");
  ASSERT_TRUE(deployed) << deployed.error().to_string();
  ASSERT_EQ(deployed->deployments_size(), 3);
  const auto& decision = deployed->deployments(1).decision();
  EXPECT_EQ(decision.dmndecisionid(), "rate");
  EXPECT_EQ(decision.dmndecisionname(), "Rate");
  EXPECT_EQ(decision.version(), 1);
  EXPECT_EQ(decision.dmndecisionrequirementsid(), "drg");
  const auto& graph = deployed->deployments(2).decisionrequirements();
  EXPECT_EQ(graph.dmndecisionrequirementsname(), "Graph");
  EXPECT_EQ(graph.resourcename(), "rates.dmn");
  EXPECT_EQ(graph.decisionrequirementskey(), decision.decisionrequirementskey());

  pb::EvaluateDecisionRequest by_key;
  by_key.set_decisionkey(decision.decisionkey());
  by_key.set_variables(R"({"x":1})");
  const auto result = call<pb::EvaluateDecisionResponse>("EvaluateDecision", by_key);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->decisionoutput(), R"("low")");
  EXPECT_EQ(result->decisionid(), "rate");
  EXPECT_EQ(result->decisionkey(), decision.decisionkey());
  EXPECT_EQ(result->tenantid(), "<default>");
  EXPECT_EQ(result->decisioninstancekey(), result->decisionevaluationkey());
  ASSERT_EQ(result->evaluateddecisions_size(), 2);
  EXPECT_EQ(result->evaluateddecisions(0).decisionid(), "base");
  EXPECT_EQ(result->evaluateddecisions(0).decisiontype(), "LITERAL_EXPRESSION");
  EXPECT_EQ(result->evaluateddecisions(0).decisionoutput(), "2");
  const auto& table = result->evaluateddecisions(1);
  EXPECT_EQ(table.decisiontype(), "DECISION_TABLE");
  EXPECT_EQ(table.decisionevaluationinstancekey(), fmt::format("{}-2", result->decisionevaluationkey()));
  ASSERT_EQ(table.matchedrules_size(), 1);
  EXPECT_EQ(table.matchedrules(0).ruleid(), "low");
  EXPECT_EQ(table.matchedrules(0).ruleindex(), 1);
  EXPECT_EQ(table.matchedrules(0).evaluatedoutputs(0).outputname(), "r");
  EXPECT_EQ(table.matchedrules(0).evaluatedoutputs(0).outputvalue(), R"("low")");
  ASSERT_EQ(table.evaluatedinputs_size(), 1);
  EXPECT_EQ(table.evaluatedinputs(0).inputname(), "Base value");
  EXPECT_EQ(table.evaluatedinputs(0).inputvalue(), "2");

  pb::DeleteResourceRequest remove;
  remove.set_resourcekey(graph.decisionrequirementskey());
  const auto removed = call<pb::DeleteResourceResponse>("DeleteResource", remove);
  ASSERT_TRUE(removed) << removed.error().to_string();
  EXPECT_EQ(removed->resourcekey(), std::to_string(graph.decisionrequirementskey()));
  const auto gone = evaluate("rate", "{}");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::kNotFound);
  const auto twice = call<pb::DeleteResourceResponse>("DeleteResource", remove);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Code::kNotFound);
}

TEST_F(DecisionsApiTest, AFailedEvaluationIsAnAnswer) {
  ASSERT_TRUE(deploy(kDmn, "rates.dmn"));
  const auto result = evaluate("rate", R"({"x":4})");
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->faileddecisionid(), "rate");
  EXPECT_THAT(result->failuremessage(), HasSubstr("2 rules match: 1, 2"));
  EXPECT_EQ(result->decisionoutput(), "null");
}

TEST_F(DecisionsApiTest, WhatIsRefused) {
  auto refused = evaluate("", "{}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  refused = evaluate("rate", "[1]");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  pb::DeleteResourceRequest history;
  history.set_resourcekey(1);
  history.set_deletehistory(true);
  const auto deleted = call<pb::DeleteResourceResponse>("DeleteResource", history);
  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().code, Code::kUnimplemented);
}

}  // namespace
}  // namespace baton::gateway::test
