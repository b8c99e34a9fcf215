// Checkpoints of a running partition: what a restart finds, backpressure, failures of the store.
#include <gmock/gmock.h>

#include "partition/tests/partition_support.h"
#include "storage/memory/memory_store.h"

namespace baton::partition::test {
namespace {

using ::testing::HasSubstr;

/// Keeps the rows when the partition that uses it is gone.
class SharedStore final : public storage::StateStore {
 public:
  explicit SharedStore(storage::MemoryStore& store) : store_(store) {}
  Result<storage::StoreMark> mark() const override { return store_.mark(); }
  Result<std::unique_ptr<storage::StoreSnapshot>> snapshot() const override { return store_.snapshot(); }
  Status commit(const Changes& changes, Position position, Epoch epoch, Position previous) override {
    return store_.commit(changes, position, epoch, previous);
  }
  Result<bool> make_room(std::uint64_t bytes, std::uint64_t step) override { return store_.make_room(bytes, step); }
  [[nodiscard]] std::uint64_t bytes() const override { return 0; }
  Result<storage::StoreMark> copy(const std::string& path, storage::Breather& breather) const override {
    return store_.copy(path, breather);
  }

 private:
  storage::MemoryStore& store_;
};

class CheckpointTest : public PartitionTest {
 protected:
  // The partition writes to the store until its end.
  ~CheckpointTest() override {
    watch_.open();
    partition_.reset();
  }

