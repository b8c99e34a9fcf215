#include "partition/consumers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace baton::partition {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Poll poll(ConsumerId id, std::int64_t deadline_ns = 100, std::string type = "work") {
  Poll out;
  out.id = id;
  out.request.type = std::move(type);
  out.deadline_ns = deadline_ns;
  return out;
}

Stream stream(ConsumerId id, std::string type = "work") {
  Stream out;
  out.id = id;
  out.request.type = std::move(type);
  return out;
}

/// Who gets the next `count` jobs.
std::vector<ConsumerId> turns(Consumers& consumers, int count) {
  static std::uint64_t last_job = 100'000;
  std::vector<ConsumerId> out;
  for (int i = 0; i < count; ++i) {
    Stream* next = consumers.next_stream("work");
    out.push_back(next == nullptr ? 0 : next->id);
    if (next != nullptr) consumers.charge(*next, Key(++last_job));
  }
  return out;
}

void charge(Consumers& consumers, std::uint64_t job) {
  consumers.charge(*consumers.next_stream("work"), Key(job));
}

TEST(Consumers, StreamsTakeTurns) {
  Consumers consumers;
  for (const ConsumerId id : {1, 2, 3}) consumers.add_stream(stream(id));
  EXPECT_THAT(turns(consumers, 7), ElementsAre(1, 2, 3, 1, 2, 3, 1));
}

// The partition asks before it knows whether there is a job.
TEST(Consumers, AskingWithoutGivingAJobIsNoTurn) {
  Consumers consumers;
  for (const ConsumerId id : {1, 2}) consumers.add_stream(stream(id));
  EXPECT_THAT(turns(consumers, 1), ElementsAre(1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(consumers.next_stream("work")->id, 2U);
  EXPECT_THAT(turns(consumers, 2), ElementsAre(2, 1));
}

TEST(Consumers, TurnsGoOnWhenAStreamLeavesOrJoins) {
  Consumers consumers;
  for (const ConsumerId id : {1, 2, 3}) consumers.add_stream(stream(id));
  EXPECT_THAT(turns(consumers, 2), ElementsAre(1, 2));
  EXPECT_TRUE(consumers.remove(3));
  EXPECT_THAT(turns(consumers, 4), ElementsAre(1, 2, 1, 2));
  consumers.add_stream(stream(4));
  auto seen = turns(consumers, 3);
  std::sort(seen.begin(), seen.end());
  EXPECT_THAT(seen, ElementsAre(1, 2, 4));
}

TEST(Consumers, TypesDoNotMix) {
  Consumers consumers;
  consumers.add_stream(stream(1, "other"));
  consumers.add_poll(poll(2, 100, "other"));
  EXPECT_EQ(consumers.next_stream("work"), nullptr);
  EXPECT_EQ(consumers.first_poll("work"), nullptr);
  EXPECT_TRUE(consumers.anyone_waits("other"));
  EXPECT_FALSE(consumers.anyone_waits("work"));
  EXPECT_EQ(consumers.first_poll("other")->id, 2U);
}

TEST(Consumers, AStreamTakesItsCreditsAndNoMore) {
  Consumers consumers;
  consumers.add_stream(stream(1));
  for (std::uint64_t job = 1; job <= kStreamCredits; ++job) charge(consumers, job);
  EXPECT_EQ(kStreamCredits, 256U);
  EXPECT_EQ(consumers.next_stream("work"), nullptr);
  EXPECT_EQ(consumers.release(Key(7)), "work") << "from none to one credit: somebody may wait";
  ASSERT_NE(consumers.next_stream("work"), nullptr);
  EXPECT_EQ(consumers.release(Key(8)), std::nullopt) << "there was credit already";
  EXPECT_EQ(consumers.release(Key(7)), std::nullopt) << "released already";
  EXPECT_EQ(consumers.release(Key(9999)), std::nullopt) << "not a stream's job";
  charge(consumers, 1001);
  charge(consumers, 1002);
  EXPECT_EQ(consumers.next_stream("work"), nullptr) << "two came back, two were taken";
}

TEST(Consumers, AFullStreamIsPassedOver) {
  Consumers consumers;
  consumers.add_stream(stream(1));
  for (std::uint64_t job = 1; job <= kStreamCredits; ++job) charge(consumers, job);
  consumers.add_stream(stream(2));
  EXPECT_THAT(turns(consumers, 3), ElementsAre(2, 2, 2));
}

TEST(Consumers, APausedStreamIsPassedOverUntilItGoesOn) {
  Consumers consumers;
  consumers.add_stream(stream(1));
  consumers.add_stream(stream(2));
  EXPECT_EQ(consumers.set_paused(1, true), std::nullopt);
  EXPECT_THAT(turns(consumers, 3), ElementsAre(2, 2, 2));
  EXPECT_EQ(consumers.set_paused(1, false), "work") << "its jobs can be given out again";
  EXPECT_THAT(turns(consumers, 2), ElementsAre(1, 2));
  EXPECT_EQ(consumers.set_paused(99, false), std::nullopt);
}

TEST(Consumers, PollsAreServedInTheOrderInWhichTheyCame) {
  Consumers consumers;
  consumers.add_poll(poll(5, 900));
  consumers.add_poll(poll(3, 100));
  EXPECT_EQ(consumers.first_poll("work")->id, 5U);
  EXPECT_TRUE(consumers.remove(5));
  EXPECT_EQ(consumers.first_poll("work")->id, 3U);
  EXPECT_TRUE(consumers.remove(3));
  EXPECT_EQ(consumers.first_poll("work"), nullptr);
}

TEST(Consumers, ExpireRemovesPollsWhoseTimeHasCome) {
  Consumers consumers;
  consumers.add_poll(poll(1, 300));
  consumers.add_poll(poll(2, 100));
  consumers.add_poll(poll(3, 200, "other"));
  consumers.add_poll(poll(4, 100));
  EXPECT_EQ(consumers.next_deadline(), 100);
  EXPECT_THAT(consumers.expire(99), IsEmpty());
  EXPECT_THAT(consumers.expire(200), ElementsAre(2, 4, 3));
  EXPECT_THAT(consumers.expire(200), IsEmpty());
  EXPECT_EQ(consumers.poll_count(), 1U);
  EXPECT_EQ(consumers.next_deadline(), 300);
  EXPECT_FALSE(consumers.anyone_waits("other"));
}

TEST(Consumers, RemovedConsumersLeaveNothingBehind) {
  Consumers consumers;
  consumers.add_poll(poll(1, 50));
  consumers.add_stream(stream(2));
  charge(consumers, 77);
  EXPECT_EQ(consumers.poll_count(), 1U);
  EXPECT_EQ(consumers.stream_count(), 1U);
  EXPECT_TRUE(consumers.remove(1));
  EXPECT_TRUE(consumers.remove(2));
  EXPECT_FALSE(consumers.remove(1));
  EXPECT_FALSE(consumers.remove(2));
  EXPECT_FALSE(consumers.remove(3));
  EXPECT_EQ(consumers.poll_count(), 0U);
  EXPECT_EQ(consumers.stream_count(), 0U);
  EXPECT_EQ(consumers.next_deadline(), std::nullopt);
  EXPECT_EQ(consumers.release(Key(77)), std::nullopt);
  EXPECT_FALSE(consumers.anyone_waits("work"));
}

}  // namespace
}  // namespace baton::partition
