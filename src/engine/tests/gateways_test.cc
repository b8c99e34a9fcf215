// Exclusive and parallel gateways, loops, and how tokens wait (camunda-8-api.md 5.8).
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// start -> exclusive "g" -> a (= x > 10) | b (= x > 5) | c (default, or none).
ProcessText choice(bool with_default) {
  ProcessText text;
  text.start().exclusive("g", with_default ? "to_c" : "").service("a").service("b").service("c").flow("start", "g");
  if (with_default) text.flow("g", "c", "", "to_c");  // first in the document, still the last to be taken
  text.flow("g", "a", "= x > 10", "to_a").flow("g", "b", "= x > 5", "to_b");
  if (!with_default) text.flow("g", "c", "= x = 0", "to_c");
  return text;
}

TEST(ExclusiveGateway, TakesTheFirstTrueFlowInDocumentOrder) {
  World world;
  world.deploy(choice(true));
  world.create("p", R"({"x":11})");  // a and b are both true
  EXPECT_THAT(only(world.trace(), "FLOW_TAKEN"), ElementsAre("f1", "to_a"));
  world.create("p", R"({"x":7})");
  EXPECT_THAT(only(world.trace(), "FLOW_TAKEN"), ElementsAre("f1", "to_b"));
}

TEST(ExclusiveGateway, TakesTheDefaultFlowWhenNothingIsTrue) {
  World world;
  world.deploy(choice(true));
  world.create("p", R"({"x":1})");
  EXPECT_THAT(only(world.trace(), "FLOW_TAKEN"), ElementsAre("f1", "to_c"));
}

TEST(ExclusiveGateway, NoTrueFlowIsAnIncidentThatIsResolvedAfterTheVariableIsSet) {
  World world;
  world.deploy(choice(false));
  const Key instance = world.create("p", R"({"x":1})");
  const IncidentRow incident = world.incident(instance);
  EXPECT_EQ(incident.incident, IncidentKind::kConditionError);
  EXPECT_EQ(incident.message.json(),
            R"("Expected at least one condition to evaluate to true, or to have a default flow")");
  EXPECT_EQ(incident.element_instance, world.element(instance, "g"));
  EXPECT_EQ(world.element_state(instance, "g"), "COMPLETING");

  EXPECT_TRUE(world.resolve(incident.key));  // nothing has changed: a new incident with a new key
  EXPECT_THAT(world.trace(), ElementsAre("INCIDENT_RESOLVED", "INCIDENT_CREATED"));
  const IncidentRow again = world.incident(instance);
  EXPECT_NE(again.key, incident.key);
  EXPECT_EQ(again.attempt, 2U);

  EXPECT_TRUE(world.set_variables(instance, R"({"x":6})"));
  EXPECT_TRUE(world.resolve(again.key));
  EXPECT_THAT(world.trace(), ElementsAre("INCIDENT_RESOLVED", "ELEMENT_COMPLETED g", "FLOW_TAKEN to_b",
                                         "ELEMENT_ACTIVATING b", "ELEMENT_ACTIVATED b", "JOB_CREATED"));
  EXPECT_EQ(world.incidents(instance), 0U);
}

TEST(ExclusiveGateway, AConditionThatIsNoBooleanIsAnIncident) {
  World world;
  world.deploy(choice(true));
  for (const char* variables : {"{}", R"({"x":"text"})", R"({"x":null})"}) {
    const Key instance = world.create("p", variables);
    EXPECT_EQ(world.incident(instance).incident, IncidentKind::kExtractValueError) << variables;
    EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("'x > 10' to be a boolean, but it was"))
        << variables;
    EXPECT_TRUE(world.set_variables(instance, R"({"x":12})"));
    EXPECT_TRUE(world.resolve(world.incident(instance).key));
    EXPECT_EQ(world.element_state(instance, "a"), "ACTIVATED");
  }
}

TEST(ExclusiveGateway, ConditionsBehindTheFirstTrueOneAreNotEvaluated) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .exclusive("g")
                   .service("a")
                   .service("b")
                   .flow("start", "g")
                   .flow("g", "a", "= true")
                   .flow("g", "b", "= nothing > 1"));
  const Key instance = world.create();
  EXPECT_EQ(world.incidents(instance), 0U);
  EXPECT_EQ(world.element_state(instance, "a"), "ACTIVATED");
}

TEST(ExclusiveGateway, MergesWithoutSynchronizing) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .parallel("fork")
                   .exclusive("merge")
                   .service("a")
                   .flow("start", "fork")
                   .flow("fork", "merge")
                   .flow("fork", "merge")
                   .flow("merge", "a"));
  const Key instance = world.create();
  EXPECT_EQ(world.elements(instance, "a").size(), 2U);
}

TEST(ParallelGateway, ForksAndJoins) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .parallel("fork")
                   .service("a")
                   .service("b")
                   .service("c")
                   .parallel("join")
                   .service("after")
                   .end()
                   .sequence({"start", "fork", "a", "join", "after", "end"})
                   .sequence({"fork", "b", "join"})
                   .sequence({"fork", "c", "join"}));
  const Key instance = world.create();
  for (const char* task : {"b", "a"}) {
    EXPECT_TRUE(world.complete(world.job(instance, task)));
    EXPECT_EQ(world.elements(instance, "join").size(), 0U) << "a join is not active before it has all tokens";
  }
  EXPECT_EQ(world.state().instance(instance)->process()->tokens, 2U);
  EXPECT_TRUE(world.complete(world.job(instance, "c")));
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("c", "join"));
  EXPECT_EQ(world.state().instance(instance)->process()->tokens, 0U);
  EXPECT_TRUE(world.state().instance(instance)->waiting.empty());
  EXPECT_TRUE(world.complete(world.job(instance, "after")));
  EXPECT_TRUE(world.ended(instance));
}

