// Timers: every place and kind, never early, once each.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1000;

ProcessText waiting(std::string_view definition) {
  ProcessText text;
  text.start().catch_event("wait", definition).end().sequence({"start", "wait", "end"});
  return text;
}

TEST(Timer, DurationIsNeverEarly) {
  World world;
  world.deploy(waiting(timer_duration("PT10S")));
  const Key instance = world.create();
  world.pass(10 * kSecond - 1);
  EXPECT_FALSE(world.ended(instance));
  world.pass(1);
  EXPECT_TRUE(world.ended(instance));
}

struct DueCase {
  const char* name;
  std::string definition;
  std::int64_t due_ms;  // after kStart, 2023-11-14T22:13:20Z
};
class TimerDue : public ::testing::TestWithParam<DueCase> {};

TEST_P(TimerDue, FiresAtItsTime) {
  World world;
  world.deploy(waiting(GetParam().definition));
  const Key instance = world.create("p", R"({"d":"PT3S","at":"2023-11-14T22:13:25Z"})");
  ASSERT_EQ(world.incidents(instance), 0U) << world.incident(instance).message.json();
  if (GetParam().due_ms > 0) {
    world.pass(GetParam().due_ms - 1);
    EXPECT_FALSE(world.ended(instance));
  }
  world.pass(1);
  EXPECT_TRUE(world.ended(instance));
}

