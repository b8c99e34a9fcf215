// One accepted and one refused model for each rule, as a table; then what the text for people looks like.
#include "bpmn/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"
#include "bpmn/tests/bpmn_text.h"

namespace baton::bpmn {
namespace {

using namespace testing;  // the pieces of bpmn_text.h
using ::testing::HasSubstr;

std::vector<Violation> violations_of(std::string_view text) {
  const auto definitions = parse(text);
  if (!definitions) return {{"(file)", 1, "parse", definitions.error().message}};
  return validate(*definitions);
}

std::string shown(const std::vector<Violation>& violations) {
  return violations_text("test.bpmn", violations);
}

struct RuleCase {
  const char* name;
  const char* rule;
  const char* element_id;
  const char* message;  // part of it
  std::string refused;
  std::string accepted;
};

class Rule : public ::testing::TestWithParam<RuleCase> {};

TEST_P(Rule, RefusesTheOneAndAcceptsTheOther) {
  const RuleCase& test = GetParam();
  const auto violations = violations_of(test.refused);
  ASSERT_EQ(violations.size(), 1U) << shown(violations);
  EXPECT_EQ(violations[0].rule, test.rule);
  EXPECT_EQ(violations[0].element_id, test.element_id);
  EXPECT_THAT(violations[0].message, HasSubstr(test.message));
  EXPECT_GT(violations[0].line, 1);
  const auto accepted = violations_of(test.accepted);
  EXPECT_TRUE(accepted.empty()) << shown(accepted);
}

std::string rule_name(const ::testing::TestParamInfo<RuleCase>& test) {
  return test.param.name;
}

const std::string kLongIdShown = std::string(255, 'n') + "...";
const std::string kPlain = around(task("a"));

// A gateway "g" behind the start event, with flows to two end events.
std::string gateway(std::string_view attributes, std::string_view flows) {
  return file(process(start() + node("exclusiveGateway", fmt::format("id=\"g\" {}", attributes)) + end("e1") +
                      end("e2") + flow("f0", "start", "g") + std::string(flows)));
}

std::string two_flows(std::string_view first_condition, std::string_view second_condition) {
  const auto one = [](const char* id, const char* target, std::string_view condition) {
    return condition.empty() ? flow(id, "g", target) : flow(id, "g", target, condition);
  };
  return one("f1", "e1", first_condition) + one("f2", "e2", second_condition);
}

std::string headers(std::string_view inside) {
  return around(service("a", definition("work") + fmt::format("<zeebe:taskHeaders>{}</zeebe:taskHeaders>", inside)));
}

std::string mapping(std::string_view inside) {
  return around(service("a", definition("work") + fmt::format("<zeebe:ioMapping>{}</zeebe:ioMapping>", inside)));
}

std::string target_of_segments(int count) {
  std::string target = "a";
  for (int i = 1; i < count; ++i) target += ".a";
  return fmt::format("<zeebe:input source='=x' target='{}'/>", target);
}

const RuleCase kProcessRules[] = {
    {"ExecutableProcess", "executable-process-required", "definitions", "at least one executable process",
     file(process(start(), "id=\"p\"")), file(process(start(), "id=\"p\" isExecutable=\"1\""))},
    {"StartRequired", "start-event-required", "p", "at least one start event", file(process(task("a"))),
     file(process(start() + task("a")))},
    {"SingleNoneStart", "single-none-start", "s2", "Multiple none start events",
     file(process(start("s1") + start("s2"))),
     file(process(start("s1")) + process(start("s2"), "id=\"q\" isExecutable=\"true\""))},
    {"ProcessIdUnique", "process-id-unique", "p", "used twice", file(process(start("s1")) + process(start("s2"))),
     file(process(start("s1")) + process(start("s2"), "id=\"q\" isExecutable=\"true\""))},
    {"DuplicateId", "duplicate-id", "a", "by a task in line",
     file(process(start() + task("a") + node("manualTask", "id=\"a\""))),
     file(process(start() + task("a") + node("manualTask", "id=\"b\"")))},
    {"MissingNodeId", "missing-id", "(task in line 5)", "must have an id",
     file(process(start() + node("task", "name=\"x\""))), kPlain},
    {"MissingFlowId", "missing-id", "(sequence flow in line 6)", "must have an id",
     file(process(start() + end() + node("sequenceFlow", "sourceRef=\"start\" targetRef=\"end\""))), kPlain},
    {"LongId", "id-length", kLongIdShown.c_str(), "longer than 255 bytes",
     file(process(start() + task(std::string(256, 'n')))), file(process(start() + task(std::string(255, 'n'))))},
    {"MissingProcessId", "missing-id", "(process in line 3)", "must have an id",
     file(process(start(), "isExecutable=\"true\"")), kPlain},
    {"StartIncoming", "start-event-incoming", "start", "must not have incoming",
     file(process(start() + service("a") + flow("f1", "start", "a") + flow("f2", "a", "start"))), kPlain},
    {"EndOutgoing", "end-event-outgoing", "end", "must not have outgoing",
     file(process(start() + end() + service("a") + flow("f1", "start", "end") + flow("f2", "end", "a"))), kPlain},
};
INSTANTIATE_TEST_SUITE_P(Process, Rule, ::testing::ValuesIn(kProcessRules), rule_name);

const RuleCase kFlowRules[] = {
    {"DanglingSource", "dangling-reference", "f3", "sourceRef 'gone' does not exist",
     file(process(start() + end() + flow("f1", "start", "end") + flow("f3", "gone", "end"))), kPlain},
    {"DanglingTarget", "dangling-reference", "f1", "targetRef 'gone' does not exist",
     file(process(start() + flow("f1", "start", "gone"))), kPlain},
    {"MissingTarget", "dangling-reference", "f1", "'targetRef' must be present",
     file(process(start() + node("sequenceFlow", "id=\"f1\" sourceRef=\"start\""))), kPlain},
    {"OtherProcess", "flow-scope", "f1", "not a flow node of the process",
     file(process(start() + flow("f1", "start", "b")) + process(start("s2") + task("b"), "id=\"q\"")), kPlain},
    {"NotAFlowNode", "flow-scope", "f2", "'f1' (a sequence flow",
     file(process(start() + end() + flow("f1", "start", "end") + flow("f2", "start", "f1"))), kPlain},
    {"ConditionAtTask", "conditional-flow", "f2", "not a task",
     file(process(start() + task("a") + end() + flow("f1", "start", "a") + flow("f2", "a", "end", "=true"))), kPlain},
    {"ConditionAtParallelGateway", "conditional-flow", "f2", "not a parallel gateway",
     file(process(start() + node("parallelGateway", "id=\"g\"") + end() + flow("f1", "start", "g") +
                  flow("f2", "g", "end", "=x"))),
     file(process(start() + node("parallelGateway", "id=\"g\"") + end() + flow("f1", "start", "g") +
                  flow("f2", "g", "end")))},
    {"GatewayCondition", "exclusive-gateway-condition", "f2", "Must have a condition or be default flow",
     gateway("", two_flows("=x", "")), gateway("", two_flows("=x", "=not(x)"))},
    {"GatewayDefaultDangles", "dangling-reference", "g", "default 'gone'",
     gateway("default=\"gone\"", two_flows("=x", "=y")), gateway("default=\"f2\"", two_flows("=x", ""))},
    {"GatewayDefaultElsewhere", "default-flow", "g", "must start at this gateway",
     gateway("default=\"f0\"", two_flows("=x", "=y")), gateway("default=\"f1\"", two_flows("", "=y"))},
    {"GatewayDefaultCondition", "default-flow-condition", "f2", "must not have a condition",
     gateway("default=\"f2\"", two_flows("=x", "=y")), gateway("default=\"f2\"", two_flows("=x", ""))},
    {"DefaultAtTask", "default-flow", "a", "not at a task", around(node("task", "id=\"a\" default=\"f2\"")), kPlain},
    {"ConditionStatic", "expression-required", "f1", "An expression must start with '=' (e.g. '=x > 1')",
     gateway("", two_flows("x &gt; 1", "=y")), gateway("", two_flows("=x &gt; 1", "=y"))},
    {"ConditionEmpty", "expression-required", "f1", "must not be empty", gateway("", two_flows("  ", "=y")),
     gateway("", two_flows("\n  = x\n ", "=y"))},
    {"ConditionFeel", "feel-expression", "f1", "failed to parse expression '=x > ((': ",
     gateway("", two_flows("=x &gt; ((", "=y")), gateway("", two_flows("=x &gt; (1)", "=y"))},
    {"ConditionOnlyEquals", "feel-expression", "f1", "the expression is empty", gateway("", two_flows("=", "=y")),
     gateway("", two_flows("=x", "=y"))},
    {"Loop", "straight-through-loop", "a", "a > g > a",
     file(process(start() + task("a") + node("exclusiveGateway", "id=\"g\" default=\"f3\"") + end() +
                  flow("f1", "start", "a") + flow("f2", "a", "g") + flow("f3", "g", "end") +
                  flow("f4", "g", "a", "=again"))),
     file(process(start() + service("a") + node("exclusiveGateway", "id=\"g\" default=\"f3\"") + end() +
                  flow("f1", "start", "a") + flow("f2", "a", "g") + flow("f3", "g", "end") +
                  flow("f4", "g", "a", "=again")))},
    {"LoopToItself", "straight-through-loop", "a", "a > a",
     file(process(start() + node("manualTask", "id=\"a\"") + flow("f1", "start", "a") + flow("f2", "a", "a"))),
     file(process(start() + node("exclusiveGateway", "id=\"a\"") + node("exclusiveGateway", "id=\"b\"") +
                  flow("f1", "start", "a") + flow("f2", "a", "b") + flow("f3", "b", "a")))},
};
INSTANTIATE_TEST_SUITE_P(Flow, Rule, ::testing::ValuesIn(kFlowRules), rule_name);

const RuleCase kJobRules[] = {
    {"NoDefinition", "task-definition", "a", "exactly one zeebe:taskDefinition, but has 0",
     around(node("serviceTask", "id=\"a\"")), around(service("a"))},
    {"TwoDefinitions", "task-definition", "a", "but has 2", around(service("a", definition("x") + definition("y"))),
     around(service("a"))},
    {"ScriptTask", "task-definition", "a", "but has 0",
     around(node("scriptTask", "id=\"a\"", "<bpmn:script>1</bpmn:script>")),
     around(node("scriptTask", "id=\"a\"", extensions(definition("x"))))},
    {"SendTask", "task-definition", "a", "but has 0", around(node("sendTask", "id=\"a\"")),
     around(node("sendTask", "id=\"a\"", extensions(definition("x"))))},
    {"BusinessRuleTask", "task-definition", "a", "but has 0", around(node("businessRuleTask", "id=\"a\"")),
     around(node("businessRuleTask", "id=\"a\"", extensions(definition("x"))))},
    {"TypeMissing", "task-type", "a", "'type'", around(service("a", "<zeebe:taskDefinition/>")), around(service("a"))},
    {"TypeEmpty", "task-type", "a", "'type'", around(service("a", definition(" "))),
     around(service("a", definition("=&quot;x&quot;")))},
    {"TypeLong", "task-type", "a", "longer than 255 bytes", around(service("a", definition(std::string(256, 't')))),
     around(service("a", definition(std::string(255, 't'))))},
    {"TypeFeel", "feel-expression", "a", "zeebe:taskDefinition type", around(service("a", definition("=(("))),
     around(service("a", definition("((")))},
    {"RetriesText", "task-retries", "a", "not 'many'", around(service("a", definition("x", "retries=\"many\""))),
     around(service("a", definition("x", "retries=\"0\"")))},
    {"RetriesEmpty", "task-retries", "a", "not ''", around(service("a", definition("x", "retries=\"\""))),
     around(service("a", definition("x", "retries=\"5\"")))},
    {"RetriesNegative", "task-retries", "a", "not '-1'", around(service("a", definition("x", "retries=\"-1\""))),
     around(service("a", definition("x", "retries=\"2147483647\"")))},
    {"RetriesBeyond", "task-retries", "a", "2147483648",
     around(service("a", definition("x", "retries=\"2147483648\""))),
     around(service("a", definition("x", "retries=\"=n\"")))},
    {"RetriesFeel", "feel-expression", "a", "zeebe:taskDefinition retries",
     around(service("a", definition("x", "retries=\"=((\""))),
     around(service("a", definition("x", "retries=\"=1 + 2\"")))},
    {"HeaderDuplicate", "header-duplicate", "a", "'k' is defined twice",
     headers("<zeebe:header key='k' value='1'/><zeebe:header key='k' value='2'/>"),
     headers("<zeebe:header key='k' value='1'/><zeebe:header key='K' value='2'/><zeebe:header key='k' "
             "value=''/><zeebe:header/>")},
    {"HeaderReserved", "header-reserved", "a", "is reserved",
     headers("<zeebe:header key='io.camunda.zeebe:formKey' value='1'/>"),
     headers("<zeebe:header key='io.camunda.zeebe' value='1'/>")},
    {"HeaderBlocks", "task-headers-once", "a", "at most one zeebe:taskHeaders",
     around(service("a", definition("x") + "<zeebe:taskHeaders/><zeebe:taskHeaders/>")), headers("")},
    {"DefinitionOnTask", "job-not-allowed", "a", "no meaning on a task",
     around(node("task", "id=\"a\"", extensions(definition("x")))), kPlain},
    {"HeadersOnTask", "job-not-allowed", "a", "no meaning on a manual task",
     around(node("manualTask", "id=\"a\"", extensions("<zeebe:taskHeaders/>"))), kPlain},
};
INSTANTIATE_TEST_SUITE_P(Job, Rule, ::testing::ValuesIn(kJobRules), rule_name);

const RuleCase kMappingRules[] = {
    {"TargetMissing", "mapping-target", "a", "Target ''", mapping("<zeebe:input source='=x'/>"),
     mapping("<zeebe:input source='=x' target='y'/>")},
    {"TargetDollar", "mapping-target", "a", "Target '$.a'", mapping("<zeebe:input source='=x' target='$.a'/>"),
     mapping("<zeebe:input source='=x' target='_a.b_1.C'/>")},
    {"TargetDigit", "mapping-target", "a", "Target '1a'", mapping("<zeebe:output source='=x' target='1a'/>"),
     mapping("<zeebe:output source='=x' target='a1'/>")},
    {"TargetTrailingDot", "mapping-target", "a", "Target 'a.'", mapping("<zeebe:input source='=x' target='a.'/>"),
     mapping("<zeebe:input target='a'/>")},
    {"TargetDepth", "mapping-target", "a", "at most 32 names", mapping(target_of_segments(33)),
     mapping(target_of_segments(32))},
    {"TargetKeyword", "mapping-target", "a", "FEEL keyword", mapping("<zeebe:input source='=x' target='null'/>"),
     mapping("<zeebe:input source='=x' target='nulls'/>")},
    {"OutputStatic", "expression-required", "a", "An expression must start with '='",
     mapping("<zeebe:output source='x' target='y'/>"), mapping("<zeebe:output source='=x' target='y'/>")},
    {"OutputMissing", "expression-required", "a", "must not be empty", mapping("<zeebe:output target='y'/>"),
     mapping("<zeebe:output source='=null' target='y'/>")},
    {"InputFeel", "feel-expression", "a", "zeebe:input source", mapping("<zeebe:input source='=((' target='y'/>"),
     mapping("<zeebe:input source='((' target='y'/><zeebe:input source='' target='z'/>")},
    {"MappingBlocks", "io-mapping-once", "a", "at most one zeebe:ioMapping",
     around(service("a", definition("x") + "<zeebe:ioMapping/><zeebe:ioMapping/>")), mapping("")},
};
INSTANTIATE_TEST_SUITE_P(Mapping, Rule, ::testing::ValuesIn(kMappingRules), rule_name);

std::string decides(std::string_view attributes, std::string_view more = "") {
  return around(
      node("businessRuleTask", "id=\"a\"", extensions(fmt::format("<zeebe:calledDecision {}/>{}", attributes, more))));
}
std::string scripts(std::string_view attributes, std::string_view more = "") {
  return around(node("scriptTask", "id=\"a\"", extensions(fmt::format("<zeebe:script {}/>{}", attributes, more))));
}
const char* const kDecision = "decisionId='d' resultVariable='r'";
const char* const kScript = "expression='=1' resultVariable='r'";

const RuleCase kDecisionRules[] = {
    {"DecisionId", "called-decision", "a", "'decisionId'", decides("resultVariable='r'"), decides(kDecision)},
    {"DecisionFeel", "feel-expression", "a", "decisionId", decides("decisionId='=((' resultVariable='r'"),
     decides("decisionId='=a' resultVariable='r'")},
    {"ResultVariable", "result-variable", "a", "not 'a.b'", decides("decisionId='d' resultVariable='a.b'"),
     decides(kDecision)},
    {"Binding", "binding-type", "a", "not 'newest'", decides(std::string(kDecision) + " bindingType='newest'"),
     decides(std::string(kDecision) + " bindingType='deployment'")},
    {"VersionTag", "binding-type", "a", "'versionTag' must not be empty",
     decides(std::string(kDecision) + " bindingType='versionTag'"),
     decides(std::string(kDecision) + " bindingType='versionTag' versionTag='v'")},
    {"DecisionOrJob", "task-implementation", "a", "but has both", decides(kDecision, definition("x")),
     decides(kDecision)},
    {"ScriptIsFeel", "expression-required", "a", "zeebe:script expression",
     scripts("expression='1' resultVariable='r'"), scripts(kScript)},
    {"ScriptResult", "result-variable", "a", "zeebe:script", scripts("expression='=1'"), scripts(kScript)},
    {"ScriptOrJob", "task-implementation", "a", "but has both", scripts(kScript, definition("x")), scripts(kScript)},
};
INSTANTIATE_TEST_SUITE_P(Decision, Rule, ::testing::ValuesIn(kDecisionRules), rule_name);

struct UnsupportedCase {
  const char* name;
  std::string text;
  const char* element_id;
  const char* message;
};

class NotSupported : public ::testing::TestWithParam<UnsupportedCase> {};

TEST_P(NotSupported, IsRefusedByName) {
  const auto violations = violations_of(GetParam().text);
  ASSERT_EQ(violations.size(), 1U) << shown(violations);
  EXPECT_EQ(violations[0].rule, "not-supported");
  EXPECT_EQ(violations[0].element_id, GetParam().element_id);
  EXPECT_EQ(violations[0].message, std::string(GetParam().message) + " is not supported by this version");
}

std::string unsupported_name(const ::testing::TestParamInfo<UnsupportedCase>& test) {
  return test.param.name;
}

std::string with_kind(std::string_view kind) {
  return around(node(kind, "id=\"a\""));
}
std::string with_child(std::string_view child) {
  return around(node("serviceTask", "id=\"a\"", extensions(definition("x")) + std::string(child)));
}
std::string start_with(std::string_view child) {
  return file(process(node("startEvent", "id=\"start\"", child) + start("s2")));
}
std::string with_extension(std::string_view extension) {
  return around(service("a", definition("x") + std::string(extension)));
}

const UnsupportedCase kUnsupported[] = {
    {"UserTask", with_kind("userTask"), "a", "A user task"},
    {"ReceiveTask", with_kind("receiveTask"), "a", "A receive task"},
    {"CallActivity", with_kind("callActivity"), "a", "A call activity"},
    {"SubProcess", around(node("subProcess", "id=\"a\"", start("inner"))), "a", "A sub process"},
    {"Transaction", with_kind("transaction"), "a", "A transaction"},
    {"AdHocSubProcess", with_kind("adHocSubProcess"), "a", "An ad hoc sub process"},
    {"InclusiveGateway", with_kind("inclusiveGateway"), "a", "An inclusive gateway"},
    {"EventBasedGateway", with_kind("eventBasedGateway"), "a", "An event based gateway"},
    {"ComplexGateway", with_kind("complexGateway"), "a", "A complex gateway"},
    {"IntermediateCatchEvent", with_kind("intermediateCatchEvent"), "a", "An intermediate catch event"},
    {"IntermediateThrowEvent", with_kind("intermediateThrowEvent"), "a", "An intermediate throw event"},
    {"BoundaryEvent",
     file(process(start() + node("boundaryEvent", "id=\"b\" attachedToRef=\"start\"", "<bpmn:timerEventDefinition/>"))),
     "b", "A boundary event"},
    {"Unknown", with_kind("teleport"), "a", "A teleport"},
    {"OtherNamespace", file(process(start() + "<camunda:magic id='m'/>")), "m",
     "A foreign element with name 'magic' and namespace 'http://camunda.org/schema/1.0/bpmn'"},
    {"StartTimer", start_with("<bpmn:timerEventDefinition/>"), "start", "A start event with timer event definition"},
    {"StartMessage", start_with("<bpmn:messageEventDefinition/>"), "start",
     "A start event with message event definition"},
    {"StartDefinitionRef", start_with("<bpmn:eventDefinitionRef>x</bpmn:eventDefinitionRef>"), "start",
     "A start event with event definition ref"},
    {"EndTerminate", file(process(start() + node("endEvent", "id=\"e\"", "<bpmn:terminateEventDefinition/>"))), "e",
     "An end event with terminate event definition"},
    {"EndError", file(process(start() + node("endEvent", "id=\"e\"", "<bpmn:errorEventDefinition/>"))), "e",
     "An end event with error event definition"},
    {"MultiInstance", with_child("<bpmn:multiInstanceLoopCharacteristics/>"), "a",
     "A service task with multi instance loop characteristics"},
    {"StandardLoop", with_child("<bpmn:standardLoopCharacteristics/>"), "a",
     "A service task with standard loop characteristics"},
    {"Compensation", around(node("task", "id=\"a\" isForCompensation=\"true\"")), "a",
     "A task with compensation marker"},
    {"Quantity", around(node("task", "id=\"a\" startQuantity=\"2\"")), "a", "A task with start quantity other than 1"},
    {"ExecutionListener",
     with_extension("<zeebe:executionListeners><zeebe:executionListener/></zeebe:executionListeners>"), "a",
     "A service task with extension zeebe:executionListener"},
    {"ProcessListener",
     file(process(extensions("<zeebe:executionListeners><zeebe:executionListener/></zeebe:executionListeners>") +
                  start())),
     "p", "A process with extension zeebe:executionListener"},
    {"LinkedResource", with_extension("<zeebe:linkedResources><zeebe:linkedResource/></zeebe:linkedResources>"), "a",
     "A service task with extension zeebe:linkedResource"},
    {"JobPriority", with_extension("<zeebe:jobPriorityDefinition/>"), "a",
     "A service task with extension zeebe:jobPriorityDefinition"},
    {"UnknownExtension", with_extension("<zeebe:newInTheYear3000/>"), "a",
     "A service task with extension zeebe:newInTheYear3000"},
    {"CalledDecision", with_extension("<zeebe:calledDecision/>"), "a",
     "A service task with extension zeebe:calledDecision"},
    {"Script", with_extension("<zeebe:script/>"), "a", "A service task with extension zeebe:script"},
    {"StartForm", file(process(node("startEvent", "id=\"start\"", extensions("<zeebe:formDefinition/>")))), "start",
     "A start event with extension zeebe:formDefinition"},
    {"FlowExtension",
     file(process(start() + end() +
                  node("sequenceFlow", "id=\"f\" sourceRef=\"start\" targetRef=\"end\"",
                       extensions("<zeebe:executionListeners><zeebe:executionListener/></zeebe:executionListeners>")))),
     "f", "A sequence flow with extension zeebe:executionListener"},
    {"Choreography", file(process(start()) + node("choreography", "id=\"c\"")), "definitions",
     "A file with choreography"},
    {"MustUnderstand", file(process(start()) + node("extension", "mustUnderstand=\"true\" definition=\"x\"")),
     "definitions", "A file with extension that must be understood"},
};
INSTANTIATE_TEST_SUITE_P(Kind, NotSupported, ::testing::ValuesIn(kUnsupported), unsupported_name);

TEST(Validation, IgnoresWhatHasNoMeaningForAnEngine) {
  const std::string text = file(
      node("collaboration", "id=\"c\"",
           "<bpmn:participant id=\"pa\" processRef=\"p\"/><bpmn:messageFlow id=\"mf\" sourceRef=\"pa\" "
           "targetRef=\"a\"/>") +
      node("message", "id=\"m\" name=\"n\"") + node("timerEventDefinition", "id=\"t\"") +
      node("extension", "definition=\"x\"") + "<camunda:anything/>" +
      process(
          "<bpmn:documentation>text <b xmlns='h'>bold</b></bpmn:documentation>" +
          extensions("<zeebe:versionTag value=\"v1\"/><zeebe:properties><zeebe:property name=\"x\" "
                     "value=\"y\"/></zeebe:properties>"
                     "<zeebe:userTaskForm "
                     "id=\"form\">{}</zeebe:userTaskForm><zeebe:executionListeners/><camunda:executionListener/>") +
          "<bpmn:laneSet id=\"l\"><bpmn:lane "
          "id=\"l1\"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>" +
          "<bpmn:dataObject id=\"d\"/><bpmn:dataObjectReference id=\"dr\" "
          "dataObjectRef=\"d\"/><bpmn:dataStoreReference id=\"ds\"/>" +
          "<bpmn:textAnnotation id=\"ta\"><bpmn:text>note</bpmn:text></bpmn:textAnnotation>"
          "<bpmn:association id=\"as\" sourceRef=\"a\" targetRef=\"ta\"/><bpmn:group id=\"gr\"/>" +
          start() +
          node("serviceTask", "id=\"a\" zeebe:modelerTemplate=\"t\" startQuantity=\"1\" isForCompensation=\"false\"",
               "<bpmn:documentation/><bpmn:incoming>f1</bpmn:incoming><bpmn:dataInputAssociation/"
               "><bpmn:ioSpecification/>" +
                   extensions(definition("x") + "<zeebe:agentDefinition agentType=\"a\"/><zeebe:linkedResources/>")) +
          flow("f1", "start", "a")));
  const auto violations = violations_of(text);
  EXPECT_TRUE(violations.empty()) << shown(violations);
}

TEST(Validation, LooksOnlyAtExecutableProcesses) {
  const auto violations =
      violations_of(file(process(start()) + process(node("userTask", "") + flow("f", "x", "y"), "id=\"q\"")));
  EXPECT_TRUE(violations.empty()) << shown(violations);
}

TEST(Validation, FlowsOfUnsupportedElementsDoNotDangle) {
  const auto violations = violations_of(around(node("userTask", "id=\"a\"")));
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].line, 5);
}

