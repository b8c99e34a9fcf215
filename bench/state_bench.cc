#include "state_bench.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "measure.h"
#include "parking.h"

namespace baton::bench {

namespace {

namespace fs = std::filesystem;

double to_number(std::uint64_t value) {
  return static_cast<double>(value);
}

double disk_bytes(const std::string& path) {
  std::error_code error;
  double sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    struct stat info{};
    if (::stat(entry.path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
      sum += static_cast<double>(info.st_blocks) * 512;
  }
  return sum;
}

struct Rates {
  double parked = 0;
  double empty = 0;
  double parked_cpu_s = 0;  // of the server, for each completed instance
  double empty_cpu_s = 0;
};

/// one-task on both servers, in turn: whatever else the machine does meets both.
Result<Rates> one_task_rates(http2::EventLoop& loop, const OwnServer& parked, const OwnServer& empty,
                             const StateBenchOptions& options) {
  constexpr int kTurns = 4;
  StateBenchOptions turn = options;
  turn.seconds = options.seconds / kTurns;
  Rates rates;
  for (int i = 0; i < kTurns; ++i) {
    for (const bool on_parked : {i % 2 == 0, i % 2 != 0}) {
      const OwnServer& server = on_parked ? parked : empty;
      const double cpu_before = process_cpu_s(server.process.pid());
      BATON_ASSIGN(const LoadResult result, one_task(loop, server, turn));
      (on_parked ? rates.parked : rates.empty) += to_number(result.completed) / result.seconds / kTurns;
      // The warm-up is in the CPU time, too: its share is the same on both.
      (on_parked ? rates.parked_cpu_s : rates.empty_cpu_s) += (process_cpu_s(server.process.pid()) - cpu_before) /
                                                              to_number(std::max<std::uint64_t>(1, result.completed)) /
                                                              kTurns;
    }
  }
  return rates;
}

Status run_parked(http2::EventLoop& loop, const StateBenchOptions& options, const DataDirectory& directory,
                  Report& report) {
  BATON_ASSIGN(auto server, start_server(directory.path(), options.server_options));
  const std::string beside = directory.path() + "/empty";
  fs::create_directories(beside);
  BATON_ASSIGN(auto empty, start_server(beside, options.server_options));
  BATON_ASSIGN(const Rates before, one_task_rates(loop, server, empty, options));
  BATON_TRY(wait_until_stored(server));
  const double memory_before = process_rss_mb(server.process.pid());
  const double journal_before = disk_bytes(directory.path() + "/data/journal");
  const double store_before = disk_bytes(directory.path() + "/data/state");
  report.add("at_0_one_task_per_s", before.parked);
  report.add("at_0_one_task_ratio", before.parked / before.empty);
  Parking parking(loop, server.grpc_port, options.in_flight, options.payload);
  BATON_TRY(parking.deploy());
  double memory = 0, disk = 0, journal = 0, ratio = 0, create_s = 0;
  for (const std::uint64_t part : {8, 4, 2, 1}) {
    const std::uint64_t count = std::max<std::uint64_t>(1, options.instances / part);
    const std::int64_t begin = SystemClock().boot_ns();
    BATON_TRY(parking.create_until(count));
    create_s += static_cast<double>(SystemClock().boot_ns() - begin) / 1e9;
    BATON_TRY(wait_until_stored(server));
    memory = (process_rss_mb(server.process.pid()) - memory_before) * 1048576 / to_number(count);
    disk = (disk_bytes(directory.path() + "/data/state") - store_before) / to_number(count);
    journal = (disk_bytes(directory.path() + "/data/journal") - journal_before) / to_number(count);
    BATON_ASSIGN(const Rates rates, one_task_rates(loop, server, empty, options));
    ratio = rates.parked / rates.empty;
    report.add(fmt::format("at_{}_bytes_memory_each", count), memory);
    report.add(fmt::format("at_{}_bytes_disk_each", count), disk);
    report.add(fmt::format("at_{}_one_task_per_s", count), rates.parked);
    report.add(fmt::format("at_{}_one_task_ratio", count), ratio);
    report.add(fmt::format("at_{}_one_task_cpu_ratio", count), rates.parked_cpu_s / rates.empty_cpu_s);
  }
  report.add("instances", to_number(parking.acknowledged()));
  report.add("created_per_s", to_number(parking.acknowledged()) / create_s);
  report.add("bytes_memory_each", memory);
  report.add("bytes_disk_each", disk);
  report.add("bytes_journal_each", journal);
  report.add("one_task_ratio", ratio);
  server.process.stop();
  empty.process.stop();
  return {};
}

Result<std::uint64_t> active_instances(const OwnServer& server) {
  BATON_ASSIGN(const double count, metric(server, "baton_process_instances"));
  return static_cast<std::uint64_t>(count);
}

Status run_recovery(http2::EventLoop& loop, const StateBenchOptions& options, const DataDirectory& directory,
                    Report& report) {
  BATON_ASSIGN(auto server, start_server(directory.path(), options.server_options));
  Parking parking(loop, server.grpc_port, options.in_flight, options.payload);
  BATON_TRY(parking.deploy());
  BATON_TRY(parking.create_until(options.instances));
  // On with the load, and in the midst of it the end.
  const SystemClock clock;
  const std::int64_t kill_at = clock.boot_ns() + 1'500'000'000;
  const Status ended = parking.create_until(UINT64_MAX, [&] {
    if (clock.boot_ns() < kill_at) return true;
    server.process.kill();
    return false;
  });
  server.process.stop();
  if (ended && parking.unknown() == 0) return fail(Code::kInternal, "nothing was under way at the kill");
  const std::int64_t begin = clock.boot_ns();
  const auto since = [&] { return static_cast<double>(clock.boot_ns() - begin) / 1e9; };
  BATON_ASSIGN(server, start_server(directory.path(), options.server_options));
  parking.reconnect(server.grpc_port);
  BATON_TRY(parking.create_one(60));
  report.add("first_create_s", since());
  BATON_ASSIGN(const bool taken, parking.take_one());
  BATON_ASSIGN(const std::uint64_t active, active_instances(server));
  report.add("all_served_s", since());
  if (!taken) return fail(Code::kInternal, "no job of the waiting instances can be taken");
  const std::uint64_t least = parking.acknowledged();
  const std::uint64_t most = least + parking.unknown();
  report.add("instances", to_number(active));
  report.add("acknowledged", to_number(least));
  report.add("unknown", to_number(parking.unknown()));
  report.add("lost", active < least ? to_number(least - active) : 0);
  report.add("doubled", active > most ? to_number(active - most) : 0);
  server.process.stop();
  return {};
}

Status run_backoff(http2::EventLoop& loop, const StateBenchOptions& options, const DataDirectory& directory,
                   Report& report) {
  constexpr std::int64_t kLongMs = 6 * 3'600'000;
  constexpr double kRate = 1000;
  BATON_ASSIGN(auto server, start_server(directory.path(), options.server_options));
  Parking parking(loop, server.grpc_port, options.in_flight, options.payload);
  BATON_TRY(parking.deploy());
  BATON_TRY(parking.create_until(options.instances));
  const std::uint64_t due = std::min(options.due, options.instances);
  BATON_TRY(parking.fail_jobs(options.instances - due, [](std::uint64_t) { return kLongMs; }));
  BATON_TRY(wait_until_stored(server));
  BATON_ASSIGN(const LoadResult alone, one_task(loop, server, options, kRate));
  // All of the rest within one second, once they are all failed and one-task runs.
  const SystemClock clock;
  const std::int64_t fail_ms = 10'000 + static_cast<std::int64_t>(due) / 4;
  const std::int64_t target = clock.wall().value() + fail_ms;
  BATON_TRY(parking.fail_jobs(
      due, [&](std::uint64_t i) { return target + static_cast<std::int64_t>(i * 1000 / due) - clock.wall().value(); }));
  const std::int64_t left_ms = target - clock.wall().value();
  if (left_ms < 3000) return fail(Code::kDeadlineExceeded, "the machine is too slow to fail the jobs in time");
  std::this_thread::sleep_for(std::chrono::milliseconds(left_ms - 3000));
  BATON_ASSIGN(const LoadResult beside, one_task(loop, server, options, kRate));
  server.process.stop();
  BATON_ASSIGN(const Lateness lateness, backoff_lateness(directory.path()));
  report.add("instances", to_number(options.instances));
  report.add("due_in_one_second", to_number(due));
  report.add("became_activatable", to_number(lateness.done));
  report.add("early", to_number(lateness.early));
  report.add("worst_late_ms", static_cast<double>(lateness.worst_ms));
  report.add("p99_alone_ms", to_number(alone.latency.percentile(99)) / 1e6);
  report.add("p99_beside_ms", to_number(beside.latency.percentile(99)) / 1e6);
  return {};
}

}  // namespace

Result<Report> measure_parked(http2::EventLoop& loop, const StateBenchOptions& options) {
  return measure(
      "parked", "waiting instances, one-task on top", options,
      [&](const DataDirectory& directory, Report& report) { return run_parked(loop, options, directory, report); });
}

Result<Report> measure_recovery(http2::EventLoop& loop, const StateBenchOptions& options) {
  return measure(
      "recovery", "kill -9 while instances are created", options,
      [&](const DataDirectory& directory, Report& report) { return run_recovery(loop, options, directory, report); });
}

Result<Report> measure_backoff(http2::EventLoop& loop, const StateBenchOptions& options) {
  return measure(
      "backoff", "jobs in back-off, one-task at 1000/s beside them", options,
      [&](const DataDirectory& directory, Report& report) { return run_backoff(loop, options, directory, report); });
}

}  // namespace baton::bench
