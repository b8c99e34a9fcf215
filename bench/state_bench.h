// What waiting instances cost, and what a start after a crash costs with many of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/http2/event_loop.h"
#include "report.h"

namespace baton::bench {

struct StateBenchOptions {
  std::uint64_t instances = 1'000'000;
  std::size_t payload = 0;  // bytes; 0: about 0.5 KB in 15 variables
  std::uint64_t due = 100'000;
  std::uint64_t items = 100'000;  // of a multi-instance loop
  double seconds = 10;
  int in_flight = 512;
  std::string data = ".";
  std::vector<std::string> server_options;
};

/// Memory and disk for each waiting instance, and one-task beside them, as a curve over their number.
Result<Report> measure_parked(http2::EventLoop& loop, const StateBenchOptions& options);
/// kill -9 while instances are created; time to the first create and to all being there.
Result<Report> measure_recovery(http2::EventLoop& loop, const StateBenchOptions& options);
/// Jobs in back-off, many of them due within one second; how late they become activatable, and one-task meanwhile.
Result<Report> measure_backoff(http2::EventLoop& loop, const StateBenchOptions& options);

}  // namespace baton::bench
