// baton-crash-driver: kills a loaded server with SIGKILL again and again and proves that nothing acknowledged is lost.
//
//   baton-crash-driver --baton BIN [--data DIR] [--cycles 5] [--seed N] [--in-flight 400] [--keep]
//
// A cycle: start on the same data, compare the number of active instances with what is known, load for 50 to 500 ms,
// kill. Every third cycle the server is first killed up to three times 1 to 50 ms after its start, in the midst of
// recovery. At the end everything is worked off and the journal, verified frame by frame, is compared with the ledger.
// Exit codes: 0 all good, 1 a violation, 2 wrong use or the run could not be made.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include "base/clock.h"
#include "host.h"
#include "ledger.h"
#include "load.h"

namespace baton::crash {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kReadyLimitNs = 60'000 * kMs;
constexpr std::int64_t kAnswersLimitNs = 20'000 * kMs;  // after a kill every open call must end
constexpr std::int64_t kDrainLimitNs = 10'000 * kMs;    // without any progress; locked jobs come back after one second

struct Options {
  std::string baton;
  std::string data;
  int cycles = 5;
  std::uint64_t seed = 0;
  int in_flight = 400;
  bool keep = false;
};

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

class Driver {
 public:
  explicit Driver(Options options) : options_(std::move(options)), random_(options_.seed) {}
  Status run();
  int report();

 private:
  int between(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  Result<bench::ServerProcess> start();
  Status kill_in_recovery();
  Status cycle(int number);
  Status drain();
  void check_active(const std::string& when);
  Result<std::uint64_t> active();
  Status compare();

  Options options_;
  std::mt19937_64 random_;
  Ledger ledger_;
  std::uint16_t grpc_port_ = 0;
  std::uint16_t http_port_ = 0;
  int kills_ = 0;
  int recovery_kills_ = 0;
  std::int64_t longest_start_ns_ = 0;
  bool drained_ = false;
  std::string verified_;
};

Result<bench::ServerProcess> Driver::start() {
  grpc_port_ = bench::free_port();
  http_port_ = bench::free_port();
  return bench::ServerProcess::start(
      options_.baton,
      {"start", "--dev", "--data", options_.data + "/data", "--grpc", fmt::format("127.0.0.1:{}", grpc_port_), "--http",
       fmt::format("127.0.0.1:{}", http_port_)},
      options_.data + "/server.log");
}

Status Driver::kill_in_recovery() {
  for (int nested = between(1, 3); nested > 0; --nested) {
    BATON_ASSIGN(auto server, start());
    std::this_thread::sleep_for(std::chrono::microseconds(between(1'000, 50'000)));
    if (!server.running()) return fail(Code::kInternal, "the server ended by itself during recovery, see server.log");
    ::kill(server.pid(), SIGKILL);
    server.stop();
    ++recovery_kills_;
  }
  return {};
}

Result<std::uint64_t> Driver::active() {
  BATON_ASSIGN(const std::string body, bench::http_get("127.0.0.1", http_port_, "/baton/instances"));
  const std::size_t at = body.find("\"total\":");
  if (at == std::string::npos) return fail(Code::kInternal, "/baton/instances has no total");
  return std::strtoull(body.c_str() + at + 8, nullptr, 10);
}

/// While nothing is under way, the server's number of active instances must agree with the ledger.
void Driver::check_active(const std::string& when) {
  const auto total = active();
  const Ledger::Bounds bounds = ledger_.active();
  if (!total) {
    ledger_.violation(fmt::format("{}: {}", when, total.error().to_string()));
  } else if (*total < bounds.least || *total > bounds.most) {
    ledger_.violation(
        fmt::format("{}: {} active instances, expected {} to {}", when, *total, bounds.least, bounds.most));
  }
}

Status Driver::cycle(int number) {
  if (number % 3 == 2) BATON_TRY(kill_in_recovery());
  http2::EventLoop loop;
  const SystemClock clock;
  const std::int64_t begin = clock.boot_ns();
  BATON_ASSIGN(auto server, start());
  Load load(loop, ledger_, {.port = grpc_port_, .in_flight = options_.in_flight});
  BATON_TRY(load.wait_ready(kReadyLimitNs));
  longest_start_ns_ = std::max(longest_start_ns_, clock.boot_ns() - begin);
  check_active(fmt::format("start {}", number));
  if (number == 0) BATON_TRY(load.deploy());
  loop.refresh_now();
  load.start(true);
  bool over = false;
  loop.run_at(loop.now_ns() + between(50, 500) * kMs, [&] {
    ::kill(server.pid(), SIGKILL);
    load.end([&] {
      over = true;
      loop.stop();
    });
    loop.run_at(loop.now_ns() + kAnswersLimitNs, [&] { loop.stop(); });
  });
  loop.run();
  ++kills_;
  if (!over)
    ledger_.violation(fmt::format("cycle {}: {} calls have no end after the server died", number, load.open_calls()));
  server.stop();
  ledger_.restarted();
  return {};
}

/// A last life without a kill: works everything off and stops in order.
Status Driver::drain() {
  BATON_ASSIGN(auto server, start());
  {
    http2::EventLoop loop;
    Load load(loop, ledger_, {.port = grpc_port_});
    BATON_TRY(load.wait_ready(kReadyLimitNs));
    check_active("the last start");
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
  if (verified != 0 || verified_.find("\"ok\":true") == std::string::npos) {
    ledger_.violation(fmt::format("journal verify: {} {}", verified, verified_));
  }
  const int dumped = read_lines(fmt::format("{} journal dump --data {}", program, data),
                                [this](std::string_view line) { ledger_.read_dump_line(line); });
  if (dumped != 0) return failf(Code::kInternal, "journal dump ended with {}", dumped);
  return {};
}

Status Driver::run() {
  for (int number = 0; number < options_.cycles; ++number) BATON_TRY(cycle(number));
  BATON_TRY(drain());
  return compare();
}

int Driver::report() {
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

int run(Options options) {
  if (options.seed == 0) options.seed = std::random_device{}();
  std::error_code error;
  const auto base =
      options.data.empty() ? std::filesystem::temp_directory_path(error) : std::filesystem::path(options.data);
  options.data = (base / fmt::format("baton-crash-{}-{}", ::getpid(), options.seed)).string();
  std::filesystem::create_directories(options.data, error);
  if (error) {
    std::fprintf(stderr, "%s: %s\n", options.data.c_str(), error.message().c_str());
    return 2;
  }
  Driver driver(options);
  const Status status = driver.run();
  if (!status) std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
  const int code = driver.report();
  if (status && code == 0 && !options.keep) {
    std::filesystem::remove_all(options.data, error);
  } else {
    std::fprintf(stderr, "the data is kept in %s\n", options.data.c_str());
  }
  return status ? code : 2;
}

}  // namespace
}  // namespace baton::crash

int main(int argc, char** argv) {
  baton::crash::Options options;
  CLI::App app{"Kills a loaded baton again and again and checks that nothing acknowledged is lost."};
  app.add_option("--baton", options.baton, "the binary under test")->required()->check(CLI::ExistingFile);
  app.add_option("--data", options.data, "where the run makes its directory; the temporary directory without it");
  app.add_option("--cycles", options.cycles, "kills under load")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the random times; 0 takes one");
  app.add_option("--in-flight", options.in_flight, "create calls under way")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_flag("--keep", options.keep, "keep the data of a good run, too");
  CLI11_PARSE(app, argc, argv);
  return baton::crash::run(std::move(options));
}
