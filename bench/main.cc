// baton-bench: load generator and cold-start measurement. See README.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/clock.h"
#include "base/thread.h"
#include "decisions.h"
#include "event_bench.h"
#include "host.h"
#include "load.h"
#include "long_polls.h"
#include "report.h"
#include "state_bench.h"

namespace baton::bench {
namespace {

namespace fs = std::filesystem;

struct Settings {
  std::string workload;
  double seconds = 10;
  double rate = 0;
  int connections = 4;
  int in_flight = 512;
  int runs = 7;
  bool json = false;
  std::string grpc;
  std::string data;
  std::string http;
  int server_pid = 0;
  StateBenchOptions state;
  int http_connections = 16;
  int pipeline = 32;
  int polls = 10'000;
  int jobs = 500;
};

/// CPU and memory of the server, read when the measured time begins and ends.
struct Meters {
  pid_t pid = 0;
  double server_begin = 0, server_end = 0, own_begin = 0, own_end = 0, rss_mb = 0;
  HostCpu host_begin, host_end;
  std::string metrics_begin, metrics_end;  // of a Baton server that this program started
  static std::string metrics(std::uint16_t http_port) {
    if (http_port == 0) return {};
    return http_get("127.0.0.1", http_port, "/metrics").value_or(std::string());
  }
  /// CPU seconds of one of the server's threads in the measured time.
  [[nodiscard]] std::optional<double> thread_cpu_s(const std::string& thread) const {
    const std::string series = "baton_thread_cpu_seconds_total{thread=\"" + thread + "\"}";
    const auto from = prometheus_value(metrics_begin, series);
    const auto to = prometheus_value(metrics_end, series);
    if (!from || !to) return std::nullopt;
    return *to - *from;
  }
  void begin(std::uint16_t http_port) {
    metrics_begin = metrics(http_port);
    server_begin = process_cpu_s(pid);
    own_begin = own_cpu_s();
    host_begin = host_cpu();
  }
  void end(std::uint16_t http_port) {
    metrics_end = metrics(http_port);
    server_end = process_cpu_s(pid);
    own_end = own_cpu_s();
    host_end = host_cpu();
    rss_mb = process_rss_mb(pid);
  }
};

/// "host:port" or "port".
Status parse_address(const std::string& text, std::string& host, std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) host = text.substr(0, colon);
  const std::string digits = colon == std::string::npos ? text : text.substr(colon + 1);
  const long value = std::strtol(digits.c_str(), nullptr, 10);
  if (value < 1 || value > 65535) return failf(Code::kInvalidArgument, "'{}' is not host:port", text);
  port = static_cast<std::uint16_t>(value);
  return {};
}

class Bench {
 public:
  explicit Bench(Settings settings) : settings_(std::move(settings)) {
    for (const int signal : {SIGINT, SIGTERM}) {
      loop_.on_signal(signal, [this] {
        interrupted_ = true;
        if (driver_ != nullptr) driver_->interrupt();
        if (long_polls_ != nullptr) long_polls_->interrupt();
        loop_.stop();
      });
    }
  }

  Result<Report> load(Workload workload) {
    LoadOptions options;
    options.workload = workload;
    options.rate = settings_.rate;
    options.seconds = settings_.seconds;
    options.connections = settings_.connections;
    options.in_flight = settings_.in_flight;
    options.http_connections = settings_.http_connections;
    options.pipeline = settings_.pipeline;

    std::optional<DataDirectory> directory;
    std::optional<OwnServer> server;
    std::optional<SyncTimes> probe;
    if (settings_.grpc.empty()) {
      BATON_ASSIGN(auto made, DataDirectory::create(settings_.data));
      directory.emplace(std::move(made));
      BATON_ASSIGN(probe, measure_sync(directory->path(), 500));
      BATON_ASSIGN(server, start_server(directory->path()));
      options.port = server->grpc_port;
      options.http_port = server->http_port;
      meters_.pid = server->process.pid();
    } else {
      BATON_TRY(parse_address(settings_.grpc, options.host, options.port));
      if (!settings_.http.empty()) BATON_TRY(parse_address(settings_.http, options.host, options.http_port));
      meters_.pid = settings_.server_pid;
    }
    const std::uint16_t http_port = server ? server->http_port : 0;
    LoadDriver driver(loop_, options,
                      {[this, http_port] { meters_.begin(http_port); }, [this, http_port] { meters_.end(http_port); }});
    driver_ = &driver;
    const auto outcome = drive(driver, server, directory);
    driver_ = nullptr;
    if (!outcome) return fail(outcome.error());
    if (server) server->process.stop();
    return report(*outcome, probe);
  }

