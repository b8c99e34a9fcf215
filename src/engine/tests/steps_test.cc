// The step budget, deferred steps, cancelling large instances, due work in slices, blocks of keys.
#include "engine/execution.h"
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// start -> t0 -> t1 -> ... -> end, all undefined tasks.
ProcessText chain(int length) {
  ProcessText text;
  text.start();
  for (int i = 0; i < length; ++i) text.node("task", fmt::format("t{}", i));
  text.end().flow("start", "t0");
  for (int i = 0; i + 1 < length; ++i) text.flow(fmt::format("t{}", i), fmt::format("t{}", i + 1));
  return text.flow(fmt::format("t{}", length - 1), "end");
}

/// A fork into `width` service tasks.
ProcessText fan(int width) {
  ProcessText text;
  text.start().parallel("fork").flow("start", "fork");
  for (int i = 0; i < width; ++i) text.service(fmt::format("t{}", i)).flow("fork", fmt::format("t{}", i));
  return text;
}

/// Runs for ever, in gateways alone.
ProcessText endless(const char* id) {
  return ProcessText(id)
      .start()
      .exclusive("merge")
      .exclusive("again", "out")
      .end()
      .sequence({"start", "merge", "again"})
      .flow("again", "merge", "= true")
      .flow("again", "end", "", "out");
}

TEST(StepBudget, ALongChainIsDoneInSlices) {
  World world;
  world.deploy(chain(3000));
  const Key instance = world.create();
  EXPECT_EQ(only(world.trace(), "ELEMENT_COMPLETED").size(), kStepsPerFrame + 1U)
      << "the start event and the tasks of one frame";
  EXPECT_THAT(only(world.trace(), "STEP_DEFERRED").size(), 1U);
  EXPECT_EQ(world.state().next_due(), world.now()) << "what is deferred is due at once";
  EXPECT_EQ(world.run_due(10), 1U);
  EXPECT_THAT(world.trace(), Contains("STEP_RESUMED"));
  EXPECT_FALSE(world.ended(instance));
  world.pass(0);
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.state().next_due(), std::nullopt);
}

TEST(StepBudget, CancelInTheMiddleOfDeferredWork) {
  World world;
  world.deploy(chain(3000));
  const Key instance = world.create();
  EXPECT_TRUE(world.cancel(instance));
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.pass(0), 0U);
  EXPECT_FALSE(world.run(Continue{instance}));
}

TEST(StepBudget, JobsRunBesideDeferredWork) {
  World world;
  world.check_every(10);
  world.deploy(fan(1500));
  const Key instance = world.create();
  EXPECT_EQ(world.elements(instance, "t1499").size(), 0U);
  EXPECT_TRUE(world.complete(world.job(instance, "t0")));
  world.pass(0);
  EXPECT_EQ(world.state().job_count(), 1499U);
  EXPECT_TRUE(world.complete(world.job(instance, "t1499")));
}

TEST(StepBudget, TokensThatWaitAtAJoinSurviveDeferral) {
  World world;
  ProcessText text;
  text.start().parallel("fork").parallel("join").service("after").flow("start", "fork");
  for (int i = 0; i < 1500; ++i) text.flow("fork", "join");
  world.deploy(text.flow("join", "after"));
  const Key instance = world.create();
  world.pass(0);
  EXPECT_EQ(world.elements(instance, "after").size(), 1U);
  EXPECT_EQ(world.state().instance(instance)->process()->tokens, 0U);
}

