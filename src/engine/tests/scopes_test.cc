// Scopes and what ends them: sub-processes, boundary events, event sub-processes, terminate, link and throw events.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ProcessText inner_task(std::string prefix = "sub", std::string type = "work") {
  ProcessText inner = ProcessText::inside(std::move(prefix));
  inner.start("s").service("t", {.type = std::move(type)}).end("e").sequence({"s", "t", "e"});
  return inner;
}

ProcessText with_sub_process(const ProcessText& inner) {
  ProcessText text;
  text.start().sub_process("sub", inner).end().sequence({"start", "sub", "end"});
  return text;
}

TEST(SubProcess, RunsInsideOut) {
  World world;
  world.deploy(with_sub_process(inner_task()));
  const Key instance = world.create();
  EXPECT_THAT(only(world.trace(), "ELEMENT_ACTIVATED"), ElementsAre("p", "start", "sub", "s", "t"));
  EXPECT_EQ(world.element_state(instance, "sub"), "ACTIVATED");
  ASSERT_TRUE(world.complete(world.job(instance, "t")));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("t", "e", "sub", "end", "p"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(SubProcess, NestsDeeply) {
  ProcessText inner = inner_task("s0");
  constexpr int kDepth = 30;
  for (int i = 1; i <= kDepth; ++i) {
    ProcessText outer = ProcessText::inside(fmt::format("s{}", i));
    const std::string start = fmt::format("s_{}", i);
    const std::string sub = fmt::format("sub_{}", i);
    outer.start(start).sub_process(sub, inner).sequence({start, sub});
    inner = outer;
  }
  World world;
  world.deploy(with_sub_process(inner));
  const Key instance = world.create();
  EXPECT_EQ(world.state().instance(instance)->elements.size(), kDepth + 3U);
  ASSERT_TRUE(world.complete(world.job(instance, "t")));
  EXPECT_TRUE(world.ended(instance));
}

TEST(SubProcess, LocalVariablesVanishUnlessMapped) {
  ProcessText text;
  text.start()
      .sub_process("sub", inner_task(),
                   "<bpmn:extensionElements><zeebe:ioMapping><zeebe:input source=\"= 1\" target=\"a\"/>"
                   "<zeebe:output source=\"= a + 1\" target=\"b\"/></zeebe:ioMapping></bpmn:extensionElements>")
      .service("after")
      .end()
      .sequence({"start", "sub", "after", "end"});
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.variables(world.element(instance, "sub")), R"({"a":1})");
  world.complete(world.job(instance, "t"));
  EXPECT_EQ(world.variables(instance), R"({"b":2})");
}

TEST(SubProcess, IsCanceledWithEverythingInIt) {
  World world;
  world.deploy(with_sub_process(inner_task()));
  const Key instance = world.create();
  ASSERT_TRUE(world.cancel(instance));
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), ElementsAre("t", "sub", "p"));
  EXPECT_EQ(world.state().job_count(), 0U);
}

