// Events, scopes and event-based gateways: one accepted and one refused model for each rule (camunda-8-api.md 3.5).
#include "bpmn/tests/event_text.h"
#include "bpmn/tests/rule_case.h"

namespace baton::bpmn {
namespace {

using namespace testing;  // the pieces of bpmn_text.h and event_text.h

class EventRule : public ::testing::TestWithParam<RuleCase> {};

TEST_P(EventRule, RefusesTheOneAndAcceptsTheOther) {
  check_rule(GetParam());
}

const std::string kSend = extensions(definition("send"));

const RuleCase kEventRules[] = {
    {"TwoDefinitions", "event-definition-count", "s1", "at most one",
     starts(ref("signal", "sg") + ref("signal", "sg2")), starts(ref("signal", "sg"))},
    {"CatchNeedsOne", "event-definition-count", "a", "exactly one event definition, but has 0", catches(""),
     catches(kTimer)},
    {"CatchTwo", "event-definition-count", "a", "exactly one event definition, but has 2",
     catches(kTimer + ref("signal", "sg")), catches(ref("signal", "sg"))},
    {"ThrowTwo", "event-definition-count", "a", "at most one", throws(ref("signal", "sg") + ref("escalation", "x")),
     throws("")},
    {"EndTwo", "event-definition-count", "a", "at most one",
     ends(ref("signal", "sg") + "<bpmn:terminateEventDefinition/>"), ends("<bpmn:terminateEventDefinition/>")},
    {"StartByError", "start-event-type", "s1", "not by an error event", starts(ref("error", "e")),
     starts(ref("signal", "sg"))},
    {"StartByEscalation", "start-event-type", "s1", "not by an escalation event", starts(ref("escalation", "x")),
     starts(ref("message", "m"))},
    {"TimerNothing", "timer-definition", "a", "but has 0", catches("<bpmn:timerEventDefinition/>"), catches(kTimer)},
    {"TimerTwo", "timer-definition", "a", "but has 2",
     catches("<bpmn:timerEventDefinition><bpmn:timeDate>2030-01-01T00:00:00Z</bpmn:timeDate>"
             "<bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>"),
     catches(timer("timeDate", "2030-01-01T00:00:00Z"))},
    {"TimerDuration", "timer-value", "a", "'1 hour' is not a duration", catches(timer("timeDuration", "1 hour")),
     catches(timer("timeDuration", " P1Y2M3DT4H5M6.7S "))},
    {"TimerDate", "timer-value", "a", "with a time zone", catches(timer("timeDate", "2030-01-01T00:00:00")),
     catches(timer("timeDate", "2030-01-01T00:00:00[Europe/Berlin]"))},
    {"TimerCycle", "timer-value", "s1", "no cron expression", starts(timer("timeCycle", "R3/soon")),
     starts(timer("timeCycle", "R3/2022-04-27T17:20:00Z/P1D"))},
    {"TimerCron", "timer-value", "s1", "expected 6 fields, found 5", starts(timer("timeCycle", "0 9 * * MON")),
     starts(timer("timeCycle", "0 0 9 * * MON"))},
    {"TimerEmpty", "timer-value", "a", "must not be empty", catches(timer("timeDuration", " ")), catches(kTimer)},
    {"TimerFeel", "feel-expression", "a", "timer: failed to parse", catches(timer("timeDuration", "=((")),
     catches(timer("timeDuration", "=x"))},
    {"StartTimerVariables", "constant-expression", "s1", "it uses 'x'", starts(timer("timeCycle", "=x")),
     starts(timer("timeCycle", "=&quot;R/PT1H&quot;"))},
    {"StartTimerDuration", "timer-kind", "s1", "a timeCycle or a timeDate", starts(kTimer),
     starts(timer("timeDate", "2030-01-01T00:00:00Z"))},
    {"CatchCycle", "timer-kind", "a", "a timeDuration or a timeDate", catches(timer("timeCycle", "R/PT1H")),
     catches(timer("timeDate", "2030-01-01T00:00:00Z"))},
    {"BoundaryCycle", "interrupting-cycle", "b1", "must not be a timeCycle",
     at(task("a"), {{b("b1"), timer("timeCycle", "R/PT1H")}}),
     at(task("a"), {{b("b1", "a", false), timer("timeCycle", "R/PT1H")}})},
    {"HandlerCycle", "interrupting-cycle", "h_s", "must not be a timeCycle",
     in_file(start() + event_sub("h", timer("timeCycle", "R/PT1H"))),
     in_file(start() + event_sub("h", timer("timeCycle", "R/PT1H"), false))},
    {"MessageMissing", "message-required", "a", "Must reference a message", catches("<bpmn:messageEventDefinition/>"),
     catches(ref("message", "m"))},
    {"MessageDangles", "message-required", "a", "Must reference a message", catches(ref("message", "gone")),
     catches(ref("message", "m"))},
    {"MessageName", "message-name", "s1", "must have a name", starts(ref("message", "nameless")),
     starts(ref("message", "plain"))},
    {"MessageKey", "correlation-key", "a", "must have a zeebe:subscription", catches(ref("message", "plain")),
     catches(ref("message", "m"))},
    {"MessageKeyStatic", "expression-required", "a", "correlationKey", catches(ref("message", "static")),
     catches(ref("message", "m"))},
    {"StartMessageVariables", "constant-expression", "s1", "it uses 'x'", starts(ref("message", "variable")),
     catches(ref("message", "variable"))},
    {"ReceiveTask", "message-required", "a", "Must reference a message",
     in_file(start() + node("receiveTask", "id=\"a\"")),
     in_file(start() + node("receiveTask", "id=\"a\" messageRef=\"m\""))},
    {"SignalMissing", "signal-required", "a", "Must reference a signal", catches("<bpmn:signalEventDefinition/>"),
     catches(ref("signal", "sg"))},
    {"SignalName", "signal-name", "a", "must have a name", throws(ref("signal", "nosig")), throws(ref("signal", "sg"))},
    {"ErrorThrow", "error-code", "a", "Must reference an error with a code", ends("<bpmn:errorEventDefinition/>"),
     ends(ref("error", "e"))},
    {"ErrorThrowNoCode", "error-code", "a", "Must reference an error with a code", ends(ref("error", "nocode")),
     ends(ref("error", "ecode"))},
    {"ErrorCatchExpression", "error-code", "b1", "must be a fixed text",
     at(task("a"), {{b("b1"), ref("error", "ecode")}}), at(task("a"), {{b("b1"), ref("error", "nocode")}})},
    {"ErrorDangles", "dangling-reference", "b1", "errorRef 'gone'", at(task("a"), {{b("b1"), ref("error", "gone")}}),
     at(task("a"), {{b("b1"), "<bpmn:errorEventDefinition/>"}})},
    {"EscalationThrow", "escalation-code", "a", "Must reference an escalation with a code",
     throws(ref("escalation", "noesc")), throws(ref("escalation", "xcode"))},
    {"EscalationCatchExpression", "escalation-code", "b1", "must be a fixed text",
     at(kSub, {{b("b1", "sub"), ref("escalation", "xcode")}}), at(kSub, {{b("b1", "sub"), ref("escalation", "x")}})},
    {"ErrorNonInterrupting", "non-interrupting", "b1", "must be interrupting",
     at(task("a"), {{b("b1", "a", false), ref("error", "e")}}),
     at(kSub, {{b("b1", "sub", false), ref("escalation", "x")}})},
    {"ErrorHandlerNonInterrupting", "non-interrupting", "h_s", "must be interrupting",
     in_file(start() + event_sub("h", ref("error", "e"), false)), in_file(start() + event_sub("h", ref("error", "e")))},
    {"StartMessageMissing", "message-required", "s1", "Must reference a message",
     starts("<bpmn:messageEventDefinition/>"), starts(ref("message", "plain"))},
    {"BoundaryMessageMissing", "message-required", "b1", "Must reference a message",
     at(task("a"), {{b("b1"), "<bpmn:messageEventDefinition/>"}}), at(task("a"), {{b("b1"), ref("message", "m")}})},
    {"HandlerMessageKey", "correlation-key", "h_s", "must have a zeebe:subscription",
     in_file(start() + event_sub("h", ref("message", "plain"))),
     in_file(start() + event_sub("h", ref("message", "m")))},
    {"ThrowMessageName", "message-name", "a", "must have a name", throws(kSend + ref("message", "nameless")),
     throws(kSend + ref("message", "plain"))},
    {"EndMessageName", "message-name", "a", "must have a name", ends(kSend + ref("message", "nameless")),
     ends(kSend + "<bpmn:messageEventDefinition/>")},
    {"MessageNameFeel", "feel-expression", "a", "message name: failed to parse", catches(ref("message", "badname")),
     catches(ref("message", "variable"))},
    {"MessageKeyFeel", "feel-expression", "a", "correlationKey: failed to parse", catches(ref("message", "badkey")),
     catches(ref("message", "m"))},
    {"SignalNameFeel", "feel-expression", "a", "signal name: failed to parse", throws(ref("signal", "badsig")),
     throws(ref("signal", "varsig"))},
    {"SignalDangles", "signal-required", "a", "Must reference a signal", throws(ref("signal", "gone")),
     throws(ref("signal", "sg"))},
    {"StartSignalVariables", "constant-expression", "s1", "it uses 'x'", starts(ref("signal", "varsig")),
     catches(ref("signal", "varsig"))},
    {"ErrorCodeFeel", "feel-expression", "a", "error code: failed to parse", ends(ref("error", "badcode")),
     ends(ref("error", "ecode"))},
    {"EscalationCodeFeel", "feel-expression", "a", "escalation code: failed to parse",
     throws(ref("escalation", "badesc")), throws(ref("escalation", "xcode"))},
    {"EscalationEnd", "escalation-code", "a", "Must reference an escalation with a code",
     ends("<bpmn:escalationEventDefinition/>"), ends(ref("escalation", "x"))},
    {"ErrorHandlerExpression", "error-code", "h_s", "must be a fixed text",
     in_file(start() + event_sub("h", ref("error", "ecode"))),
     in_file(start() + event_sub("h", ref("error", "nocode")))},
    {"EscalationHandlerExpression", "escalation-code", "h_s", "must be a fixed text",
     in_file(start() + event_sub("h", ref("escalation", "xcode"))),
     in_file(start() + event_sub("h", ref("escalation", "noesc")))},
    {"NonInterruptingBoundaries", "non-interrupting", "b1", "must be interrupting",
     at(kSub, {{b("b1", "sub", false), ref("error", "e")}}),
     at(kSub, {{b("b1", "sub", false), kTimer},
               {b("b2", "sub", false), ref("message", "m")},
               {b("b3", "sub", false), ref("signal", "sg")},
               {b("b4", "sub", false), ref("escalation", "x")}})},
    {"NonInterruptingHandlers", "non-interrupting", "h_s", "must be interrupting",
     in_file(start() + event_sub("h", "<bpmn:errorEventDefinition/>", false)),
     in_file(start() + event_sub("h1", kTimer, false) + event_sub("h2", ref("message", "m"), false) +
             event_sub("h3", ref("signal", "sg"), false) + event_sub("h4", ref("escalation", "x"), false))},
    {"LinkName", "link-name", "a", "must have a name", catches("<bpmn:linkEventDefinition/>"),
     in_file(start() + node("intermediateCatchEvent", "id=\"a\"", "<bpmn:linkEventDefinition name=\"A\"/>"))},
};
INSTANTIATE_TEST_SUITE_P(Event, EventRule, ::testing::ValuesIn(kEventRules), rule_name);

std::string link(std::string_view kind, std::string_view id, std::string_view name) {
  return node(kind, fmt::format("id=\"{}\"", id), fmt::format("<bpmn:linkEventDefinition name=\"{}\"/>", name));
}
std::string gateway_to(std::string_view targets) {
  return in_file(start() + node("eventBasedGateway", "id=\"g\"") + flow("f0", "start", "g") + std::string(targets));
}
std::string target(std::string_view id, std::string_view definition) {
  return node("intermediateCatchEvent", fmt::format("id=\"{}\"", id), definition) +
         flow(fmt::format("f_{}", id), "g", id);
}
const std::string kTwoTargets = target("t1", kTimer) + target("t2", ref("message", "m"));

/// Two event sub-processes of the process, whose start events refer to `first` and `second`.
std::string handlers(std::string_view kind, std::string_view first, std::string_view second) {
  return in_file(start() + event_sub("h1", ref(kind, first)) + event_sub("h2", ref(kind, second)));
}

const RuleCase kScopeRules[] = {
    {"SubStart", "sub-process-start", "sub", "exactly one start event", in_file(start() + sub("")),
     in_file(start() + kSub)},
    {"SubStartTwo", "sub-process-start", "sub", "exactly one start event",
     in_file(start() + sub(start("s_1") + start("s_2"))), in_file(start() + kSub)},
    {"SubStartType", "sub-process-start", "sub", "a none start event",
     in_file(start() + sub(node("startEvent", "id=\"s_1\"", ref("signal", "sg")))), in_file(start() + kSub)},
    {"HandlerStart", "event-sub-process-start", "sub", "exactly one start event",
     in_file(start() + sub(start("s_1"), "triggeredByEvent=\"true\"")), in_file(start() + event_sub("sub", kTimer))},
    {"HandlerStartTwo", "event-sub-process-start", "sub", "exactly one start event",
     in_file(start() + sub(node("startEvent", "id=\"s_1\"", kTimer) + node("startEvent", "id=\"s_2\"", kTimer),
                           "triggeredByEvent=\"true\"")),
     in_file(start() + event_sub("sub", kTimer))},
    {"HandlerStartNone", "event-sub-process-start", "sub", "of type message, timer, error, signal or escalation",
     in_file(start() + sub(task("t"), "triggeredByEvent=\"true\"")),
     in_file(start() + event_sub("h1", kTimer) + event_sub("h2", ref("message", "m")) +
             event_sub("h3", ref("error", "e")) + event_sub("h4", ref("signal", "sg")) +
             event_sub("h5", ref("escalation", "x")))},
    {"HandlerFlow", "event-sub-process-flow", "h", "must not have sequence flows",
     in_file(start() + event_sub("h", kTimer) + flow("f", "start", "h")), in_file(start() + event_sub("h", kTimer))},
    {"FlowIntoSub", "flow-scope", "f", "not a flow node of the process",
     in_file(start() + sub(start("s") + task("t")) + flow("f", "start", "t")),
     in_file(start() + sub(start("s") + task("t") + flow("f", "s", "t")))},
    {"BoundaryAttached", "boundary-attached", "b1", "not to 'gone'", at(task("a"), {{b("b1", "gone"), kTimer}}),
     at(task("a"), {{b("b1"), kTimer}})},
    {"BoundaryAtEvent", "boundary-attached", "b1", "not to 'start'", at("", {{b("b1", "start"), kTimer}}),
     at(kSub, {{b("b1", "sub"), kTimer}})},
    {"BoundaryOtherScope", "boundary-attached", "b1", "of the same scope",
     at(sub(start("s") + task("a")), {{b("b1"), kTimer}}), at(kSub, {{b("b1", "sub"), kTimer}})},
    {"BoundaryIncoming", "boundary-incoming", "b1", "must not have incoming",
     in_file(start() + task("a") + end() + node("boundaryEvent", b("b1"), kTimer) + flow("f1", "b1", "end") +
             flow("f2", "start", "b1")),
     at(task("a"), {{b("b1"), kTimer}})},
    {"BoundaryOutgoing", "boundary-outgoing", "b1", "at least one outgoing",
     in_file(start() + task("a") + node("boundaryEvent", b("b1"), kTimer)), at(task("a"), {{b("b1"), kTimer}})},
    {"BoundaryDefinition", "event-definition-count", "b1", "exactly one", at(task("a"), {{b("b1"), ""}}),
     at(task("a"), {{b("b1"), kTimer}})},
    {"BoundaryTwoDefinitions", "event-definition-count", "b1", "exactly one event definition, but has 2",
     at(task("a"), {{b("b1"), kTimer + ref("signal", "sg")}}), at(task("a"), {{b("b1"), ref("signal", "sg")}})},
    {"EscalationAtReceiveTask", "escalation-boundary", "b1", "not on a receive task",
     at(node("receiveTask", "id=\"a\" messageRef=\"m\""), {{b("b1"), ref("escalation", "x")}}),
     at(node("callActivity", "id=\"a\"", extensions("<zeebe:calledElement processId=\"x\"/>")),
        {{b("b1"), ref("escalation", "x")}})},
    {"EscalationAtTask", "escalation-boundary", "b1", "not on a task",
     at(task("a"), {{b("b1"), ref("escalation", "x")}}), at(kSub, {{b("b1", "sub"), ref("escalation", "x")}})},
    {"BoundarySameMessage", "catch-unique", "b2", "the message name 'paid'",
     at(task("a"), {{b("b1"), ref("message", "m")}, {b("b2"), ref("message", "m")}}),
     at(task("a"), {{b("b1"), ref("message", "m")}, {b("b2"), ref("message", "m2")}})},
    {"BoundarySameSignal", "catch-unique", "b2", "the signal name 'alarm'",
     at(task("a"), {{b("b1"), ref("signal", "sg")}, {b("b2"), ref("signal", "sg")}}),
     at(task("a"), {{b("b1"), ref("signal", "sg")}, {b("b2"), ref("signal", "sg2")}})},
    {"BoundarySameError", "catch-unique", "b2", "the error code 'E'",
     at(task("a"), {{b("b1"), ref("error", "e")}, {b("b2"), ref("error", "e")}}),
     at(task("a"), {{b("b1"), ref("error", "e")}, {b("b2"), ref("error", "e2")}})},
    {"BoundaryTwoCatchAll", "catch-unique", "b2", "error events without a code",
     at(task("a"), {{b("b1"), "<bpmn:errorEventDefinition/>"}, {b("b2"), ref("error", "nocode")}}),
     at(task("a"), {{b("b1"), "<bpmn:errorEventDefinition/>"}, {b("b2"), ref("error", "e")}})},
    {"BoundarySameEscalation", "catch-unique", "b2", "the escalation code 'X'",
     at(kSub, {{b("b1", "sub"), ref("escalation", "x")}, {b("b2", "sub"), ref("escalation", "x")}}),
     at(kSub, {{b("b1", "sub"), ref("escalation", "x")}, {b("b2", "sub"), ref("escalation", "x2")}})},
    {"BoundaryTwoCatchAllEscalations", "catch-unique", "b2", "escalation events without a code",
     at(kSub, {{b("b1", "sub"), "<bpmn:escalationEventDefinition/>"}, {b("b2", "sub"), ref("escalation", "noesc")}}),
     at(kSub, {{b("b1", "sub"), "<bpmn:escalationEventDefinition/>"}, {b("b2", "sub"), ref("escalation", "x")}})},
    {"ReceiveTaskAndBoundary", "catch-unique", "b1", "the message name 'paid'",
     at(node("receiveTask", "id=\"a\" messageRef=\"m\""), {{b("b1"), ref("message", "m")}}),
     at(node("receiveTask", "id=\"a\" messageRef=\"m\""), {{b("b1"), ref("message", "m2")}})},
    {"StartsSameMessage", "catch-unique", "s2", "the message name 'paid'",
     in_file(node("startEvent", "id=\"s1\"", ref("message", "m")) +
             node("startEvent", "id=\"s2\"", ref("message", "m"))),
     in_file(node("startEvent", "id=\"s1\"", ref("message", "m")) +
             node("startEvent", "id=\"s2\"", ref("message", "m2")))},
    {"StartsSameSignal", "catch-unique", "s2", "the signal name 'alarm'",
     in_file(node("startEvent", "id=\"s1\"", ref("signal", "sg")) +
             node("startEvent", "id=\"s2\"", ref("signal", "sg"))),
     in_file(node("startEvent", "id=\"s1\"", ref("signal", "sg")) +
             node("startEvent", "id=\"s2\"", ref("signal", "sg2")))},
    {"HandlersSameError", "catch-unique", "h2_s", "the error code 'E'",
     in_file(start() + event_sub("h1", ref("error", "e")) + event_sub("h2", ref("error", "e"))),
     in_file(start() + event_sub("h1", ref("error", "e")) + sub(start("s") + event_sub("h2", ref("error", "e"))))},
    {"MessageStartsTwoProcesses", "message-start-once", "s2", "only one start event",
     file(kRoots + process(node("startEvent", "id=\"s1\"", ref("message", "m"))) +
          process(node("startEvent", "id=\"s2\"", ref("message", "m")), "id=\"q\" isExecutable=\"true\"")),
     file(kRoots + process(node("startEvent", "id=\"s1\"", ref("message", "m"))) +
          process(node("startEvent", "id=\"s2\"", ref("message", "m2")), "id=\"q\" isExecutable=\"true\""))},
    {"HandlersSameMessage", "catch-unique", "h2_s", "the message name 'paid'", handlers("message", "m", "m"),
     handlers("message", "m", "m2")},
    {"StartAndHandlersSameMessage", "catch-unique", "h2_s", "the message name 'paid'", handlers("message", "m", "m"),
     in_file(node("startEvent", "id=\"s1\"", ref("message", "m")) + event_sub("h1", ref("message", "m")))},
    {"HandlersSameSignal", "catch-unique", "h2_s", "the signal name 'alarm'", handlers("signal", "sg", "sg"),
     handlers("signal", "sg", "sg2")},
    {"HandlersSameEscalation", "catch-unique", "h2_s", "the escalation code 'X'", handlers("escalation", "x", "x"),
     handlers("escalation", "x", "x2")},
    {"HandlersTwoCatchAll", "catch-unique", "h2_s", "error events without a code",
     in_file(start() + event_sub("h1", "<bpmn:errorEventDefinition/>") + event_sub("h2", ref("error", "nocode"))),
     handlers("error", "nocode", "e")},
    {"HandlersTwoCatchAllEscalations", "catch-unique", "h2_s", "escalation events without a code",
     handlers("escalation", "noesc", "noesc"), handlers("escalation", "noesc", "x")},
    {"HandlersInASubProcess", "catch-unique", "h2_s", "the signal name 'alarm'",
     in_file(start() + sub(start("s") + event_sub("h1", ref("signal", "sg")) + event_sub("h2", ref("signal", "sg")))),
     in_file(start() + event_sub("h1", ref("signal", "sg")) + sub(start("s") + event_sub("h2", ref("signal", "sg"))))},
    {"LinkTwice", "link-name-unique", "l2", "caught twice",
     in_file(start() + link("intermediateCatchEvent", "l1", "A") + link("intermediateCatchEvent", "l2", "A")),
     in_file(start() + link("intermediateCatchEvent", "l1", "A") + link("intermediateCatchEvent", "l2", "B"))},
    {"LinkCatch", "link-catch-required", "l1", "no catch event in the same scope",
     in_file(start() + link("intermediateThrowEvent", "l1", "A") +
             sub(start("s") + link("intermediateCatchEvent", "l2", "A"))),
     in_file(start() + link("intermediateThrowEvent", "l1", "A") + link("intermediateCatchEvent", "l2", "A"))},
    {"LinkFlow", "link-flow", "l1", "must not have outgoing",
     in_file(start() + end() + link("intermediateThrowEvent", "l1", "A") + link("intermediateCatchEvent", "l2", "A") +
             flow("f1", "start", "l1") + flow("f2", "l1", "end")),
     in_file(start() + end() + link("intermediateThrowEvent", "l1", "A") + link("intermediateCatchEvent", "l2", "A") +
             flow("f1", "start", "l1") + flow("f2", "l2", "end"))},
    {"EventGatewayOutgoing", "event-gateway-outgoing", "g", "at least two", gateway_to(target("t1", kTimer)),
     gateway_to(kTwoTargets)},
    {"EventGatewayTarget", "event-gateway-target", "g", "not to the task 't3'",
     gateway_to(kTwoTargets + task("t3") + flow("f3", "g", "t3")), gateway_to(kTwoTargets)},
    {"EventGatewayLink", "event-gateway-target", "g", "not to the intermediate catch event 't3'",
     gateway_to(kTwoTargets + target("t3", "<bpmn:linkEventDefinition name=\"A\"/>")), gateway_to(kTwoTargets)},
    {"EventGatewayIncoming", "event-gateway-target-incoming", "t1", "other incoming",
     gateway_to(kTwoTargets + flow("f3", "start", "t1")), gateway_to(kTwoTargets)},
    {"EventGatewaySameMessage", "catch-unique", "t3", "the message name 'paid'",
     gateway_to(kTwoTargets + target("t3", ref("message", "m"))),
     gateway_to(kTwoTargets + target("t3", ref("message", "m2")))},
    {"EventGatewayReceiveTask", "event-gateway-target", "g", "not to the receive task 't3'",
     gateway_to(kTwoTargets + node("receiveTask", "id=\"t3\" messageRef=\"m2\"") + flow("f3", "g", "t3")),
     gateway_to(kTwoTargets + target("t3", ref("signal", "sg")))},
    {"EventGatewaySameSignal", "catch-unique", "t2", "the signal name 'alarm'",
     gateway_to(target("t1", ref("signal", "sg")) + target("t2", ref("signal", "sg"))),
     gateway_to(target("t1", ref("signal", "sg")) + target("t2", ref("signal", "sg2")))},
};
INSTANTIATE_TEST_SUITE_P(Scope, EventRule, ::testing::ValuesIn(kScopeRules), rule_name);

}  // namespace
}  // namespace baton::bpmn