TEST(StepBudget, GoesOnWithAsFewStepsAsAskedFor) {
  constexpr std::uint32_t kChildren = kStepsPerFrame + 100;
  for (const std::uint32_t most : {1U, 3U, 16U}) {
    World world;
    world.check_every(20);
    ProcessText inner = ProcessText::inside("in");
    inner.start("in").parallel("fork").flow("in", "fork");
    for (std::uint32_t i = 0; i < kChildren; ++i) {
      inner.service(fmt::format("t{}", i)).flow("fork", fmt::format("t{}", i));
    }
    ProcessText text;
    text.start().sub_process("sub", inner).boundary("x", "sub", error_event("err")).service("after");
    text.error("err", "E").sequence({"start", "sub"}).flow("x", "after");
    world.deploy(text);
    const Key instance = world.create();
    const auto go_on = [&] {
      std::size_t frames = 0;
      for (; world.run(Continue{instance, most}); ++frames) {
        EXPECT_LE(only(world.trace(), "ELEMENT_ACTIVATED").size(), most);
        EXPECT_LE(only(world.trace(), "ELEMENT_TERMINATED").size(), most + 1U) << "and the sub-process itself";
        if (world.state().next_due() != world.now()) return frames;
      }
      return frames;
    };
    EXPECT_GE(go_on(), 90U / most);
    EXPECT_EQ(world.state().job_count(), kChildren);
    EXPECT_TRUE(world.throw_error(world.job(instance, "t0"), "E"));
    EXPECT_GE(go_on(), 90U / most);
    EXPECT_EQ(world.elements(instance, "after").size(), 1U);
    EXPECT_EQ(world.state().job_count(), 1U);
  }
}

TEST(StepBudget, EndlessLoopsTakeTurns) {
  World world;
  std::vector<Key> instances;
  for (const char* id : {"p1", "p2", "p3"}) {
    world.deploy(endless(id), std::string(id) + ".bpmn");
    instances.push_back(world.create(id));
  }
  std::vector<std::uint64_t> next_keys;
  for (const Key instance : instances) next_keys.push_back(world.state().instance(instance)->row.next_key.value());
  for (int turn = 0; turn < 3; ++turn) EXPECT_EQ(world.run_due(1), 1U);
  for (std::size_t i = 0; i < instances.size(); ++i) {
    EXPECT_GT(world.state().instance(instances[i])->row.next_key.value(), next_keys[i])
        << "instance " << i << " got no turn";
  }
  for (const Key instance : instances) EXPECT_TRUE(world.cancel(instance));
  EXPECT_EQ(world.run_due(10), 0U);
}

TEST(Cancel, TerminatesEverythingInOneFrame) {
  World world;
  world.deploy(fan(2));
  const Key instance = world.create();
  world.activate(world.job(instance, "t0"));
  EXPECT_TRUE(world.fail(world.job(instance, "t1"), 0, "broken"));
  EXPECT_TRUE(world.cancel(instance));
  EXPECT_THAT(world.trace(), ElementsAre("ELEMENT_TERMINATING p", "ELEMENT_TERMINATING t0", "JOB_CANCELED",
                                         "ELEMENT_TERMINATED t0", "ELEMENT_TERMINATING t1", "INCIDENT_RESOLVED",
                                         "JOB_CANCELED", "ELEMENT_TERMINATED t1", "ELEMENT_TERMINATED p"));
  EXPECT_EQ(world.effects_of<JobReleased>().size(), 2U);
  EXPECT_NE(world.reply<EmptyReply>(), nullptr);
  EXPECT_EQ(world.state().job_count(), 0U);
  EXPECT_EQ(world.state().incident_count(), 0U);
  EXPECT_FALSE(world.cancel(instance));
  EXPECT_EQ(world.rejection_code(), Code::kNotFound);
  EXPECT_EQ(world.rejection(),
            fmt::format("Expected to cancel a process instance with key '{}', but no such process was found",
                        instance.value()));
}

TEST(Cancel, NeedsTheInstancesOwnKey) {
  World world;
  world.deploy(one_task());
  const Key instance = world.create();
  EXPECT_FALSE(world.cancel(world.job(instance, "a")));
  EXPECT_FALSE(world.cancel(world.element(instance, "a")));
  EXPECT_FALSE(world.ended(instance));
}

