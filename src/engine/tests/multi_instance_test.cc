// Multi-instance loops (camunda-8-api.md 5.6) and inclusive gateways.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProcessText looping(const LoopText& loop, const JobText& job = {}) {
  ProcessText text;
  text.start().loop_service("a", loop, job).service("after").end().sequence({"start", "a", "after", "end"});
  return text;
}

const LoopText kCollect{.output = "results", .output_element = "= result"};
const LoopText kCollectInOrder{.sequential = true, .output = "results", .output_element = "= result"};

TEST(MultiInstance, ParallelCreatesAllAndCollectsByIndex) {
  World world;
  world.deploy(looping(kCollect));
  const Key instance = world.create("p", R"({"items":["x","y","z"]})");
  ASSERT_EQ(world.items(instance, "a").size(), 3U);
  EXPECT_EQ(world.variables(world.items(instance, "a")[1]), R"({"loopCounter":2,"item":"y","result":null})");
  world.complete(world.item_job(instance, "a", 2), R"({"result":"c"})");
  world.complete(world.item_job(instance, "a", 0), R"({"result":"a"})");
  ASSERT_TRUE(world.complete(world.item_job(instance, "a", 0), R"({"result":"b"})"));
  EXPECT_EQ(world.variables(instance), R"({"items":["x","y","z"],"results":["a","b","c"]})");
  EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED");
}

TEST(MultiInstance, SequentialCreatesOneAfterTheOther) {
  World world;
  world.deploy(looping(kCollectInOrder));
  const Key instance = world.create("p", R"({"items":[1,2]})");
  ASSERT_EQ(world.items(instance, "a").size(), 1U);
  world.complete(world.item_job(instance, "a", 0), R"({"result":10})");
  ASSERT_EQ(world.items(instance, "a").size(), 1U);
  EXPECT_EQ(world.variables(world.items(instance, "a")[0]), R"({"loopCounter":2,"item":2,"result":null})");
  world.complete(world.item_job(instance, "a", 0), R"({"result":20})");
  EXPECT_EQ(world.variables(instance), R"({"items":[1,2],"results":[10,20]})");
}

TEST(MultiInstance, AnEmptyListCompletesAtOnce) {
  for (const bool sequential : {true, false}) {
    LoopText loop = kCollect;
    loop.sequential = sequential;
    World world;
    world.deploy(looping(loop));
    const Key instance = world.create("p", R"({"items":[]})");
    EXPECT_EQ(world.variables(instance), R"({"items":[],"results":[]})");
    EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED");
  }
}

TEST(MultiInstance, WithoutOutputResultsGoWhereTheyBelong) {
  World world;
  world.deploy(looping({}));
  const Key instance = world.create("p", R"({"items":[1],"x":0})");
  world.complete(world.item_job(instance, "a", 0), R"({"x":1,"item":5})");
  EXPECT_EQ(world.variables(instance), R"({"items":[1],"x":1})") << "the item itself is local";
}

struct ConditionCase {
  const char* name;
  const char* condition;
  std::size_t completed;  // jobs until the loop ends
  const char* results;
};
class CompletionCondition : public ::testing::TestWithParam<ConditionCase> {};

TEST_P(CompletionCondition, EndsTheLoopAndKeepsWhatIsThere) {
  LoopText loop = kCollect;
  loop.until = GetParam().condition;
  World world;
  world.deploy(looping(loop));
  const Key instance = world.create("p", R"({"items":[1,2,3,4]})");
  for (std::size_t i = 0; i < GetParam().completed; ++i) {
    ASSERT_EQ(world.items(instance, "a").size(), 4 - i);
    world.complete(world.item_job(instance, "a", 1 % (4 - i)), fmt::format(R"({{"result":{}}})", i));
  }
  EXPECT_EQ(world.variables(instance), fmt::format(R"({{"items":[1,2,3,4],"results":{}}})", GetParam().results));
  EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED");
  EXPECT_EQ(world.state().job_count(), 1U);
}

const ConditionCase kConditions[] = {
    {"First", "= true", 1, "[null,0,null,null]"},
    {"ByResult", "= result = 1", 2, "[null,0,1,null]"},
    {"Completed", "= numberOfCompletedInstances = 3", 3, "[null,0,1,2]"},
    {"Active", "= numberOfActiveInstances = 2", 2, "[null,0,1,null]"},
    {"Share", "= numberOfCompletedInstances / numberOfInstances >= 0.5", 2, "[null,0,1,null]"},
    {"Terminated", "= numberOfTerminatedInstances > 0", 4, "[3,0,1,2]"},
    {"Item", "= item = 3", 2, "[null,0,1,null]"},
};
INSTANTIATE_TEST_SUITE_P(Table, CompletionCondition, ::testing::ValuesIn(kConditions),
                         [](const auto& test) { return test.param.name; });

