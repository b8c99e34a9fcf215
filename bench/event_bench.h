// What timers and multi-instance loops cost those who run beside them.
#pragma once

#include "measure.h"

namespace baton::bench {

/// Waiting timers, many of them due within one second; how late they fire, and one-task meanwhile.
Result<Report> measure_timers(http2::EventLoop& loop, const StateBenchOptions& options);
/// Parallel multi-instance loops of `options.items` items, without jobs and with jobs; one-task meanwhile.
Result<Report> measure_multi_instance(http2::EventLoop& loop, const StateBenchOptions& options);

}  // namespace baton::bench
