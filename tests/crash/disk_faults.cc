// A disk that fails or is full (reliability tests F14 and F16).
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "driver.h"

namespace baton::crash {

namespace {

constexpr int kExitStorage = 74;  // EX_IOERR
constexpr int kExitRefused = 1;   // to start
constexpr int kFirstFaults = 12;  // those of the start and the first batches, one by one
constexpr std::int64_t kErrorLimitNs = 5'000 * kMs;
constexpr std::uint64_t kSmallDiskBytes = std::uint64_t{192} << 20;
constexpr std::uint64_t kFillerBytes = std::uint64_t{64} << 20;
constexpr std::int64_t kFullLimitNs = 60'000 * kMs;
constexpr std::int64_t kLookEveryNs = 100 * kMs;

/// Takes room on a file system.
Status fill(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int error = fd < 0 ? errno : ::posix_fallocate(fd, 0, static_cast<off_t>(kFillerBytes));
  if (fd >= 0) ::close(fd);
  if (error != 0) return failf(Code::kInternal, "cannot make '{}': error {}", path, error);
  return {};
}

}  // namespace

/// One life in which a write or sync fails once. Whenever that is, the server ends at once: with EX_IOERR if it served
/// already, else it refuses to start. `reached` if it did.
Status Driver::disk_error(const std::string& fault, bool& reached) {
  ::setenv("BATON_FAULT", fault.c_str(), 1);
  BATON_ASSIGN(auto server, start());
  ::unsetenv("BATON_FAULT");
  http2::EventLoop loop;
  Load load(loop, ledger_, {.port = grpc_port_, .in_flight = options_.in_flight});
  const bool served = load.wait_ready(kReadyLimitNs, [&server] { return server.running(); }).has_value();
  if (served) {
    loop.refresh_now();
    load.start(true);
    const std::int64_t limit = loop.now_ns() + kErrorLimitNs;
    while (server.running() && loop.now_ns() < limit) {
      loop.run_at(loop.now_ns() + 5 * kMs, [&loop] { loop.stop(); });
      loop.run();
    }
    const bool runs = server.running();
    if (runs) ::kill(server.pid(), SIGKILL);
    bool over = false;
    load.end([&] {
      over = true;
      loop.stop();
    });
    loop.run_at(loop.now_ns() + kAnswersLimitNs, [&loop] { loop.stop(); });
    if (!over) loop.run();
    if (!over) ledger_.violation(fmt::format("{}: {} calls have no end", fault, load.open_calls()));
    reached = !runs;
  } else {
    reached = wait_for_end(server);
  }
  if (reached && server.exit_code() != kExitStorage && (served || server.exit_code() != kExitRefused))
    ledger_.violation(fmt::format("{}: the server ended with {}", fault, server.exit_code()));
  ++kills_;
  server.stop();
  ledger_.restarted();
  return {};
}

/// The n-th write and the n-th sync fail, for every n of the start and some under load.
Status Driver::run_disk_errors() {
  BATON_TRY(cycle(0));
  int ended = 0;
  int all = 0;
  for (const char* call : {"disk.write", "disk.sync"}) {
    for (int i = 1; i <= kFirstFaults + 4; ++i) {
      const int n = i <= kFirstFaults ? i : kFirstFaults + (i - kFirstFaults) * between(20, 200);
      bool reached = false;
      BATON_TRY(disk_error(fmt::format("{}:{}:error", call, n), reached));
      ended += reached ? 1 : 0;
      ++all;
    }
  }
  std::printf("disk errors: %d, %d of which ended the server\n", all, ended);
  // Some are met by a copy or a prepared segment, which are made once more.
  if (ended < all / 2) ledger_.violation("most errors had no effect");
  return {};
}

/// Creates until the disk is full and new work is refused; reads go on. With room again so does everything, in the same
/// process.
Status Driver::run_full_disk() {
  const std::string directory = options_.data + "/data";
  power_disk_.emplace(options_.data + "/image", kSmallDiskBytes, directory);
  BATON_TRY(power_disk_->mount());
  const std::string filler = directory + "/filler";
  BATON_TRY(fill(filler));
  BATON_ASSIGN(auto server, start());
  http2::EventLoop loop;
  Load load(loop, ledger_, {.port = grpc_port_, .in_flight = options_.in_flight});
  BATON_TRY(load.wait_ready(kReadyLimitNs));
  BATON_TRY(load.deploy());
  loop.refresh_now();
  load.start(true);
  // A moment in which a create is refused and none is taken: the disk is full. Later, one in which some are.
  const auto run_until = [&](bool refused) -> Status {
    const std::int64_t limit = loop.now_ns() + kFullLimitNs;
    while (loop.now_ns() < limit) {
      const Ledger::Counts before = ledger_.counts();
      loop.run_at(loop.now_ns() + kLookEveryNs, [&loop] { loop.stop(); });
      loop.run();
      if (!server.running()) return failf(Code::kInternal, "the server ended with {}", server.exit_code());
      const Ledger::Counts now = ledger_.counts();
      const bool none_taken = now.acknowledged == before.acknowledged;
      if (refused ? none_taken && now.refused > before.refused : !none_taken) return {};
      loop.refresh_now();
    }
    return failf(Code::kDeadlineExceeded, "creates are {}", refused ? "never refused" : "still refused");
  };
  BATON_TRY(run_until(true));
  BATON_TRY(check_active("with a full disk"));
  BATON_ASSIGN(const std::string metrics, bench::http_get("127.0.0.1", http_port_, "/metrics"));
  if (metrics.find("\nbaton_disk_full 1\n") == std::string::npos)
    ledger_.violation("the metrics do not say that the disk is full");
  std::printf("full after %llu creates\n", static_cast<unsigned long long>(ledger_.counts().acknowledged));
  std::filesystem::remove(filler);
  const std::uint64_t before = ledger_.counts().acknowledged;
  loop.refresh_now();
  BATON_TRY(run_until(false));
  std::printf("%llu more creates once there was room\n",
              static_cast<unsigned long long>(ledger_.counts().acknowledged - before));
  bool over = false;
  ::kill(server.pid(), SIGKILL);
  load.end([&] {
    over = true;
    loop.stop();
  });
  if (!over) loop.run();
  ++kills_;
  server.stop();
  ledger_.restarted();
  return {};
}

}  // namespace baton::crash
