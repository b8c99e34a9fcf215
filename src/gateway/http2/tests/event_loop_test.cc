#include "gateway/http2/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace baton::http2 {
namespace {

struct Hook final : TurnEnd {
  void on_turn_end() override { ++calls; }
  int calls = 0;
};

TEST(EventLoop, PostsKeepTheirOrderAcrossThreads) {
  EventLoop loop;
  std::vector<int> seen;
  std::thread other([&] {
    for (int i = 0; i < 10'000; ++i) loop.post([&seen, i] { seen.push_back(i); });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  ASSERT_EQ(seen.size(), 10'000U);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(EventLoop, TurnEndRunsOnceForABatch) {
  EventLoop loop;
  Hook hook;
  for (int i = 0; i < 100; ++i) loop.post([&] { loop.request_turn_end(hook); });
  loop.post([&] {
    EXPECT_EQ(hook.calls, 0);
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(hook.calls, 1);
}

TEST(EventLoop, TurnEndOutsideOfATurnStillRuns) {
  EventLoop loop;
  Hook hook, gone;
  loop.request_turn_end(hook);
  loop.request_turn_end(gone);
  loop.cancel_turn_end(gone);
  loop.run_at(SystemClock().boot_ns() + 20'000'000, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(hook.calls, 1);
  EXPECT_EQ(gone.calls, 0);
}

TEST(EventLoop, TimersFireInTime) {
  EventLoop loop;
  const std::int64_t start = SystemClock().boot_ns();
  std::int64_t fired = 0;
  loop.run_at(start + 50'000'000, [&] {
    fired = SystemClock().boot_ns();
    loop.stop();
  });
  loop.run_at(start + 3'600'000'000'000, [] { FAIL(); });
  loop.run();
  EXPECT_GE(fired, start + 50'000'000);
  EXPECT_LT(fired, start + 500'000'000);
}

TEST(EventLoop, Signals) {
  EventLoop loop;
  int signals = 0;
  loop.on_signal(SIGUSR1, [&] {
    if (++signals == 2) loop.stop();
    std::raise(SIGUSR1);
  });
  loop.post([] { std::raise(SIGUSR1); });
  loop.run();
  EXPECT_EQ(signals, 2);
}

}  // namespace
}  // namespace baton::http2