TEST(MultiInstance, TheConditionEndsASequentialLoopToo) {
  LoopText loop = kCollectInOrder;
  loop.until = "= loopCounter = 2";
  World world;
  world.deploy(looping(loop));
  const Key instance = world.create("p", R"({"items":["x","y","z"]})");
  for (int i = 1; i <= 2; ++i) world.complete(world.item_job(instance, "a", 0), fmt::format(R"({{"result":{}}})", i));
  EXPECT_EQ(world.variables(instance), R"({"items":["x","y","z"],"results":[1,2,null]})");
  EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED");
}

// The list of outputs belongs to the body: the inside sees what is there so far, the outside sees it at the end.
TEST(MultiInstance, TheOutputCollectionIsSeenInside) {
  for (const bool sequential : {true, false}) {
    LoopText loop = kCollect;
    loop.sequential = sequential;
    loop.until = "= list contains(results, \"stop\")";
    World world;
    world.deploy(looping(loop, {.inputs = {{"= results", "before"}}, .outputs = {{"= result", "result"}}}));
    const Key instance = world.create("p", R"({"items":[1,2,3],"results":"outer"})");
    const Key first = world.items(instance, "a")[0];
    EXPECT_EQ(world.variables(first), R"({"loopCounter":1,"item":1,"result":null,"before":[null,null,null]})");
    EXPECT_EQ(world.activate(world.item_job(instance, "a", 0), 1000, {"results"}).variables,
              R"({"results":[null,null,null]})");
    world.complete(world.item_job(instance, "a", 0), R"({"result":"go"})");
    EXPECT_EQ(world.activate(world.item_job(instance, "a", 0), 1000, {"results"}).variables,
              R"({"results":["go",null,null]})");
    EXPECT_EQ(world.variables(instance), R"({"items":[1,2,3],"results":"outer"})");
    world.complete(world.item_job(instance, "a", 0), R"({"result":"stop"})");
    EXPECT_EQ(world.variables(instance), R"({"items":[1,2,3],"results":["go","stop",null]})");
    EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED");
  }
}

struct OutputCase {
  const char* name;
  const char* element;
  const char* item;  // its variables at the beginning
  const char* end;   // those of the process at the end
};
class OutputElement : public ::testing::TestWithParam<OutputCase> {};

TEST_P(OutputElement, IsLocalIfItIsAVariableOrAPath) {
  World world;
  world.deploy(looping({.input = "= [7]", .output = "out", .output_element = GetParam().element}));
  const Key instance = world.create();
  EXPECT_EQ(world.variables(world.items(instance, "a")[0]), GetParam().item);
  world.complete(world.item_job(instance, "a", 0), R"({"r":{"t":5}})");
  EXPECT_EQ(world.variables(instance), GetParam().end);
}

const OutputCase kOutputs[] = {
    {"Variable", "= r", R"({"loopCounter":1,"item":7,"r":null})", R"({"out":[{"t":5}]})"},
    {"Path", "= r.t", R"({"loopCounter":1,"item":7,"r":null})", R"({"out":[5]})"},
    {"Expression", "= r.t + 1", R"({"loopCounter":1,"item":7})", R"({"r":{"t":5},"out":[6]})"},
    {"Item", "= item", R"({"loopCounter":1,"item":7})", R"({"r":{"t":5},"out":[7]})"},
};
INSTANTIATE_TEST_SUITE_P(Table, OutputElement, ::testing::ValuesIn(kOutputs),
                         [](const auto& test) { return test.param.name; });

TEST(MultiInstance, AMappedItemStaysInTheItem) {
  World world;
  world.deploy(looping({.output = "out", .output_element = "= item"}, {.outputs = {{"= result", "item"}}}));
  const Key instance = world.create("p", R"({"items":[1,2]})");
  for (int i = 3; i <= 4; ++i) world.complete(world.item_job(instance, "a", 0), fmt::format(R"({{"result":{}}})", i));
  EXPECT_EQ(world.variables(instance), R"({"items":[1,2],"out":[3,4]})");
}