  static PartitionOptions often() {
    PartitionOptions options;
    options.checkpoints.max_frames = 10;
    return options;
  }
  Status recover_stored(const PartitionOptions& options) {
    if (partition_ != nullptr) partition_->stop();
    partition_ = std::make_unique<Partition>(clock_, published_, options);
    return partition_->recover(
        [this](Position after, const storage::BatchVisitor& visit) -> Result<std::unique_ptr<storage::Journal>> {
          after_ = after;
          auto journal_options = PartitionTest::journal_options();
          journal_options.after = after;
          journal_options.directory = directory_;
          BATON_ASSIGN(auto journal, storage::FileJournal::open(disk_, journal_options, visit));
          return std::unique_ptr<storage::Journal>(std::make_unique<WatchedJournal>(std::move(journal), watch_));
        },
        std::make_unique<SharedStore>(store_));
  }
  void start_stored(const PartitionOptions& options = often()) {
    const Status recovered = recover_stored(options);
    ASSERT_TRUE(recovered) << recovered.error().to_string();
    partition_->start();
  }
  /// Submits reads until a checkpoint has reached `position`.
  void wait_for_checkpoint(std::uint64_t position) {
    for (int i = 0; i < 100'000 && partition_->stats().stored_position.load() < position; ++i) settle();
    ASSERT_GE(partition_->stats().stored_position.load(), position);
  }
  void create_many(std::uint64_t count, std::uint64_t first_token) {
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(submit(create(first_token + i)));
    for (std::uint64_t i = 0; i < count; ++i)
      ASSERT_TRUE(std::holds_alternative<engine::CreateReply>(published_.reply(first_token + i)));
  }

  storage::MemoryStore store_;
  std::string directory_ = "/data/journal";
  Position after_;
};

TEST_F(CheckpointTest, ARestartReplaysOnlyWhatIsBehindTheCheckpoint) {
  start_stored();
  deploy_and_wait();
  create_many(30, 100);
  wait_for_checkpoint(20);
  partition_->stop();  // writes the rest
  EXPECT_EQ(store_.mark()->position, Position(31));
  start_stored();
  EXPECT_EQ(after_, Position(31));
  EXPECT_EQ(partition_->state().instance_count(), 30U);
  EXPECT_EQ(partition_->state().job_count(), 30U);
  EXPECT_EQ(partition_->stats().instances_in_memory.load(), 0U) << "at the start nothing is read";
  ASSERT_TRUE(submit(Poll{5, work(), 30, 0}));
  EXPECT_EQ(published_.wait_for_jobs(5, 30).size(), 30U);
}

TEST_F(CheckpointTest, ACrashBetweenCheckpointsLosesNothing) {
  start_stored();
  deploy_and_wait();
  create_many(25, 100);
  wait_for_checkpoint(10);
  ASSERT_TRUE(submit(Poll{5, work(), 7, 0}));
  const auto jobs = published_.wait_for_jobs(5, 7);
  for (std::size_t i = 0; i < jobs.size(); ++i)
    ASSERT_TRUE(submit(command(engine::CompleteJob{jobs[i].key, {}}, 200 + i)));
  for (std::size_t i = 0; i < jobs.size(); ++i) published_.reply(200 + i);
  const auto marked = *store_.mark();
  partition_->stop();
  const std::size_t left = partition_->state().instance_count();
  EXPECT_EQ(left, 18U);
  EXPECT_GE(store_.mark()->position, marked.position);
  start_stored();
  EXPECT_EQ(partition_->state().instance_count(), left);
  ASSERT_TRUE(submit(Poll{6, work(), 30, 0}));
  EXPECT_EQ(published_.wait_for_jobs(6, 18).size(), 18U);
}

/// start -> timer of a minute -> service task -> end.
std::string waits_a_minute() {
  using namespace bpmn::testing;
  return file(process(start() +
                      node("intermediateCatchEvent", "id=\"t\"",
                           node("timerEventDefinition", "id=\"d\"", node("timeDuration", "id=\"x\"", "PT1M"))) +
                      service("a") + end() + flow("f1", "start", "t") + flow("f2", "t", "a") + flow("f3", "a", "end")));
}

TEST_F(CheckpointTest, TimersFireOnceOverRestartsAndJumpsOfTheClock) {
  constexpr std::size_t kCount = 25;
  start_stored();
  ASSERT_TRUE(submit(deploy(1, waits_a_minute())));
  published_.reply(1);
  create_many(kCount, 100);
  clock_.jump_ms(3'600'000);
  clock_.advance_ms(30'000);
  settle();
  partition_->stop();
  EXPECT_EQ(partition_->state().job_count(), 0U) << "timers follow the steady clock";
  // They fall due while the server is down, and the clock is an hour back again.
  clock_.jump_ms(-3'600'000);
  clock_.advance_ms(31'000);
  start_stored();
  ASSERT_TRUE(submit(Stream{5, work(), 0, false}));
  EXPECT_EQ(published_.wait_for_jobs(5, kCount).size(), kCount);
  for (int restart = 0; restart < 2; ++restart) {
    clock_.jump_ms(restart == 0 ? 7'200'000 : -7'200'000);
    clock_.advance_ms(1'000);
    partition_->stop();
    start_stored();
    settle();
    EXPECT_EQ(partition_->stats().active_jobs.load(), kCount) << "none fires again";
  }
  partition_->stop();
  EXPECT_EQ(partition_->state().instance_count(), kCount);
}

TEST_F(CheckpointTest, ShortLivedInstancesNeverReachTheStore) {
  start_stored();
  deploy_and_wait();
  ASSERT_TRUE(submit(Stream{7, work(), 0, false}));
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(submit(create(100 + i)));
  const auto jobs = published_.wait_for_jobs(7, 5);
  for (const auto& job : jobs) ASSERT_TRUE(submit(command(engine::CompleteJob{job.key, {}}, 300 + job.key.value())));
  for (const auto& job : jobs) published_.reply(300 + job.key.value());
  partition_->stop();
  const auto rows = store_.rows();
  for (const auto& [key, value] : *rows) {
    EXPECT_NE(key[0], static_cast<char>(engine::RowKind::kInstance));
    EXPECT_NE(key[0], static_cast<char>(engine::RowKind::kJobDeadlines));
  }
}

TEST_F(CheckpointTest, AFullDiskDelaysACheckpointAndNothingElse) {
  start_stored();
  deploy_and_wait();
  store_.fail_next({Code::kResourceExhausted, "no space"});
  create_many(30, 100);
  create_many(30, 200);
  wait_for_checkpoint(60);
}

TEST_F(CheckpointTest, WithoutMemoryNewWorkIsRefusedUntilACheckpointIsWritten) {
  PartitionOptions options = often();
  options.checkpoints.memory_bytes = 64U << 10;
  start_stored(options);
  deploy_and_wait();
  watch_.close();  // nothing becomes durable, so no checkpoint is written
  std::uint64_t token = 1000;
  while (submit(create(token))) {
    ++token;
    // Until the partition has run it; at the last one it refuses.
    const std::uint64_t run = partition_->stats().last_position.load();
    for (int i = 0; i < 100'000 && partition_->stats().last_position.load() == run; ++i) std::this_thread::yield();
    ASSERT_LT(token, 10'000U) << "the memory is never full";
  }
  EXPECT_GT(partition_->stats().rejected_by_backpressure.load(), 0U);
  watch_.open();
  published_.reply(token - 1);
  for (int i = 0; i < 100'000 && !submit(create(50'000)); ++i) std::this_thread::yield();
  EXPECT_TRUE(std::holds_alternative<engine::CreateReply>(published_.reply(50'000)));
}

// Its changed rows are written, not all of it: or a long loop would have a checkpoint begin after each that ends.
TEST_F(CheckpointTest, ALargeInstanceCountsByWhatChanged) {
  PartitionOptions options;
  options.checkpoints.changed_bytes = 512U << 10;
  start_stored(options);
  deploy_and_wait();
  const auto with_text = [](std::uint64_t token, std::size_t bytes) {
    engine::Command command = create(token);
    std::get<engine::CreateInstance>(command.body).variables.add("text", '"' + std::string(bytes, 'x') + '"');
    return command;
  };
  ASSERT_TRUE(submit(with_text(100, 1U << 20)));
  const Key large = std::get<engine::CreateReply>(published_.reply(100)).instance;
  wait_for_checkpoint(2);
  settle();
  const std::uint64_t before = partition_->stats().checkpoints.load();
  for (std::uint64_t i = 0; i < 20; ++i) {
    JsonDocument variables;
    variables.add("count", std::to_string(i));
    ASSERT_TRUE(submit(command(engine::SetVariables{large, false, variables}, 200 + i)));
    published_.reply(200 + i);
  }
  settle();
  EXPECT_EQ(partition_->stats().checkpoints.load(), before);
  ASSERT_TRUE(submit(with_text(300, 1U << 20)));
  published_.reply(300);
  wait_for_checkpoint(23);
}

TEST_F(CheckpointTest, AStoreAheadOfTheJournalIsRefused) {
  start_stored();
  deploy_and_wait();
  create_many(30, 100);
  partition_->stop();
  directory_ = "/another/journal";
  const Status recovered = recover_stored(often());
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, Code::kDataLoss);
  EXPECT_THAT(recovered.error().message, HasSubstr("the state store is at position 31"));
}

TEST_F(CheckpointTest, AReplayWritesCheckpointsToo) {
  start();  // without a store
  deploy_and_wait();
  for (std::uint64_t i = 0; i < 200; ++i) create_many(1, 100 + i);  // a batch each
  partition_->stop();
  PartitionOptions options = often();
  options.checkpoints.memory_bytes = 64U << 10;
  ASSERT_TRUE(recover_stored(options));
  EXPECT_GT(store_.mark()->position, Position(50));
  EXPECT_EQ(partition_->state().instance_count(), 200U);
}

TEST_F(CheckpointTest, BackoffsOfStoredJobsEndInTime) {
  start_stored();
  deploy_and_wait();
  create_many(20, 100);
  ASSERT_TRUE(submit(Poll{5, work(), 20, 0}));
  const auto jobs = published_.wait_for_jobs(5, 20);
  for (std::size_t i = 0; i < jobs.size(); ++i)
    ASSERT_TRUE(submit(command(engine::FailJob{jobs[i].key, 2, "later", 60'000, {}}, 200 + i)));
  for (std::size_t i = 0; i < jobs.size(); ++i) published_.reply(200 + i);
  partition_->stop();
  start_stored();
  ASSERT_TRUE(submit(Poll{6, work(), 20, 0}));
  EXPECT_TRUE(published_.wait_for_end(6));
  EXPECT_TRUE(published_.jobs(6).empty()) << "none early";
  clock_.advance_ms(61'000);
  nudge();
  settle();
  ASSERT_TRUE(submit(Poll{7, work(), 20, clock_.boot_ns() + 10'000'000'000}));
  EXPECT_EQ(published_.wait_for_jobs(7, 20).size(), 20U);
}

}  // namespace
}  // namespace baton::partition::test
