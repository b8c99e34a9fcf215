// What this version does not execute is refused by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bpmn/tests/violations.h"

namespace baton::bpmn {
namespace {

using namespace testing;  // the pieces of bpmn_text.h

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
std::string boundary_with(std::string_view child) {
  return file(process(start() + service("a") + end() + flow("f1", "start", "a") + flow("f2", "a", "end") +
                      flow("f3", "b", "end") + node("boundaryEvent", "id=\"b\" attachedToRef=\"a\"", child)));
}
std::string handler_with(std::string_view child) {
  return file(process(start() +
                      node("subProcess", "id=\"h\" triggeredByEvent=\"true\"", node("startEvent", "id=\"s\"", child))));
}
std::string with_extension(std::string_view extension) {
  return around(service("a", definition("x") + std::string(extension)));
}

const UnsupportedCase kUnsupported[] = {
    {"Transaction", with_kind("transaction"), "a", "A transaction"},
    {"AdHocSubProcess", with_kind("adHocSubProcess"), "a", "An ad hoc sub process"},
    {"ComplexGateway", with_kind("complexGateway"), "a", "A complex gateway"},
    {"Unknown", with_kind("teleport"), "a", "A teleport"},
    {"OtherNamespace", file(process(start() + "<camunda:magic id='m'/>")), "m",
     "A foreign element with name 'magic' and namespace 'http://camunda.org/schema/1.0/bpmn'"},
    {"StartConditional", start_with("<bpmn:conditionalEventDefinition/>"), "start",
     "A start event with conditional event definition"},
    {"StartCompensation", start_with("<bpmn:compensateEventDefinition/>"), "start",
     "A start event with compensate event definition"},
    {"BoundaryCancel", boundary_with("<bpmn:cancelEventDefinition/>"), "b",
     "A boundary event with cancel event definition"},
    {"EndCompensation", file(process(start() + node("endEvent", "id=\"e\"", "<bpmn:compensateEventDefinition/>"))), "e",
     "An end event with compensate event definition"},
    {"HandlerCompensation", handler_with("<bpmn:compensateEventDefinition/>"), "s",
     "A start event with compensate event definition"},
    {"HandlerTerminate", handler_with("<bpmn:terminateEventDefinition/>"), "s",
     "A start event with terminate event definition"},
    {"BoundaryTerminate", boundary_with("<bpmn:terminateEventDefinition/>"), "b",
     "A boundary event with terminate event definition"},
    {"BoundaryLink", boundary_with("<bpmn:linkEventDefinition name=\"l\"/>"), "b",
     "A boundary event with link event definition"},
    {"CatchError", around(node("intermediateCatchEvent", "id=\"a\"", "<bpmn:errorEventDefinition/>")), "a",
     "An intermediate catch event with error event definition"},
    {"CatchEscalation", around(node("intermediateCatchEvent", "id=\"a\"", "<bpmn:escalationEventDefinition/>")), "a",
     "An intermediate catch event with escalation event definition"},
    {"ThrowTimer", around(node("intermediateThrowEvent", "id=\"a\"", "<bpmn:timerEventDefinition/>")), "a",
     "An intermediate throw event with timer event definition"},
    {"ThrowError", around(node("intermediateThrowEvent", "id=\"a\"", "<bpmn:errorEventDefinition/>")), "a",
     "An intermediate throw event with error event definition"},
    {"EndCancel", file(process(start() + node("endEvent", "id=\"e\"", "<bpmn:cancelEventDefinition/>"))), "e",
     "An end event with cancel event definition"},
    {"EndTimer", file(process(start() + node("endEvent", "id=\"e\"", "<bpmn:timerEventDefinition/>"))), "e",
     "An end event with timer event definition"},
    {"Instantiate",
     file(node("message", "id=\"m\" name=\"n\"", extensions("<zeebe:subscription correlationKey=\"=k\"/>")) +
          process(start() + node("receiveTask", "id=\"a\" messageRef=\"m\" instantiate=\"true\""))),
     "a", "A receive task with instantiate"},
    {"LoopCardinality",
     with_child("<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>" +
                extensions("<zeebe:loopCharacteristics inputCollection=\"=x\"/>") +
                "</bpmn:multiInstanceLoopCharacteristics>"),
     "a", "A service task with loop cardinality"},
    {"AdHocInside",
     around(node("subProcess", "id=\"a\"", start("s") + node("adHocSubProcess", "id=\"x\"") + flow("g", "s", "x"))),
     "x", "An ad hoc sub process"},
    {"TaskListener",
     around(node("userTask", "id=\"a\"",
                 extensions("<zeebe:userTask/><zeebe:taskListeners>"
                            "<zeebe:taskListener/></zeebe:taskListeners>"))),
     "a", "A user task with extension zeebe:taskListener"},
    {"PublishMessage", around(node("sendTask", "id=\"a\"", extensions(definition("x") + "<zeebe:publishMessage/>"))),
     "a", "A send task with extension zeebe:publishMessage"},
    {"StartDefinitionRef", start_with("<bpmn:eventDefinitionRef>x</bpmn:eventDefinitionRef>"), "start",
     "A start event with event definition ref"},
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

}  // namespace
}  // namespace baton::bpmn
