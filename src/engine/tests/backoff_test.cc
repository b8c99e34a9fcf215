// Back-offs that have a row of their own: an end does not touch the instance, and whatever else happens to the job
// finds it as if the back-off were in the job's own row, which is how old journals have it.
#include "engine/appliers/appliers.h"
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kBackoff = 500;

/// One instance whose job backs off.
struct Fixture {
  World world;
  Key instance;
  Key job;

  Fixture() {
    world.deploy(one_task());
    instance = world.create("p");
    job = world.job(instance, "a");
    world.activate(job);
    EXPECT_TRUE(world.fail(job, 2, "later", kBackoff));
  }
  void end_backoff() {
    EXPECT_EQ(world.pass(kBackoff), 1U);
    EXPECT_THAT(world.trace(), ElementsAre("JOB_BACKOFF_ENDED"));
    EXPECT_EQ(world.state().oldest_job("work", kDefaultTenant), job);
  }
  /// Nothing of the back-off is left: neither its row nor an entry in a queue.
  void expect_taken() {
    EXPECT_EQ(world.count<JobBackoffRow>(), 0U);
    EXPECT_FALSE(world.state().index<JobBackoffs>().first({}).has_value());
  }
  void expect_done() {
    EXPECT_TRUE(world.ended(instance));
    expect_taken();
    EXPECT_EQ(world.state().oldest_job("work", kDefaultTenant), Key(0));
    EXPECT_EQ(world.state().next_due(), std::nullopt);
    world.check_all();
  }
};

TEST(Backoff, ItsEndNamesNoInstanceAndAnnouncesTheType) {
  Fixture f;
  EXPECT_THAT(f.world.trace(), Contains("JOB_BACKOFF_STARTED"));
  EXPECT_EQ(f.world.count<JobBackoffRow>(), 1U);
  EXPECT_EQ(f.world.state().oldest_job("work", kDefaultTenant), Key(0));
  f.world.engine().take_ready_types();
  const std::size_t before = f.world.journal().size();
  f.end_backoff();
  EXPECT_THAT(f.world.engine().take_ready_types(), ElementsAre("work"));
  std::string_view journal = std::string_view(f.world.journal()).substr(before);
  EXPECT_EQ(read_frame(journal)->header.instance, Key(0));
  EXPECT_EQ(f.world.job_row(f.job).retries, 2);
}

TEST(Backoff, AJobIsWorkedOnWhenItsBackoffIsOver) {
  Fixture f;
  f.end_backoff();
  f.world.activate(f.job);
  f.expect_taken();
  EXPECT_TRUE(f.world.complete(f.job));
  f.expect_done();
}

TEST(Backoff, AJobMayBackOffAgainAndAgain) {
  Fixture f;
  for (int i = 0; i < 7; ++i) {
    f.end_backoff();
    f.world.activate(f.job);
    EXPECT_TRUE(f.world.fail(f.job, 2, "again", kBackoff));
    EXPECT_EQ(f.world.count<JobBackoffRow>(), 1U);
  }
  f.end_backoff();
  EXPECT_TRUE(f.world.complete(f.job)) << "without a worker, as any activatable job";
  f.expect_done();
}

TEST(Backoff, AJobMayFailWithoutOneAfterwards) {
  Fixture f;
  f.end_backoff();
  EXPECT_TRUE(f.world.fail(f.job, 0, "broken"));
  f.expect_taken();
  EXPECT_EQ(f.world.incidents(f.instance), 1U);
  EXPECT_TRUE(f.world.cancel(f.instance));
  f.expect_done();
}

TEST(Backoff, AnErrorAfterwardsIsThrown) {
  Fixture f;
  f.end_backoff();
  EXPECT_TRUE(f.world.throw_error(f.job, "nobody-catches"));
  f.expect_taken();
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kErrorThrown);
}

TEST(Backoff, MoreRetriesMeanwhileDoNotEndIt) {
  Fixture f;
  EXPECT_TRUE(f.world.run(UpdateJobRetries{f.job, 9}));
  EXPECT_EQ(f.world.count<JobBackoffRow>(), 0U) << "the job's own row has it now";
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kFailed);
  EXPECT_EQ(f.world.pass(kBackoff - 1), 0U);
  EXPECT_EQ(f.world.pass(1), 1U);
  EXPECT_THAT(f.world.trace(), ElementsAre("JOB_ACTIVATABLE"));
  EXPECT_EQ(f.world.job_row(f.job).retries, 9);
}

TEST(Backoff, MoreRetriesAfterItsEndKeepThePlaceInTheQueue) {
  Fixture f;
  f.end_backoff();
  const Key other = f.world.create("p");
  EXPECT_TRUE(f.world.run(UpdateJobRetries{f.job, 9}));
  EXPECT_THAT(f.world.state().oldest_jobs("work", kDefaultTenant, 2), ElementsAre(f.job, f.world.job(other, "a")));
}

TEST(Backoff, ACanceledInstanceTakesItsBackoffAlong) {
  for (const bool over : {false, true}) {
    Fixture f;
    if (over) f.end_backoff();
    EXPECT_TRUE(f.world.cancel(f.instance));
    f.expect_done();
  }
}