TEST(Cancel, OfMoreChildrenThanStepsIsDoneInSlices) {
  constexpr std::size_t kChildren = kStepsPerFrame * 5 / 2;
  World world;
  world.check_every(50);
  world.deploy(fan(static_cast<int>(kChildren)));
  const Key instance = world.create();
  world.pass(0);
  const Key first = world.job(instance, "t0");
  const Key last = world.job(instance, fmt::format("t{}", kChildren - 1));
  world.activate(last, 1);
  world.fail(first, 1, "", 1);
  world.advance(1);
  EXPECT_TRUE(world.cancel(instance));
  ASSERT_FALSE(world.ended(instance));
  EXPECT_EQ(world.state().job_count(), kChildren - kStepsPerFrame);
  // Nobody is led to what is going away: a worker that takes the oldest job would be refused, and would try it again.
  EXPECT_EQ(world.state().oldest_job("work", kDefaultTenant), Key(0));
  EXPECT_FALSE(world.cancel(instance));
  EXPECT_FALSE(world.complete(last));
  EXPECT_FALSE(world.set_variables(instance, R"({"x":1})"));
  std::vector<Command> due;
  world.engine().collect_due(world.now(), 100, due);
  ASSERT_EQ(due.size(), 1U) << "the continuation, and no time-outs that would be refused";
  EXPECT_TRUE(std::holds_alternative<Continue>(due[0].body));
  EXPECT_EQ(world.pass(0), 2U);
  EXPECT_TRUE(world.ended(instance));
  EXPECT_EQ(world.state().job_count(), 0U);
}

TEST(DueWork, ComesInSlicesEarliestFirst) {
  World world;
  world.deploy(fan(10));
  const Key instance = world.create();
  for (int i = 0; i < 10; ++i) world.activate(world.job(instance, fmt::format("t{}", i)), 100 - i);
  EXPECT_EQ(world.state().next_due(), world.now() + 91);
  world.advance(200);
  EXPECT_EQ(world.run_due(3), 3U);
  for (int i = 0; i < 10; ++i) {
    const JobState expected = i >= 7 ? JobState::kActivatable : JobState::kActivated;
    EXPECT_EQ(world.job_row(world.job(instance, fmt::format("t{}", i))).state, expected) << i;
  }
  EXPECT_EQ(world.run_due(100), 7U);
  EXPECT_EQ(world.run_due(100), 0U);
}

TEST(Keys, OfAnInstanceComeFromItsBlocks) {
  World world;
  const Key definition = world.deploy(fan(100));
  EXPECT_EQ(partition_of(definition), PartitionId(1));
  const Key instance = world.create();
  EXPECT_EQ(block_of(instance), instance);
  const auto finish = [&world] {  // the steps that did not fit into the first frame
    while (world.run_due(100) != 0) continue;
  };
  finish();
  EXPECT_THAT(world.state().instance(instance)->further_blocks.size(), ::testing::Ge(3U))
      << "100 elements and 100 jobs need four blocks";
  std::size_t beyond = 0;
  for (const auto& [key, row] : world.state().instance(instance)->jobs) {
    beyond += block_of(row.key) == instance ? 0U : 1U;
    ASSERT_NE(world.state().instance_of(row.key), nullptr);
    EXPECT_EQ(world.state().instance_of(row.key)->row.key, instance);
  }
  EXPECT_GT(beyond, 0U);
  const Key last = world.job(instance, "t99");
  const Key other = world.create();
  EXPECT_EQ(block_of(other), other);
  EXPECT_EQ(world.state().instance_of(last)->row.key, instance) << "blocks of two instances do not overlap";
  EXPECT_TRUE(world.cancel(instance));
  finish();
  EXPECT_EQ(world.state().instance_of(last), nullptr);
  EXPECT_TRUE(world.cancel(other));
  finish();
  std::size_t directory_rows = 0;
  world.state().for_each_row([&](std::string_view key, std::string_view) {
    directory_rows += key[0] == static_cast<char>(RowKind::kDirectory) ? 1U : 0U;
  });
  EXPECT_EQ(directory_rows, 0U);
}

TEST(Keys, AreNeverGivenTwice) {
  World world;
  world.deploy(one_task());
  const Key first = world.create();
  EXPECT_TRUE(world.cancel(first));
  EXPECT_GT(world.create().value(), first.value());
}

}  // namespace
}  // namespace baton::engine::testing
