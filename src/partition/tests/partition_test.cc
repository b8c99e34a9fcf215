// Ordering, group commit, durability, recovery, backpressure.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <thread>

#include "base/bytes.h"
#include "partition/tests/partition_support.h"

namespace baton::partition::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string last_position(const engine::StateView& state) {
  return std::to_string(state.last_position().value());
}

TEST_F(PartitionTest, NothingIsPublishedBeforeTheAppendThatCoversItReturned) {
  start();
  deploy_and_wait();
  const std::size_t before = published_.count();
  watch_.close();
  ASSERT_TRUE(submit(create(2)));
  ASSERT_TRUE(watch_.wait_until_blocked());
  // Everything is run while the append waits: a rejection, a read, a poll that gets the job, an empty poll.
  ASSERT_TRUE(submit(command(engine::CancelInstance{Key(4711)}, 3), Read{4, last_position}));
  ASSERT_TRUE(submit(Poll{5, work(), 1, 0}, Poll{6, {"nothing", "w", 1, {}, {"<default>"}}, 1, 0}));
  wait_until_run();
  EXPECT_EQ(published_.count(), before);
  watch_.open();
  EXPECT_TRUE(std::holds_alternative<engine::CreateReply>(published_.reply(2)));
  EXPECT_EQ(std::get<Error>(published_.reply(3)).code, Code::kNotFound);
  EXPECT_EQ(published_.answer(4), "3");
  EXPECT_EQ(published_.wait_for_jobs(5, 1).size(), 1U);
  EXPECT_TRUE(published_.wait_for_end(6));
}

// A read appends nothing itself, but tells what others appended.
TEST_F(PartitionTest, AReadWaitsForWhatItSaw) {
  start();
  deploy_and_wait();
  watch_.close();
  ASSERT_TRUE(submit(create(2)));
  ASSERT_TRUE(watch_.wait_until_blocked());
  ASSERT_TRUE(submit(Read{3, last_position}));
  wait_until_run();
  EXPECT_FALSE(published_.wait([](const auto& items) { return std::holds_alternative<ReadReply>(items.back().second); },
                               std::chrono::milliseconds(30)));
  watch_.open();
  EXPECT_EQ(published_.answer(3), "2");
}

TEST_F(PartitionTest, AReadOnAnIdlePartitionIsAnsweredWithoutAnAppend) {
  start();
  deploy_and_wait();
  const auto appends = watch_.append_sizes();
  ASSERT_TRUE(submit(Read{2, last_position}));
  EXPECT_EQ(published_.answer(2), "1");
  EXPECT_EQ(watch_.append_sizes(), appends);
}

