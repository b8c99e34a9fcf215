// Drives one workload against a gateway and counts what is *completed*.
//
// Open loop (rate > 0): instances are due at start + i / rate, whatever the server does; latency counts from the due
// time to the reply that completes the instance, so waiting behind a slow server is part of it (no coordinated
// omission). Closed loop (rate 0): a fixed number of instances is kept in flight; completed per second is the capacity,
// no latency is claimed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "gateway/http2/event_loop.h"
#include "histogram.h"

namespace baton::bench {

/// kMessage: instances that wait for a message of their own; each due time publishes one, and the result of the
/// instance that it completes is awaited.
enum class Workload { kOneTask, kTenTasks, kCreateWithResult, kOneTaskRest, kMessage };

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 26500;
  Workload workload = Workload::kOneTask;
  double rate = 0;                 ///< instances a second; 0: closed loop
  double seconds = 10;             ///< measured time
  double warmup_s = 2;             ///< before it, not counted
  double cooldown_s = 5;           ///< open loop: how long to wait for what is still running at the end
  int connections = 4;             ///< each with one job stream
  std::uint16_t http_port = 8080;  ///< kOneTaskRest
  int http_connections = 16;       ///< kOneTaskRest, beside two for long polls
  int pipeline = 32;               ///< kOneTaskRest: requests of one connection under way
  int in_flight = 512;             ///< closed loop
  double ready_s = 60;             ///< how long Topology may take to answer
};

struct LoadResult {
  double seconds = 0;           ///< measured
  std::uint64_t offered = 0;    ///< instances due (open) or started (closed) in the measured time
  std::uint64_t completed = 0;  ///< completed in the measured time
  std::uint64_t unfinished =
      0;                     ///< open loop: due in the measured time and not completed until the end of the cooldown
  std::uint64_t errors = 0;  ///< failed calls in the measured time
  std::string first_error;
  std::uint64_t jobs_pushed = 0;
  std::uint64_t jobs_polled = 0;
  Histogram latency;  ///< open loop, nanoseconds
  bool interrupted = false;
};

/// Called when the measured time begins and ends, to read clocks and counters.
struct LoadHooks {
  std::function<void()> on_begin;
  std::function<void()> on_end;
};

class LoadDriver {
 public:
  LoadDriver(http2::EventLoop& loop, LoadOptions options, LoadHooks hooks = {});
  ~LoadDriver();

  /// Waits until Topology answers. Errors: kUnavailable after ready_s, kCancelled if interrupted.
  Status wait_ready();
  /// Deploys the model, opens the job streams, warms up, measures. Runs the loop.
  Result<LoadResult> run();
  /// Deploys create-with-result and completes one instance; for cold starts. Retries until ready_s.
  Status complete_one();
  /// Ends whatever runs as soon as possible; for signal handlers of the loop.
  void interrupt();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::bench
