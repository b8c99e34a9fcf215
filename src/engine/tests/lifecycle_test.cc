// What each kind of element does with its token, as a stream of events.
#include "engine/lifecycle.h"

#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Lifecycle, StartToEndIsOneFrame) {
  World world;
  world.deploy(ProcessText().start().end().sequence({"start", "end"}));
  const Key instance = world.create();
  EXPECT_THAT(world.trace(),
              ElementsAre("INSTANCE_CREATED", "ELEMENT_ACTIVATING p", "ELEMENT_ACTIVATED p", "ELEMENT_ACTIVATING start",
                          "ELEMENT_ACTIVATED start", "ELEMENT_COMPLETING start", "ELEMENT_COMPLETED start",
                          "FLOW_TAKEN f1", "ELEMENT_ACTIVATING end", "ELEMENT_ACTIVATED end", "ELEMENT_COMPLETING end",
                          "ELEMENT_COMPLETED end", "ELEMENT_COMPLETING p", "ELEMENT_COMPLETED p"));
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.state().instance_count(), 0U);
}

class PassThrough : public ::testing::TestWithParam<const char*> {};

TEST_P(PassThrough, TakesInputsAndOutputsAndGoesOn) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .node(GetParam(), "a", {{"= 1 + 1", "local"}}, {{"= local * 2", "result"}})
                   .service("b")
                   .end()
                   .sequence({"start", "a", "b", "end"}));
  const Key instance = world.create();
  EXPECT_THAT(only(world.trace(), "ELEMENT_COMPLETED"), ElementsAre("start", "a"));
  EXPECT_EQ(world.variables(instance), R"({"result":4})");
}

INSTANTIATE_TEST_SUITE_P(Kinds, PassThrough, ::testing::Values("task", "manualTask"));

class JobTask : public ::testing::TestWithParam<const char*> {};

TEST_P(JobTask, WaitsForItsJob) {
  World world;
  const Key definition = world.deploy(
      ProcessText()
          .start()
          .job_task(GetParam(), "a", {.type = "= \"ty\" + \"pe\"", .retries = "= 2 * 1.5 + 2", .headers = {{"k", "v"}}})
          .end()
          .sequence({"start", "a", "end"}));
  const Key instance = world.create("p", R"({"x":1})");
  EXPECT_THAT(only(world.trace(), "ELEMENT_ACTIVATED"), ElementsAre("p", "start", "a"));
  EXPECT_THAT(world.engine().take_ready_types(), ElementsAre("type"));
  EXPECT_THAT(world.engine().take_ready_types(), IsEmpty());
  const Key job = world.state().oldest_job("type", kDefaultTenant);
  ASSERT_EQ(job, world.job(instance, "a"));

  const ActivatedJob handed = world.activate(job, 5000);
  EXPECT_EQ(handed.key, job);
  EXPECT_EQ(handed.type, "type");
  EXPECT_EQ(handed.instance, instance);
  EXPECT_EQ(handed.process_id, "p");
  EXPECT_EQ(handed.version, Version(1));
  EXPECT_EQ(handed.definition, definition);
  EXPECT_EQ(handed.element_id, "a");
  EXPECT_EQ(handed.element_instance, world.element(instance, "a"));
  EXPECT_EQ(handed.headers, R"({"k":"v"})");
  EXPECT_EQ(handed.worker, "w");
  EXPECT_EQ(handed.retries, 5);
  EXPECT_EQ(handed.deadline, kStart + 5000);
  EXPECT_EQ(handed.variables, R"({"x":1})");
  EXPECT_EQ(handed.tenant, kDefaultTenant);
  EXPECT_EQ(world.effects_of<JobPush>()[0].consumer, 7U);
  EXPECT_EQ(world.state().oldest_job("type", kDefaultTenant), Key(0));

  EXPECT_TRUE(world.complete(job));
  EXPECT_THAT(world.trace(),
              ElementsAre("JOB_COMPLETED", "ELEMENT_COMPLETING a", "ELEMENT_COMPLETED a", "FLOW_TAKEN f2",
                          "ELEMENT_ACTIVATING end", "ELEMENT_ACTIVATED end", "ELEMENT_COMPLETING end",
                          "ELEMENT_COMPLETED end", "ELEMENT_COMPLETING p", "ELEMENT_COMPLETED p"));
  EXPECT_EQ(world.effects_of<JobReleased>().size(), 1U);
  EXPECT_TRUE(world.ended(instance));
}

