// Decisions in the engine: deployment, business rule tasks, script tasks, evaluation for clients, deletion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::HasSubstr;

/// A table that gives `value` for x > 0, and two rules that overlap for x > 9.
std::string dmn(const std::string& value, const std::string& tag = "", const std::string& id = "discount",
                const std::string& drg = "drg") {
  const std::string extension =
      tag.empty() ? "" : "<extensionElements><zeebe:versionTag value=\"" + tag + "\"/></extensionElements>";
  return "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" "
         "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"" +
         drg + "\" name=\"Graph\" namespace=\"n\"><decision id=\"" + id + "\" name=\"Discount\">" + extension +
         "<decisionTable hitPolicy=\"UNIQUE\"><input id=\"in\" label=\"X\"><inputExpression><text>x</text>"
         "</inputExpression></input><output id=\"out\" name=\"pct\"/><rule id=\"r1\"><inputEntry><text>&gt; "
         "0</text></inputEntry><outputEntry><text>" +
         value +
         "</text></outputEntry></rule><rule id=\"r2\"><inputEntry><text>&gt; 9</text></inputEntry><outputEntry><text>0"
         "</text></outputEntry></rule></decisionTable></decision></definitions>";
}

std::string with_task(const std::string& task, const std::string& id = "p") {
  return "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
         "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"d\" targetNamespace=\"n\"><bpmn:process id=\"" +
         id +
         "\" isExecutable=\"true\"><bpmn:startEvent id=\"start\"/><bpmn:sequenceFlow id=\"f1\" sourceRef=\"start\" "
         "targetRef=\"task\"/>" +
         task +
         "<bpmn:sequenceFlow id=\"f2\" sourceRef=\"task\" targetRef=\"wait\"/><bpmn:serviceTask id=\"wait\">"
         "<bpmn:extensionElements><zeebe:taskDefinition type=\"wait\"/></bpmn:extensionElements></bpmn:serviceTask>"
         "</bpmn:process></bpmn:definitions>";
}

std::string rule_task(const std::string& attributes, const std::string& more = "") {
  return with_task("<bpmn:businessRuleTask id=\"task\"><bpmn:extensionElements><zeebe:calledDecision " + attributes +
                   "/>" + more + "</bpmn:extensionElements></bpmn:businessRuleTask>");
}

const std::string kLatest = R"(decisionId="discount" resultVariable="d")";

class Decisions : public ::testing::Test {
 protected:
  World world;

  const DeployReply& deploy(const std::string& name, const std::string& content) {
    EXPECT_TRUE(world.deploy(std::vector<Resource>{{name, content}})) << world.rejection();
    return *world.reply<DeployReply>();
  }
  std::string variable(Key instance, const std::string& name) {
    const Instance* found = world.state().instance(instance);
    const VariableRow* row =
        found == nullptr ? nullptr : found->variables.find(instance, world.state().symbols().find(name));
    return row == nullptr ? "" : std::string(row->value.json());
  }
  const IncidentRow* incident(Key instance) {
    const Instance* found = world.state().instance(instance);
    return found == nullptr || found->incidents.empty() ? nullptr : &found->incidents.begin()->second;
  }
  const EvaluateDecisionReply* evaluate(const std::string& id, const std::string& variables) {
    EvaluateDecision command;
    command.decision_id = id;
    command.variables = json(variables);
    return world.run(command) ? world.reply<EvaluateDecisionReply>() : nullptr;
  }
};