  /// What idle long polls cost, and how soon a job reaches a waiting one.
  Result<Report> long_polls() {
    BATON_ASSIGN(const auto directory, DataDirectory::create(settings_.data));
    BATON_ASSIGN(const SyncTimes probe, measure_sync(directory.path(), 500));
    BATON_ASSIGN(auto server, start_server(directory.path()));
    LoadDriver ready(loop_, {.port = server.grpc_port, .connections = 1});
    driver_ = &ready;
    const Status is_ready = ready.wait_ready();
    driver_ = nullptr;
    if (!is_ready) return failf(is_ready.error().code, "{}\n{}", is_ready.error().message, log_tail(directory.path()));
    LongPolls polls(loop_, {.port = server.grpc_port,
                            .http_port = server.http_port,
                            .server_pid = server.process.pid(),
                            .polls = settings_.polls,
                            .jobs = settings_.jobs});
    long_polls_ = &polls;
    const HostCpu before = host_cpu();
    const auto outcome = polls.run();
    long_polls_ = nullptr;
    if (!outcome) return fail(outcome.error());
    Report report{settings_.workload,
                  fmt::format("{} idle REST long polls, {} jobs one after the other", settings_.polls, settings_.jobs),
                  {},
                  outcome->first_error,
                  interrupted_};
    const auto arrival = [&](double percent) {
      return outcome->arrival.count() == 0
                 ? std::nullopt
                 : std::optional(static_cast<double>(outcome->arrival.percentile(percent)) / 1e6);
    };
    report.add("bytes_per_poll", outcome->bytes_per_poll);
    report.add("arrival_p50_ms", arrival(50));
    report.add("arrival_p99_ms", arrival(99));
    report.add("arrival_max_ms", arrival(100));
    report.add("arrivals", static_cast<double>(outcome->arrival.count()));
    report.add("errors", static_cast<double>(outcome->errors));
    report.add("fsync_p50_us", probe.p50_us);
    report.add("fsync_p99_us", probe.p99_us);
    report.add("steal_percent", steal_percent(before, host_cpu()));
    return report;
  }

  Result<Report> state() {
    StateBenchOptions options = settings_.state;
    options.data = settings_.data;
    options.seconds = settings_.seconds;
    options.in_flight = settings_.in_flight;
    if (settings_.workload == "parked") return measure_parked(loop_, options);
    if (settings_.workload == "timers") return measure_timers(loop_, options);
    if (settings_.workload == "multi-instance") return measure_multi_instance(loop_, options);
    return settings_.workload == "recovery" ? measure_recovery(loop_, options) : measure_backoff(loop_, options);
  }

  Result<Report> cold_start() {
    BATON_ASSIGN(const auto directory, DataDirectory::create(settings_.data));
    BATON_ASSIGN(const SyncTimes probe, measure_sync(directory.path(), 500));
    std::vector<double> times;
    Report report{"cold-start", "exec to first completed instance", {}, {}, false};
    const HostCpu before = host_cpu();
    double rss = 0, cpu = 0;
    for (int run = 0; run < settings_.runs && !interrupted_; ++run) {
      directory.clear();
      const std::int64_t start = SystemClock().boot_ns();
      BATON_ASSIGN(auto server, start_server(directory.path()));
      LoadDriver driver(loop_, {.port = server.grpc_port, .workload = Workload::kCreateWithResult, .connections = 1});
      driver_ = &driver;
      const Status done = driver.complete_one();
      driver_ = nullptr;
      if (interrupted_) break;
      if (!done) return failf(done.error().code, "{}\n{}", done.error().message, log_tail(directory.path()));
      times.push_back(static_cast<double>(SystemClock().boot_ns() - start) / 1e6);
      rss = process_rss_mb(server.process.pid());
      cpu = process_cpu_s(server.process.pid());
    }
    report.interrupted = interrupted_;
    std::sort(times.begin(), times.end());
    const auto median = times.empty() ? std::nullopt : std::optional(times[times.size() / 2]);
    report.add("cold_start_ms", median);
    report.add("cold_start_min_ms", times.empty() ? std::nullopt : std::optional(times.front()));
    report.add("cold_start_max_ms", times.empty() ? std::nullopt : std::optional(times.back()));
    report.add("runs", static_cast<double>(times.size()));
    for (const char* name : {"completed_per_s", "offered_per_s", "p50_ms", "p99_ms", "p999_ms"})
      report.add(name, std::nullopt);
    report.add("errors", 0);
    report.add("server_cpu_s", cpu);
    report.add("server_rss_mb", rss);
    report.add("idle_rss_mb", rss);
    report.add("client_cpu_s", own_cpu_s());
    report.add("steal_percent", steal_percent(before, host_cpu()));
    report.add("fsync_p50_us", probe.p50_us);
    report.add("fsync_p99_us", probe.p99_us);
    return report;
  }

