// Polls, streams and what makes jobs available again.
#include <gmock/gmock.h>

#include "partition/tests/partition_support.h"

namespace baton::partition::test {
namespace {

using ::testing::IsEmpty;

class DispatchTest : public PartitionTest {
 protected:
  void SetUp() override {
    start();
    deploy_and_wait();
  }
  void create_jobs(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(submit(create()));
  }
  [[nodiscard]] std::int64_t in_ms(std::int64_t ms) const { return clock_.boot_ns() + ms * 1'000'000; }
};

TEST_F(DispatchTest, APollTakesWhatIsThereUpToItsMaximumAndEnds) {
  create_jobs(5);
  ASSERT_TRUE(submit(Poll{10, work(), 3, in_ms(60'000)}));
  ASSERT_TRUE(published_.wait_for_end(10));
  EXPECT_EQ(published_.jobs(10).size(), 3U);
  ASSERT_TRUE(submit(Poll{11, work(), 3, in_ms(60'000)}));
  ASSERT_TRUE(published_.wait_for_end(11));
  EXPECT_EQ(published_.jobs(11).size(), 2U) << "one job is enough to end";
}

TEST_F(DispatchTest, APollThatTakesMoreThanATurnGivesGetsAllOfThem) {
  const std::size_t count = PartitionOptions().turn_jobs * 3 + 1;
  create_jobs(count);
  const std::int64_t passed = clock_.boot_ns() - 1;  // it does not wait, but what is there is given
  ASSERT_TRUE(submit(Poll{10, work(), static_cast<std::int32_t>(count), passed}));
  ASSERT_TRUE(published_.wait_for_end(10));
  EXPECT_EQ(published_.jobs(10).size(), count);
  EXPECT_EQ(partition_->stats().waiting_polls.load(), 0U);
}

TEST_F(DispatchTest, AWaitingPollIsWokenByACreate) {
  ASSERT_TRUE(submit(Poll{10, work(), 3, in_ms(60'000)}));
  settle();
  EXPECT_FALSE(published_.has_ended(10));
  EXPECT_EQ(partition_->stats().waiting_polls.load(), 1U);
  create_jobs(1);
  ASSERT_TRUE(published_.wait_for_end(10));
  const auto jobs = published_.jobs(10);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].type, "work");
  EXPECT_EQ(jobs[0].worker, "worker");
  EXPECT_EQ(jobs[0].element_id, "a");
  EXPECT_EQ(jobs[0].deadline.value(), clock_.wall().value() + 60'000);
}

TEST_F(DispatchTest, JobsComeBeforeTheEndOfTheirPoll) {
  create_jobs(3);
  ASSERT_TRUE(submit(Poll{10, work(), 3, in_ms(60'000)}));
  ASSERT_TRUE(published_.wait_for_end(10));
  std::size_t jobs = 0;
  for (const auto& [durable, item] : published_.items()) {
    jobs += std::holds_alternative<engine::JobPush>(item) ? 1 : 0;
    if (std::holds_alternative<PollEnded>(item)) break;
  }
  EXPECT_EQ(jobs, 3U);
}

TEST_F(DispatchTest, PollsAreServedInTheirOrder) {
  ASSERT_TRUE(submit(Poll{10, work(), 1, in_ms(60'000)}, Poll{11, work(), 1, in_ms(60'000)}));
  create_jobs(1);
  ASSERT_TRUE(published_.wait_for_end(10));
  EXPECT_FALSE(published_.has_ended(11));
  create_jobs(1);
  ASSERT_TRUE(published_.wait_for_end(11));
}

TEST_F(DispatchTest, APollWithoutWaitingIsAnsweredAtOnce) {
  ASSERT_TRUE(submit(Poll{10, work(), 3, 0}));
  ASSERT_TRUE(published_.wait_for_end(10));
  EXPECT_THAT(published_.jobs(10), IsEmpty());
  create_jobs(1);
  ASSERT_TRUE(submit(Poll{11, work(), 3, 0}));
  ASSERT_TRUE(published_.wait_for_end(11));
  EXPECT_EQ(published_.jobs(11).size(), 1U);
}

TEST_F(DispatchTest, APollEndsEmptyAtItsDeadlineAndNotBefore) {
  ASSERT_TRUE(submit(Poll{10, work(), 3, in_ms(100)}));
  clock_.advance_ms(99);
  settle();
  EXPECT_FALSE(published_.has_ended(10));
  clock_.advance_ms(1);
  nudge();
  ASSERT_TRUE(published_.wait_for_end(10));
  EXPECT_THAT(published_.jobs(10), IsEmpty());
  EXPECT_EQ(partition_->stats().waiting_polls.load(), 0U);
  create_jobs(1);
  settle();
  EXPECT_THAT(published_.jobs(10), IsEmpty()) << "it is gone";
}

TEST_F(DispatchTest, ARemovedPollGetsNothing) {
  ASSERT_TRUE(submit(Poll{10, work(), 3, in_ms(60'000)}, RemoveConsumer{10}));
  create_jobs(1);
  settle();
  EXPECT_THAT(published_.jobs(10), IsEmpty());
  EXPECT_FALSE(published_.has_ended(10));
}

TEST_F(DispatchTest, AStreamGetsJobsAsTheyComeInTurnWithOthers) {
  ASSERT_TRUE(submit(Stream{10, work(), 0, false}, Stream{11, work(), 0, false}));
  create_jobs(6);
  EXPECT_EQ(published_.wait_for_jobs(10, 3).size(), 3U);
  EXPECT_EQ(published_.wait_for_jobs(11, 3).size(), 3U);
  settle();
  EXPECT_EQ(partition_->stats().open_streams.load(), 2U);
}

TEST_F(DispatchTest, AStreamHolds256UnfinishedJobsAndGetsTheNextForEachThatEnds) {
  ASSERT_TRUE(submit(Stream{10, work(), 0, false}));
  create_jobs(300);
  auto jobs = published_.wait_for_jobs(10, kStreamCredits);
  settle();
  EXPECT_EQ(published_.jobs(10).size(), kStreamCredits);
  ASSERT_TRUE(submit(command(engine::CompleteJob{jobs[0].key, {}}, 2)));
  EXPECT_EQ(published_.wait_for_jobs(10, kStreamCredits + 1).size(), kStreamCredits + 1);
  ASSERT_TRUE(submit(command(engine::FailJob{jobs[1].key, 0, "no", 0, {}}, 3)));
  EXPECT_EQ(published_.wait_for_jobs(10, kStreamCredits + 2).size(), kStreamCredits + 2);
  ASSERT_TRUE(submit(command(engine::CancelInstance{jobs[2].instance}, 4)));
  EXPECT_EQ(published_.wait_for_jobs(10, kStreamCredits + 3).size(), kStreamCredits + 3);
  settle();
  EXPECT_EQ(published_.jobs(10).size(), kStreamCredits + 3);
}

TEST_F(DispatchTest, APausedStreamGetsNothingUntilItGoesOn) {
  ASSERT_TRUE(submit(Stream{10, work(), 0, false}, PauseStream{10, true}));
  create_jobs(3);
  settle();
  EXPECT_THAT(published_.jobs(10), IsEmpty());
  ASSERT_TRUE(submit(PauseStream{10, false}));
  EXPECT_EQ(published_.wait_for_jobs(10, 3).size(), 3U);
}

TEST_F(DispatchTest, AYieldedJobGoesToTheNextConsumerWithItsRetries) {
  create_jobs(1);
  ASSERT_TRUE(submit(Stream{10, work(), 0, false}));
  const auto first = published_.wait_for_jobs(10, 1);
  ASSERT_EQ(first.size(), 1U);
  engine::Command yield = command(engine::YieldJob{first[0].key});
  yield.principal.kind = engine::Principal::Kind::kEngine;
  ASSERT_TRUE(submit(RemoveConsumer{10}, Stream{11, work(), 0, false}, yield));
  const auto second = published_.wait_for_jobs(11, 1);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].key, first[0].key);
  EXPECT_EQ(second[0].retries, first[0].retries);
}

TEST_F(DispatchTest, AJobWhoseDeadlinePassedIsGivenOutAgainAndNotBefore) {
  create_jobs(1);
  ASSERT_TRUE(submit(Poll{10, work(500), 1, 0}));
  const auto first = published_.wait_for_jobs(10, 1);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_TRUE(submit(Poll{11, work(), 1, in_ms(60'000)}));
  clock_.advance_ms(499);
  settle();
  EXPECT_FALSE(published_.has_ended(11));
  clock_.advance_ms(2);
  nudge();
  const auto second = published_.wait_for_jobs(11, 1);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].key, first[0].key);
}

TEST_F(DispatchTest, ATimedOutJobGivesItsStreamCreditBack) {
  ASSERT_TRUE(submit(Stream{10, work(500), 0, false}));
  create_jobs(kStreamCredits + 5);
  published_.wait_for_jobs(10, kStreamCredits);
  settle();
  EXPECT_EQ(published_.jobs(10).size(), kStreamCredits);
  clock_.advance_ms(600);
  nudge();
  EXPECT_GE(published_.wait_for_jobs(10, kStreamCredits + 5).size(), kStreamCredits + 5);
}

TEST_F(DispatchTest, AFailedJobComesBackAfterItsBackOffAndNotBefore) {
  create_jobs(1);
  ASSERT_TRUE(submit(Poll{10, work(), 1, 0}));
  const auto jobs = published_.wait_for_jobs(10, 1);
  ASSERT_EQ(jobs.size(), 1U);
  ASSERT_TRUE(
      submit(command(engine::FailJob{jobs[0].key, 2, "later", 1000, {}}, 2), Poll{11, work(), 1, in_ms(60'000)}));
  published_.reply(2);
  clock_.advance_ms(999);
  settle();
  EXPECT_FALSE(published_.has_ended(11));
  clock_.advance_ms(2);
  nudge();
  const auto again = published_.wait_for_jobs(11, 1);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].retries, 2);
}

/// With the machine's clock and nobody who nudges: the partition wakes by itself.
class RealTime : public PartitionTest {
 protected:
  void SetUp() override {
    start({}, &system_);
    deploy_and_wait();
  }
  [[nodiscard]] std::int64_t in_ms(std::int64_t ms) const { return system_.boot_ns() + ms * 1'000'000; }
  // Well below the tick of one second that would wake the partition anyway.
  static constexpr auto kSoon = std::chrono::milliseconds(700);
};

TEST_F(RealTime, APollEndsAtItsDeadline) {
  const std::int64_t begin = system_.boot_ns();
  ASSERT_TRUE(submit(Poll{10, work(), 1, in_ms(20)}));
  ASSERT_TRUE(published_.wait_for_end(10, kSoon));
  EXPECT_GE(system_.boot_ns() - begin, 20'000'000);
}

TEST_F(RealTime, AJobsDeadlineIsNoticed) {
  ASSERT_TRUE(submit(create(), Poll{10, work(20), 1, 0}, Poll{11, work(), 1, in_ms(10'000)}));
  ASSERT_TRUE(published_.wait_for_end(11, kSoon));
  EXPECT_EQ(published_.jobs(11).size(), 1U);
}

TEST_F(RealTime, TheEndOfABackOffIsNoticed) {
  ASSERT_TRUE(submit(create(), Poll{10, work(), 1, 0}));
  const auto jobs = published_.wait_for_jobs(10, 1);
  ASSERT_EQ(jobs.size(), 1U);
  ASSERT_TRUE(submit(command(engine::FailJob{jobs[0].key, 1, "later", 20, {}}), Poll{11, work(), 1, in_ms(10'000)}));
  ASSERT_TRUE(published_.wait_for_end(11, kSoon));
  EXPECT_EQ(published_.jobs(11).size(), 1U);
}

}  // namespace
}  // namespace baton::partition::test