TEST(Backoff, AnIsolatedInstanceLeavesTheQueuesAndComesBack) {
  for (const bool over : {false, true}) {
    Fixture f;
    if (over) f.end_backoff();
    EXPECT_TRUE(f.world.run(IsolateInstance{f.job, "it crashed"}));
    f.expect_taken();
    EXPECT_EQ(f.world.pass(kBackoff), 0U) << "nothing of it falls due";
    EXPECT_FALSE(f.world.run(EndJobBackoff{f.job}));
    EXPECT_EQ(f.world.state().oldest_job("work", kDefaultTenant), Key(0));
    EXPECT_TRUE(f.world.resolve(f.world.incident(f.instance).key));
    EXPECT_EQ(f.world.pass(0), over ? 0U : 1U);
    EXPECT_EQ(f.world.state().oldest_job("work", kDefaultTenant), f.job);
    EXPECT_TRUE(f.world.complete(f.job));
    f.expect_done();
  }
}

/// As the engine itself gives it.
Command command_of(CommandBody body) {
  Command command;
  command.tenant = kDefaultTenant;
  command.body = std::move(body);
  command.principal.kind = Principal::Kind::kEngine;
  return command;
}

/// An engine over a store, with one instance whose job backs off and of which nothing is in memory.
struct Stored {
  Engine engine{PartitionId(1)};
  TestStore store;
  TimeMs now = kStart;
  Key instance;
  Key job;

  Stored() {
    process(DeployResources{{{"p.bpmn", one_task().file()}}});
    CreateInstance create;
    create.process_id = "p";
    process(create);
    job = engine.state().oldest_job("work", kDefaultTenant);
    instance = engine.state().instance_of(job)->row.key;
  }
  std::string process(CommandBody body) {
    const Command command = command_of(std::move(body));
    std::string frames;
    Effects effects;
    store.with_rows(engine.state(), [&] { return engine.process(command, now, frames, effects); });
    return frames;
  }
  void evict() {
    State& state = engine.stored_state();
    for (int i = 0; i < 3; ++i) {  // clean rows of maps are kept for two checkpoints
      state.freeze();
      state.settle(SIZE_MAX);
      store.write(state);
      store.drop_frozen(state);
      state.drop(SIZE_MAX);
    }
    for (int i = 0; i < 2; ++i) state.evict(0, SIZE_MAX);
  }
  [[nodiscard]] bool in_memory() const {
    bool found = false;
    engine.state().for_each_instance([&](const Instance& one) { found = found || one.row.key == instance; });
    return found;
  }
};

TEST(Backoff, ItsEndReadsOneRowAndNotTheInstance) {
  Stored s;
  s.process(FailJob{s.job, 2, "later", kBackoff, {}});
  s.evict();
  ASSERT_FALSE(s.in_memory());
  s.now = s.now + kBackoff;
  s.engine.want(command_of(EndJobBackoff{s.job}));
  const Wanted wanted = s.engine.state().take_wanted();
  ASSERT_EQ(wanted.rows.size(), 1U);
  EXPECT_EQ(wanted.rows[0].key, row_key(RowKind::kJobBackoff, s.job));
  const std::string frames = s.process(EndJobBackoff{s.job});
  EXPECT_FALSE(frames.empty());
  EXPECT_FALSE(s.in_memory());
  s.evict();
  EXPECT_EQ(s.store.with_rows(s.engine.state(), [&] { return s.engine.state().oldest_job("work", kDefaultTenant); }),
            s.job);
  EXPECT_FALSE(s.process(CompleteJob{s.job, {}}).empty());
  EXPECT_EQ(s.engine.state().instance_count(), 0U);
  s.evict();
  EXPECT_EQ(s.store.rows().count(row_key(RowKind::kJobBackoff, s.job)), 0U);
}

TEST(Backoff, AReplayNamesItsRowForAPrefetch) {
  Stored s;
  s.process(FailJob{s.job, 2, "later", kBackoff, {}});
  s.evict();
  s.now = s.now + kBackoff;
  const std::string frames = s.process(EndJobBackoff{s.job});
  s.evict();
  std::string_view rest = frames;
  s.engine.want(*read_frame(rest));
  EXPECT_EQ(s.engine.state().take_wanted().rows.size(), 1U);
}

// Before back-offs had rows, JOB_FAILED put them into the job's own.
TEST(Backoff, OfAnOldJournalEndsAsItDidThen) {
  for (const bool evicted : {false, true}) {
    Stored s;
    {
      Mutator mutator(s.engine.stored_state());
      mutator.begin(Position(s.engine.state().last_position().value() + 1), s.now);
      ApplyContext context{mutator, s.instance, s.engine.stored_state().symbols().intern(kDefaultTenant), nullptr, {}};
      apply(context, JobFailed{s.job, 2, s.now + kBackoff, Value("\"later\"")});
      mutator.commit();
    }
    if (evicted) s.evict();
    EXPECT_TRUE(s.process(EndJobBackoff{s.job}).empty()) << "not due";
    s.now = s.now + kBackoff;
    std::vector<Command> due;
    s.store.with_rows(s.engine.state(), [&] { s.engine.collect_due(s.now, 10, due); });
    ASSERT_EQ(due.size(), 1U);
    EXPECT_FALSE(s.process(due[0].body).empty());
    EXPECT_EQ(s.engine.state().oldest_job("work", kDefaultTenant), s.job);
    EXPECT_FALSE(s.process(CompleteJob{s.job, {}}).empty());
    EXPECT_EQ(s.engine.state().instance_count(), 0U);
  }
}

}  // namespace
}  // namespace baton::engine::testing