 private:
  Result<LoadResult> drive(LoadDriver& driver, std::optional<OwnServer>& server,
                           const std::optional<DataDirectory>& directory) {
    const auto with_log = [&](const Error& error) {
      const std::string tail = directory ? "\n" + log_tail(directory->path()) : "";
      return fail(error.code, error.message + tail);
    };
    if (const Status ready = driver.wait_ready(); !ready) return with_log(ready.error());
    idle_rss_mb_ = process_rss_mb(meters_.pid);
    auto outcome = driver.run();
    if (!outcome) return with_log(outcome.error());
    if (server && !server->process.running()) return with_log({Code::kInternal, "The server ended during the run"});
    return outcome;
  }

  void add_server_figures(Report& report, const LoadResult& outcome) const {
    for (const char* thread : {"gateway", "partition", "journal"}) {
      const auto cpu = meters_.thread_cpu_s(thread);
      report.add(fmt::format("cpu_us_each_{}", thread),
                 cpu && outcome.completed > 0 ? std::optional(*cpu * 1e6 / static_cast<double>(outcome.completed))
                                              : std::nullopt);
    }
    for (const auto& [name, quantile] : {std::pair{"append_p50_us", "0.5"}, std::pair{"append_p99_us", "0.99"}}) {
      const auto value =
          prometheus_value(meters_.metrics_end, fmt::format("baton_append_seconds{{quantile=\"{}\"}}", quantile));
      report.add(name, value ? std::optional(*value * 1e6) : std::nullopt);
    }
  }

  Report report(const LoadResult& outcome, const std::optional<SyncTimes>& probe) {
    const bool open = settings_.rate > 0;
    Report report{settings_.workload,
                  open ? fmt::format("open loop, {:g}/s planned", settings_.rate)
                       : fmt::format("closed loop, {} in flight: capacity, no latency claimed", settings_.in_flight),
                  {},
                  outcome.first_error,
                  outcome.interrupted};
    const double seconds = outcome.seconds > 0 ? outcome.seconds : 1;
    const auto latency = [&](double percent) {
      return open && outcome.latency.count() > 0
                 ? std::optional(static_cast<double>(outcome.latency.percentile(percent)) / 1e6)
                 : std::nullopt;
    };
    const auto known = [&](double value) { return meters_.pid > 0 ? std::optional(value) : std::nullopt; };
    const double server_cpu = meters_.server_end - meters_.server_begin;
    report.add("completed_per_s", static_cast<double>(outcome.completed) / seconds);
    // Planned instances belong to the planned time, which ends a few milliseconds before the measured one.
    report.add("offered_per_s",
               static_cast<double>(outcome.offered) / (open && !outcome.interrupted ? settings_.seconds : seconds));
    report.add("p50_ms", latency(50));
    report.add("p99_ms", latency(99));
    report.add("p999_ms", latency(99.9));
    report.add("max_ms", open ? std::optional(static_cast<double>(outcome.latency.max()) / 1e6) : std::nullopt);
    report.add("errors", static_cast<double>(outcome.errors));
    report.add("unfinished", static_cast<double>(outcome.unfinished));
    report.add("server_cpu_s", known(server_cpu));
    report.add("server_cpu_us_each",
               outcome.completed > 0 ? known(server_cpu * 1e6 / static_cast<double>(outcome.completed)) : std::nullopt);
    report.add("server_rss_mb", known(meters_.rss_mb));
    report.add("idle_rss_mb", known(idle_rss_mb_));
    report.add("client_cpu_s", meters_.own_end - meters_.own_begin);
    report.add("steal_percent", steal_percent(meters_.host_begin, meters_.host_end));
    report.add("fsync_p50_us", probe ? std::optional(probe->p50_us) : std::nullopt);
    report.add("fsync_p99_us", probe ? std::optional(probe->p99_us) : std::nullopt);
    add_server_figures(report, outcome);
    report.add("jobs_pushed", static_cast<double>(outcome.jobs_pushed));
    report.add("jobs_polled", static_cast<double>(outcome.jobs_polled));
    report.add("seconds", outcome.seconds);
    return report;
  }