TEST_F(Decisions, DeploymentGivesKeysAndVersions) {
  const DeployReply first = deploy("a.dmn", dmn("5"));
  ASSERT_EQ(first.decisions.size(), 1U);
  ASSERT_EQ(first.requirements.size(), 1U);
  EXPECT_EQ(first.decisions[0].decision_id, "discount");
  EXPECT_EQ(first.decisions[0].name, "Discount");
  EXPECT_EQ(first.decisions[0].version, Version(1));
  EXPECT_EQ(first.decisions[0].requirements, first.requirements[0].key);
  EXPECT_EQ(first.requirements[0].requirements_id, "drg");
  const DeployReply same = deploy("a.dmn", dmn("5"));
  EXPECT_EQ(same.decisions[0].key, first.decisions[0].key);
  EXPECT_NE(same.key, first.key);
  const DeployReply renamed = deploy("b.dmn", dmn("5"));
  EXPECT_EQ(renamed.decisions[0].version, Version(2));
  const DeployReply changed = deploy("b.dmn", dmn("6"));
  EXPECT_EQ(changed.decisions[0].version, Version(3));
  EXPECT_EQ(changed.requirements[0].version, Version(3));
}

TEST_F(Decisions, ADecisionThatMovedToAnotherGraphMakesBothNew) {
  deploy("a.dmn", dmn("5"));
  deploy("b.dmn", dmn("6", "", "discount", "other"));
  const DeployReply again = deploy("a.dmn", dmn("5"));
  EXPECT_EQ(again.decisions[0].version, Version(3));
  EXPECT_EQ(again.requirements[0].version, Version(2));
}

TEST_F(Decisions, DeploymentRefusesByName) {
  EXPECT_FALSE(world.deploy(std::vector<Resource>{{"a.dmn", dmn("5 +")}}));
  EXPECT_THAT(world.rejection(), HasSubstr("'a.dmn':"));
  EXPECT_THAT(world.rejection(), HasSubstr("Element: r1"));
  EXPECT_FALSE(world.deploy(std::vector<Resource>{{"a.dmn", dmn("5")}, {"b.dmn", dmn("6", "", "discount", "other")}}));
  EXPECT_THAT(world.rejection(), HasSubstr("duplicated id 'discount' in the resources 'a.dmn' and 'b.dmn'"));
  EXPECT_FALSE(world.deploy(std::vector<Resource>{{"a.dmn", dmn("5")}, {"b.dmn", dmn("6", "", "other")}}));
  EXPECT_THAT(world.rejection(),
              HasSubstr("the DRG ids to be unique within a deployment but found a duplicated id 'drg'"));
  EXPECT_TRUE(world.deploy(
      std::vector<Resource>{{"c.dmn", dmn("5", "", "c", "drg_c")}, {"d.dmn", dmn("6", "", "d", "drg_d")}}));
  EXPECT_FALSE(world.deploy(std::vector<Resource>{{"a.dmn", "<definitions/>"}}));
  EXPECT_THAT(world.rejection(), HasSubstr("expected 'definitions' of DMN"));
  EXPECT_FALSE(world.deploy(std::vector<Resource>{{"a.dmn", dmn("5", "", "")}}));
  EXPECT_THAT(world.rejection(), HasSubstr("must have an id"));
}

TEST_F(Decisions, ABusinessRuleTaskSetsTheResult) {
  deploy("a.dmn", dmn("x * 5"));
  deploy("p.bpmn", rule_task(kLatest));
  const Key instance = world.create("p", R"({"x":2})");
  EXPECT_EQ(variable(instance, "d"), "10");
  EXPECT_NE(world.job(instance, "wait"), Key(0));
  EXPECT_THAT(world.trace(), ::testing::Contains(HasSubstr("DECISION_EVALUATED")));
}

TEST_F(Decisions, OutputMappingsKeepTheResultLocal) {
  deploy("a.dmn", dmn("x * 5"));
  deploy("p.bpmn", rule_task(kLatest, R"(<zeebe:ioMapping><zeebe:input source="=y" target="x"/>)"
                                      R"(<zeebe:output source="=d + 1" target="r"/></zeebe:ioMapping>)"));
  const Key instance = world.create("p", R"({"y":2})");
  EXPECT_EQ(variable(instance, "r"), "11");
  EXPECT_EQ(variable(instance, "d"), "");
}