TEST(SubProcess, WaitingTokensEndWithTheirScope) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").parallel("fork").service("t").service("u").parallel("join").end("e").error("err", "E");
  inner.sequence({"s", "fork", "t", "join", "e"}).flow("fork", "u").flow("u", "join");
  ProcessText text;
  text.start().sub_process("sub", inner).end().boundary("b", "sub", error_event("err")).end("caught");
  text.sequence({"start", "sub", "end"}).flow("b", "caught");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  world.complete(world.job(instance, "t"));  // waits at the join
  ASSERT_TRUE(world.throw_error(world.job(instance, "u"), "E"));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("b", "caught", "p"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(Terminate, EndsItsScopeOnlyAndCompletesIt) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").parallel("fork").service("t").end_event("stop", terminate_event()).service("u");
  inner.sequence({"s", "fork", "t"}).sequence({"fork", "u", "stop"});
  ProcessText text;
  text.start().parallel("split").sub_process("sub", inner).service("other").end("end1").end("end2");
  text.sequence({"start", "split", "sub", "end1"}).sequence({"split", "other", "end2"});
  World world;
  world.deploy(text);
  const Key instance = world.create();
  ASSERT_TRUE(world.complete(world.job(instance, "u")));
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), ElementsAre("t"));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("u", "stop", "sub", "end1"));
  EXPECT_FALSE(world.ended(instance));
  world.complete(world.job(instance, "other"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(Terminate, EndsTheProcess) {
  ProcessText text;
  text.start().parallel("fork").service("t").end_event("stop", terminate_event()).service("u");
  text.sequence({"start", "fork", "t", "stop"}).flow("fork", "u");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  ASSERT_TRUE(world.complete(world.job(instance, "t")));
  EXPECT_THAT(world.trace(), Contains("ELEMENT_COMPLETED p"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(Terminate, DropsTokensThatMoveAtTheSameTime) {
  ProcessText text;
  text.start().parallel("fork").end_event("stop", terminate_event()).node("task", "t").service("u").end();
  text.sequence({"start", "fork", "stop"}).sequence({"fork", "t", "u", "end"});
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_TRUE(world.ended(instance));
  EXPECT_THAT(only(world.trace(), "ELEMENT_ACTIVATED"), Not(Contains("t")));
}

TEST(Terminate, DropsTokensThatMoveInAScopeInside) {
  ProcessText inside = ProcessText::inside("sub");
  inside.start("in").service("t").sequence({"in", "t"});
  ProcessText text;
  text.start().parallel("fork").sub_process("sub", inside).end_event("stop", terminate_event());
  text.sequence({"start", "fork", "sub"}).sequence({"fork", "stop"});
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_TRUE(world.ended(instance));
  EXPECT_THAT(only(world.trace(), "ELEMENT_ACTIVATED"), AllOf(Contains("in"), Not(Contains("t"))));
}

TEST(Link, PassesTheTokenAndMayLoop) {
  ProcessText text;
  text.start().throw_event("out", link_event("A")).catch_event("in", link_event("A")).service("t").end();
  text.exclusive("g", "f_end").throw_event("again", link_event("A"));
  text.sequence({"start", "out"}).sequence({"in", "t", "g"}).flow("g", "again", "= more").flow("g", "end", "", "f_end");
  World world;
  world.deploy(text);
  const Key instance = world.create("p", R"({"more":true})");
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("start", "out", "in"));
  world.complete(world.job(instance, "t"), R"({"more":true})");
  EXPECT_FALSE(world.ended(instance));
  world.complete(world.job(instance, "t"), R"({"more":false})");
  EXPECT_TRUE(world.ended(instance));
}

TEST(ThrowEvent, NonePassesThrough) {
  ProcessText text;
  text.start().throw_event("note", "").end().sequence({"start", "note", "end"});
  World world;
  world.deploy(text);
  EXPECT_TRUE(world.ended(world.create()));
}

TEST(ThrowEvent, MessageIsAJob) {
  const std::string job = "<bpmn:extensionElements><zeebe:taskDefinition type=\"send\"/></bpmn:extensionElements>";
  ProcessText text;
  text.start().raw("intermediateThrowEvent", "tell", "", job + message_event("m")).message("m", "x", "= 1");
  text.raw("endEvent", "end", "", job + message_event("m")).sequence({"start", "tell", "end"});
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.activate(world.job(instance, "tell")).type, "send");
  world.complete(world.job(instance, "tell"));
  ASSERT_TRUE(world.complete(world.job(instance, "end")));
  EXPECT_TRUE(world.ended(instance));
}

// --- event sub-processes ---

ProcessText with_event_sub_process(std::string_view definition, bool interrupting, const Pairs& outputs = {}) {
  ProcessText handler = ProcessText::inside("handler");
  handler.start_event("hs", definition, interrupting, outputs).service("h", {.type = "handle"}).end("he");
  handler.sequence({"hs", "h", "he"});
  ProcessText text;
  text.start().service("a").end().event_sub_process("handler", handler).sequence({"start", "a", "end"});
  text.error("err", "E").escalation("esc", "X").signal("sig", "alarm");
  return text;
}

TEST(EventSubProcess, ErrorInterruptsItsScope) {
  World world;
  world.deploy(with_event_sub_process(error_event("err"), true));
  const Key instance = world.create();
  ASSERT_TRUE(world.throw_error(world.job(instance, "a"), "E", "m", R"({"x":1})"));
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), ElementsAre("a"));
  EXPECT_EQ(world.element_state(instance, "handler"), "ACTIVATED");
  EXPECT_EQ(world.variables(instance), R"({"x":1})");  // error event sub-processes let variables out
  world.complete(world.job(instance, "h"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(EventSubProcess, NonInterruptingRunsManyTimesBesideTheScope) {
  World world;
  world.deploy(with_event_sub_process(signal_event("sig"), false));
  const Key instance = world.create();
  ASSERT_TRUE(world.signal("alarm"));
  ASSERT_TRUE(world.signal("alarm"));
  EXPECT_EQ(world.elements(instance, "handler").size(), 2U);
  world.complete(world.job(instance, "a"));
  EXPECT_FALSE(world.ended(instance)) << "the handlers still run";
  ASSERT_TRUE(world.signal("alarm")) << "and more may come while the scope is active";
  EXPECT_EQ(world.elements(instance, "handler").size(), 3U);
  for (const Key handler : world.elements(instance, "h"))
    world.complete(world.state().instance(instance)->element(handler)->job);
  EXPECT_TRUE(world.ended(instance));
}

TEST(EventSubProcess, TheInterruptedScopeCatchesNoMore) {
  ProcessText text = with_event_sub_process(signal_event("sig"), true);
  ProcessText second = ProcessText::inside("second");
  second.start_event("s2", escalation_event("esc"), false).end("e2").sequence({"s2", "e2"});
  text.event_sub_process("second", second);
  World world;
  world.deploy(text);
  const Key instance = world.create();
  ASSERT_TRUE(world.signal("alarm"));
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), ElementsAre("a"));
  ASSERT_TRUE(world.signal("alarm"));
  EXPECT_EQ(world.elements(instance, "handler").size(), 1U);
  EXPECT_TRUE(world.state().instance(instance)->subscriptions.empty());
}

TEST(EventSubProcess, MappedVariablesStayInside) {
  World world;
  world.deploy(with_event_sub_process(signal_event("sig"), false, {{"= x + 1", "y"}}));
  const Key instance = world.create();
  ASSERT_TRUE(world.signal("alarm", R"({"x":1})"));
  EXPECT_EQ(world.variables(instance), R"({"y":2})") << "the result goes to the event sub-process's scope and up";
}

TEST(EventSubProcess, AFailureToOpenIsAnIncidentOfTheStartEvent) {
  ProcessText text = with_event_sub_process(message_event("m"), true);
  text.message("m", "go", "= key");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.incident(instance).incident, IncidentKind::kExtractValueError);
  EXPECT_EQ(world.element_state(instance, "start"), "COMPLETING");
  world.set_variables(instance, R"({"key":"k"})");
  ASSERT_TRUE(world.resolve(world.incident(instance).key));
  EXPECT_EQ(world.element_state(instance, "a"), "ACTIVATED");
  world.publish("go", "k");
  EXPECT_EQ(world.element_state(instance, "handler"), "ACTIVATED");
}

// --- escalation ---

TEST(Escalation, NonInterruptingLetsTheThrowerGoOn) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").throw_event("tell", escalation_event("esc"), {{"= 7", "level"}}).service("t").end("e");
  inner.sequence({"s", "tell", "t", "e"});
  ProcessText text;
  text.start().sub_process("sub", inner).end().boundary("b", "sub", escalation_event("esc"), false);
  text.service("notify").escalation("esc", "X").sequence({"start", "sub", "end"}).flow("b", "notify");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.element_state(instance, "t"), "ACTIVATED");
  EXPECT_EQ(world.element_state(instance, "notify"), "ACTIVATED");
  EXPECT_EQ(world.variables(instance), R"({"level":7})");
}

