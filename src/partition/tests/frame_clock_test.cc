#include "partition/frame_clock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <tuple>

namespace baton::partition {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kTenYears = 10 * 365 * 24 * kHour;

/// A clock whose two hands move apart, in microseconds.
class TwoHands final : public Clock {
 public:
  TimeMs wall() const override { return TimeMs(wall_us / 1000); }
  std::int64_t boot_ns() const override { return boot_us * 1000; }
  void advance_us(std::int64_t us) {
    wall_us += us;
    boot_us += us;
  }
  std::int64_t wall_us = kStart * 1000;
  std::int64_t boot_us = 5'000'000;
};

TEST(FrameClock, FollowsTheWallClockThatDoesNotJump) {
  TwoHands hands;
  FrameClock clock(hands, TimeMs(0));
  for (int i = 0; i < 1000; ++i) {
    hands.advance_us(777);
    const std::int64_t difference = clock.now().value() - hands.wall().value();
    ASSERT_LE(std::abs(difference), 1) << i;
  }
  EXPECT_FALSE(clock.alarm());
}

TEST(FrameClock, StartsAfterTheJournalsLastFrame) {
  TwoHands hands;
  FrameClock clock(hands, TimeMs(kStart + kTenYears));
  EXPECT_EQ(clock.now(), TimeMs(kStart + kTenYears));
  hands.advance_us(1'000'000);
  EXPECT_EQ(clock.now(), TimeMs(kStart + kTenYears + 1000));
  EXPECT_TRUE(clock.alarm());
}

TEST(FrameClock, StartsAtTheWallClockIfThatIsLater) {
  TwoHands hands;
  FrameClock clock(hands, TimeMs(kStart - kHour));
  EXPECT_EQ(clock.now(), TimeMs(kStart));
}

class WallJump : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(WallJump, RaisesTheAlarmAndDoesNotMoveTime) {
  TwoHands hands;
  FrameClock clock(hands, TimeMs(0));
  hands.wall_us += GetParam() * 1000;
  for (int i = 1; i <= 100; ++i) {
    hands.advance_us(10'000);
    ASSERT_EQ(clock.now(), TimeMs(kStart + 10 * i));
    ASSERT_TRUE(clock.alarm());
    ASSERT_EQ(clock.offset_ms(), GetParam());
  }
  hands.wall_us -= GetParam() * 1000;
  hands.advance_us(10'000);
  EXPECT_EQ(clock.now(), TimeMs(kStart + 1010));
  EXPECT_FALSE(clock.alarm()) << "the wall clock is back";
}

INSTANTIATE_TEST_SUITE_P(Sizes, WallJump, ::testing::Values(kHour, -kHour, kTenYears, -kTenYears, 61'000, -61'000));

class Slew : public ::testing::TestWithParam<std::tuple<std::int64_t, std::int64_t>> {};

// However often the clock is asked: it closes the gap at 0.5 %, no faster and no slower, and never goes back.
TEST_P(Slew, ClosesAGapAtHalfAPercent) {
  const auto [gap_ms, step_us] = GetParam();
  TwoHands hands;
  FrameClock clock(hands, TimeMs(0));
  hands.wall_us += gap_ms * 1000;
  TimeMs last = clock.now();
  constexpr std::int64_t kSpanUs = 2'000'000;
  for (std::int64_t us = 0; us < kSpanUs; us += step_us) {
    hands.advance_us(step_us);
    const TimeMs now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
  const std::int64_t moved_ms = last.value() - kStart - kSpanUs / 1000;
  const std::int64_t expected = gap_ms > 0 ? 10 : -10;  // 0.5 % of 2 s
  EXPECT_NEAR(static_cast<double>(moved_ms), static_cast<double>(expected), 1.0);
  EXPECT_FALSE(clock.alarm());
}

INSTANTIATE_TEST_SUITE_P(StepsAndGaps, Slew,
                         ::testing::Combine(::testing::Values(59'000, -59'000, 500, -500),
                                            ::testing::Values(50, 150, 1000, 20'000)));

TEST(FrameClock, ReachesTheWallClockAndStaysThere) {
  TwoHands hands;
  FrameClock clock(hands, TimeMs(0));
  hands.wall_us += 20'000;
  for (int i = 0; i < 10'000; ++i) {
    hands.advance_us(1000);
    clock.now();
  }
  EXPECT_LE(std::abs(clock.offset_ms()), 1);
}

// What was not slewed in good times is not saved up: a later gap is closed at the same rate.
TEST(FrameClock, SlewingIsNotSavedUp) {
  TwoHands hands;
  FrameClock clock(hands, TimeMs(0));
  for (int i = 0; i < 10'000; ++i) {
    hands.advance_us(1000);
    clock.now();
  }
  const TimeMs before = clock.now();
  hands.wall_us += 30'000'000;
  hands.advance_us(100'000);
  EXPECT_LE(clock.now().value() - before.value(), 101);
}

TEST(FrameClock, AskingAgainAtOnceGivesTheSame) {
  TwoHands hands;
  FrameClock clock(hands, TimeMs(0));
  hands.wall_us -= 30'000'000;
  const TimeMs first = clock.now();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(clock.now(), first);
}

}  // namespace
}  // namespace baton::partition
