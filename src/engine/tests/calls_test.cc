// Call activities: bindings, variables, errors and escalations across instances, cancellation, depth.
#include "base/limits.h"
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProcessText caller(std::string_view called = "processId=\"child\"", const Pairs& inputs = {},
                   const Pairs& outputs = {}) {
  ProcessText text;
  text.start().call("c", called, inputs, outputs).end().sequence({"start", "c", "end"});
  return text;
}

ProcessText child(std::string job = "work") {
  ProcessText text("child");
  text.start("s").service("t", {.type = std::move(job)}).end("e").sequence({"s", "t", "e"});
  return text;
}

TEST(Call, StartsAChildAndWaitsForIt) {
  World world;
  world.deploy(child(), "child.bpmn");
  world.deploy(caller());
  const Key instance = world.create();
  const Key called = world.called(instance, "c");
  ASSERT_NE(world.state().instance(called), nullptr);
  const InstanceRow& row = world.state().instance(called)->row;
  EXPECT_EQ(row.root, instance);
  EXPECT_EQ(row.parent, world.element(instance, "c"));
  EXPECT_EQ(row.depth, 1U);
  ASSERT_TRUE(world.complete(world.job(called, "t")));
  EXPECT_TRUE(world.ended(called));
  EXPECT_TRUE(world.ended(instance));
  EXPECT_THAT(world.trace(), Contains("ELEMENT_COMPLETED p"));
}

struct VariablesCase {
  const char* name;
  const char* attributes;
  Pairs inputs;
  Pairs outputs;
  const char* child;   // variables of the child when it has started
  const char* parent;  // variables of the parent at the end
};
class CallVariables : public ::testing::TestWithParam<VariablesCase> {};

TEST_P(CallVariables, ArePropagatedAsDeclared) {
  const VariablesCase& test = GetParam();
  World world;
  world.deploy(child(), "child.bpmn");
  ProcessText text = caller(std::string("processId=\"child\" ") + test.attributes, test.inputs, test.outputs);
  text.service("after").flow("c", "after");
  world.deploy(text);
  const Key instance = world.create("p", R"({"a":1})");
  const Key called = world.called(instance, "c");
  EXPECT_EQ(world.variables(called), test.child);
  world.complete(world.job(called, "t"), R"({"r":7})");
  EXPECT_EQ(world.variables(instance), test.parent);
}

const VariablesCase kVariables[] = {
    {"Default", "", {}, {}, R"({"a":1})", R"({"a":1,"r":7})"},
    {"InputsBeside", "", {{"= a + 1", "b"}}, {}, R"({"b":2,"a":1})", R"({"a":1,"r":7})"},
    {"NoParentVariables", "propagateAllParentVariables=\"false\"", {}, {}, "{}", R"({"a":1,"r":7})"},
    {"InputsAlone", "propagateAllParentVariables=\"false\"", {{"= a + 1", "b"}}, {}, R"({"b":2})", R"({"a":1,"r":7})"},
    {"NoChildVariables", "propagateAllChildVariables=\"false\"", {}, {}, R"({"a":1})", R"({"a":1})"},
    {"OutputsBesideAll", "", {}, {{"= r + a", "sum"}}, R"({"a":1})", R"({"a":1,"sum":8})"},
    {"Outputs", "propagateAllChildVariables=\"false\"", {}, {{"= r + a", "sum"}}, R"({"a":1})", R"({"a":1,"sum":8})"},
};
INSTANTIATE_TEST_SUITE_P(Table, CallVariables, ::testing::ValuesIn(kVariables),
                         [](const auto& test) { return test.param.name; });