TEST(Escalation, FromAnEndEventReachesTheBoundaryOfItsScope) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").end_event("e", escalation_event("esc")).sequence({"s", "e"});
  ProcessText text;
  text.start().sub_process("sub", inner).end().boundary("b", "sub", escalation_event("esc"), false);
  text.end("escalated").escalation("esc", "X").sequence({"start", "sub", "end"}).flow("b", "escalated");
  World world;
  world.deploy(text);
  world.create();
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), Contains("escalated"));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), Contains("end"));
}

TEST(Escalation, InterruptingTakesTheThrowerAlong) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").throw_event("tell", escalation_event("esc")).service("t").sequence({"s", "tell", "t"});
  ProcessText text;
  text.start().sub_process("sub", inner).end().boundary("b", "sub", escalation_event());
  text.end("escalated").escalation("esc", "X").sequence({"start", "sub", "end"}).flow("b", "escalated");
  World world;
  world.deploy(text);
  EXPECT_TRUE(world.ended(world.create()));
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), ElementsAre("tell", "sub"));
}

TEST(Escalation, NobodyCatchesNothingHappens) {
  ProcessText text;
  text.start().throw_event("tell", escalation_event("esc")).end_event("end", escalation_event("esc"));
  text.escalation("esc", "X").sequence({"start", "tell", "end"});
  World world;
  world.deploy(text);
  EXPECT_TRUE(world.ended(world.create()));
}