INSTANTIATE_TEST_SUITE_P(Kinds, JobTask,
                         ::testing::Values("serviceTask", "businessRuleTask", "scriptTask", "sendTask"));

TEST(Lifecycle, ElementWithoutOutgoingFlowEndsItsToken) {
  World world;
  world.deploy(ProcessText().start().service("a").sequence({"start", "a"}));
  const Key instance = world.create();
  EXPECT_TRUE(world.complete(world.job(instance, "a")));
  EXPECT_TRUE(world.ended(instance));
}

TEST(Lifecycle, SeveralOutgoingFlowsSplitAndSeveralEndsMustAllBeReached) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .service("a")
                   .service("b")
                   .end("e1")
                   .end("e2")
                   .flow("start", "a")
                   .flow("start", "b")
                   .flow("a", "e1")
                   .flow("b", "e2"));
  const Key instance = world.create();
  EXPECT_TRUE(world.complete(world.job(instance, "a")));
  EXPECT_FALSE(world.ended(instance));
  EXPECT_TRUE(world.complete(world.job(instance, "b")));
  EXPECT_TRUE(world.ended(instance));
}

TEST(Lifecycle, ElementWithSeveralIncomingFlowsRunsOncePerToken) {
  World world;
  world.deploy(ProcessText()
                   .start()
                   .parallel("g")
                   .service("a")
                   .end()
                   .sequence({"start", "g"})
                   .flow("g", "a")
                   .flow("g", "a")
                   .flow("a", "end"));
  const Key instance = world.create();
  const auto running = world.elements(instance, "a");
  ASSERT_EQ(running.size(), 2U);
  for (const Key element : running) {
    EXPECT_FALSE(world.ended(instance));
    EXPECT_TRUE(world.complete(world.state().instance(instance)->element(element)->job));
  }
  EXPECT_TRUE(world.ended(instance));
}

TEST(Lifecycle, JobsOfOneTypeAreHandedOutInTheOrderInWhichTheyBecameReady) {
  World world;
  world.deploy(one_task());
  const Key first = world.job(world.create(), "a");
  const Key second = world.job(world.create(), "a");
  EXPECT_EQ(world.state().oldest_job("work", kDefaultTenant), first);
  world.activate(first, 10);
  world.pass(10);  // its lease runs out: it queues behind the other one
  EXPECT_EQ(world.state().oldest_job("work", kDefaultTenant), second);
  EXPECT_EQ(world.state().oldest_job("other", kDefaultTenant), Key(0));
  EXPECT_EQ(world.state().oldest_job("work", "tenant"), Key(0));
}

TEST(Lifecycle, TransitionTable) {
  using enum ElementState;
  EXPECT_TRUE(is_allowed(kActivating, kActivated));
  EXPECT_TRUE(is_allowed(kActivating, kTerminating));
  EXPECT_TRUE(is_allowed(kCompleting, kTerminating));
  EXPECT_TRUE(is_allowed(kSuspended, kActivated));
  for (const ElementState to : {kActivating, kActivated, kCompleting, kTerminating, kTerminated, kSuspended}) {
    EXPECT_FALSE(is_allowed(kTerminated, to));
    EXPECT_FALSE(is_allowed(kCompleted, to));
  }
  EXPECT_FALSE(is_allowed(kActivated, kActivating));
  EXPECT_FALSE(is_allowed(kActivating, kCompleting));
  EXPECT_FALSE(is_allowed(kTerminating, kActivated));
}

}  // namespace
}  // namespace baton::engine::testing