TEST_F(PartitionTest, UnderLoadFromManyThreadsNoAnswerIsAheadOfTheJournal) {
  start();
  deploy_and_wait();
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 150;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        std::vector<Request> requests;
        requests.emplace_back(create(10'000 + t * kEach + i));
        requests.emplace_back(Read{20'000 + t * kEach + i, last_position});
        EXPECT_TRUE(partition_->submit(requests));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  settle();
  std::size_t reads = 0;
  std::size_t created = 0;
  for (const auto& [durable, item] : published_.items()) {
    if (const auto* reply = std::get_if<engine::Reply>(&item))
      created += std::holds_alternative<engine::CreateReply>(reply->body) ? 1 : 0;
    const auto* read = std::get_if<ReadReply>(&item);
    if (read == nullptr || read->token >= 1'000'000) continue;
    ++reads;
    ASSERT_LE(std::stoull(read->answer), durable);
  }
  EXPECT_EQ(created, kThreads * kEach);
  EXPECT_EQ(reads, kThreads * kEach);
}

TEST_F(PartitionTest, WhatArrivesDuringAnAppendSharesTheNextOne) {
  start();
  deploy_and_wait();
  watch_.close();
  ASSERT_TRUE(submit(create(2)));
  ASSERT_TRUE(watch_.wait_until_blocked());
  for (std::uint64_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(submit(create(100 + i)));
    if (i % 10 == 0) wait_until_run();
  }
  wait_until_run();
  watch_.open();
  published_.reply(149);
  EXPECT_THAT(watch_.append_sizes(), ElementsAre(1, 1, 50));
  EXPECT_EQ(partition_->stats().batches.load(), 3U);
  EXPECT_EQ(partition_->stats().frames.load(), 52U);
}

TEST_F(PartitionTest, NoBatchIsLongerThanItsLimits) {
  PartitionOptions options;
  options.max_batch_frames = 8;
  start(options);
  deploy_and_wait();
  for (std::uint64_t i = 0; i < 60; ++i) ASSERT_TRUE(submit(create(100 + i)));
  settle();
  ASSERT_TRUE(submit(Stream{7, work(), 0, false}));
  published_.wait_for_jobs(7, 60);
  for (const std::uint32_t frames : watch_.append_sizes()) EXPECT_LE(frames, 8U);
}

// A poll ends as soon as it has a job, so a long one is cut where the batch is full.
TEST_F(PartitionTest, APollForManyJobsDoesNotOutgrowABatch) {
  PartitionOptions options;
  options.max_batch_frames = 8;
  start(options);
  deploy_and_wait();
  for (std::uint64_t i = 0; i < 60; ++i) ASSERT_TRUE(submit(create(100 + i)));
  settle();
  std::size_t got = 0;
  for (ConsumerId id = 10; got < 60 && id < 80; ++id) {
    ASSERT_TRUE(submit(Poll{id, work(), 1000, clock_.boot_ns() + 10'000'000'000}));
    ASSERT_TRUE(published_.wait_for_end(id));
    ASSERT_FALSE(published_.jobs(id).empty());
    got += published_.jobs(id).size();
  }
  EXPECT_EQ(got, 60U);
  for (const std::uint32_t frames : watch_.append_sizes()) EXPECT_LE(frames, 8U);
}

TEST_F(PartitionTest, DueWorkDoesNotOutgrowABatch) {
  PartitionOptions options;
  options.max_batch_frames = 8;
  start(options);
  deploy_and_wait();
  for (std::uint64_t i = 0; i < 60; ++i) ASSERT_TRUE(submit(create(100 + i)));
  ASSERT_TRUE(submit(Stream{7, work(1000), 0, false}));
  published_.wait_for_jobs(7, 60);
  ASSERT_TRUE(submit(RemoveConsumer{7}));
  settle();
  clock_.advance_ms(2000);
  nudge();
  ASSERT_TRUE(submit(Stream{8, work(), 0, false}));
  published_.wait_for_jobs(8, 60);
  for (const std::uint32_t frames : watch_.append_sizes()) EXPECT_LE(frames, 8U);
}

// One frame holds a bounded number of steps; the rest goes on at once, not with the next tick.
TEST_F(PartitionTest, DeferredStepsGoOnAtOnce) {
  namespace text = bpmn::testing;
  constexpr int kTasks = 5000;
  std::string inside = text::start() + text::end();
  std::string previous = "start";
  for (int i = 0; i < kTasks; ++i) {
    const std::string id = "t" + std::to_string(i);
    inside += text::task(id) + text::flow("f" + std::to_string(i), previous, id);
    previous = id;
  }
  inside += text::flow("last", previous, "end");
  start();
  ASSERT_TRUE(submit(deploy(1, text::file(text::process(inside)))));
  ASSERT_TRUE(std::holds_alternative<engine::DeployReply>(published_.reply(1)));
  engine::CreateInstance body;
  body.process_id = "p";
  body.await_result = true;
  const std::int64_t begin = SystemClock().boot_ns();
  ASSERT_TRUE(submit(command(std::move(body), 2)));
  EXPECT_TRUE(std::holds_alternative<engine::ResultReply>(published_.reply(2)));
  EXPECT_LT(SystemClock().boot_ns() - begin, 2'000'000'000) << "every frame but the first waited for a tick";
  const auto appends = watch_.append_sizes();
  EXPECT_GT(std::accumulate(appends.begin(), appends.end(), 0U), 5U) << "the model is too small to defer anything";
}

TEST_F(PartitionTest, AForgottenCallerOfACreateWithResultIsNotAnswered) {
  start();
  deploy_and_wait();
  engine::CreateInstance body;
  body.process_id = "p";
  body.await_result = true;
  ASSERT_TRUE(submit(command(std::move(body), 2), Poll{3, work(), 1, 0}));
  const auto jobs = published_.wait_for_jobs(3, 1);
  ASSERT_EQ(jobs.size(), 1U);
  ASSERT_TRUE(submit(ForgetReply{2}, command(engine::CompleteJob{jobs[0].key, {}}, 4)));
  EXPECT_TRUE(std::holds_alternative<engine::EmptyReply>(published_.reply(4)));
  settle();
  EXPECT_TRUE(published_.wait([](const auto& items) {
    return std::none_of(items.begin(), items.end(), [](const auto& item) {
      const auto* reply = std::get_if<engine::Reply>(&item.second);
      return reply != nullptr && reply->token == 2;
    });
  }));
}

// --- backpressure ---

/// Keeps the partition's thread inside a read until it is let go.
struct Hold {
  std::atomic<bool> inside{false};
  std::atomic<bool> go{false};
  Read read() {
    return Read{999, [this](const engine::StateView&) {
                  inside = true;
                  inside.notify_all();
                  go.wait(false);
                  return std::string();
                }};
  }
  void release() {
    go = true;
    go.notify_all();
  }
};

TEST_F(PartitionTest, AFullQueueRefusesAllOrNothingAndStillTakesWhatIsUrgent) {
  PartitionOptions options;
  options.max_queued = 10;
  start(options);
  deploy_and_wait();
  Hold hold;
  ASSERT_TRUE(submit(hold.read()));
  hold.inside.wait(false);
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(submit(create(100 + i)));
  std::vector<Request> three;
  for (std::uint64_t i = 0; i < 3; ++i) three.emplace_back(create(200 + i));
  EXPECT_FALSE(partition_->submit(three));
  EXPECT_EQ(three.size(), 3U) << "refused requests stay with the caller";
  EXPECT_EQ(partition_->stats().rejected_by_backpressure.load(), 3U);
  EXPECT_TRUE(submit(create(108), create(109))) << "exactly full";
  EXPECT_FALSE(submit(create(201)));
  std::vector<Request> urgent;
  urgent.emplace_back(command(engine::CancelInstance{Key(4711)}, 300));
  EXPECT_TRUE(partition_->submit(urgent, Partition::Urgency::kUrgent));
  EXPECT_TRUE(urgent.empty());
  hold.release();
  EXPECT_EQ(std::get<Error>(published_.reply(300)).code, Code::kNotFound);
  EXPECT_TRUE(std::holds_alternative<engine::CreateReply>(published_.reply(109)));
  EXPECT_TRUE(submit(create(400))) << "the queue is free again";
  published_.reply(400);
  partition_->stop();
  EXPECT_EQ(partition_->state().instance_count(), 11U) << "none of the refused ones was run";
}

// --- stop and recovery ---

TEST_F(PartitionTest, StopMakesEverythingDurableAndAnswersIt) {
  start();
  deploy_and_wait();
  for (std::uint64_t i = 0; i < 300; ++i) ASSERT_TRUE(submit(create(100 + i)));
  partition_->stop();
  std::size_t replies = 0;
  for (const auto& [durable, item] : published_.items()) replies += std::holds_alternative<engine::Reply>(item) ? 1 : 0;
  EXPECT_EQ(replies, 301U);
  EXPECT_FALSE(submit(create(1))) << "a stopped partition takes nothing";
  disk_.crash();
  ASSERT_TRUE(recover());
  EXPECT_EQ(partition_->state().instance_count(), 300U);
  EXPECT_EQ(partition_->state().last_position(), Position(301));
}

TEST_F(PartitionTest, StopWithAnAppendUnderWayWaitsForIt) {
  start();
  deploy_and_wait();
  watch_.close();
  ASSERT_TRUE(submit(create(2)));
  ASSERT_TRUE(watch_.wait_until_blocked());
  ASSERT_TRUE(submit(create(3)));
  std::thread stopper([this] { partition_->stop(); });
  watch_.open();
  stopper.join();
  EXPECT_TRUE(std::holds_alternative<engine::CreateReply>(published_.reply(3)));
  EXPECT_EQ(partition_->state().instance_count(), 2U);
  partition_->stop();  // again does nothing
}

TEST_F(PartitionTest, RecoveryRestoresTheSameStateAndGoesOn) {
  start();
  deploy_and_wait();
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(submit(create(100 + i)));
  ASSERT_TRUE(submit(Poll{5, work(), 7, 0}));
  const auto jobs = published_.wait_for_jobs(5, 7);
  ASSERT_EQ(jobs.size(), 7U);
  auto variables = JsonDocument::parse(R"({"a":{"b":[1,2,"x"]},"n":1.5})");
  ASSERT_TRUE(variables);
  ASSERT_TRUE(submit(command(engine::CompleteJob{jobs[0].key, *variables}),
                     command(engine::FailJob{jobs[1].key, 0, "broken", 0, {}}),
                     command(engine::FailJob{jobs[2].key, 2, "later", 60'000, *variables})));
  settle();
  partition_->stop();
  const std::uint64_t hash = partition_->state().full_hash();
  const Position last = partition_->state().last_position();
  for (int restart = 0; restart < 3; ++restart) {
    const Status recovered = recover();
    ASSERT_TRUE(recovered) << recovered.error().to_string();
    EXPECT_EQ(partition_->state().full_hash(), hash);
    EXPECT_EQ(partition_->state().last_position(), last);
    EXPECT_EQ(partition_->state().instance_count(), 19U);
    EXPECT_EQ(partition_->state().incident_count(), 1U);
  }
  partition_->start();
  ASSERT_TRUE(submit(Poll{500, work(), 100, 0}));
  EXPECT_EQ(published_.wait_for_jobs(500, 13).size(), 13U) << "what was not with a worker";
}

TEST_F(PartitionTest, FrameTimeNeverGoesBackOverARestart) {
  start();
  deploy_and_wait();
  clock_.advance_ms(50'000);
  ASSERT_TRUE(submit(create(2)));
  published_.reply(2);
  partition_->stop();
  const TimeMs last = partition_->state().last_time();
  const SharedClock earlier;  // 50 s behind
  start({}, &earlier);
  ASSERT_TRUE(submit(create(3)));
  published_.reply(3);
  partition_->stop();
  EXPECT_GE(partition_->state().last_time(), last);
}

/// Replaces the last batch with frames by what `change` makes of it, and chains and seals everything behind it anew.
void rewrite_last_batch(std::string& segment, const std::function<void(storage::BatchHeader&, std::string&)>& change) {
  std::vector<std::pair<std::uint64_t, storage::BatchHeader>> places;
  std::uint64_t at = storage::kSegmentHeaderBytes;
  for (auto header = storage::decode_batch(segment, at); header; header = storage::decode_batch(segment, at)) {
    places.emplace_back(at, *header);
    at += header->length;
  }
  std::size_t last = places.size();
  while (last > 0 && places[last - 1].second.marker) --last;
  ASSERT_GT(last, 0U);
  Sha256 previous = places[last - 1].second.previous;
  for (std::size_t i = last - 1; i < places.size(); ++i) {
    auto& [offset, header] = places[i];
    std::string frames = segment.substr(offset + storage::kBatchHeaderBytes, header.frame_bytes);
    if (i == last - 1) change(header, frames);
    header.previous = previous;
    const std::string batch = storage::encode_batch(header, frames);
    ASSERT_EQ(batch.size(), header.length);
    segment.replace(offset, batch.size(), batch);
    previous = sha256(batch);
  }
}

class ChangedJournal : public PartitionTest {
 protected:
  void SetUp() override {
    start();
    deploy_and_wait();
    ASSERT_TRUE(submit(create(2)));
    published_.reply(2);
    partition_->stop();
  }
  std::string& segment() { return *disk_.bytes("/data/journal/000000000001.seg"); }
};

TEST_F(ChangedJournal, RewritingWithoutAChangeIsAccepted) {
  rewrite_last_batch(segment(), [](auto&, auto&) {});
  const Status recovered = recover();
  EXPECT_TRUE(recovered) << recovered.error().to_string();
}

TEST_F(ChangedJournal, AFrameWhoseHashIsNotThatOfWhatItDoesIsRefused) {
  rewrite_last_batch(segment(),
                     [](auto&, std::string& frames) { frames.back() = static_cast<char>(frames.back() ^ 1); });
  const Status recovered = recover();
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, Code::kDataLoss);
  EXPECT_THAT(recovered.error().message, HasSubstr("000000000001.seg at offset "));
  EXPECT_THAT(recovered.error().message, HasSubstr("the frame at position 2 does not lead to the state"));
}

TEST_F(ChangedJournal, ABatchThatMiscountsItsFramesIsRefused) {
  rewrite_last_batch(segment(), [](storage::BatchHeader& header, auto&) { header.frame_count = 2; });
  const Status recovered = recover();
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, Code::kDataLoss);
  EXPECT_THAT(recovered.error().message, HasSubstr("000000000001.seg at offset "));
}

// --- a failing disk ---

TEST(PartitionDeathTest, AFailedAppendEndsTheProcessWithoutAnAnswer) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    SharedClock clock;
    JournalWatch watch;
    Recorder published(watch);
    storage::MemoryDisk disk;
    Partition partition(clock, published, {});
    storage::FileJournalOptions options;
    options.directory = "/j";
    const Status recovered = partition.recover(
        [&](Position, const storage::BatchVisitor& visit) -> Result<std::unique_ptr<storage::Journal>> {
          BATON_ASSIGN(auto journal, storage::FileJournal::open(disk, options, visit));
          disk.fail_after(0, 1);
          return std::unique_ptr<storage::Journal>(std::move(journal));
        });
    if (!recovered) std::_Exit(1);
    partition.start();
    std::vector<Request> requests;
    requests.emplace_back(deploy(1));
    partition.submit(requests);
    if (published.wait([](const auto& items) { return !items.empty(); })) std::_Exit(2);
    std::_Exit(3);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(74),
              "cannot sync: injected; the process ends, nothing unacknowledged is claimed");
}

}  // namespace
}  // namespace baton::partition::test