TEST_F(Decisions, AMissingDecisionIsAnIncidentThatCanBeResolved) {
  deploy("p.bpmn", rule_task(R"(decisionId="=name" resultVariable="d")"));
  const Key instance = world.create("p", R"({"x":2,"name":"discount"})");
  ASSERT_NE(incident(instance), nullptr);
  EXPECT_EQ(incident(instance)->incident, IncidentKind::kCalledDecisionError);
  EXPECT_THAT(std::string(incident(instance)->message.json()), HasSubstr("no decision found for id 'discount'"));
  deploy("a.dmn", dmn("7"));
  ASSERT_TRUE(world.run(ResolveIncident{incident(instance)->key}));
  EXPECT_EQ(incident(instance), nullptr);
  EXPECT_EQ(variable(instance, "d"), "7");
}

TEST_F(Decisions, AFailedDecisionIsAnIncident) {
  deploy("a.dmn", dmn("7"));
  deploy("p.bpmn", rule_task(kLatest));
  const Key instance = world.create("p", R"({"x":10})");
  ASSERT_NE(incident(instance), nullptr);
  EXPECT_EQ(incident(instance)->incident, IncidentKind::kDecisionEvaluationError);
  EXPECT_THAT(std::string(incident(instance)->message.json()), HasSubstr("2 rules match: 1, 2"));
  EXPECT_THAT(world.trace(), ::testing::Contains(HasSubstr("DECISION_EVALUATED")));
  ASSERT_TRUE(world.set_variables(instance, R"({"x":1})"));
  ASSERT_TRUE(world.resolve(incident(instance)->key));
  EXPECT_EQ(variable(instance, "d"), "7") << "it is evaluated again";
}

TEST_F(Decisions, Bindings) {
  const std::string deployed = R"(decisionId="discount" resultVariable="d" bindingType="deployment")";
  const std::string tagged = R"(decisionId="discount" resultVariable="d" bindingType="versionTag" versionTag="stable")";
  ASSERT_TRUE(world.deploy(std::vector<Resource>{{"p.bpmn", rule_task(deployed)}, {"a.dmn", dmn("1")}}));
  deploy("a.dmn", dmn("2", "stable"));
  deploy("a.dmn", dmn("3"));
  EXPECT_EQ(variable(world.create("p", R"({"x":1})"), "d"), "1");
  deploy("p.bpmn", rule_task(kLatest));
  EXPECT_EQ(variable(world.create("p", R"({"x":1})"), "d"), "3");
  deploy("p.bpmn", rule_task(tagged));
  EXPECT_EQ(variable(world.create("p", R"({"x":1})"), "d"), "2");
  deploy("p.bpmn", rule_task(deployed));
  const Key instance = world.create("p", R"({"x":1})");
  ASSERT_NE(incident(instance), nullptr);
  EXPECT_THAT(std::string(incident(instance)->message.json()), HasSubstr("binding type 'deployment'"));
}

TEST_F(Decisions, AScriptTaskEvaluatesFeel) {
  deploy("p.bpmn", with_task("<bpmn:scriptTask id=\"task\"><bpmn:extensionElements><zeebe:script expression=\"=x + 1\" "
                             "resultVariable=\"y\"/></bpmn:extensionElements></bpmn:scriptTask>"));
  EXPECT_EQ(variable(world.create("p", R"({"x":2})"), "y"), "3");
}

TEST_F(Decisions, AScriptThatCannotBeStoredIsAnIncident) {
  deploy("p.bpmn", with_task("<bpmn:scriptTask id=\"task\"><bpmn:extensionElements><zeebe:script expression=\""
                             "=function(a) a\" resultVariable=\"y\"/></bpmn:extensionElements></bpmn:scriptTask>"));
  const Key instance = world.create("p", R"({})");
  ASSERT_NE(incident(instance), nullptr);
  EXPECT_EQ(incident(instance)->incident, IncidentKind::kExtractValueError);
}

