// The load of one life of the server: creates at full speed with a fixed number in flight, a stream worker and a poll
// for the backlog that complete every job. What was asked and answered goes to the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "gateway/http2/event_loop.h"
#include "ledger.h"

namespace baton::crash {

struct LoadOptions {
  std::uint16_t port = 0;
  std::string process_id = "crash";
  std::string job_type = "crash-work";
  std::int64_t job_timeout_ms = 1000;  ///< jobs that a killed worker held come back after that
  int in_flight = 400;
  int connections = 2;
};

class Load {
 public:
  Load(http2::EventLoop& loop, Ledger& ledger, LoadOptions options);
  ~Load();

  /// Waits until the server answers. Runs the loop. Errors: kUnavailable after `limit_ns`.
  Status wait_ready(std::int64_t limit_ns, const std::function<bool()>& alive = {});
  Status deploy();
  /// Works from now on; creates too if `offering`.
  void start(bool offering);
  /// No new calls. `idle` runs once nothing is open any more.
  void end(std::function<void()> idle);
  [[nodiscard]] std::uint64_t open_calls() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::crash