TEST(ParallelGateway, JoinsAndForksInOneElement) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .parallel("fork")
                   .service("a")
                   .service("b")
                   .parallel("both")
                   .service("c")
                   .service("d")
                   .sequence({"start", "fork", "a", "both", "c"})
                   .sequence({"fork", "b", "both", "d"}));
  const Key instance = world.create();
  EXPECT_TRUE(world.complete(world.job(instance, "a")));
  EXPECT_TRUE(world.complete(world.job(instance, "b")));
  EXPECT_EQ(world.element_state(instance, "c"), "ACTIVATED");
  EXPECT_EQ(world.element_state(instance, "d"), "ACTIVATED");
}

TEST(ParallelGateway, ExtraTokensWaitForTheNextRound) {
  World world;
  // Two tokens run through "a", two through "b"; each pair joins once.
  world.deploy(ProcessText()
                   .start()
                   .parallel("fork")
                   .service("a")
                   .service("b")
                   .parallel("join")
                   .service("after")
                   .flow("start", "fork")
                   .flow("fork", "a")
                   .flow("fork", "a")
                   .flow("fork", "b")
                   .flow("fork", "b")
                   .flow("a", "join")
                   .flow("b", "join")
                   .flow("join", "after"));
  const Key instance = world.create();
  const auto complete_one = [&](const char* task) {
    const Key element = world.elements(instance, task).at(0);
    EXPECT_TRUE(world.complete(world.state().instance(instance)->element(element)->job));
  };
  complete_one("a");
  complete_one("a");
  EXPECT_TRUE(world.elements(instance, "after").empty());
  complete_one("b");
  EXPECT_EQ(world.elements(instance, "after").size(), 1U);
  EXPECT_EQ(world.state().instance(instance)->process()->tokens, 1U);
  complete_one("b");
  EXPECT_EQ(world.elements(instance, "after").size(), 2U);
  EXPECT_EQ(world.state().instance(instance)->process()->tokens, 0U);
}

TEST(ParallelGateway, AJoinThatNeverGetsAllTokensKeepsTheInstanceActive) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .exclusive("choice", "f3")
                   .service("a")
                   .service("b")
                   .parallel("join")
                   .end()
                   .sequence({"start", "choice"})
                   .flow("choice", "a", "= left")
                   .flow("choice", "b")
                   .flow("a", "join")
                   .flow("b", "join")
                   .flow("join", "end"));
  const Key instance = world.create("p", R"({"left":true})");
  EXPECT_TRUE(world.complete(world.job(instance, "a")));
  EXPECT_FALSE(world.ended(instance));
  const Instance* row = world.state().instance(instance);
  EXPECT_EQ(row->process()->children, 0U);
  EXPECT_EQ(row->process()->tokens, 1U);
  EXPECT_TRUE(world.cancel(instance));
  EXPECT_TRUE(world.ended(instance));
}

TEST(ParallelGateway, ALoopRunsThroughForkAndJoinSeveralTimes) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .exclusive("again")
                   .parallel("fork")
                   .service("a")
                   .service("b")
                   .parallel("join")
                   .exclusive("more", "out")
                   .end()
                   .sequence({"start", "again", "fork", "a", "join", "more"})
                   .sequence({"fork", "b", "join"})
                   .flow("more", "again", "= round < 3")
                   .flow("more", "end", "", "out"));
  const Key instance = world.create("p", R"({"round":1})");
  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(world.complete(world.job(instance, round % 2 == 0 ? "a" : "b")));
    EXPECT_TRUE(
        world.complete(world.job(instance, round % 2 == 0 ? "b" : "a"), "{\"round\":" + std::to_string(round) + "}"));
  }
  EXPECT_TRUE(world.ended(instance));
}

TEST(Loop, AJobMayRunAgainAndAgain) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .exclusive("merge")
                   .service("a")
                   .exclusive("more", "out")
                   .end()
                   .sequence({"start", "merge", "a", "more"})
                   .flow("more", "merge", "= again")
                   .flow("more", "end", "", "out"));
  const Key instance = world.create();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(world.complete(world.job(instance, "a"), R"({"again":true})"));
  EXPECT_TRUE(world.complete(world.job(instance, "a"), R"({"again":false})"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(Loop, GatewaysWithACounterRunInOneFrame) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .node("exclusiveGateway", "merge", {}, {})
                   .service("a", {.outputs = {{"= 0", "n"}}})
                   .exclusive("more", "out")
                   .end()
                   .sequence({"start", "a", "merge", "more"})
                   .flow("more", "merge", "= n < 0")
                   .flow("more", "end", "", "out"));
  const Key instance = world.create();
  EXPECT_TRUE(world.complete(world.job(instance, "a")));
  EXPECT_TRUE(world.ended(instance));
  EXPECT_THAT(world.trace(), Not(Contains("STEP_DEFERRED")));
}

}  // namespace
}  // namespace baton::engine::testing