TEST_F(Decisions, EvaluationForAClient) {
  const DeployReply deployed = deploy("a.dmn", dmn("x * 5"));
  const EvaluateDecisionReply* reply = evaluate("discount", R"({"x":3})");
  ASSERT_NE(reply, nullptr) << world.rejection();
  EXPECT_EQ(reply->output, "15");
  EXPECT_EQ(reply->decision.key, deployed.decisions[0].key);
  ASSERT_EQ(reply->evaluated.size(), 1U);
  ASSERT_EQ(reply->evaluated[0].rules.size(), 1U);
  EXPECT_EQ(reply->evaluated[0].rules[0].id, "r1");
  EXPECT_EQ(reply->evaluated[0].rules[0].index, 1);
  EXPECT_EQ(reply->evaluated[0].rules[0].outputs[0].value, "15");
  EXPECT_EQ(reply->evaluated[0].inputs[0].name, "X");
  EXPECT_EQ(reply->evaluated[0].key, deployed.decisions[0].key);
  EXPECT_NE(reply->evaluation, Key(0));
  const EvaluateDecisionReply* failed = evaluate("discount", R"({"x":30})");
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->failed_decision, "discount");
  EXPECT_EQ(failed->output, "null");
  EXPECT_THAT(failed->failure, HasSubstr("UNIQUE"));
}

TEST_F(Decisions, EvaluationIsRefused) {
  EXPECT_EQ(evaluate("nothing", "{}"), nullptr);
  EXPECT_THAT(world.rejection(), HasSubstr("no decision found for id 'nothing'"));
  EXPECT_EQ(evaluate("", "{}"), nullptr);
  EXPECT_THAT(world.rejection(), HasSubstr("none provided"));
  EXPECT_FALSE(world.run(EvaluateDecision{Key(4711), "", {}}));
  EXPECT_THAT(world.rejection(), HasSubstr("no decision found for key '4711'"));
}

TEST_F(Decisions, DeletingTheLatestGraphBringsThePreviousBack) {
  deploy("a.dmn", dmn("1"));
  const DeployReply second = deploy("a.dmn", dmn("2"));
  ASSERT_TRUE(world.run(DeleteResource{second.requirements[0].key})) << world.rejection();
  EXPECT_EQ(evaluate("discount", R"({"x":1})")->output, "1");
  const DeployReply third = deploy("a.dmn", dmn("3"));
  EXPECT_EQ(third.decisions[0].version, Version(3));
  EXPECT_FALSE(world.run(DeleteResource{second.requirements[0].key}));
  EXPECT_THAT(world.rejection(), HasSubstr("no resource found with key"));
}

TEST_F(Decisions, DeletingAProcess) {
  const DeployReply first = deploy("p.bpmn", rule_task(kLatest));
  const DeployReply second = deploy("q.bpmn", rule_task(kLatest));
  const Key instance = world.create("p", R"({"x":1})");
  EXPECT_FALSE(world.run(DeleteResource{second.processes[0].key}));
  EXPECT_THAT(world.rejection(), HasSubstr("still running instances"));
  ASSERT_TRUE(world.run(CancelInstance{instance}));
  ASSERT_TRUE(world.run(DeleteResource{second.processes[0].key})) << world.rejection();
  EXPECT_EQ(world.state().instance(world.create("p", R"({"x":1})"))->row.definition, first.processes[0].key);
}

TEST_F(Decisions, DeletingTheOnlyVersionLeavesNothingToCreate) {
  const DeployReply only = deploy("p.bpmn", rule_task(kLatest));
  ASSERT_TRUE(world.run(DeleteResource{only.processes[0].key})) << world.rejection();
  CreateInstance create;
  create.process_id = "p";
  EXPECT_FALSE(world.run(create));
  EXPECT_THAT(world.rejection(), HasSubstr("but none found"));
  EXPECT_EQ(deploy("p.bpmn", rule_task(kLatest)).processes[0].version, Version(2));
}

}  // namespace
}  // namespace baton::engine::testing
