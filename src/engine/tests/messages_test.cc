// Messages (camunda-8-api.md 5.2): correlation, buffering, message ids, start events and their locks.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProcessText catching(std::string id = "p") {
  ProcessText text(std::move(id));
  text.start().catch_event("wait", message_event("m")).end().message("m", "paid", "= key");
  text.sequence({"start", "wait", "end"});
  return text;
}

ProcessText started(std::string id = "s") {
  ProcessText text(std::move(id));
  text.event("startEvent", "go", message_event("m")).service("a").end().message("m", "paid");
  text.sequence({"go", "a", "end"});
  return text;
}

TEST(Message, CorrelatesToTheOneThatWaitsForItsKey) {
  World world;
  world.deploy(catching());
  const Key first = world.create("p", R"({"key":"1"})");
  const Key second = world.create("p", R"({"key":"2"})");
  const Key message = world.publish("paid", "2", R"({"amount":5})");
  EXPECT_NE(message, Key(0));
  EXPECT_FALSE(world.ended(first));
  EXPECT_TRUE(world.ended(second));
  EXPECT_THAT(world.trace(), Contains("VARIABLE_CREATED amount=5"));
}

TEST(Message, KeysAreTextsOrNumbersAndEvaluatedOnce) {
  World world;
  world.deploy(catching());
  const Key number = world.create("p", R"({"key":7.0})");
  world.set_variables(number, R"({"key":8})");
  world.publish("paid", "8");
  EXPECT_FALSE(world.ended(number));
  world.publish("paid", "7");
  EXPECT_TRUE(world.ended(number));
  const Key wrong = world.create("p", R"({"key":[1]})");
  EXPECT_EQ(world.incident(wrong).incident, IncidentKind::kExtractValueError);
  EXPECT_THAT(std::string(world.incident(wrong).message.json()), HasSubstr("must be either a string or a number"));
}

