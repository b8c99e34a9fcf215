#include "driver.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"

namespace baton::crash {
namespace {

/// Checkpoints, copies and new segments all the time, so that every point is passed soon.
const std::vector<std::string> kBusyOptions = {"--memory=16", "--checkpoint-frames=400", "--checkpoint-interval=100ms",
                                               "--housekeeping-interval=100ms", "--copy-interval=300ms"};
/// Points at which a checkpoint, a copy or the journal can be interrupted, and those at which history is removed.
const std::vector<std::string> kFaultPoints = {
    "checkpoint.before_freeze", "checkpoint.durable",   "state.before_commit",      "state.within_writes",
    "state.before_sync",        "state.after_commit",   "checkpoint.before_switch", "checkpoint.after_switch",
    "state.before_copy",        "state.after_copy",     "state.before_copy_rename", "journal.compressed",
    "journal.before_replace",   "journal.before_write", "journal.after_write",      "journal.after_sync",
    "journal.before_rename",    "journal.after_rename", "partition.before_publish"};
const std::vector<std::string> kTruncationPoints = {"journal.before_truncate", "journal.after_truncate"};
constexpr int kPassesOfAPoint = 3;
constexpr std::uint64_t kPowerDiskBytes = std::uint64_t{2} << 30;
constexpr std::int64_t kFaultLimitNs = 60'000 * kMs;

/// Reads the output of a program line by line; its exit code, or -1.
int read_lines(const std::string& command, const std::function<void(std::string_view)>& line) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return -1;
  char* text = nullptr;
  std::size_t capacity = 0;
  for (ssize_t got = 0; (got = ::getline(&text, &capacity, pipe)) > 0;) line({text, static_cast<std::size_t>(got)});
  std::free(text);
  const int status = ::pclose(pipe);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<bench::ServerProcess> Driver::start() {
  grpc_port_ = bench::free_port();
  http_port_ = bench::free_port();
  std::vector<std::string> arguments = {"start",  "--dev",
                                        "--data", options_.data + "/data",
                                        "--grpc", fmt::format("127.0.0.1:{}", grpc_port_),
                                        "--http", fmt::format("127.0.0.1:{}", http_port_)};
  arguments.insert(arguments.end(), server_options_.begin(), server_options_.end());
  return bench::ServerProcess::start(options_.baton, arguments, options_.data + "/server.log");
}

Status Driver::kill_in_recovery() {
  for (int nested = between(1, 3); nested > 0; --nested) {
    BATON_ASSIGN(auto server, start());
    std::this_thread::sleep_for(std::chrono::microseconds(between(1'000, 50'000)));
    if (!server.running()) return fail(Code::kInternal, "the server ended by itself during recovery, see server.log");
    server.kill();
    server.stop();
    ++recovery_kills_;
  }
  return {};
}

Result<std::uint64_t> Driver::active() {
  constexpr int kTries = 20;  // a slow machine is no violation
  Result<std::string> body = fail(Code::kDeadlineExceeded, "");
  for (int i = 0; i < kTries && !body && body.error().code == Code::kDeadlineExceeded; ++i)
    body = bench::http_get("127.0.0.1", http_port_, "/baton/instances");
  if (!body) return fail(body.error());
  const std::size_t at = body->find("\"total\":");
  if (at == std::string::npos) return fail(Code::kInternal, "/baton/instances has no total");
  return std::strtoull(body->c_str() + at + 8, nullptr, 10);
}

/// While nothing is under way, the server's number of active instances must agree with the ledger. Errors: it does not
/// answer.
Status Driver::check_active(const std::string& when) {
  BATON_ASSIGN(const std::uint64_t total, active());
  const Ledger::Bounds bounds = ledger_.active();
  if (total < bounds.least || total > bounds.most) {
    ledger_.violation(
        fmt::format("{}: {} active instances, expected {} to {}", when, total, bounds.least, bounds.most));
  }
  return {};
}

/// True if the server ends within a moment: its connections end before it can be waited for.
bool Driver::wait_for_end(bench::ServerProcess& server) {
  for (int i = 0; i < 1000 && server.running(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return !server.running();
}

Status Driver::cycle(int number) {
  server_options_ = number % 2 == 0 ? std::vector<std::string>() : kBusyOptions;
  if (number % 3 == 2 && !power_disk_) BATON_TRY(kill_in_recovery());
  return run_once(number,
                  [this](bench::ServerProcess& server, http2::EventLoop& loop, const std::function<void()>& end) {
                    loop.run_at(loop.now_ns() + between(50, 500) * kMs, [this, &server, end] {
                      if (power_disk_) {
                        if (const Status cut = power_disk_->cut(); !cut) ledger_.violation(cut.error().to_string());
                      }
                      server.kill();
                      end();
                    });
                  });
}

Result<std::optional<Driver::End>> Driver::fault_life(const std::string& fault, std::int64_t limit_ns) {
  ::setenv("BATON_FAULT", fault.c_str(), 1);
  ends_itself_ = true;
  end_.reset();
  const Status done = run_once(++cycles_, [this, limit_ns](bench::ServerProcess& server, http2::EventLoop& loop,
                                                           const std::function<void()>& end) {
    const std::int64_t limit = loop.now_ns() + limit_ns;
    const auto look = std::make_shared<std::function<void()>>();
    *look = [this, look, &server, &loop, end, limit] {
      if (server.running() && loop.now_ns() < limit) {
        loop.run_at(loop.now_ns() + 10 * kMs, [look] { (*look)(); });
        return;
      }
      if (server.running()) {
        server.kill();
      } else {
        end_ = {server.exit_code(), true};
      }
      end();
    };
    (*look)();
  });
  ends_itself_ = false;
  ::unsetenv("BATON_FAULT");
  BATON_TRY(done);
  return end_;
}

Status Driver::run_once(int number, const Kill& kill) {
  http2::EventLoop loop;
  const SystemClock clock;
  const std::int64_t begin = clock.boot_ns();
  BATON_ASSIGN(auto server, start());
  Load load(loop, ledger_, {.port = grpc_port_, .in_flight = options_.in_flight});
  const Status ready = load.wait_ready(kReadyLimitNs, [&server] { return server.running(); });
  const Status checked = ready ? check_active(fmt::format("start {}", number)) : ready;
  if (!checked && ends_itself_ && wait_for_end(server)) {  // the point is passed before anything is served
    end_ = {server.exit_code(), false};
    ++kills_;
    ledger_.restarted();
    return {};
  }
  BATON_TRY(checked);
  longest_start_ns_ = std::max(longest_start_ns_, clock.boot_ns() - begin);
  if (number == 0) BATON_TRY(load.deploy());
  loop.refresh_now();
  load.start(true);
  bool over = false;
  kill(server, loop, [&] {
    load.end([&] {
      over = true;
      loop.stop();
    });
    loop.run_at(loop.now_ns() + kAnswersLimitNs, [&] { loop.stop(); });
  });
  if (!over) loop.run();
  ++kills_;
  if (!over)
    ledger_.violation(fmt::format("cycle {}: {} calls have no end after the server died", number, load.open_calls()));
  server.stop();
  if (power_disk_) BATON_TRY(power_disk_->mount());
  ledger_.restarted();
  return {};
}

Status Driver::run_fault_points(const std::vector<std::string>& points) {
  server_options_ = kBusyOptions;
  server_options_.emplace_back("--retention=0");
  for (const std::string& point : points) {
    for (int pass = 1; pass <= kPassesOfAPoint; ++pass) {
      const std::size_t before = ledger_.violations().size();
      BATON_ASSIGN(const auto end, fault_life(fmt::format("{}:{}:kill", point, pass), kFaultLimitNs));
      if (!end) ledger_.violation(fmt::format("the point was not passed within {} ms", kFaultLimitNs / kMs));
      if (ledger_.violations().size() != before) ledger_.violation(fmt::format("... at {}:{}", point, pass));
    }
  }
  return {};
}

/// A last life without a kill: works everything off and stops in order.
Status Driver::drain() {
  if (!truncates_) server_options_.clear();
  BATON_ASSIGN(auto server, start());
  {
    http2::EventLoop loop;
    Load load(loop, ledger_, {.port = grpc_port_});
    BATON_TRY(load.wait_ready(kReadyLimitNs));
    BATON_TRY(check_active("the last start"));
    load.start(false);
    std::int64_t limit = loop.now_ns() + kDrainLimitNs;
    std::uint64_t least = UINT64_MAX;
    while (!drained_ && loop.now_ns() < limit) {
      loop.run_at(loop.now_ns() + 50 * kMs, [&] { loop.stop(); });
      loop.run();
      const auto left = active();
      drained_ = left && *left == 0;
      loop.refresh_now();
      if (left && *left < least) limit = loop.now_ns() + kDrainLimitNs;
      if (left) least = std::min(least, *left);
    }
    // Answers that are still on their way.
    loop.run_at(loop.now_ns() + 100 * kMs, [&] { loop.stop(); });
    loop.run();
  }
  if (!drained_) ledger_.violation("instances are still active and nothing ends them");
  const int code = server.stop();
  if (code != 0) ledger_.violation(fmt::format("the server stopped with {}", code));
  return {};
}

Status Driver::compare() {
  const std::string data = shell_quoted(options_.data + "/data");
  const std::string program = shell_quoted(options_.baton);
  const int verified = read_lines(fmt::format("{} journal verify --data {} --json", program, data),
                                  [this](std::string_view line) { verified_ += line; });
  std::string state;
  const int stored = read_lines(fmt::format("{} state verify --data {} --json", program, data),
                                [&state](std::string_view line) { state += line; });
  if (stored != 0 || state.find("\"ok\":true") == std::string::npos)
    ledger_.violation(fmt::format("state verify: {} {}", stored, state));
  if (verified != 0 || verified_.find("\"ok\":true") == std::string::npos) {
    ledger_.violation(fmt::format("journal verify: {} {}", verified, verified_));
  }
  if (truncates_) return {};
  const int dumped = read_lines(fmt::format("{} journal dump --data {}", program, data),
                                [this](std::string_view line) { ledger_.read_dump_line(line); });
  if (dumped != 0) return failf(Code::kInternal, "journal dump ended with {}", dumped);
  return {};
}

Status Driver::run() {
  if (options_.power_cut) {
    power_disk_.emplace(options_.data + "/image", kPowerDiskBytes, options_.data + "/data");
    BATON_TRY(power_disk_->mount());
  }
  if (options_.full_disk) {
    BATON_TRY(run_full_disk());
  } else if (options_.disk_errors) {
    BATON_TRY(run_disk_errors());
  } else if (options_.fault_points) {
    // What must be compared with the whole journal first; a consumer that needs everything holds it back.
    BATON_TRY(cycle(0));
    ++cycles_;
    if (!truncates_) {
      std::filesystem::create_directories(options_.data + "/data/consumers");
      std::ofstream(options_.data + "/data/consumers/driver") << std::string(20, '0');
    }
    BATON_TRY(run_fault_points(truncates_ ? kTruncationPoints : kFaultPoints));
  } else {
    for (int number = 0; number < options_.cycles; ++number) BATON_TRY(cycle(number));
  }
  BATON_TRY(drain());
  return compare();
}

int Driver::report() {
  if (truncates_) {
    for (const std::string& what : ledger_.violations()) std::fprintf(stderr, "violation: %s\n", what.c_str());
    std::printf("crash: %d kills while the journal was truncated; violations %zu; journal %s", kills_,
                ledger_.violations().size(), verified_.c_str());
    return ledger_.violations().empty() && drained_ ? 0 : 1;
  }
  const Verdict v = ledger_.verdict(drained_);
  for (const std::string& what : ledger_.violations()) std::fprintf(stderr, "violation: %s\n", what.c_str());
  std::printf("%s\n",
              fmt::format("crash: {} cycles, {} kills in recovery, seed {}: creates {} requested, {} acknowledged, {} "
                          "unknown of which {} happened; "
                          "completions {} acknowledged, {} unknown; lost {}, doubled {}, foreign {}, violations {}; "
                          "longest start {} ms; journal {}",
                          kills_, recovery_kills_, options_.seed, v.requested, v.acknowledged, v.unknown,
                          v.unknown_happened, v.completions, v.completions_unknown, v.lost_creates + v.lost_completions,
                          v.doubled_creates + v.doubled_completions, v.foreign, v.other, longest_start_ns_ / kMs,
                          verified_.substr(0, verified_.find('\n')))
                  .c_str());
  // A run without load, or in which nothing was ever under way at a kill, would prove nothing.
  const bool loaded = v.acknowledged > static_cast<std::uint64_t>(kills_) && v.completions > 0 && v.unknown > 0;
  if (!loaded) std::fprintf(stderr, "violation: there was not enough load to prove anything\n");
  return v.good() && loaded ? 0 : 1;
}

}  // namespace baton::crash