TEST(Call, BindsToTheLatestTheDeploymentOrATag) {
  World world;
  ProcessText tagged = child("tagged");
  ASSERT_TRUE(world.deploy({{"child.bpmn", file_of({child("one")})},
                            {"p.bpmn", caller("processId=\"child\" bindingType=\"deployment\"").file()}}));
  std::string with_tag = child("two").file();
  with_tag.insert(with_tag.find("<bpmn:startEvent"),
                  "<bpmn:extensionElements><zeebe:versionTag value=\"stable\"/></bpmn:extensionElements>");
  ASSERT_TRUE(world.deploy({{"child.bpmn", with_tag}}));
  world.deploy(child("three"), "child.bpmn");
  ProcessText latest = caller("processId=\"= target\"");
  ProcessText by_tag("tagged");
  by_tag.start().call("c", "processId=\"child\" bindingType=\"versionTag\" versionTag=\"stable\"").flow("start", "c");
  ProcessText any("latest");
  any.start().call("c", "processId=\"= target\"").flow("start", "c");
  ASSERT_TRUE(world.deploy({{"t.bpmn", by_tag.file()}, {"l.bpmn", any.file()}}));
  const auto type_of = [&](const char* process) {
    const Key instance = world.create(process, R"({"target":"child"})");
    const Key called = world.called(instance, "c");
    return std::string(world.job_row(world.job(called, "t")).type.text());
  };
  EXPECT_EQ(type_of("p"), "one");
  EXPECT_EQ(type_of("tagged"), "two");
  EXPECT_EQ(type_of("latest"), "three");
}

TEST(Call, AnUnknownProcessIsAnIncident) {
  World world;
  world.deploy(caller());
  const Key instance = world.create();
  EXPECT_EQ(world.incident(instance).incident, IncidentKind::kCalledElementError);
  world.deploy(child(), "child.bpmn");
  ASSERT_TRUE(world.resolve(world.incident(instance).key));
  EXPECT_NE(world.state().instance(world.called(instance, "c")), nullptr);
}

TEST(Call, NeedsANoneStartEvent) {
  ProcessText text("child");
  text.event("startEvent", "s", timer_cycle("R/PT1H"));
  World world;
  world.deploy(text, "child.bpmn");
  world.deploy(caller());
  const Key instance = world.create();
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("to have a none start event"));
}

TEST(Call, ErrorsAreCaughtByTheCaller) {
  ProcessText text = caller();
  text.boundary("b", "c", error_event("err")).end("caught").flow("b", "caught").error("err", "E");
  World world;
  world.deploy(child(), "child.bpmn");
  world.deploy(text);
  const Key instance = world.create();
  const Key called = world.called(instance, "c");
  const Key job = world.job(called, "t");
  ASSERT_TRUE(world.throw_error(job, "F"));
  EXPECT_EQ(world.incident(called).incident, IncidentKind::kUnhandledErrorEvent);
  EXPECT_THAT(std::string(world.incident(called).message.json()), HasSubstr("Available error events are [E]"));
  world.resolve(world.incident(called).key);
  ASSERT_TRUE(world.throw_error(job, "E", "", R"({"x":1})"));
  EXPECT_TRUE(world.ended(called));
  EXPECT_TRUE(world.ended(instance));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("b", "caught", "p"));
}

TEST(Call, ErrorsGoThroughSeveralCalls) {
  ProcessText middle("middle");
  middle.start("ms").call("mc", "processId=\"child\"").sequence({"ms", "mc"});
  ProcessText handler = ProcessText::inside("h");
  handler.start_event("hs", error_event()).service("ht").sequence({"hs", "ht"});
  ProcessText text = caller("processId=\"middle\"");
  text.event_sub_process("h", handler);
  ProcessText low("child");
  low.start("s").end_event("e", error_event("err")).error("err", "E").sequence({"s", "e"});
  World world;
  world.deploy(low, "child.bpmn");
  world.deploy(middle, "middle.bpmn");
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.element_state(instance, "ht"), "ACTIVATED");
  EXPECT_EQ(world.state().instance_count(), 1U) << "the called instances are gone";
}

