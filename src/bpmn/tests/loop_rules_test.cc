// Straight-through loops: what a token would run through for ever (camunda-8-api.md 3.5).
#include "bpmn/tests/event_text.h"
#include "bpmn/tests/rule_case.h"

namespace baton::bpmn {
namespace {

using namespace testing;  // the pieces of bpmn_text.h and event_text.h

class LoopRule : public ::testing::TestWithParam<RuleCase> {};

TEST_P(LoopRule, RefusesTheOneAndAcceptsTheOther) {
  check_rule(GetParam());
}

const char* const kRule = "straight-through-loop";

/// start -> a -> gateway -> end, and back to a.
std::string again(const std::string& a, std::string_view gateway = "exclusiveGateway", std::string_view more = "") {
  return file(process(start() + a + node(gateway, "id=\"g\" default=\"f3\"") + end() + flow("f1", "start", "a") +
                      flow("f2", "a", "g") + flow("f3", "g", "end") + flow("f4", "g", "a", "=again")) +
              std::string(more));
}
/// A sub-process "a" around one node "t".
std::string around_in_sub(const std::string& t) {
  return node("subProcess", "id=\"a\"", start("s") + t + end("e") + flow("i1", "s", "t") + flow("i2", "t", "e"));
}
const std::string kLoop = "<bpmn:multiInstanceLoopCharacteristics>" +
                          extensions("<zeebe:loopCharacteristics inputCollection=\"=x\"/>") +
                          "</bpmn:multiInstanceLoopCharacteristics>";
std::string calling(std::string_view id, std::string_view process_id, std::string_view more = "") {
  return node("callActivity", fmt::format("id=\"{}\"", id),
              extensions(fmt::format("<zeebe:calledElement processId=\"{}\"/>", process_id)) + std::string(more));
}
/// A process that runs through one node; its ids begin with `id`.
std::string through(std::string_view id, const std::string& text, std::string_view node_id) {
  const std::string first = fmt::format("{}_start", id);
  return process(start(first) + text + flow(fmt::format("{}_f", id), first, node_id),
                 fmt::format("id=\"{}\" isExecutable=\"true\"", id));
}

const RuleCase kLoopRules[] = {
    {"Task", kRule, "a", "loop: a > g > a", again(task("a")), again(service("a"))},
    {"ManualTask", kRule, "a", "loop: a > g > a", again(node("manualTask", "id=\"a\"")),
     again(node("userTask", "id=\"a\""))},
    {"InclusiveGateway", kRule, "a", "loop: a > g > a", again(task("a"), "inclusiveGateway"),
     again(service("a"), "inclusiveGateway")},
    {"ToItself", kRule, "a", "loop: a > a",
     file(process(start() + node("manualTask", "id=\"a\"") + flow("f1", "start", "a") + flow("f2", "a", "a"))),
     file(process(start() + node("exclusiveGateway", "id=\"a\"") + node("exclusiveGateway", "id=\"b\"") +
                  flow("f1", "start", "a") + flow("f2", "a", "b") + flow("f3", "b", "a")))},
    {"ParallelGateways", kRule, "a", "loop: a > g > a",
     file(process(start() + task("a") + node("parallelGateway", "id=\"g\"") + end() + flow("f1", "start", "a") +
                  flow("f2", "a", "g") + flow("f3", "g", "end") + flow("f4", "g", "a"))),
     file(process(start() + service("a") + node("parallelGateway", "id=\"g\"") + end() + flow("f1", "start", "a") +
                  flow("f2", "a", "g") + flow("f3", "g", "end") + flow("f4", "g", "a")))},
    {"ThroughASubProcess", kRule, "t", "loop: t > sub > s > e_1 > t",
     in_file(start() + task("t") + sub(start("s") + end("e_1") + flow("i", "s", "e_1")) + flow("f1", "start", "t") +
             flow("f2", "t", "sub") + flow("f3", "sub", "t")),
     in_file(start() + task("t") + sub(start("s") + service("e_1") + flow("i", "s", "e_1")) + flow("f1", "start", "t") +
             flow("f2", "t", "sub") + flow("f3", "sub", "t"))},
    {"OfATaskInASubProcess", kRule, "t", "loop: t > e > g > a > s > t", again(around_in_sub(task("t"))),
     again(around_in_sub(service("t")))},
    {"SubProcessOfGateways", kRule, "t", "loop: t > e > g > a > s > t",
     again(around_in_sub(node("manualTask", "id=\"t\""))), again(around_in_sub(node("exclusiveGateway", "id=\"t\"")))},
    {"ThrowEvent", kRule, "t", "loop: t > a > t",
     in_file(start() + task("t") + node("intermediateThrowEvent", "id=\"a\"") + flow("f1", "start", "t") +
             flow("f2", "t", "a") + flow("f3", "a", "t")),
     in_file(start() + task("t") +
             node("intermediateThrowEvent", "id=\"a\"", extensions(definition("send")) + ref("message", "m")) +
             flow("f1", "start", "t") + flow("f2", "t", "a") + flow("f3", "a", "t"))},
    {"ALinkDoesNotEndTheInside", kRule, "t", "loop: t > e > g > a > s > t", again(around_in_sub(task("t"))),
     again(node("subProcess", "id=\"a\"",
                start("s") + task("t") + flow("i1", "s", "t") + flow("i2", "t", "out") +
                    node("intermediateThrowEvent", "id=\"out\"", "<bpmn:linkEventDefinition name=\"A\"/>") +
                    node("intermediateCatchEvent", "id=\"in\"", "<bpmn:linkEventDefinition name=\"A\"/>") +
                    service("w") + flow("i3", "in", "w")))},
    {"WithinASubProcess", kRule, "t", "loop: t > t",
     in_file(start() + sub(start("s") + task("t") + flow("i1", "s", "t") + flow("i2", "t", "t"))),
     in_file(start() + sub(start("s") + service("t") + flow("i1", "s", "t") + flow("i2", "t", "t")))},
    {"MultiInstance", kRule, "a", "loop: a > g > a", again(node("task", "id=\"a\"", kLoop)),
     again(node("serviceTask", "id=\"a\"", extensions(definition("x")) + kLoop))},
    {"CallsItself", kRule, "a", "loop: a > p_start > a", file(through("p", calling("a", "p"), "a")),
     file(through("p", calling("a", "=&quot;p&quot;"), "a"))},
    {"CallsItselfInALoop", kRule, "a", "loop: a > p_start > a", file(through("p", calling("a", "p", kLoop), "a")),
     file(through("p", calling("a", "other", kLoop), "a"))},
    {"CallEachOther", kRule, "a", "loop: a > q_start > b > p_start > a",
     file(through("p", calling("a", "q"), "a") + through("q", calling("b", "p"), "b")),
     file(through("p", calling("a", "q"), "a") + through("q", service("b"), "b"))},
    {"CallBehindAWait", kRule, "a", "loop: a > p_start > a", file(through("p", calling("a", "p"), "a")),
     file(process(start() + service("w") + calling("a", "p") + flow("f1", "start", "w") + flow("f2", "w", "a")))},
};
INSTANTIATE_TEST_SUITE_P(Loop, LoopRule, ::testing::ValuesIn(kLoopRules), rule_name);

}  // namespace
}  // namespace baton::bpmn