// --- the search for a catch event (camunda-8-api.md 5.9), as a table ---

struct SearchCase {
  const char* name;
  std::vector<std::string> task;      // error codes of boundary events at the task; "*" catches all
  std::vector<std::string> handlers;  // of event sub-processes in the sub-process
  std::vector<std::string> sub;       // of boundary events at the sub-process
  std::vector<std::string> outer;     // of event sub-processes in the process
  const char* expected;               // element that catches; "" if none does
};

class ErrorSearch : public ::testing::TestWithParam<SearchCase> {};

std::string definition_of(const std::string& code) {
  return code == "*" ? error_event() : error_event("err_" + code);
}

void add_handlers(ProcessText& text, const std::string& prefix, const std::vector<std::string>& codes) {
  for (const std::string& code : codes) {
    const std::string id = prefix + (code == "*" ? "any" : code);
    ProcessText handler = ProcessText::inside(id);
    handler.start_event(id + "_s", definition_of(code)).service(id + "_t").sequence({id + "_s", id + "_t"});
    text.event_sub_process(id, handler);
  }
}

void add_boundaries(ProcessText& text, const std::string& prefix, const std::string& host,
                    const std::vector<std::string>& codes) {
  for (const std::string& code : codes) {
    const std::string id = prefix + (code == "*" ? "any" : code);
    text.boundary(id, host, definition_of(code)).service(id + "_t").flow(id, id + "_t");
  }
}

TEST_P(ErrorSearch, FindsTheNearestLevelAndTheSpecificCode) {
  const SearchCase& test = GetParam();
  ProcessText inner = inner_task();
  add_boundaries(inner, "task_", "t", test.task);
  add_handlers(inner, "handler_", test.handlers);
  ProcessText text = with_sub_process(inner);
  add_boundaries(text, "sub_", "sub", test.sub);
  add_handlers(text, "outer_", test.outer);
  text.error("err_E", "E").error("err_F", "F");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  const Key job = world.job(instance, "t");
  ASSERT_TRUE(world.throw_error(job, "E", "why", R"({"x":1})"));
  const std::string expected = test.expected;
  if (expected.empty()) {
    EXPECT_EQ(world.incident(instance).incident, IncidentKind::kUnhandledErrorEvent);
    EXPECT_EQ(world.job_row(job).state, JobState::kErrorThrown);
    EXPECT_FALSE(world.complete(job));
    ASSERT_TRUE(world.resolve(world.incident(instance).key));
    EXPECT_EQ(world.job_row(job).state, JobState::kActivatable);
    return;
  }
  EXPECT_EQ(world.incidents(instance), 0U);
  EXPECT_EQ(world.element_state(instance, expected + "_t"), "ACTIVATED") << ::testing::PrintToString(world.trace());
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), Contains("t"));
  // Only an error boundary event keeps the variables to itself.
  EXPECT_EQ(world.variables(instance),
            expected.starts_with("task") || expected.starts_with("sub") ? "{}" : R"({"x":1})");
}

