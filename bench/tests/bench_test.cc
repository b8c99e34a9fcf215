// The load generator against a fake gateway in the same loop, and its parts alone.
#include <gmock/gmock.h>

#include <random>

#include "base/clock.h"
#include "fake_gateway.h"
#include "histogram.h"
#include "host.h"
#include "load.h"
#include "models.h"

namespace baton::bench {
namespace {

TEST(Histogram, ExactForSmallValues) {
  Histogram histogram;
  for (std::uint64_t i = 0; i < 2048; ++i) histogram.record(i);
  EXPECT_EQ(histogram.percentile(0), 0U);
  EXPECT_EQ(histogram.percentile(50), 1023U);
  EXPECT_EQ(histogram.percentile(100), 2047U);
}

TEST(Histogram, ThreeSignificantDigitsAgainstSorting) {
  std::mt19937_64 random(1);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t value = random() >> (22 + random() % 42);
    values.push_back(value);
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.1, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * 100'000)) - 1;
    const std::uint64_t exact = values[rank];
    const std::uint64_t got = histogram.percentile(percent);
    EXPECT_GE(got, exact) << percent;
    EXPECT_LE(static_cast<double>(got), static_cast<double>(exact) * 1.001 + 1) << percent;
  }
}

TEST(Histogram, EmptyMergedAndBeyondTheRange) {
  Histogram a, b;
  EXPECT_EQ(a.percentile(99), 0U);
  EXPECT_EQ(a.min(), 0U);
  a.record(10);
  b.record(~std::uint64_t{0});
  a.merge(b);
  EXPECT_EQ(a.count(), 2U);
  EXPECT_EQ(a.min(), 10U);
  EXPECT_EQ(a.max(), Histogram::kMax);
  EXPECT_EQ(a.percentile(50), 10U);
  EXPECT_EQ(a.percentile(100), Histogram::kMax);
}

TEST(Models, PayloadIsHalfAKilobyteOfFifteenVariables) {
  const std::string payload = make_payload();
  EXPECT_GT(payload.size(), 450U);
  EXPECT_LT(payload.size(), 600U);
  EXPECT_EQ(std::count(payload.begin(), payload.end(), ':'), 15);
  EXPECT_EQ(payload.find(std::to_string(kFirstSeq)), payload.rfind(std::to_string(kFirstSeq)));
}

TEST(Models, BpmnHasItsTasks) {
  const std::string xml = make_bpmn("p", 10, "t");
  EXPECT_THAT(xml,
              ::testing::HasSubstr("<bpmn:sequenceFlow id=\"flow_10\" sourceRef=\"task_9\" targetRef=\"task_10\"/>"));
  EXPECT_THAT(xml, ::testing::HasSubstr("sourceRef=\"task_10\" targetRef=\"end\""));
  EXPECT_THAT(make_bpmn("p", 0, "t"), ::testing::HasSubstr("sourceRef=\"start\" targetRef=\"end\""));
}

TEST(Host, SyncProbeAndProc) {
  const auto times = measure_sync(".", 20);
  ASSERT_TRUE(times) << times.error().message;
  EXPECT_GT(times->p50_us, 0);
  EXPECT_GE(times->p99_us, times->p50_us);
  EXPECT_GT(process_rss_mb(::getpid()), 0);
  EXPECT_EQ(process_rss_mb(1 << 30), 0);
  EXPECT_GT(host_cpu().total, 0U);
  EXPECT_GT(free_port(), 0);
}

TEST(Host, StartAndStopAProcess) {
  EXPECT_FALSE(ServerProcess::start("/nonexistent/baton", {}, "bench_test.log"));
  auto process = ServerProcess::start("/bin/sleep", {"60"}, "bench_test.log");
  ASSERT_TRUE(process);
  EXPECT_TRUE(process->running());
  EXPECT_EQ(process->stop(), 128 + SIGTERM);
  EXPECT_FALSE(process->running());
  ::unlink("bench_test.log");
}

TEST(Host, MetricsText) {
  const std::string text = "# TYPE a gauge\na{q=\"0.5\"} 0.25\na{q=\"0.99\"} 1e-3\nab 7\n";
  EXPECT_DOUBLE_EQ(*prometheus_value(text, "a{q=\"0.5\"}"), 0.25);
  EXPECT_DOUBLE_EQ(*prometheus_value(text, "a{q=\"0.99\"}"), 0.001);
  EXPECT_DOUBLE_EQ(*prometheus_value(text, "ab"), 7);
  EXPECT_FALSE(prometheus_value(text, "a"));
}

LoadOptions quick(const FakeGateway& gateway, Workload workload) {
  LoadOptions options;
  options.port = gateway.server->port();
  options.workload = workload;
  options.seconds = 0.5;
  options.warmup_s = 0.1;
  options.cooldown_s = 2;
  options.in_flight = 32;
  return options;
}

TEST(Load, ClosedLoopCountsCompletions) {
  for (const Workload workload : {Workload::kOneTask, Workload::kTenTasks, Workload::kCreateWithResult}) {
    http2::EventLoop loop;
    FakeGateway gateway(loop);
    gateway.topology_failures = 3;
    int begins = 0, ends = 0;
    LoadDriver driver(loop, quick(gateway, workload), {[&] { ++begins; }, [&] { ++ends; }});
    ASSERT_TRUE(driver.wait_ready());
    const auto result = driver.run();
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_GT(result->completed, 100U);
    EXPECT_EQ(result->errors, 0U) << result->first_error;
    EXPECT_EQ(result->latency.count(), 0U);
    EXPECT_EQ(begins, 1);
    EXPECT_EQ(ends, 1);
    EXPECT_NEAR(result->seconds, 0.5, 0.2);
    if (workload != Workload::kCreateWithResult) {
      EXPECT_LE(result->completed, gateway.finished);
      EXPECT_EQ(gateway.tasks, workload == Workload::kOneTask ? 1 : 10);
    }
  }
}

TEST(Load, OpenLoopOffersItsRate) {
  http2::EventLoop loop;
  FakeGateway gateway(loop);
  LoadOptions options = quick(gateway, Workload::kOneTask);
  options.rate = 1000;
  LoadDriver driver(loop, options);
  const auto result = driver.run();
  ASSERT_TRUE(result);
  EXPECT_NEAR(static_cast<double>(result->offered), 500, 2);
  EXPECT_EQ(result->unfinished, 0U);
  EXPECT_EQ(result->latency.count(), result->offered);
  EXPECT_GT(result->latency.percentile(50), 0U);
}

TEST(Load, StallsCountInTheLatencyOfEverythingDueMeanwhile) {
  http2::EventLoop loop;
  FakeGateway gateway(loop);
  LoadOptions options = quick(gateway, Workload::kOneTask);
  options.rate = 1000;
  LoadDriver driver(loop, options);
  loop.refresh_now();
  const std::int64_t start = loop.now_ns();
  loop.run_at(start + 300'000'000, [&] { gateway.stalled = true; });
  loop.run_at(start + 500'000'000, [&] { gateway.release(); });
  const auto result = driver.run();
  ASSERT_TRUE(result);
  // 200 ms of 500 were stalled: about two fifths waited, uniformly up to 200 ms.
  EXPECT_GT(result->latency.percentile(90), 100'000'000U);
  EXPECT_GT(result->latency.max(), 180'000'000U);
  EXPECT_LT(result->latency.percentile(30), 50'000'000U);
  EXPECT_EQ(result->unfinished, 0U);
}

TEST(Load, RefusalsAreErrorsAndTheLoopGoesOn) {
  http2::EventLoop loop;
  FakeGateway gateway(loop);
  gateway.refuse_every = 10;
  LoadDriver driver(loop, quick(gateway, Workload::kOneTask));
  const auto result = driver.run();
  ASSERT_TRUE(result);
  EXPECT_GT(result->errors, 10U);
  EXPECT_GT(result->completed, 100U);
  EXPECT_THAT(result->first_error, ::testing::HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST(Load, BacklogIsPolled) {
  http2::EventLoop loop;
  FakeGateway gateway(loop);
  gateway.backlog_every = 50;
  LoadOptions options = quick(gateway, Workload::kOneTask);
  options.rate = 500;
  LoadDriver driver(loop, options);
  const auto result = driver.run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->unfinished, 0U);
}

TEST(Load, InterruptEndsEarly) {
  http2::EventLoop loop;
  FakeGateway gateway(loop);
  LoadOptions options = quick(gateway, Workload::kTenTasks);
  options.seconds = 60;
  LoadDriver driver(loop, options);
  loop.refresh_now();
  loop.run_at(loop.now_ns() + 500'000'000, [&] { driver.interrupt(); });
  const auto result = driver.run();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->interrupted);
}

TEST(Load, UnreachableServerIsAnError) {
  http2::EventLoop loop;
  LoadOptions options;
  options.port = 1;
  options.ready_s = 0.1;
  LoadDriver driver(loop, options);
  const Status ready = driver.wait_ready();
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, Code::kUnavailable);
}

TEST(Load, ColdStartCompletesOne) {
  http2::EventLoop loop;
  FakeGateway gateway(loop);
  LoadDriver driver(loop, quick(gateway, Workload::kCreateWithResult));
  EXPECT_TRUE(driver.complete_one());
  EXPECT_EQ(gateway.created, 1U);
}

}  // namespace
}  // namespace baton::bench