TEST(Message, IsBufferedForItsTimeToLive) {
  World world;
  world.deploy(catching());
  world.publish("paid", "1", "{}", 10'000);
  EXPECT_TRUE(world.ended(world.create("p", R"({"key":"1"})")));
  EXPECT_FALSE(world.ended(world.create("p", R"({"key":"1"})"))) << "once per process";
  world.publish("paid", "2", "{}", 10'000);
  world.advance(10'000);  // past its deadline, though nobody has removed it yet
  const Key late = world.create("p", R"({"key":"2"})");
  EXPECT_FALSE(world.ended(late));
  world.pass(0);
  EXPECT_EQ(world.count<MessageRow>(), 0U);
}

TEST(Message, TheOldestComesFirst) {
  World world;
  world.deploy(catching());
  world.publish("paid", "1", R"({"n":1})", 10'000);
  world.publish("paid", "1", R"({"n":2})", 10'000);
  world.create("p", R"({"key":"1"})");
  EXPECT_THAT(world.trace(), Contains("VARIABLE_CREATED n=1"));
  world.create("p", R"({"key":"1"})");
  EXPECT_THAT(world.trace(), Contains("VARIABLE_CREATED n=2"));
}

TEST(Message, GoesOncePerProcessIdAndToManyProcesses) {
  World world;
  world.deploy(catching("p"));
  world.deploy(catching("q"), "q.bpmn");
  const Key p1 = world.create("p", R"({"key":"1"})");
  const Key p2 = world.create("p", R"({"key":"1"})");
  const Key q = world.create("q", R"({"key":"1"})");
  world.publish("paid", "1");
  EXPECT_TRUE(world.ended(p1)) << "the one that waited longest";
  EXPECT_FALSE(world.ended(p2));
  EXPECT_TRUE(world.ended(q));
}

TEST(Message, IdsAreUniqueWhileBuffered) {
  World world;
  world.publish("paid", "1", "{}", 1000, "id");
  EXPECT_EQ(world.publish("paid", "1", "{}", 1000, "id"), Key(0));
  EXPECT_EQ(world.rejection_code(), Code::kAlreadyExists);
  EXPECT_EQ(world.rejection(),
            "Expected to publish a new message with id 'id', but a message with that id was already published");
  EXPECT_NE(world.publish("paid", "2", "{}", 1000, "id"), Key(0)) << "another correlation key";
  EXPECT_NE(world.publish("sent", "1", "{}", 1000, "id"), Key(0)) << "another name";
  EXPECT_NE(world.publish("paid", "1", "{}", 1000), Key(0)) << "no id, no check";
  world.advance(1000);
  EXPECT_NE(world.publish("paid", "1", "{}", 0, "id"), Key(0)) << "the first one has expired";
  EXPECT_NE(world.publish("paid", "1", "{}", 0, "id"), Key(0)) << "not buffered, not remembered";
}

// The table of camunda-8-api.md 5.2, row by row.
struct TableCase {
  const char* name;
  const char* correlation_key;
  const char* message_id;
  std::int64_t ttl_ms;
  bool starts_while_held;  // a second instance although the first one is active
  bool starts_when_free;   // a second instance when the first one ends within the time to live
  bool caught_later;       // by a catch event that opens within the time to live
};
class MessageTable : public ::testing::TestWithParam<TableCase> {};

TEST_P(MessageTable, StartsAndIsCaught) {
  const TableCase& test = GetParam();
  World world;
  world.deploy(started());
  world.publish("paid", test.correlation_key);
  ASSERT_EQ(world.instances("s").size(), 1U);
  const Key first = world.instances("s")[0];
  world.publish("paid", test.correlation_key, "{}", test.ttl_ms, test.message_id);
  EXPECT_EQ(world.instances("s").size(), test.starts_while_held ? 2U : 1U);
  if (std::string_view(test.message_id) != "" && test.ttl_ms > 0) {
    EXPECT_EQ(world.publish("paid", test.correlation_key, "{}", test.ttl_ms, test.message_id), Key(0));
  }
  world.complete(world.job(first, "a"));
  EXPECT_EQ(world.instances("s").size(), test.starts_while_held || test.starts_when_free ? 1U : 0U);
  world.deploy(catching());
  world.publish("paid", test.correlation_key, "{}", test.ttl_ms, std::string(test.message_id) + "2");
  const Key waits = world.create("p", fmt::format(R"({{"key":"{}"}})", test.correlation_key));
  EXPECT_EQ(world.ended(waits), test.caught_later);
}

TEST_P(MessageTable, IsCaughtNowByItsKeyAlone) {
  const TableCase& test = GetParam();
  World world;
  world.deploy(catching());
  const Key waits = world.create("p", fmt::format(R"({{"key":"{}"}})", test.correlation_key));
  const Key other = world.create("p", R"({"key":"other"})");
  EXPECT_NE(world.publish("paid", test.correlation_key, "{}", test.ttl_ms, test.message_id), Key(0));
  EXPECT_TRUE(world.ended(waits));
  EXPECT_FALSE(world.ended(other));
  const bool is_unique = std::string_view(test.message_id) != "" && test.ttl_ms > 0;
  const Key equal = world.publish("paid", test.correlation_key, "{}", test.ttl_ms, test.message_id);
  EXPECT_EQ(equal == Key(0), is_unique) << "caught or not: it is buffered for its time to live";
  EXPECT_EQ(world.count<MessageRow>(), test.ttl_ms == 0 ? 0U
                                       : is_unique      ? 1U
                                                        : 2U)
      << "equal messages are all buffered";
}

const TableCase kTable[] = {
    {"KeyNow", "k", "", 0, false, false, false},    {"KeyBuffered", "k", "", 1000, false, true, true},
    {"KeyIdNow", "k", "i", 0, false, false, false}, {"KeyIdBuffered", "k", "i", 1000, false, true, true},
    {"NoKeyNow", "", "", 0, true, false, false},    {"NoKeyBuffered", "", "", 1000, true, false, true},
    {"NoKeyIdNow", "", "i", 0, true, false, false}, {"NoKeyIdBuffered", "", "i", 1000, true, false, true},
};
INSTANTIATE_TEST_SUITE_P(Rows, MessageTable, ::testing::ValuesIn(kTable),
                         [](const auto& test) { return test.param.name; });

TEST(Message, ANegativeTimeToLiveIsNone) {
  World world;
  world.deploy(catching());
  EXPECT_NE(world.publish("paid", "1", "{}", -1, "id"), Key(0));
  EXPECT_NE(world.publish("paid", "1", "{}", -1, "id"), Key(0));
  EXPECT_EQ(world.count<MessageRow>(), 0U);
  EXPECT_FALSE(world.ended(world.create("p", R"({"key":"1"})")));
}

TEST(Message, GoesToOneInstanceOfAProcessWhateverItsVersion) {
  World world;
  world.deploy(catching());
  const Key old = world.create("p", R"({"key":"1"})");
  ProcessText changed = catching();
  changed.node("task", "more");
  world.deploy(changed);
  const Key young = world.create("p", R"({"key":"1"})");
  ASSERT_EQ(world.state().instance(young)->definition->version, Version(2));
  world.publish("paid", "1", "{}", 1000);
  EXPECT_TRUE(world.ended(old));
  EXPECT_FALSE(world.ended(young));
  EXPECT_FALSE(world.ended(world.create("p", R"({"key":"1"})"))) << "nor does one that opens later get it";
}

TEST(Message, IdsAreUniqueWithinATenant) {
  World world;
  EXPECT_NE(world.publish("paid", "1", "{}", 1000, "id"), Key(0));
  EXPECT_TRUE(world.run_as("red", PublishMessage{"paid", "1", 1000, "id", {}}));
  EXPECT_FALSE(world.run_as("red", PublishMessage{"paid", "1", 1000, "id", {}}));
  EXPECT_EQ(world.rejection_code(), Code::kAlreadyExists);
}

// --- correlation with an answer ---

bool correlate(World& world, std::string correlation_key, std::string_view variables = "{}") {
  return world.run(RequestCorrelation{"paid", std::move(correlation_key), json(variables)});
}
Key reached(const World& world) {
  const auto* reply = world.reply<CorrelateReply>();
  return reply == nullptr ? Key(0) : reply->instance;
}

TEST(Correlation, AnswersWithTheInstanceThatWaited) {
  World world;
  world.deploy(catching());
  const Key other = world.create("p", R"({"key":"1"})");
  const Key waits = world.create("p", R"({"key":"2"})");
  ASSERT_TRUE(correlate(world, "2", R"({"amount":5})"));
  EXPECT_EQ(reached(world), waits);
  EXPECT_NE(world.reply<CorrelateReply>()->message, Key(0));
  EXPECT_THAT(world.trace(), Contains("VARIABLE_CREATED amount=5"));
  EXPECT_TRUE(world.ended(waits));
  EXPECT_FALSE(world.ended(other));
  EXPECT_EQ(world.count<MessageSubscriptionRow>(), 1U);
}

TEST(Correlation, IsRefusedWhenNobodyWaits) {
  World world;
  world.deploy(catching());
  EXPECT_FALSE(correlate(world, "1"));
  EXPECT_EQ(world.rejection_code(), Code::kNotFound);
  EXPECT_EQ(world.rejection(),
            "Expected to find subscription for message with name 'paid' and correlation key '1', but none was found.");
  EXPECT_FALSE(world.ended(world.create("p", R"({"key":"1"})"))) << "nothing was buffered";
  EXPECT_FALSE(world.run(RequestCorrelation{"", "1", {}}));
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
}

TEST(Correlation, PrefersWhatItStartsAndStillReachesTheOthers) {
  World world;
  world.deploy(catching("p"));
  world.deploy(catching("q"), "q.bpmn");
  world.deploy(started(), "s.bpmn");
  const Key p = world.create("p", R"({"key":"1"})");
  const Key q = world.create("q", R"({"key":"1"})");
  ASSERT_TRUE(correlate(world, "1"));
  ASSERT_EQ(world.instances("s").size(), 1U);
  const Key started_one = world.instances("s")[0];
  EXPECT_EQ(reached(world), started_one);
  EXPECT_TRUE(world.ended(p));
  EXPECT_TRUE(world.ended(q));
  // The key is held: there is nothing to start and nobody who waits.
  EXPECT_FALSE(correlate(world, "1"));
  ASSERT_TRUE(world.complete(world.job(started_one, "a")));
  EXPECT_TRUE(world.ended(started_one));
  EXPECT_TRUE(correlate(world, "1")) << "and let the key go";
}

TEST(Correlation, ReachesEventsThatStayOpenAgainAndAgain) {
  ProcessText text;
  text.start().service("a").end().message("m", "paid", "= key").sequence({"start", "a", "end"});
  text.boundary("b", "a", message_event("m"), false).service("more").flow("b", "more");
  World world;
  world.deploy(text);
  const Key instance = world.create("p", R"({"key":"1"})");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(correlate(world, "1"));
    EXPECT_EQ(reached(world), instance);
  }
  EXPECT_EQ(world.elements(instance, "more").size(), 3U);
  ASSERT_TRUE(world.complete(world.job(instance, "a")));
  EXPECT_FALSE(correlate(world, "1"));
}

TEST(MessageStart, HoldsTheKeyUntilTheInstanceEnds) {
  World world;
  world.deploy(started());
  world.publish("paid", "k", R"({"n":1})", 10'000);
  world.publish("paid", "k", R"({"n":2})", 10'000);
  world.publish("paid", "k", R"({"n":3})", 10'000);
  world.publish("paid", "other", R"({"n":9})", 10'000);
  ASSERT_EQ(world.instances("s").size(), 2U);
  EXPECT_EQ(world.variables(world.instances("s")[0]), R"({"n":1})");
  EXPECT_TRUE(world.cancel(world.instances("s")[0])) << "a canceled one frees the key too";
  ASSERT_EQ(world.instances("s").size(), 2U);
  EXPECT_EQ(world.variables(world.instances("s")[1]), R"({"n":2})");
  world.complete(world.job(world.instances("s")[1], "a"));
  EXPECT_EQ(world.variables(world.instances("s")[1]), R"({"n":3})");
}

TEST(MessageStart, PrefersASubscriptionOfTheSameProcess) {
  ProcessText text("s");
  text.event("startEvent", "go", message_event("m")).catch_event("wait", message_event("m2")).end();
  text.message("m", "paid").message("m2", "paid", "= \"k\"").sequence({"go", "wait", "end"});
  World world;
  world.deploy(text);
  world.publish("paid", "k");
  ASSERT_EQ(world.instances("s").size(), 1U);
  world.publish("paid", "k");
  EXPECT_TRUE(world.instances("s").empty()) << "the second message is caught, and starts nothing";
}

TEST(MessageStart, EveryProcessHoldsAKeyOfItsOwn) {
  World world;
  world.deploy(started("s"));
  world.deploy(started("t"), "t.bpmn");
  world.publish("paid", "k");
  ASSERT_EQ(world.instances("s").size(), 1U);
  ASSERT_EQ(world.instances("t").size(), 1U);
  world.complete(world.job(world.instances("t")[0], "a"));
  world.publish("paid", "k");
  EXPECT_EQ(world.instances("s").size(), 1U);
  EXPECT_EQ(world.instances("t").size(), 1U);
}

TEST(MessageStart, TheKeyIsHeldOverVersions) {
  World world;
  world.deploy(started());
  world.publish("paid", "k");
  ProcessText second = started();
  second.node("task", "more");
  world.deploy(second);
  world.publish("paid", "k", "{}", 1000);
  ASSERT_EQ(world.instances("s").size(), 1U);
  world.complete(world.job(world.instances("s")[0], "a"));
  ASSERT_EQ(world.instances("s").size(), 1U);
  EXPECT_EQ(world.state().instance(world.instances("s")[0])->definition->version, Version(2));
}

TEST(MessageStart, TheKeyIsHeldWithinATenant) {
  World world;
  world.deploy(started());
  ASSERT_TRUE(world.run_as("red", DeployResources{{{"s.bpmn", started().file()}}}));
  world.publish("paid", "k");
  ASSERT_TRUE(world.run_as("red", PublishMessage{"paid", "k", 0, "", {}}));
  EXPECT_EQ(world.instances("s").size(), 2U);
  ASSERT_TRUE(world.run_as("red", PublishMessage{"paid", "k", 0, "", {}}));
  EXPECT_EQ(world.instances("s").size(), 2U);
}

TEST(MessageStart, AnInstanceThatNoMessageStartedHoldsNothing) {
  ProcessText text = started();
  text.start().flow("start", "a");
  World world;
  world.deploy(text);
  world.create("s");
  world.publish("paid", "k");
  EXPECT_EQ(world.instances("s").size(), 2U);
}

TEST(MessageStart, AMessagePastItsTimeDoesNotStartWhenTheKeyIsFree) {
  World world;
  world.deploy(started());
  world.publish("paid", "k");
  world.publish("paid", "k", "{}", 1000);
  world.advance(1000);  // nobody has removed it yet
  world.complete(world.job(world.instances("s")[0], "a"));
  EXPECT_TRUE(world.instances("s").empty());
}

TEST(MessageStart, TheMessageThatStartedAnInstanceIsNotCaughtByIt) {
  ProcessText text("s");
  text.event("startEvent", "go", message_event("m")).catch_event("wait", message_event("m2")).end();
  text.message("m", "paid").message("m2", "paid", "= \"k\"").sequence({"go", "wait", "end"});
  World world;
  world.deploy(text);
  world.publish("paid", "k", "{}", 1000);
  EXPECT_EQ(world.instances("s").size(), 1U);
}

TEST(MessageStart, OnlyTheLatestVersionStarts) {
  World world;
  world.deploy(started());
  ProcessText second = started();
  second.node("task", "more");
  world.deploy(second);
  world.publish("paid", "k");
  ASSERT_EQ(world.instances("s").size(), 1U);
  EXPECT_EQ(world.state().instance(world.instances("s")[0])->definition->version, Version(2));
}

TEST(MessageStart, OutputMappingsOfTheStartEventApply) {
  ProcessText text("s");
  text.event("startEvent", "go", message_event("m"), "", {}, {{"= a + 1", "b"}}).service("t").message("m", "paid");
  text.sequence({"go", "t"});
  World world;
  world.deploy(text);
  world.publish("paid", "", R"({"a":1})");
  EXPECT_EQ(world.variables(world.instances("s")[0]), R"({"b":2})");
}

TEST(ReceiveTask, TakesVariablesLikeAJob) {
  ProcessText text;
  text.start().message("m", "paid", "= \"k\"").service("after");
  text.raw("receiveTask", "wait", "messageRef=\"m\"",
           "<bpmn:extensionElements><zeebe:ioMapping><zeebe:input source=\"= 0\" target=\"local\"/>"
           "</zeebe:ioMapping></bpmn:extensionElements>");
  text.sequence({"start", "wait", "after"});
  World world;
  world.deploy(text);
  const Key instance = world.create();
  world.publish("paid", "k", R"({"local":1,"x":2})");
  EXPECT_EQ(world.variables(instance), R"({"x":2})");
}

TEST(MessageBoundary, InterruptsOrStaysOpen) {
  for (const bool interrupting : {true, false}) {
    ProcessText text;
    text.start().service("a").boundary("b", "a", message_event("m"), interrupting).service("more");
    text.message("m", "paid", "= \"k\"").sequence({"start", "a"}).flow("b", "more");
    World world;
    world.deploy(text);
    const Key instance = world.create();
    world.publish("paid", "k", R"({"x":1})");
    world.publish("paid", "k", R"({"x":2})", 1000);
    EXPECT_EQ(world.elements(instance, "more").size(), interrupting ? 1U : 2U);
    EXPECT_EQ(world.elements(instance, "a").size(), interrupting ? 0U : 1U);
    EXPECT_EQ(world.variables(instance), interrupting ? R"({"x":1})" : R"({"x":2})");
  }
}

TEST(MessageBoundary, InterruptingClosesTheOtherSubscriptions) {
  ProcessText text;
  text.start().service("a").boundary("b1", "a", message_event("m1")).boundary("b2", "a", message_event("m2"), false);
  text.service("more").service("never").message("m1", "paid", "= \"k\"").message("m2", "sent", "= \"k\"");
  text.sequence({"start", "a"}).flow("b1", "more").flow("b2", "never");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.count<MessageSubscriptionRow>(), 2U);
  world.publish("paid", "k");
  EXPECT_EQ(world.count<MessageSubscriptionRow>(), 0U);
  world.publish("sent", "k");
  EXPECT_TRUE(world.elements(instance, "never").empty());
}

TEST(MessageBoundary, TakesEachBufferedMessageOnce) {
  ProcessText text;
  text.start().service("a").boundary("b", "a", message_event("m"), false).service("more");
  text.message("m", "paid", "= \"k\"").sequence({"start", "a"}).flow("b", "more");
  World world;
  world.deploy(text);
  world.publish("paid", "k", "{}", 1000);
  world.publish("paid", "k", "{}", 1000);
  const Key instance = world.create();
  EXPECT_EQ(world.elements(instance, "more").size(), 2U);
}

TEST(MessageSubscription, EndsWithItsOwner) {
  World world;
  world.deploy(catching());
  const Key instance = world.create("p", R"({"key":"1"})");
  EXPECT_EQ(world.count<MessageSubscriptionRow>(), 1U);
  world.cancel(instance);
  EXPECT_EQ(world.count<MessageSubscriptionRow>(), 0U);
}

// A message that is on its way to an instance which ends meanwhile goes to the next one of the same process.
TEST(MessageSubscription, ARejectedMessageIsNotLost) {
  World world;
  world.deploy(catching());
  const Key first = world.create("p", R"({"key":"1"})");
  const Key second = world.create("p", R"({"key":"1"})");
  Command publish;
  publish.body = PublishMessage{"paid", "1", 10'000, "", {}};
  publish.reply_token = 99;
  std::string frames;
  Effects effects;
  Engine& engine = world.engine();
  ASSERT_TRUE(engine.process(publish, world.now(), frames, effects));
  Command cancel;
  cancel.body = CancelInstance{first};
  ASSERT_TRUE(engine.process(cancel, world.now(), frames, effects));
  Command sent;
  while (engine.next_sent(sent)) ASSERT_TRUE(engine.process(sent, world.now(), frames, effects));
  EXPECT_EQ(engine.state().instance(first), nullptr);
  EXPECT_EQ(engine.state().instance(second), nullptr) << "it has caught the message";
}

TEST(Message, TenantsDoNotMeet) {
  World world;
  world.deploy(catching());
  const Key instance = world.create("p", R"({"key":"1"})");
  ASSERT_TRUE(world.run_as("red", PublishMessage{"paid", "1", 10'000, "", {}}));
  EXPECT_FALSE(world.ended(instance));
}

TEST(Message, BadOnesAreRefused) {
  World world;
  EXPECT_EQ(world.publish("", "k"), Key(0));
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
  EXPECT_EQ(world.publish(std::string(40'000, 'n'), "k"), Key(0));
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
}

TEST(Message, ManyExpireInSlices) {
  World world;
  world.check_every(50);
  for (int i = 0; i < 250; ++i) world.publish("paid", std::to_string(i), "{}", 1000);
  EXPECT_EQ(world.pass(1000), 3U);
  EXPECT_EQ(world.count<MessageRow>(), 0U);
}

// --- signals ---

ProcessText waits_for_signal() {
  ProcessText text;
  text.start()
      .catch_event("wait", signal_event("s"))
      .end()
      .signal("s", "= \"alarm\"")
      .sequence({"start", "wait", "end"});
  return text;
}

TEST(Signal, ReachesEverybodyWhoWaits) {
  World world;
  world.deploy(waits_for_signal());
  const Key first = world.create();
  const Key second = world.create();
  ASSERT_TRUE(world.signal("alarm", R"({"x":1})"));
  EXPECT_TRUE(world.ended(first));
  EXPECT_TRUE(world.ended(second));
  EXPECT_NE(world.reply<SignalReply>()->key, Key(0));
  EXPECT_FALSE(world.ended(world.create())) << "a signal is not buffered";
  EXPECT_TRUE(world.signal("nobody"));
}

TEST(Signal, ReachesMoreThanASliceAndNobodyTwice) {
  ProcessText text;  // whoever gets the signal waits for the next one
  text.start().exclusive("again").catch_event("wait", signal_event("s")).signal("s", "alarm");
  text.sequence({"start", "again", "wait", "again"});
  World world;
  world.check_every(100);
  world.deploy(text);
  constexpr int kWaiting = 250;
  std::vector<Key> instances;
  for (int i = 0; i < kWaiting; ++i) instances.push_back(world.create());
  world.take_traces();
  ASSERT_TRUE(world.signal("alarm"));
  EXPECT_EQ(std::count(world.trace().begin(), world.trace().end(), "ELEMENT_COMPLETED wait"), kWaiting);
}

TEST(Signal, StartsInstancesAndIsThrown) {
  ProcessText thrower;
  thrower.start().throw_event("tell", signal_event("s"), {{"= 5", "n"}}).end_event("end", signal_event("s"));
  thrower.signal("s", "alarm").sequence({"start", "tell", "end"});
  ProcessText started("q");
  started.event("startEvent", "go", signal_event("s")).service("a").signal("s", "alarm").sequence({"go", "a"});
  World world;
  world.deploy(started, "q.bpmn");
  world.deploy(thrower);
  EXPECT_TRUE(world.ended(world.create()));
  ASSERT_EQ(world.instances("q").size(), 2U);
  EXPECT_EQ(world.variables(world.instances("q")[0]), R"({"n":5})");
  EXPECT_EQ(world.variables(world.instances("q")[1]), "{}");
}

TEST(Signal, StartsTheLatestVersionOfEveryProcess) {
  const auto starts = [](std::string id) {
    ProcessText text(std::move(id));
    text.event("startEvent", "go", signal_event("s")).service("a").signal("s", "alarm").sequence({"go", "a"});
    return text;
  };
  World world;
  world.deploy(starts("p"));
  world.deploy(starts("p").node("task", "more"));
  world.deploy(starts("q"), "q.bpmn");
  ASSERT_TRUE(world.signal("alarm"));
  ASSERT_EQ(world.instances("p").size(), 1U);
  EXPECT_EQ(world.state().instance(world.instances("p")[0])->definition->version, Version(2));
  EXPECT_EQ(world.instances("q").size(), 1U);
}

TEST(Signal, TenantsDoNotMeet) {
  World world;
  world.deploy(waits_for_signal());
  const Key instance = world.create();
  ASSERT_TRUE(world.run_as("red", BroadcastSignal{"alarm", {}}));
  EXPECT_FALSE(world.ended(instance));
}

TEST(Signal, BoundariesCatchIt) {
  for (const bool interrupting : {true, false}) {
    ProcessText text;
    text.start().service("a").boundary("b", "a", signal_event("s"), interrupting).service("more");
    text.signal("s", "alarm").sequence({"start", "a"}).flow("b", "more");
    World world;
    world.deploy(text);
    const Key instance = world.create();
    world.signal("alarm");
    world.signal("alarm");
    EXPECT_EQ(world.elements(instance, "more").size(), interrupting ? 1U : 2U);
  }
}

// --- event-based gateway ---

ProcessText race() {
  ProcessText text;
  text.start().node("eventBasedGateway", "g").catch_event("paid", message_event("m"), {{"= amount", "got"}});
  text.catch_event("late", timer_duration("PT10S")).catch_event("alarm", signal_event("s")).service("a").service("b");
  text.service("c").message("m", "paid", "= \"k\"").signal("s", "alarm").flow("start", "g");
  text.sequence({"g", "paid", "a"}).sequence({"g", "late", "b"}).sequence({"g", "alarm", "c"});
  return text;
}

TEST(EventBasedGateway, TheFirstEventWins) {
  for (const int winner : {0, 1, 2}) {
    World world;
    world.deploy(race());
    const Key instance = world.create();
    EXPECT_EQ(world.element_state(instance, "g"), "ACTIVATED");
    if (winner == 0) world.publish("paid", "k", R"({"amount":3})");
    if (winner == 1) world.pass(10'000);
    if (winner == 2) world.signal("alarm", R"({"x":1})");
    EXPECT_EQ(world.element_state(instance, std::string(1, static_cast<char>('a' + winner))), "ACTIVATED");
    EXPECT_TRUE(world.state().instance(instance)->subscriptions.empty());
    EXPECT_EQ(world.count<MessageSubscriptionRow>(), 0U);
    EXPECT_EQ(world.variables(instance), winner == 0 ? R"({"got":3})" : winner == 1 ? "{}" : R"({"x":1})");
    EXPECT_EQ(world.pass(60'000), 0U);
  }
}

TEST(EventBasedGateway, AFailureOpensNothing) {
  ProcessText text;
  text.start().node("eventBasedGateway", "g").catch_event("late", timer_duration("PT10S"));
  text.catch_event("paid", message_event("m")).message("m", "paid", "= key").flow("start", "g").flow("g", "late");
  text.flow("g", "paid");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  EXPECT_EQ(world.incidents(instance), 1U);
  EXPECT_TRUE(world.state().instance(instance)->subscriptions.empty());
  world.set_variables(instance, R"({"key":"k"})");
  ASSERT_TRUE(world.resolve(world.incident(instance).key));
  EXPECT_EQ(world.state().instance(instance)->subscriptions.size(), 2U);
}

}  // namespace
}  // namespace baton::engine::testing