TEST(Call, EscalationsReachTheCallerAndGoOn) {
  ProcessText low("child");
  low.start("s").throw_event("tell", escalation_event("esc"), {{"= 3", "level"}}).service("t").escalation("esc", "X");
  low.sequence({"s", "tell", "t"});
  ProcessText text = caller();
  text.boundary("b", "c", escalation_event("esc2"), false).service("n").flow("b", "n").escalation("esc2", "X");
  World world;
  world.deploy(low, "child.bpmn");
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.element_state(instance, "n"), "ACTIVATED");
  EXPECT_EQ(world.variables(instance), R"({"level":3})");
  EXPECT_EQ(world.element_state(world.called(instance, "c"), "t"), "ACTIVATED");
}

TEST(Call, AnEscalationThatEndsTheChildIsCaughtBeforeItEnds) {
  ProcessText low("child");
  low.start("s").end_event("e", escalation_event("esc")).escalation("esc", "X").sequence({"s", "e"});
  ProcessText text = caller();
  text.boundary("b", "c", escalation_event("esc2"), false).end("n").flow("b", "n").escalation("esc2", "X");
  World world;
  world.deploy(low, "child.bpmn");
  world.deploy(text);
  EXPECT_TRUE(world.ended(world.create()));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), Contains("n"));
}

TEST(Call, ChildrenEndWithTheirParent) {
  World world;
  world.deploy(child(), "child.bpmn");
  ProcessText middle("middle");
  middle.start("ms").call("mc", "processId=\"child\"").sequence({"ms", "mc"});
  world.deploy(middle, "middle.bpmn");
  ProcessText text = caller("processId=\"middle\"");
  text.boundary("b", "c", timer_duration("PT1S")).service("late").flow("b", "late");
  world.deploy(text);
  const Key first = world.create();
  const Key second = world.create();
  EXPECT_EQ(world.state().instance_count(), 6U);
  ASSERT_TRUE(world.cancel(first));
  EXPECT_EQ(world.state().instance_count(), 3U);
  world.pass(1000);
  EXPECT_EQ(world.state().instance_count(), 1U);
  EXPECT_EQ(world.element_state(second, "late"), "ACTIVATED");
}

TEST(Call, AChildIsNotCanceledAlone) {
  World world;
  world.deploy(child(), "child.bpmn");
  world.deploy(caller());
  const Key instance = world.create();
  EXPECT_FALSE(world.cancel(world.called(instance, "c")));
  EXPECT_EQ(world.rejection_code(), Code::kFailedPrecondition);
  EXPECT_THAT(world.rejection(), HasSubstr(fmt::format("Cancel the root process instance '{}'", instance.value())));
}

TEST(Call, RecursionEndsAtTheDepthLimit) {
  ProcessText text;
  text.start().call("c", "processId=\"= &quot;p&quot;\"").sequence({"start", "c"});  // by a text it would be refused
  World world;
  world.check_every(500);
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.state().instance_count(), limits::kCallDepth);
  EXPECT_EQ(world.state().incident_count(), 1U);
  world.cancel(instance);
  EXPECT_EQ(world.state().instance_count(), 0U);
}

TEST(Call, AResultIsAnsweredWithTheChildsVariables) {
  World world;
  world.deploy(child(), "child.bpmn");
  world.deploy(caller());
  CreateInstance create;
  create.process_id = "p";
  create.await_result = true;
  ASSERT_TRUE(world.try_create(create));
  const Key instance = world.instances("p")[0];
  world.complete(world.job(world.called(instance, "c"), "t"), R"({"r":7})");
  const auto replies = world.effects_of<Reply>();
  const auto result = std::find_if(replies.begin(), replies.end(),
                                   [](const Reply& reply) { return std::holds_alternative<ResultReply>(reply.body); });
  ASSERT_NE(result, replies.end());
  EXPECT_EQ(std::get<ResultReply>(result->body).variables, R"({"r":7})");
}

}  // namespace
}  // namespace baton::engine::testing