const DueCase kDue[] = {
    {"Duration", timer_duration("PT1M0.5S"), 60'500},
    {"Days", timer_duration("P1DT1H"), 25 * 3600 * kSecond},
    {"Weeks", timer_duration("P1W"), 7 * 86'400 * kSecond},
    {"Month", timer_duration("P1M"), 30LL * 86'400 * kSecond},
    {"Negative", timer_duration("-PT5S"), 0},
    {"Zero", timer_duration("PT0S"), 0},
    {"DurationText", timer_duration("= d"), 3 * kSecond},
    {"DurationValue", timer_duration("= duration(\"PT4S\") + duration(d)"), 7 * kSecond},
    {"YearsValue", timer_duration("= @\"P1M\""), 30LL * 86'400 * kSecond},
    {"Date", timer_date("2023-11-14T22:13:30Z"), 10 * kSecond},
    {"DateOffset", timer_date("2023-11-15T00:13:30+02:00"), 10 * kSecond},
    {"DateZone", timer_date("2023-11-14T23:13:30[Europe/Berlin]"), 10 * kSecond},
    {"DateOffsetAndZone", timer_date("2023-11-14T23:13:30+01:00[Europe/Berlin]"), 10 * kSecond},
    {"DatePast", timer_date("2020-01-01T00:00:00Z"), 0},
    {"DateText", timer_date("= at"), 5 * kSecond},
    {"DateValue", timer_date("= now() + duration(\"PT6S\")"), 6 * kSecond},
};
INSTANTIATE_TEST_SUITE_P(Table, TimerDue, ::testing::ValuesIn(kDue), [](const auto& test) { return test.param.name; });

TEST(Timer, AWrongValueIsAnIncidentThatCanBeResolved) {
  World world;
  world.deploy(waiting(timer_duration("= d")));
  const Key instance = world.create("p", R"({"d":"soon"})");
  EXPECT_EQ(world.incident(instance).incident, IncidentKind::kExtractValueError);
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr("'soon' is not a duration"));
  world.set_variables(instance, R"({"d":"PT1S"})");
  ASSERT_TRUE(world.resolve(world.incident(instance).key));
  world.pass(kSecond);
  EXPECT_TRUE(world.ended(instance));
}

ProcessText with_boundary(std::string_view definition, bool interrupting) {
  ProcessText text;
  text.start().service("a").end().boundary("b", "a", definition, interrupting).service("late").end("e2");
  text.sequence({"start", "a", "end"}).sequence({"b", "late", "e2"});
  return text;
}

TEST(Timer, InterruptingBoundaryCancelsTheJob) {
  World world;
  world.deploy(with_boundary(timer_duration("PT1S"), true));
  const Key instance = world.create();
  const Key job = world.job(instance, "a");
  world.activate(job);
  world.pass(kSecond);
  EXPECT_EQ(world.element_state(instance, "late"), "ACTIVATED");
  EXPECT_FALSE(world.complete(job));
  EXPECT_EQ(world.rejection_code(), Code::kNotFound);
}

TEST(Timer, TheBoundaryEndsWithItsActivity) {
  World world;
  world.deploy(with_boundary(timer_duration("PT1S"), true));
  const Key instance = world.create();
  world.complete(world.job(instance, "a"));
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.pass(kSecond), 0U);
}

TEST(Timer, NonInterruptingCycleRepeatsWithoutDrift) {
  World world;
  world.deploy(with_boundary(timer_cycle("R3/PT10S"), false));
  const Key instance = world.create();
  world.pass(25 * kSecond);  // two are due, handled late
  EXPECT_EQ(world.elements(instance, "late").size(), 2U);
  world.pass(5 * kSecond);  // exactly 30 s after the start
  EXPECT_EQ(world.elements(instance, "late").size(), 3U);
  world.pass(3600 * kSecond);
  EXPECT_EQ(world.elements(instance, "late").size(), 3U);
  EXPECT_EQ(world.element_state(instance, "a"), "ACTIVATED");
}

TEST(Timer, ACycleOfZeroNeverFires) {
  World world;
  world.deploy(with_boundary(timer_cycle("R0/PT1S"), false));
  const Key instance = world.create();
  EXPECT_EQ(world.pass(3600 * kSecond), 0U);
  EXPECT_EQ(world.element_state(instance, "a"), "ACTIVATED");
}

TEST(Timer, AnOutageFiresEachDueDateOnce) {
  World world;
  world.deploy(with_boundary(timer_cycle("R/PT1M"), false));
  const Key instance = world.create();
  world.pass(10 * 60 * kSecond + 1);
  EXPECT_EQ(world.elements(instance, "late").size(), 10U);
}

TEST(Timer, InEventSubProcesses) {
  for (const bool interrupting : {true, false}) {
    ProcessText handler = ProcessText::inside("h");
    handler.start_event("hs", timer_duration("PT1S"), interrupting).service("ht").sequence({"hs", "ht"});
    ProcessText text;
    text.start().service("a").event_sub_process("h", handler).sequence({"start", "a"});
    World world;
    world.deploy(text);
    const Key instance = world.create();
    world.pass(kSecond);
    EXPECT_EQ(world.element_state(instance, "ht"), "ACTIVATED");
    EXPECT_EQ(world.elements(instance, "a").size(), interrupting ? 0U : 1U);
  }
}

TEST(Timer, EndsWithTheInstance) {
  World world;
  world.deploy(waiting(timer_duration("PT1S")));
  const Key instance = world.create();
  world.cancel(instance);
  EXPECT_FALSE(world.state().next_due());
  EXPECT_EQ(world.pass(3600 * kSecond), 0U);
}

TEST(Timer, AnEarlyOrForeignTriggerIsRefused) {
  World world;
  world.deploy(waiting(timer_duration("PT1S")));
  const Key instance = world.create();
  const auto& row = world.state().instance(instance)->subscriptions.begin()->second;
  EXPECT_FALSE(world.run(TriggerTimer{row.key}));
  EXPECT_FALSE(world.run(TriggerTimer{row.owner}));
  EXPECT_FALSE(world.run(TriggerTimer{instance}));
  EXPECT_FALSE(world.run(TriggerStartTimer{instance, ElementIndex(1)}));
}

// --- start events ---

ProcessText started_by(std::string_view definition) {
  ProcessText text;
  text.event("startEvent", "tick", definition).service("a").end().sequence({"tick", "a", "end"});
  return text;
}

TEST(StartTimer, CyclesCreateInstances) {
  World world;
  world.deploy(started_by(timer_cycle("R2/PT10S")));
  EXPECT_TRUE(world.instances("p").empty());
  world.pass(10 * kSecond);
  EXPECT_EQ(world.instances("p").size(), 1U);
  EXPECT_THAT(world.take_traces(), Contains("ELEMENT_COMPLETED tick"));
  world.pass(3600 * kSecond);
  EXPECT_EQ(world.instances("p").size(), 2U);
  EXPECT_FALSE(world.state().next_due());
}

TEST(StartTimer, DatesCreateOne) {
  World world;
  world.deploy(started_by(timer_date("= now() + duration(\"PT5S\")")));
  world.pass(5 * kSecond);
  world.pass(3600 * kSecond);
  EXPECT_EQ(world.instances("p").size(), 1U);
}

TEST(StartTimer, OnlyTheLatestVersionStarts) {
  World world;
  world.deploy(started_by(timer_cycle("R/PT10S")));
  world.pass(5 * kSecond);
  world.deploy(started_by(timer_cycle("R/PT60S")));
  world.pass(59 * kSecond);
  EXPECT_TRUE(world.instances("p").empty());
  world.pass(kSecond);
  ASSERT_EQ(world.instances("p").size(), 1U);
  EXPECT_EQ(world.state().instance(world.instances("p")[0])->definition->version, Version(2));
  world.deploy(one_task());
  world.pass(3600 * kSecond);
  EXPECT_EQ(world.instances("p").size(), 1U);
}

TEST(StartTimer, CronIsInUtc) {
  World world;
  world.deploy(started_by(timer_cycle("0 0 9-17 * * MON-FRI")));   // kStart is a Tuesday, 22:13:20
  EXPECT_EQ(world.state().next_due(), TimeMs(1'700'038'800'000));  // Wednesday 09:00
  world.pass(1'700'038'800'000 - kStart.value());
  EXPECT_EQ(world.instances("p").size(), 1U);
  EXPECT_EQ(world.state().next_due(), TimeMs(1'700'042'400'000));
}

TEST(StartTimer, AValueThatCannotBeEvaluatedRefusesTheDeployment) {
  World world;
  EXPECT_FALSE(world.deploy({{"p.bpmn", started_by(timer_cycle("= \"never\"")).file()}}));
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
  EXPECT_THAT(world.rejection(), HasSubstr("Element: tick"));
  EXPECT_EQ(world.state().definition_count(), 0U);
}

TEST(StartTimer, BelongToTheirTenant) {
  World world;
  ASSERT_TRUE(world.run_as("red", DeployResources{{{"p.bpmn", started_by(timer_cycle("R1/PT1S")).file()}}}));
  world.pass(kSecond);
  ASSERT_EQ(world.instances("p").size(), 1U);
  EXPECT_EQ(world.state().instance(world.instances("p")[0])->row.tenant.text(), "red");
}

}  // namespace
}  // namespace baton::engine::testing