TEST(MultiInstance, ABoundaryEventWaitsOnceForAllItems) {
  for (const bool interrupting : {true, false}) {
    ProcessText text = looping(kCollect);
    text.boundary("b", "a", message_event("m"), interrupting).service("more").flow("b", "more");
    text.message("m", "paid", "= \"k\"");
    World world;
    world.deploy(text);
    const Key instance = world.create("p", R"({"items":[1,2,3]})");
    world.complete(world.item_job(instance, "a", 0), R"({"result":1})");
    world.publish("paid", "k");
    EXPECT_EQ(world.elements(instance, "more").size(), 1U);
    EXPECT_EQ(world.elements(instance, "a").size(), interrupting ? 0U : 3U) << "the body and two items";
    EXPECT_EQ(world.variables(instance), R"({"items":[1,2,3]})") << "an interrupted loop has no output";
  }
}

TEST(MultiInstance, WrongValuesAreIncidents) {
  LoopText loop = kCollect;
  loop.until = "= 1";
  World world;
  world.deploy(looping(loop));
  const Key instance = world.create("p", R"({"items":7})");
  EXPECT_EQ(world.incident(instance).incident, IncidentKind::kExtractValueError);
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("to be a list, but was number"));
  world.set_variables(instance, R"({"items":[1]})");
  ASSERT_TRUE(world.resolve(world.incident(instance).key));
  world.complete(world.item_job(instance, "a", 0));
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("to be a boolean, but was number"));
}

TEST(MultiInstance, ASequentialLoopNeedsItsItemsToExist) {
  LoopText loop;
  loop.sequential = true;
  World world;
  world.check_every(50);
  world.deploy(looping(loop));
  std::string items = "[1";
  for (int i = 0; i < 299; ++i) items += ",1";
  const Key instance = world.create("p", fmt::format(R"({{"items":{}]}})", items));
  world.set_variables(instance, R"({"items":[1]})");
  int done = 0;
  while (world.incidents(instance) == 0 && done < 300) {
    world.complete(world.item_job(instance, "a", 0));
    ++done;
  }
  EXPECT_EQ(done, 256) << "what was read ahead is used";
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("item 257"));
  world.set_variables(instance, fmt::format(R"({{"items":{}]}})", items));
  ASSERT_TRUE(world.resolve(world.incident(instance).key));
  EXPECT_EQ(world.items(instance, "a").size(), 1U);
}

TEST(MultiInstance, BoundaryEventsBelongToTheBody) {
  LoopText loop = kCollect;
  ProcessText text = looping(loop);
  text.boundary("b", "a", error_event("err")).end("caught").flow("b", "caught").error("err", "E");
  World world;
  world.deploy(text);
  const Key instance = world.create("p", R"({"items":[1,2]})");
  ASSERT_TRUE(world.throw_error(world.item_job(instance, "a", 0), "E"));
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), ElementsAre("a", "a", "a"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(MultiInstance, MappingsApplyToEachItem) {
  LoopText loop{.output = "results", .output_element = "= y"};
  World world;
  world.deploy(looping(loop, {.inputs = {{"= item * 2", "x"}}, .outputs = {{"= x + result", "y"}}}));
  const Key instance = world.create("p", R"({"items":[1,2]})");
  for (int i = 0; i < 2; ++i) world.complete(world.item_job(instance, "a", 0), R"({"result":1})");
  EXPECT_EQ(world.variables(instance), R"({"items":[1,2],"results":[3,5]})");
}

TEST(MultiInstance, SubProcessesAndCallsLoopToo) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").service("t").end("e").sequence({"s", "t", "e"});
  ProcessText child("child");
  child.start("cs").end("ce").sequence({"cs", "ce"});
  ProcessText text;
  text.start().sub_process("sub", inner, multi_instance({.sequential = true}));
  text.raw("callActivity", "call", "",
           "<bpmn:extensionElements><zeebe:calledElement processId=\"child\"/></bpmn:extensionElements>" +
               multi_instance({}));
  text.end().sequence({"start", "sub", "call", "end"});
  World world;
  world.deploy(child, "child.bpmn");
  world.deploy(text);
  const Key instance = world.create("p", R"({"items":[1,2]})");
  world.complete(world.job(instance, "t"));
  world.complete(world.job(instance, "t"));
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.state().instance_count(), 0U);
}

// An item that ends at once must not nest the next one inside itself.
TEST(MultiInstance, ItemsThatEndAtOnceDoNotNest) {
  for (const bool sequential : {true, false}) {
    ProcessText text;
    text.start().raw("task", "t", "",
                     multi_instance({.sequential = sequential, .output = "out", .output_element = "= item"}));
    text.service("after").sequence({"start", "t", "after"});
    World world;
    world.check_every(10);
    world.deploy(text);
    std::string items = "[0";
    for (int i = 1; i < 3000; ++i) items += fmt::format(",{}", i);
    const Key instance = world.create("p", fmt::format(R"({{"items":{}]}})", items));
    world.pass(0);
    EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED");
    EXPECT_EQ(world.variables(instance), fmt::format(R"({{"items":{0}],"out":{0}]}})", items));
  }
}

