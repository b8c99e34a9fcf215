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
