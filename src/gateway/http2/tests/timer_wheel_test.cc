#include "gateway/http2/timer_wheel.h"

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <memory>
#include <random>

#include "gateway/http2/token_bucket.h"

namespace baton::http2 {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kTick = 8'388'608;

struct Probe {
  Probe() : timer([](void* self) { ++static_cast<Probe*>(self)->fired; }, this) {}
  int fired = 0;
  Timer timer;
};

TEST(TimerWheel, FiresNotEarlyAndAtMostATickLate) {
  for (const std::int64_t due :
       {0 * kMs, 1 * kMs, 8 * kMs, 17 * kMs, 1000 * kMs, 17'179 * kMs, 20'000 * kMs, 3'600'000 * kMs}) {
    TimerWheel wheel(0);
    Probe probe;
    wheel.arm(probe.timer, due);
    std::int64_t now = 0;
    while (probe.fired == 0) {
      ASSERT_NE(wheel.next_due_ns(), std::numeric_limits<std::int64_t>::max());
      now = std::max(now + 1, wheel.next_due_ns());
      wheel.advance(now);
    }
    EXPECT_GE(now, due);
    EXPECT_LE(now, due + 2 * kTick);
    EXPECT_EQ(probe.fired, 1);
    EXPECT_EQ(wheel.armed(), 0U);
  }
}

TEST(TimerWheel, LongSleepFiresEverythingDue) {
  TimerWheel wheel(0);
  std::deque<Probe> probes(1000);
  for (std::size_t i = 0; i < probes.size(); ++i) wheel.arm(probes[i].timer, static_cast<std::int64_t>(i) * 100 * kMs);
  wheel.advance(50'000 * kMs);
  for (std::size_t i = 0; i < probes.size(); ++i) EXPECT_EQ(probes[i].fired, i <= 500 ? 1 : 0) << i;
}

TEST(TimerWheel, CancelAndRearm) {
  TimerWheel wheel(0);
  Probe a, b;
  wheel.arm(a.timer, 10 * kMs);
  wheel.arm(b.timer, 10 * kMs);
  a.timer.cancel();
  wheel.arm(b.timer, 100 * kMs);
  wheel.advance(50 * kMs);
  EXPECT_EQ(a.fired + b.fired, 0);
  wheel.advance(200 * kMs);
  EXPECT_EQ(a.fired, 0);
  EXPECT_EQ(b.fired, 1);
  EXPECT_EQ(wheel.next_due_ns(), std::numeric_limits<std::int64_t>::max());
}

TEST(TimerWheel, CallbacksMayDestroyOtherTimersOfTheSlot) {
  struct Pair {
    explicit Pair(TimerWheel& wheel) : first([](void* self) { static_cast<Pair*>(self)->second.reset(); }, this) {
      second = std::make_unique<Probe>();
      wheel.arm(second->timer, 5 * kMs);
      wheel.arm(first, 5 * kMs);
    }
    Timer first;
    std::unique_ptr<Probe> second;
  };
  TimerWheel wheel(0);
  Pair pair(wheel);
  wheel.advance(100 * kMs);
  EXPECT_EQ(pair.second, nullptr);
  EXPECT_EQ(wheel.armed(), 0U);
}

TEST(TimerWheel, RandomAgainstAModel) {
  std::mt19937_64 random(3);
  TimerWheel wheel(0);
  std::deque<Probe> probes(200);
  std::vector<std::int64_t> due(probes.size(), -1);
  std::int64_t now = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = random() % probes.size();
    if (random() % 3 == 0) {
      probes[i].timer.cancel();
      due[i] = -1;
    } else {
      due[i] = now + static_cast<std::int64_t>(random() % (40'000ULL * kMs));
      wheel.arm(probes[i].timer, due[i]);
    }
    now += static_cast<std::int64_t>(random() % (50ULL * kMs));
    wheel.advance(now);
    for (std::size_t k = 0; k < probes.size(); ++k) {
      if (probes[k].fired > 0) {
        EXPECT_GE(due[k], 0);
        EXPECT_LE(due[k], now);
        probes[k].fired = 0;
        due[k] = -1;
      } else if (due[k] >= 0) {
        EXPECT_GT(due[k] + 2 * kTick, now);
      }
    }
  }
}

TEST(TokenBucket, BurstRateAndGrant) {
  TokenBucket bucket(10, 5);
  std::int64_t now = 1000 * kMs;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += 200 * kMs;
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  bucket.grant(2);
  EXPECT_TRUE(bucket.take(now));
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += 3'600'000LL * kMs;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
}

}  // namespace
}  // namespace baton::http2