  Settings settings_;
  http2::EventLoop loop_;
  Meters meters_;
  LoadDriver* driver_ = nullptr;
  LongPolls* long_polls_ = nullptr;
  double idle_rss_mb_ = 0;
  bool interrupted_ = false;
};

int run(const Settings& settings) {
  static const std::map<std::string, Workload> kWorkloads{{"one-task", Workload::kOneTask},
                                                          {"one-task-rest", Workload::kOneTaskRest},
                                                          {"ten-tasks", Workload::kTenTasks},
                                                          {"create-with-result", Workload::kCreateWithResult},
                                                          {"message", Workload::kMessage}};
  Bench bench(settings);
  const auto workload = kWorkloads.find(settings.workload);
  const auto measure = [&]() -> Result<Report> {
    if (workload != kWorkloads.end()) return bench.load(workload->second);
    if (settings.workload == "long-polls") return bench.long_polls();
    return settings.workload == "cold-start" ? bench.cold_start() : bench.state();
  };
  const auto report = measure();
  if (!report) {
    std::fprintf(stderr, "baton-bench: %s\n", report.error().to_string().c_str());
    return 1;
  }
  print(*report, settings.json);
  return report->interrupted ? 130 : 0;
}

}  // namespace
}  // namespace baton::bench

int main(int argc, char** argv) {
  baton::bench::Settings settings;
  settings.data = ".";
  CLI::App app{"Load generator for Baton: counts completed process instances"};
  app.add_option(
         "workload", settings.workload,
         "one-task, one-task-rest, ten-tasks, create-with-result, message, long-polls, cold-start, parked, recovery, "
         "backoff or decisions")
      ->required()
      ->check(CLI::IsMember({"one-task", "one-task-rest", "ten-tasks", "create-with-result", "message", "long-polls",
                             "cold-start", "parked", "recovery", "backoff", "timers", "multi-instance", "decisions"}));
  app.add_option("--seconds", settings.seconds, "measured time, after 2 s of warm-up")->check(CLI::Range(0.1, 86400.0));
  app.add_option("--rate", settings.rate, "open loop: instances a second; without it the capacity is measured")
      ->check(CLI::Range(0.0, 1e7));
  app.add_option("--connections", settings.connections, "gRPC connections, each with a job stream")
      ->check(CLI::Range(1, 256));
  app.add_option("--in-flight", settings.in_flight, "closed loop: instances kept in flight")
      ->check(CLI::Range(1, 100000));
  app.add_option("--runs", settings.runs, "cold-start: number of runs")->check(CLI::Range(1, 1000));
  app.add_option("--grpc", settings.grpc, "address of a running server; without it a fresh one is started");
  app.add_option("--http", settings.http, "with --grpc, for one-task-rest: its HTTP address");
  app.add_option("--http-connections", settings.http_connections, "one-task-rest: keep-alive connections")
      ->check(CLI::Range(1, 4096));
  app.add_option("--pipeline", settings.pipeline, "one-task-rest: requests of a connection under way")
      ->check(CLI::Range(1, 256));
  app.add_option("--polls", settings.polls, "long-polls: idle polls, each on its own connection")
      ->check(CLI::Range(1, 20'000));
  app.add_option("--jobs", settings.jobs, "long-polls: jobs created while a poll waits")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--server-pid", settings.server_pid, "with --grpc: process to read CPU and memory of");
  app.add_option("--data", settings.data, "directory for the started server's data, on a disk");
  app.add_option("--instances", settings.state.instances, "parked, recovery, backoff, timers: instances that wait")
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--payload", settings.state.payload,
                 "parked: bytes of variables; about 0.5 KB in 15 variables without")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--due", settings.state.due, "backoff, timers: how many fall due within one second")
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--items", settings.state.items, "multi-instance: items of a loop")->check(CLI::Range(1, 10'000'000));
  app.add_option("--server-option", settings.state.server_options, "further arguments of the started server");
  app.add_flag("--json", settings.json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);
  if (settings.workload == "cold-start" && !settings.grpc.empty()) {
    std::fprintf(stderr, "baton-bench: cold-start starts its own server, --grpc makes no sense\n");
    return 2;
  }
  baton::ask_for_short_turns();  // its own wait for a core is not the server's latency
  if (settings.workload == "decisions") return baton::bench::run_decisions(settings.seconds, settings.json);
  return baton::bench::run(settings);
}