TEST(MultiInstance, OfLargeItemsAreReadAheadWhole) {
  for (const bool sequential : {false, true}) {
    ProcessText text;
    text.start()
        .raw("task", "t", "", multi_instance({.sequential = sequential, .input = "= for i in 1..12 return x"}))
        .service("after")
        .sequence({"start", "t", "after"});
    World world;
    world.check_every(10);
    world.deploy(text);
    const Key instance = world.create("p", fmt::format(R"({{"x":"{}"}})", std::string(500'000, 'x')));
    world.pass(0);
    EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED") << (sequential ? "sequential" : "parallel");
    EXPECT_EQ(world.state().incident_count(), 0U);
  }
}

TEST(MultiInstance, AnOutputThatIsTooLargeIsAnIncident) {
  const LoopText loop{.input = "= for i in 1..17 return i", .output = "out", .output_element = "= x + \"\""};
  World world;
  world.check_every(20);
  world.deploy(looping(loop));
  const Key instance = world.create("p", fmt::format(R"({{"x":"{}"}})", std::string(1U << 20, 'x')));
  for (int i = 0; i < 17; ++i) world.complete(world.item_job(instance, "a", 0));
  EXPECT_EQ(world.incident(instance).incident, IncidentKind::kMessageSizeExceeded);
  EXPECT_EQ(world.incident(instance).element_instance, world.body(instance, "a"));
  EXPECT_THAT(std::string(world.incident(instance).message.json()),
              HasSubstr("The output collection 'out' takes more"));
  EXPECT_TRUE(world.cancel(instance));
}

TEST(MultiInstance, AreCanceledInSlices) {
  World world;
  world.check_every(20);
  world.deploy(looping({}));
  std::string items = "[0";
  for (int i = 1; i < 3000; ++i) items += fmt::format(",{}", i);
  const Key instance = world.create("p", fmt::format(R"({{"items":{}]}})", items));
  EXPECT_LT(world.items(instance, "a").size(), 3000U) << "the first slice";
  world.pass(0);
  EXPECT_EQ(world.items(instance, "a").size(), 3000U);
  world.cancel(instance);
  world.pass(0);
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.state().job_count(), 0U);
}

TEST(MultiInstance, TheConditionEndsALargeLoopInSlices) {
  LoopText loop = kCollect;
  loop.until = "= true";
  World world;
  world.check_every(20);
  world.deploy(looping(loop));
  std::string items = "[0";
  for (int i = 1; i < 2500; ++i) items += ",0";
  const Key instance = world.create("p", fmt::format(R"({{"items":{}]}})", items));
  world.pass(0);
  world.complete(world.item_job(instance, "a", 0), R"({"result":1})");
  world.pass(0);
  EXPECT_EQ(world.element_state(instance, "after"), "ACTIVATED");
  EXPECT_EQ(world.state().job_count(), 1U);
}

// --- inclusive gateways ---

ProcessText inclusive() {
  ProcessText text;
  text.start().raw("inclusiveGateway", "fork", "default=\"f_c\"", "").node("inclusiveGateway", "join").end();
  text.service("a").service("b").service("c").service("after").flow("start", "fork");
  text.flow("fork", "a", "= x > 0").flow("fork", "b", "= x > 1").flow("fork", "c", "", "f_c");
  text.flow("a", "join").flow("b", "join").flow("c", "join").sequence({"join", "after", "end"});
  return text;
}

TEST(Inclusive, TakesEveryTrueFlowOrTheDefaultAndJoinsThem) {
  for (const int x : {0, 1, 2}) {
    World world;
    world.deploy(inclusive());
    const Key instance = world.create("p", fmt::format(R"({{"x":{}}})", x));
    EXPECT_EQ(world.elements(instance, "a").size(), x >= 1 ? 1U : 0U);
    EXPECT_EQ(world.elements(instance, "b").size(), x >= 2 ? 1U : 0U);
    EXPECT_EQ(world.elements(instance, "c").size(), x == 0 ? 1U : 0U);
    for (const char* id : {"a", "b", "c"}) {
      if (world.elements(instance, id).empty()) continue;
      EXPECT_TRUE(world.elements(instance, "after").empty()) << "another token is still on its way";
      world.complete(world.job(instance, id));
    }
    EXPECT_EQ(world.elements(instance, "after").size(), 1U);
  }
}

TEST(Inclusive, WithoutAFlowItIsAnIncident) {
  ProcessText text;
  text.start().node("inclusiveGateway", "g").service("a").service("b").flow("start", "g");
  text.flow("g", "a", "= x = 1").flow("g", "b", "= x = 2");
  World world;
  world.deploy(text);
  const Key instance = world.create("p", R"({"x":3})");
  EXPECT_EQ(world.incident(instance).incident, IncidentKind::kConditionError);
  world.set_variables(instance, R"({"x":2})");
  world.resolve(world.incident(instance).key);
  EXPECT_EQ(world.elements(instance, "b").size(), 1U);
}

TEST(Inclusive, TheJoinWaitsForTokensBehindBoundariesAndGoesOnWhenTheyTurnAway) {
  ProcessText text;
  text.start().parallel("fork").service("a").service("b").node("inclusiveGateway", "join").service("after");
  text.boundary("x", "b", error_event("err")).end("away").error("err", "E");
  text.sequence({"start", "fork", "a", "join", "after"}).sequence({"fork", "b", "join"}).flow("x", "away");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  world.complete(world.job(instance, "a"));
  EXPECT_TRUE(world.elements(instance, "after").empty());
  ASSERT_TRUE(world.throw_error(world.job(instance, "b"), "E"));
  EXPECT_EQ(world.elements(instance, "after").size(), 1U) << "nothing can reach the gateway any more";
}

TEST(Inclusive, ALoopThroughTheGatewayItselfDoesNotHoldIt) {
  ProcessText text;
  text.start().node("inclusiveGateway", "again").service("a").exclusive("g", "f_end").end();
  text.sequence({"start", "again", "a", "g"}).flow("g", "again", "= more").flow("g", "end", "", "f_end");
  World world;
  world.deploy(text);
  const Key instance = world.create("p", R"({"more":true})");
  world.complete(world.job(instance, "a"));
  world.complete(world.job(instance, "a"), R"({"more":false})");
  EXPECT_TRUE(world.ended(instance));
}

TEST(Inclusive, NestedPairsJoinInsideOut) {
  ProcessText text;
  text.start().node("inclusiveGateway", "fa").node("inclusiveGateway", "fb").node("inclusiveGateway", "j2");
  text.node("inclusiveGateway", "j1").service("a").service("b").service("c").service("after");
  text.flow("start", "fa").flow("fa", "fb", "= true").flow("fa", "c", "= true");
  text.flow("fb", "a", "= true").flow("fb", "b", "= true").flow("a", "j2").flow("b", "j2").flow("j2", "j1");
  text.flow("c", "j1").flow("j1", "after");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  world.complete(world.job(instance, "c"));
  world.complete(world.job(instance, "a"));
  EXPECT_TRUE(world.elements(instance, "after").empty());
  world.complete(world.job(instance, "b"));
  EXPECT_EQ(world.elements(instance, "after").size(), 1U);
}

TEST(Inclusive, ATokenLeftAtAParallelJoinOnTheWayHoldsTheGateway) {
  ProcessText text;
  text.start().parallel("fork").parallel("both").service("a").service("b").service("c").service("after");
  text.node("inclusiveGateway", "join").boundary("x", "c", error_event("err")).end("away").error("err", "E");
  text.sequence({"start", "fork", "a", "join", "after"}).sequence({"fork", "b", "both", "join"});
  text.sequence({"fork", "c", "both"}).flow("x", "away");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  world.complete(world.job(instance, "a"));
  world.complete(world.job(instance, "b"));
  ASSERT_TRUE(world.throw_error(world.job(instance, "c"), "E"));
  EXPECT_TRUE(world.elements(instance, "after").empty()) << "there is a token on the way to an empty flow";
}

TEST(Inclusive, ATokenLeftAtAParallelJoinBeforeTheForkIsOfALaterRound) {
  ProcessText text;
  text.start().parallel("fork").exclusive("merge").parallel("both").service("a").service("b").service("c");
  text.raw("inclusiveGateway", "or", "default=\"f_e\"", "").service("d").service("e");
  text.node("inclusiveGateway", "join").service("after");
  text.sequence({"start", "fork", "a", "merge", "both", "or"}).sequence({"fork", "b", "merge"});
  text.sequence({"fork", "c", "both"}).flow("or", "d", "= false").flow("or", "e", "", "f_e");
  text.sequence({"d", "join", "after"}).flow("e", "join");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  for (const char* id : {"a", "b", "c"}) world.complete(world.job(instance, id));
  ASSERT_EQ(world.elements(instance, "e").size(), 1U) << "one of the two tokens of a and b is left at the join";
  world.complete(world.job(instance, "e"));
  EXPECT_EQ(world.elements(instance, "after").size(), 1U);
}

}  // namespace
}  // namespace baton::engine::testing