TEST(Validation, ReportsEveryLoopOnceAndStaysLinear) {
  std::string inside = start() + flow("f", "start", "t0");
  constexpr int kTasks = 10'000;
  for (int i = 0; i < kTasks; ++i)
    inside += task(fmt::format("t{}", i)) +
              flow(fmt::format("f{}", i), fmt::format("t{}", i), fmt::format("t{}", (i + 1) % kTasks));
  const auto violations = violations_of(file(process(inside)));
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_LT(violations[0].message.size(), 500U);
  EXPECT_THAT(violations[0].message, HasSubstr("t0 > t1 > "));
  EXPECT_THAT(violations[0].message, HasSubstr(" > ... > t0"));
}

TEST(Validation, EverySpecHasWordsAndAUniqueName) {
  std::vector<std::string_view> names;
  for (const ElementSpec* spec : element_specs()) {
    EXPECT_EQ(find_element_spec(spec->xml_name), spec);
    EXPECT_FALSE(element_type_name(spec->type).empty());
    names.push_back(spec->xml_name);
  }
  EXPECT_EQ(names.size(), 10U);
  EXPECT_EQ(words("intermediateCatchEvent"), "intermediate catch event");
}

TEST(Validation, StopsCollectingAtTheLimit) {
  std::string tasks;
  for (std::size_t i = 0; i < limits::kViolations; ++i) tasks += node("userTask", fmt::format("id=\"t{}\"", i));
  EXPECT_EQ(violations_of(file(process(start() + tasks))).size(), limits::kViolations);
  EXPECT_EQ(violations_of(file(process(start() + tasks + tasks))).size(), limits::kViolations);
}