const SearchCase kSearches[] = {
    {"Nothing", {}, {}, {}, {}, ""},
    {"OtherCode", {"F"}, {"F"}, {"F"}, {"F"}, ""},
    {"Task", {"E"}, {"E"}, {"E"}, {"E"}, "task_E"},
    {"TaskSpecificBeforeAny", {"*", "E"}, {}, {}, {}, "task_E"},
    {"TaskAnyBeforeOuterSpecific", {"*"}, {"E"}, {"E"}, {"E"}, "task_any"},
    {"HandlerBeforeBoundaryOfItsScope", {"F"}, {"E"}, {"E"}, {"E"}, "handler_E"},
    {"SpecificBoundaryBeforeAnyHandlerOfOneLevel", {}, {"*"}, {"E"}, {}, "sub_E"},
    {"AnyHandler", {}, {"*"}, {"*"}, {"E"}, "handler_any"},
    {"SubProcess", {"F"}, {"F"}, {"E", "*"}, {"E"}, "sub_E"},
    {"SubProcessAny", {"F"}, {}, {"F", "*"}, {"E"}, "sub_any"},
    {"Outer", {}, {}, {"F"}, {"E", "*"}, "outer_E"},
    {"OuterAny", {}, {}, {}, {"*"}, "outer_any"},
};
INSTANTIATE_TEST_SUITE_P(Table, ErrorSearch, ::testing::ValuesIn(kSearches),
                         [](const auto& test) { return test.param.name; });

TEST(Errors, TheIncidentListsWhatCouldBeCaught) {
  ProcessText inner = inner_task();
  inner.boundary("b1", "t", error_event("f")).end("e1").flow("b1", "e1").error("f", "F");
  ProcessText text = with_sub_process(inner);
  text.boundary("b2", "sub", error_event("g")).end("e2").flow("b2", "e2").error("g", "G");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  world.throw_error(world.job(instance, "t"), "E", "why");
  EXPECT_EQ(world.incident(instance).message.json(),
            "\"Expected to throw an error event with the code 'E' with message 'why', but it was not caught. Available "
            "error events are [F, G]\"");
}

TEST(Errors, FromAnEndEventAreThrownAgainWhenTheIncidentIsResolved) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").end_event("e", error_event("err")).sequence({"s", "e"}).error("err", "= code");
  ProcessText text = with_sub_process(inner);
  text.boundary("b", "sub", error_event("known")).end("caught").flow("b", "caught").error("known", "E");
  World world;
  world.deploy(text);
  const Key instance = world.create("p", R"({"code":"F"})");
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("code 'F', but it was not caught"));
  world.resolve(world.incident(instance).key);
  EXPECT_EQ(world.incidents(instance), 1U);
  world.set_variables(instance, R"({"code":"E"})");
  world.resolve(world.incident(instance).key);
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("b", "caught", "p"));
}

// BPMN lets an error that happens while an error is handled reach the boundary of the scope.
TEST(Errors, InAnInterruptingHandlerReachTheBoundaryOfTheScope) {
  ProcessText inner = inner_task();
  add_handlers(inner, "handler_", {"E"});
  ProcessText text = with_sub_process(inner);
  text.boundary("b", "sub", error_event("err_E")).end("caught").flow("b", "caught").error("err_E", "E");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  world.throw_error(world.job(instance, "t"), "E");
  ASSERT_TRUE(world.throw_error(world.job(instance, "handler_E_t"), "E"));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("b", "caught", "p"));
}

