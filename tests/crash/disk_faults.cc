// A disk that fails or is full (reliability tests F14 and F16).
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "driver.h"

namespace baton::crash {

namespace {

constexpr int kExitStorage = 74;  // EX_IOERR
constexpr int kExitRefused = 1;   // to start
constexpr int kFirstFaults = 12;  // those of the start and the first batches, one by one
constexpr std::int64_t kErrorLimitNs = 3'000 * kMs;
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

/// The n-th write and the n-th sync fail, for every n of the start and some under load. Whenever that is, the server
/// ends at once: with EX_IOERR if it served already, else it may also refuse to start.
Status Driver::run_disk_errors() {
  BATON_TRY(cycle(0));
  int ended = 0;
  int all = 0;
  for (const char* call : {"disk.write", "disk.sync"}) {
    for (int i = 1; i <= kFirstFaults + 4; ++i) {
      const int n = i <= kFirstFaults ? i : kFirstFaults + (i - kFirstFaults) * between(20, 200);
      const std::string fault = fmt::format("{}:{}:error", call, n);
      BATON_ASSIGN(const auto end, fault_life(fault, kErrorLimitNs));
      ++all;
      if (!end) continue;
      ++ended;
      if (end->exit_code != kExitStorage && (end->served || end->exit_code != kExitRefused))
        ledger_.violation(fmt::format("{}: the server ended with {}", fault, end->exit_code));
    }
  }
  fmt::print("disk errors: {}, {} of which ended the server\n", all, ended);
  // Some are met by a copy or a prepared segment, which are made once more.
  if (ended < all / 2) ledger_.violation("most errors had no effect");
  return {};
}

/// Creates until the disk is full and new work is refused; reads go on. With room again so does everything, in the same
/// process.
Status Driver::run_full_disk() {
  power_disk_.emplace(options_.data + "/image", kSmallDiskBytes, options_.data + "/data");
  BATON_TRY(power_disk_->mount());
  const std::string filler = options_.data + "/data/filler";
  BATON_TRY(fill(filler));
  Status status;
  BATON_TRY(run_once(0, [&](bench::ServerProcess& server, http2::EventLoop& loop, const std::function<void()>& end) {
    status = fill_and_free(server, loop, filler);
    server.kill();
    end();
  }));
  return status;
}

Status Driver::fill_and_free(bench::ServerProcess& server, http2::EventLoop& loop, const std::string& filler) {
  // A moment in which a create is refused and none is taken: the disk is full. Later, one in which some are.
  const auto run_until = [&](bool refused) -> Status {
    loop.refresh_now();
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
  const std::uint64_t full_at = ledger_.counts().acknowledged;
  std::filesystem::remove(filler);
  BATON_TRY(run_until(false));
  fmt::print("full after {} creates; {} more once there was room\n", full_at, ledger_.counts().acknowledged - full_at);
  return {};
}

}  // namespace baton::crash
