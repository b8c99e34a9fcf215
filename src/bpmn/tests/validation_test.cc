// One accepted and one refused model for each rule, as a table; then what the text for people looks like.
#include "bpmn/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"
#include "bpmn/tests/event_text.h"
#include "bpmn/tests/rule_case.h"

namespace baton::bpmn {
namespace {

using namespace testing;  // the pieces of bpmn_text.h
using ::testing::HasSubstr;

class Rule : public ::testing::TestWithParam<RuleCase> {};

TEST_P(Rule, RefusesTheOneAndAcceptsTheOther) {
  check_rule(GetParam());
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
    {"InclusiveDefaultElsewhere", "default-flow", "g", "must start at this gateway",
     file(process(start() + node("inclusiveGateway", "id=\"g\" default=\"f0\"") + end("e1") + end("e2") +
                  flow("f0", "start", "g") + two_flows("=x", "=y"))),
     file(process(start() + node("inclusiveGateway", "id=\"g\" default=\"f1\"") + end("e1") + end("e2") +
                  flow("f0", "start", "g") + two_flows("", "=y")))},
    {"InclusiveCondition", "exclusive-gateway-condition", "f2", "Must have a condition",
     file(process(start() + node("inclusiveGateway", "id=\"g\"") + end("e1") + end("e2") + flow("f0", "start", "g") +
                  two_flows("=x", ""))),
     file(process(start() + node("inclusiveGateway", "id=\"g\" default=\"f2\"") + end("e1") + end("e2") +
                  flow("f0", "start", "g") + two_flows("=x", "")))},
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
    {"OutputFeel", "feel-expression", "a", "zeebe:output source", mapping("<zeebe:output source='=((' target='y'/>"),
     mapping("<zeebe:output source='=(x)' target='y'/>")},
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
    {"DecisionTwice", "task-implementation", "a", "at most one zeebe:calledDecision",
     decides(kDecision, fmt::format("<zeebe:calledDecision {}/>", kDecision)), decides(kDecision)},
    {"ScriptTwice", "task-implementation", "a", "at most one zeebe:script",
     scripts(kScript, fmt::format("<zeebe:script {}/>", kScript)), scripts(kScript)},
    {"ScriptFeel", "feel-expression", "a", "zeebe:script expression", scripts("expression='=((' resultVariable='r'"),
     scripts("expression='=(1)' resultVariable='r'")},
    {"ScriptIsFeel", "expression-required", "a", "zeebe:script expression",
     scripts("expression='1' resultVariable='r'"), scripts(kScript)},
    {"ScriptResult", "result-variable", "a", "zeebe:script", scripts("expression='=1'"), scripts(kScript)},
    {"ScriptOrJob", "task-implementation", "a", "but has both", scripts(kScript, definition("x")), scripts(kScript)},
};
INSTANTIATE_TEST_SUITE_P(Decision, Rule, ::testing::ValuesIn(kDecisionRules), rule_name);

std::string call(std::string_view extension) {
  return around(node("callActivity", "id=\"a\"", extensions(extension)));
}
std::string loop(std::string_view attributes, std::string_view more = "") {
  return around(node("serviceTask", "id=\"a\"",
                     extensions(definition("x")) + "<bpmn:multiInstanceLoopCharacteristics>" +
                         extensions(fmt::format("<zeebe:loopCharacteristics {}/>", attributes)) + std::string(more) +
                         "</bpmn:multiInstanceLoopCharacteristics>"));
}
std::string user(std::string_view inside) {
  return around(node("userTask", "id=\"a\"", extensions(inside)));
}
std::string native(std::string_view inside) {
  return user("<zeebe:userTask/>" + std::string(inside));
}
std::string start_form(std::string_view attributes, std::string_view event = "") {
  return in_file(node("startEvent", "id=\"start\"",
                      extensions(fmt::format("<zeebe:formDefinition {}/>", attributes)) + std::string(event)) +
                 end() + flow("f1", "start", "end"));
}
const std::string kCall = "<zeebe:calledElement processId=\"x\"/>";

const RuleCase kActivityRules[] = {
    {"CallNothing", "called-element", "a", "exactly one zeebe:calledElement, but has 0", call(""), call(kCall)},
    {"CallTwice", "called-element", "a", "but has 2", call(kCall + kCall), call(kCall)},
    {"CallProcessId", "called-process-id", "a", "'processId'", call("<zeebe:calledElement/>"),
     call("<zeebe:calledElement processId=\"=x\"/>")},
    {"CallFeel", "feel-expression", "a", "processId", call("<zeebe:calledElement processId=\"=((\"/>"), call(kCall)},
    {"CallBinding", "binding-type", "a", "not 'newest'",
     call("<zeebe:calledElement processId=\"x\" bindingType=\"newest\"/>"),
     call("<zeebe:calledElement processId=\"x\" bindingType=\"deployment\"/>")},
    {"CallTag", "binding-type", "a", "needs a versionTag",
     call("<zeebe:calledElement processId=\"x\" bindingType=\"versionTag\"/>"),
     call("<zeebe:calledElement processId=\"x\" bindingType=\"versionTag\" versionTag=\"v\"/>")},
    {"LoopNothing", "loop-characteristics", "a", "but has 0",
     around(node("serviceTask", "id=\"a\"", extensions(definition("x")) + "<bpmn:multiInstanceLoopCharacteristics/>")),
     loop("inputCollection=\"=x\"")},
    {"LoopTwice", "loop-characteristics", "a", "but has 2",
     loop("inputCollection=\"=x\"/><zeebe:loopCharacteristics inputCollection=\"=y\""), loop("inputCollection=\"=x\"")},
    {"LoopInputFeel", "feel-expression", "a", "inputCollection", loop("inputCollection=\"=((\""),
     loop("inputCollection=\"=(x)\"")},
    {"LoopOutputFeel", "feel-expression", "a", "outputElement",
     loop("inputCollection=\"=x\" outputCollection=\"o\" outputElement=\"=((\""),
     loop("inputCollection=\"=x\" outputCollection=\"o\" outputElement=\"=(r)\"")},
    {"LoopConditionFeel", "feel-expression", "a", "completionCondition",
     loop("inputCollection=\"=x\"", "<bpmn:completionCondition>=((</bpmn:completionCondition>"),
     loop("inputCollection=\"=x\"", "<bpmn:completionCondition>=(done)</bpmn:completionCondition>")},
    {"LoopInput", "expression-required", "a", "inputCollection must not be empty", loop(""),
     loop("inputCollection=\"=x\"")},
    {"LoopInputStatic", "expression-required", "a", "inputCollection", loop("inputCollection=\"x\""),
     loop("inputCollection=\"=x\"")},
    {"LoopElementName", "variable-name", "a", "inputElement 'a.b'", loop("inputCollection=\"=x\" inputElement=\"a.b\""),
     loop("inputCollection=\"=x\" inputElement=\"a_b\"")},
    {"LoopOutputHalf", "output-collection", "a", "must both be present",
     loop("inputCollection=\"=x\" outputCollection=\"o\""),
     loop("inputCollection=\"=x\" outputCollection=\"o\" outputElement=\"=r\"")},
    {"LoopOutputStatic", "expression-required", "a", "outputElement",
     loop("inputCollection=\"=x\" outputCollection=\"o\" outputElement=\"r\""),
     loop("inputCollection=\"=x\" outputCollection=\"o\" outputElement=\"=r\"")},
    {"LoopCondition", "expression-required", "a", "completionCondition",
     loop("inputCollection=\"=x\"", "<bpmn:completionCondition>done</bpmn:completionCondition>"),
     loop("inputCollection=\"=x\"", "<bpmn:completionCondition>=done</bpmn:completionCondition>")},
    {"UserTaskJob", "job-not-allowed", "a", "no meaning on a user task", user(definition("x")), user("")},
    {"UserTaskTwice", "user-task-once", "a", "at most one zeebe:userTask", native("<zeebe:userTask/>"), native("")},
    {"UserTaskHeaders", "header-duplicate", "a", "'k' is defined twice",
     native(
         "<zeebe:taskHeaders><zeebe:header key='k' value='1'/><zeebe:header key='k' value='2'/></zeebe:taskHeaders>"),
     native("<zeebe:taskHeaders><zeebe:header key='k' value='1'/></zeebe:taskHeaders>")},
    {"FormKeyNative", "form-definition", "a", "exactly one of formId and externalReference",
     native("<zeebe:formDefinition formKey=\"k\"/>"), native("<zeebe:formDefinition externalReference=\"k\"/>")},
    {"FormBoth", "form-definition", "a", "exactly one of formId and formKey",
     user("<zeebe:formDefinition formKey=\"k\" formId=\"i\"/>"), user("<zeebe:formDefinition formKey=\"k\"/>")},
    {"FormTwice", "form-definition", "a", "at most one",
     user("<zeebe:formDefinition formKey=\"k\"/><zeebe:formDefinition formKey=\"k\"/>"),
     user("<zeebe:formDefinition formId=\"k\"/>")},
    {"StartFormKeys", "form-definition", "start", "exactly one of formId and formKey",
     start_form("formId=\"f\" formKey=\"k\""), start_form("formKey=\"camunda-forms:bpmn:f\"")},
    {"StartFormExpression", "form-definition", "start", "must be a text", start_form("formId=\"=f\""),
     start_form("formId=\"f\" bindingType=\"deployment\"")},
    {"StartFormBinding", "binding-type", "start", "'versionTag' needs a versionTag",
     start_form("formId=\"f\" bindingType=\"versionTag\""),
     start_form("formId=\"f\" bindingType=\"versionTag\" versionTag=\"v\"")},
    {"StartFormOfAMessage", "form-definition", "start", "Only a none start event",
     start_form("formId=\"f\"", ref("message", "m")), start_form("formId=\"f\"")},
    {"Assignee", "feel-expression", "a", "assignee", native("<zeebe:assignmentDefinition assignee=\"=((\"/>"),
     native("<zeebe:assignmentDefinition assignee=\"((\" candidateUsers=\"a,b\" candidateGroups=\"=x\"/>")},
    {"Groups", "feel-expression", "a", "candidateGroups",
     native("<zeebe:assignmentDefinition candidateGroups=\"=((\"/>"),
     native("<zeebe:assignmentDefinition candidateGroups=\"((\"/>")},
    {"Users", "feel-expression", "a", "candidateUsers", native("<zeebe:assignmentDefinition candidateUsers=\"=((\"/>"),
     native("<zeebe:assignmentDefinition candidateUsers=\"((\"/>")},
    {"FormFeel", "feel-expression", "a", "formId", native("<zeebe:formDefinition formId=\"=((\"/>"),
     native("<zeebe:formDefinition formId=\"=f\"/>")},
    {"ReferenceFeel", "feel-expression", "a", "externalReference",
     native("<zeebe:formDefinition externalReference=\"=((\"/>"),
     native("<zeebe:formDefinition externalReference=\"=f\"/>")},
    {"DueDateFeel", "feel-expression", "a", "dueDate", native("<zeebe:taskSchedule dueDate=\"=((\"/>"),
     native("<zeebe:taskSchedule dueDate=\"=x\"/>")},
    {"FollowUpDate", "task-schedule", "a", "followUpDate: 'later'",
     native("<zeebe:taskSchedule followUpDate=\"later\"/>"),
     native("<zeebe:taskSchedule followUpDate=\"2030-01-01T00:00:00+01:00\"/>")},
    {"PriorityFeel", "feel-expression", "a", "priority", native("<zeebe:priorityDefinition priority=\"=((\"/>"),
     native("<zeebe:priorityDefinition priority=\"0\"/>")},
    {"DueDate", "task-schedule", "a", "dueDate: 'tomorrow'", native("<zeebe:taskSchedule dueDate=\"tomorrow\"/>"),
     native("<zeebe:taskSchedule dueDate=\"2030-01-01T00:00:00Z\" followUpDate=\"=x\"/>")},
    {"Priority", "task-priority", "a", "not '101'", native("<zeebe:priorityDefinition priority=\"101\"/>"),
     native("<zeebe:priorityDefinition priority=\"100\"/>")},
    {"PriorityOfAJob", "task-priority", "a", "needs a native user task",
     user("<zeebe:priorityDefinition priority=\"1\"/>"), native("<zeebe:priorityDefinition priority=\"=x\"/>")},
    {"ThrowMessageJob", "task-definition", "a", "exactly one zeebe:taskDefinition, but has 0",
     throws(ref("message", "m")), throws(extensions(definition("x")) + ref("message", "m"))},
    {"ThrowMessageTwoJobs", "task-definition", "a", "but has 2",
     throws(extensions(definition("x") + definition("y")) + ref("message", "m")),
     throws(extensions(definition("x")) + ref("message", "m"))},
    {"EndMessageJob", "task-definition", "a", "exactly one zeebe:taskDefinition, but has 0", ends(ref("message", "m")),
     ends(extensions(definition("x")) + ref("message", "m"))},
    {"SendTaskTwo", "task-definition", "a", "but has 2",
     around(node("sendTask", "id=\"a\"", extensions(definition("x") + definition("y")))),
     around(node("sendTask", "id=\"a\"", extensions(definition("x"))))},
    {"ThrowNoneJob", "job-not-allowed", "a", "no meaning on a intermediate throw event",
     throws(extensions(definition("x"))), throws("")},
};
INSTANTIATE_TEST_SUITE_P(Activity, Rule, ::testing::ValuesIn(kActivityRules), rule_name);

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
  const auto violations = violations_of(around(node("complexGateway", "id=\"a\"")));
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
  EXPECT_EQ(names.size(), 19U);
  EXPECT_EQ(words("intermediateCatchEvent"), "intermediate catch event");
}

TEST(Validation, StopsCollectingAtTheLimit) {
  std::string tasks;
  for (std::size_t i = 0; i < limits::kViolations; ++i) tasks += node("complexGateway", fmt::format("id=\"t{}\"", i));
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
