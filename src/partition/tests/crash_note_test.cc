// A command that crashes the engine three times in a row: its instance is isolated, the rest goes on.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "base/fault.h"
#include "partition/tests/partition_support.h"

namespace baton::partition::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

/// A partition on files in a directory, as after any restart.
struct Life {
  explicit Life(const std::string& directory) {
    PartitionOptions options;
    options.crash_note_directory = directory;
    partition = std::make_unique<Partition>(clock, published, options);
    const auto open = [&](Position, const storage::BatchVisitor& visit) -> Result<std::unique_ptr<storage::Journal>> {
      storage::FileJournalOptions journal;
      journal.directory = directory + "/journal";
      journal.prepare_in_background = false;
      BATON_ASSIGN(auto opened, storage::FileJournal::open(disk, journal, visit));
      return std::unique_ptr<storage::Journal>(std::make_unique<WatchedJournal>(std::move(opened), watch));
    };
    if (!partition->recover(open)) std::_Exit(9);
    partition->start();
  }
  ~Life() { partition->stop(); }
  engine::ReplyBody run(engine::CommandBody body) {
    std::vector<Request> requests;
    requests.emplace_back(command(std::move(body), ++token));
    if (!partition->submit(requests)) std::_Exit(8);
    return published.reply(token);
  }
  std::vector<engine::ActivatedJob> jobs(int count) {
    std::vector<Request> requests;
    requests.emplace_back(Poll{++token, work(100), count, 0});
    if (!partition->submit(requests)) std::_Exit(8);
    published.wait_for_end(token);
    return published.jobs(token);
  }

  SystemClock clock;
  JournalWatch watch;
  Recorder published{watch};
  storage::PosixDisk disk;
  std::unique_ptr<Partition> partition;
  std::uint64_t token = 0;
};

TEST(CrashNoteDeathTest, AnInstanceThatCrashesTheEngineThreeTimesIsIsolated) {
  GTEST_FLAG_SET(death_test_style, "fast");
  std::string pattern = (fs::temp_directory_path() / "baton-poison-XXXXXX").string();
  const std::string directory = ::mkdtemp(pattern.data());
  Key poison;
  Key other;
  {
    Life life(directory);
    ASSERT_TRUE(std::holds_alternative<engine::DeployReply>(life.run(deploy(0).body)));
    for (int i = 0; i < 2; ++i) life.run(create().body);
    const auto jobs = life.jobs(2);
    ASSERT_EQ(jobs.size(), 2U);
    poison = jobs[0].key;
    other = jobs[1].key;
  }
  const auto crash = [&] {
    ::setenv("BATON_FAULT", "partition.complete_job:1:error", 1);
    arm_faults_from_environment();
    Life life(directory);
    life.run(engine::CompleteJob{poison, {}});
  };
  for (int i = 0; i < 3; ++i) EXPECT_EXIT(crash(), ::testing::KilledBySignal(SIGABRT), "a fault point ends");
  Life life(directory);
  const auto refused = life.run(engine::CompleteJob{poison, {}});
  ASSERT_TRUE(std::holds_alternative<Error>(refused));
  EXPECT_THAT(std::get<Error>(refused).message, HasSubstr("it is isolated because of incident"));
  EXPECT_TRUE(std::holds_alternative<engine::EmptyReply>(life.run(engine::CompleteJob{other, {}})))
      << "the rest goes on";
  EXPECT_EQ(life.partition->stats().active_incidents.load(), 1U);
  EXPECT_TRUE(life.jobs(1).empty()) << "its job is in no queue";
  Key incident;
  std::vector<Request> requests;
  requests.emplace_back(Read{++life.token, [&](const engine::StateView& state) {
                               incident = state.instance_of(poison)->process()->incident;
                               return std::string();
                             }});
  ASSERT_TRUE(life.partition->submit(requests));
  life.published.answer(life.token);
  EXPECT_TRUE(std::holds_alternative<engine::EmptyReply>(life.run(engine::ResolveIncident{incident})));
  EXPECT_TRUE(std::holds_alternative<engine::EmptyReply>(life.run(engine::CompleteJob{poison, {}})));
  life.partition->stop();
  EXPECT_EQ(life.partition->state().instance_count(), 0U);
  fs::remove_all(directory);
}

TEST(CrashNoteDeathTest, OneCrashIsBadLuck) {
  GTEST_FLAG_SET(death_test_style, "fast");
  std::string pattern = (fs::temp_directory_path() / "baton-poison-XXXXXX").string();
  const std::string directory = ::mkdtemp(pattern.data());
  const auto crash_on = [&](Key entity) {
    CrashNote note;
    if (!note.open(directory)) std::_Exit(9);
    note.working_on(entity, Position(7), 5);
    std::abort();
  };
  const auto crashes = [&] {
    CrashNote note;
    EXPECT_TRUE(note.open(directory));
    return note.content().crashes;
  };
  EXPECT_EQ(crashes(), 0U);
  EXPECT_EXIT(crash_on(Key(64)), ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_EQ(crashes(), 1U);
  EXPECT_EXIT(crash_on(Key(64)), ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_EQ(crashes(), 2U);
  EXPECT_EXIT(crash_on(Key(128)), ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_EQ(crashes(), 1U) << "another one: not in a row";
  const auto goes_well = [&](Key entity, std::uint64_t intent) {
    CrashNote note;
    ASSERT_TRUE(note.open(directory));
    note.working_on(entity, Position(8), intent);
    note.done();
  };
  goes_well(Key(64), 5);
  goes_well(Key(128), 6);
  EXPECT_EQ(crashes(), 1U) << "another command says nothing about this one";
  goes_well(Key(128), 5);
  EXPECT_EQ(crashes(), 0U);
  fs::remove_all(directory);
}

}  // namespace
}  // namespace baton::partition::test
