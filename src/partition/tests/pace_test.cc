#include "partition/pace.h"

#include <gtest/gtest.h>

namespace baton::partition {
namespace {

constexpr std::int64_t kMs = 1'000'000;

class PaceTest : public ::testing::Test {
 protected:
  /// Milliseconds after which a slice of 100 ms is over.
  std::int64_t length() {
    const Pace::Slice slice = pace_.slice(100 * kMs);
    std::int64_t ms = 0;
    for (; !slice.is_over(); ++ms) clock_.advance_ms(1);
    return ms;
  }
  ManualClock clock_{TimeMs(0)};
  Pace pace_{clock_};
};

TEST_F(PaceTest, ASliceTakesItsTimeWhileNobodyWaits) {
  EXPECT_EQ(length(), 100);
  pace_.note_requests_ns(40 * kMs);
  EXPECT_EQ(length(), 100);
}

TEST_F(PaceTest, ItIsOverWhenARequestComes) {
  const Pace::Slice slice = pace_.slice(100 * kMs);
  clock_.advance_ms(7);
  EXPECT_FALSE(slice.is_over());
  pace_.note_waiting(true);
  EXPECT_TRUE(slice.is_over());
}

TEST_F(PaceTest, HasAQuarterOfTheTimeForRequestsHoweverManyThereAre) {
  pace_.note_waiting(true);
  EXPECT_EQ(length(), 1) << "a little is always done";
  pace_.note_requests_ns(40 * kMs);
  EXPECT_EQ(length(), 10);
  pace_.note_requests_ns(4'000 * kMs);
  EXPECT_EQ(length(), 100) << "never more than the whole slice";
}

TEST_F(PaceTest, IsBusyForAWhileAfterARequest) {
  EXPECT_FALSE(pace_.is_busy());
  pace_.note_request();
  EXPECT_TRUE(pace_.is_busy());
  clock_.advance_ms(2);
  EXPECT_TRUE(pace_.is_busy());
  clock_.advance_ms(1);
  EXPECT_FALSE(pace_.is_busy());
  pace_.note_waiting(true);
  EXPECT_TRUE(pace_.is_busy());
}

TEST_F(PaceTest, WhatNobodyWaitsForRestsOnlyBetweenRequests) {
  EXPECT_EQ(pace_.rest_after(kMs), 0);
  pace_.note_request();
  EXPECT_EQ(pace_.rest_after(kMs), 3 * kMs) << "a quarter of the time is left to it";
  clock_.advance_ms(100);
  EXPECT_EQ(pace_.rest_after(kMs), 0);
}

}  // namespace
}  // namespace baton::partition
