// Instances that wait: creates them, fails their jobs, and keeps book of what the server acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/http2/event_loop.h"

namespace baton::bench {

class Parking {
 public:
  Parking(http2::EventLoop& loop, std::uint16_t port, int in_flight, std::size_t payload);
  ~Parking();

  /// Deploys the process that waits at a task whose jobs nobody takes.
  Status deploy();
  /// Creates until `acknowledged` instances are known, refused ones again. `while_running` may end it early by
  /// returning false; it is asked about every 10 ms.
  Status create_until(std::uint64_t acknowledged, const std::function<bool()>& while_running = {});
  /// One create, tried until it is answered; for a server that is just starting.
  Status create_one(double limit_s);
  /// Takes `count` of the jobs that wait and fails them with one retry left. `backoff_ms(i)` is asked when the i-th is
  /// failed.
  Status fail_jobs(std::uint64_t count, const std::function<std::int64_t(std::uint64_t)>& backoff_ms);
  /// One poll for a job: true if there was one.
  Result<bool> take_one();

  [[nodiscard]] std::uint64_t acknowledged() const;
  /// Creates whose outcome is not known.
  [[nodiscard]] std::uint64_t unknown() const;
  /// Connects to another server from now on.
  void reconnect(std::uint16_t port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::bench
