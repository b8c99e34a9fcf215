// What the bench asks the machine: a server process and its costs, the disk's sync latency, stolen CPU time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace baton::bench {

/// A started server. The destructor stops it with SIGTERM, after 10 s with SIGKILL.
class ServerProcess {
 public:
  /// Runs `program` with `arguments`; output goes to `log_file`. The child gets SIGKILL should this process die.
  static Result<ServerProcess> start(const std::string& program, const std::vector<std::string>& arguments,
                                     const std::string& log_file);
  explicit ServerProcess(pid_t pid) : pid_(pid) {}
  ServerProcess(ServerProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}
  ServerProcess& operator=(ServerProcess&& other) noexcept;
  ~ServerProcess() { stop(); }
  /// SIGTERM and wait. Returns the exit code, 128 + signal, or -1 if it was stopped before.
  int stop();
  /// True while it runs; reaps it otherwise.
  bool running();
  /// After running() said no: the exit code, or 128 + signal.
  [[nodiscard]] int exit_code() const { return exit_code_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// SIGKILL, unless it has ended: its number is -1 then, which kill(2) takes for every process there is.
  void kill() const;

 private:
  pid_t pid_;
  int exit_code_ = -1;
};

/// User and system time of a process so far, in seconds; 0 if it is gone.
double process_cpu_s(pid_t pid);
/// Anonymous resident memory (RssAnon) in MiB; 0 if it is gone.
double process_rss_mb(pid_t pid);
/// User and system time of this process in seconds.
double own_cpu_s();

/// Jiffies of all CPUs from /proc/stat.
struct HostCpu {
  std::uint64_t steal = 0;
  std::uint64_t total = 0;
};
HostCpu host_cpu();
/// Share of CPU time between two readings that the hypervisor gave to others, in percent.
double steal_percent(const HostCpu& before, const HostCpu& after);

struct SyncTimes {
  double p50_us = 0;
  double p99_us = 0;
};
/// Writes 4 KiB and calls fdatasync, `count` times, in a preallocated zero-filled file in `directory`; removes the
/// file.
Result<SyncTimes> measure_sync(const std::string& directory, int count);

/// True if `directory` is on tmpfs or ramfs, where durability costs nothing.
bool is_memory_filesystem(const std::string& directory);

/// A TCP port of 127.0.0.1 that is free now; 0 if none.
std::uint16_t free_port();

/// GET http://address:port`path` (HTTP/1.1); the body. Errors: kDeadlineExceeded if nothing comes for a second,
/// kUnavailable, kNotFound for any other answer.
Result<std::string> http_get(const std::string& address, std::uint16_t port, const std::string& path);
/// Value of one series of a Prometheus text, labels included as they are written, e.g. `up{job="x"}`.
std::optional<double> prometheus_value(const std::string& text, const std::string& series);

}  // namespace baton::bench