TEST(ViolationsText, HasTheShapeThatUsersKnow) {
  const std::vector<Violation> violations = {
      {"g", 12, "exclusive-gateway-condition", "Must have a condition or be default flow"},
      {"g", 12, "default-flow", "Other"},
      {"a", 20, "task-type", "Third"},
  };
  EXPECT_EQ(violations_text("order.bpmn", violations),
            "'order.bpmn': - Element: g\n"
            "    - ERROR: Must have a condition or be default flow (line 12, rule exclusive-gateway-condition)\n"
            "    - ERROR: Other (line 12, rule default-flow)\n"
            "- Element: a\n"
            "    - ERROR: Third (line 20, rule task-type)\n");
}

TEST(ViolationsText, IsCutAndSaysHowManyAreLeft) {
  std::vector<Violation> violations(1000, Violation{"element", 1, "not-supported", std::string(90, 'x')});
  const std::string text = violations_text("f.bpmn", violations);
  EXPECT_LE(text.size(), limits::kViolationTextBytes);
  EXPECT_GT(text.size(), limits::kViolationTextBytes - 300);
  EXPECT_THAT(text, HasSubstr("... and 9"));
  EXPECT_THAT(violations_text(std::string(1 << 20, 'n'), violations), HasSubstr("nnn...'"));
}

TEST(ViolationsText, LongIdsAreClippedBetweenCharacters) {
  std::string id;
  for (int i = 0; i < 300; ++i) id += "\xC3\xA4";
  EXPECT_EQ(clipped(id).size(), 203U);
  EXPECT_EQ(clipped("x" + id).size(), 202U);
}

}  // namespace
}  // namespace baton::bpmn
