// What the benchmarks of waiting things share: one-task beside them, the journal read back, the frame of a run.
#pragma once

#include <string>
#include <vector>

#include "load.h"
#include "report.h"
#include "state_bench.h"

namespace baton::bench {

/// Waits until the server answers, then runs one-task against it for the seconds of `options`. `rate` 0: closed loop.
Result<LoadResult> one_task(http2::EventLoop& loop, const OwnServer& server, const StateBenchOptions& options,
                            double rate = 0);
/// Waits until the server answers.
Status wait_ready(http2::EventLoop& loop, const OwnServer& server);
/// Unix milliseconds of all frames of one command, in order, from the journal of a server that was stopped.
Result<std::vector<std::int64_t>> frame_times(const std::string& directory, const std::string& command);
/// When what was due was done, by the journal of a server that was stopped.
struct Lateness {
  std::uint64_t done = 0;
  std::uint64_t early = 0;
  std::int64_t worst_ms = 0;
};
/// Of every back-off that ended: against the end that its failure named.
Result<Lateness> backoff_lateness(const std::string& directory);
/// Waits until a checkpoint has everything, then a moment for what is freed: what was done to prepare a measurement is
/// not to be felt in it.
Status wait_until_stored(const OwnServer& server);
/// A number that the server's metrics have.
Result<double> metric(const OwnServer& server, const std::string& name);

/// Runs `run(directory, report)` with a fresh data directory. An error carries the end of the server's log.
template <typename Run>
Result<Report> measure(const char* name, const char* mode, const StateBenchOptions& options, Run&& run) {
  BATON_ASSIGN(const auto directory, DataDirectory::create(options.data));
  Report report{name, mode, {}, {}, false};
  if (const Status status = run(directory, report); !status) {
    return fail(status.error().code, status.error().message + "\n" + log_tail(directory.path()));
  }
  return report;
}

}  // namespace baton::bench