TEST(Errors, AreRefusedForJobsThatAreGoneOrFailed) {
  World world;
  world.deploy(one_task());
  const Key instance = world.create();
  const Key job = world.job(instance, "a");
  EXPECT_FALSE(world.throw_error(Key(1), "E"));
  EXPECT_EQ(world.rejection(), "Expected to throw an error for job with key '1', but no such job was found");
  world.fail(job, 0);
  EXPECT_FALSE(world.throw_error(job, "E"));
  EXPECT_EQ(world.rejection_code(), Code::kFailedPrecondition);
}

TEST(Boundary, OutputMappingsTakeTheVariablesOfAnErrorOut) {
  ProcessText text;
  text.start().service("a").end().boundary("b", "a", error_event("err"), true, {{"= x + 1", "y"}}).end("e2");
  text.sequence({"start", "a", "end"}).flow("b", "e2").service("z").flow("b", "z").error("err", "E");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  ASSERT_TRUE(world.throw_error(world.job(instance, "a"), "E", "", R"({"x":1})"));
  EXPECT_EQ(world.variables(instance), R"({"y":2})");
}

// A sub-process with thousands of tokens is interrupted in slices; the token goes on at once, and what is being
// terminated takes no part any more.
TEST(Boundary, InterruptsALargeScopeInSlices) {
  ProcessText inner = ProcessText::inside("sub");
  constexpr int kTasks = 1500;
  inner.start("s").parallel("fork").flow("s", "fork").error("err", "E");
  for (int i = 0; i < kTasks; ++i) inner.service(fmt::format("t{}", i)).flow("fork", fmt::format("t{}", i));
  ProcessText text = with_sub_process(inner);
  text.boundary("b", "sub", error_event("err")).service("next").flow("b", "next");
  World world;
  world.check_every(50);
  world.deploy(text);
  const Key instance = world.create();
  world.pass(0);
  const Key job = world.job(instance, "t0");
  const Key other = world.job(instance, "t1499");
  ASSERT_TRUE(world.throw_error(job, "E"));
  EXPECT_EQ(world.element_state(instance, "next"), "ACTIVATED");
  EXPECT_EQ(world.element_state(instance, "sub"), "TERMINATING");
  EXPECT_FALSE(world.complete(other)) << "its scope is being terminated";
  EXPECT_TRUE(world.run(ActivateJob{other, "w", 1000, {}, 7}));
  EXPECT_TRUE(world.effects_of<JobPush>().empty()) << "nobody gets it";
  world.pass(0);
  EXPECT_TRUE(world.elements(instance, "sub").empty());
  world.complete(world.job(instance, "next"));
  EXPECT_TRUE(world.ended(instance));
  world.check_all();
}

TEST(Boundary, CancelingWhileAScopeIsInterruptedInSlicesEndsAll) {
  ProcessText inner = ProcessText::inside("sub");
  constexpr int kTasks = 2500;
  inner.start("s").parallel("fork").flow("s", "fork").error("err", "E");
  for (int i = 0; i < kTasks; ++i) inner.service(fmt::format("t{}", i)).flow("fork", fmt::format("t{}", i));
  ProcessText text = with_sub_process(inner);
  text.boundary("b", "sub", error_event("err")).service("next").flow("b", "next");
  World world;
  world.check_every(50);
  world.deploy(text);
  const Key instance = world.create();
  world.pass(0);
  ASSERT_TRUE(world.throw_error(world.job(instance, "t0"), "E"));
  ASSERT_TRUE(world.cancel(instance));
  world.pass(0);
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.state().job_count(), 0U);
  world.check_all();
}

}  // namespace
}  // namespace baton::engine::testing
