// What waiting workers cost, and how soon a job reaches one of them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "gateway/http2/event_loop.h"
#include "histogram.h"

namespace baton::bench {

struct LongPollOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 26500;
  std::uint16_t http_port = 8080;
  pid_t server_pid = 0;
  int polls = 10'000;  ///< idle ones, each on a connection of its own
  int jobs = 500;      ///< created one after the other, each during a long poll
};

struct LongPollResult {
  double bytes_per_poll = 0;  ///< anonymous memory of the server; a connection and its buffers are part of it
  Histogram arrival;          ///< nanoseconds from sending the create to having the job, with the idle polls waiting
  std::uint64_t errors = 0;
  std::string first_error;
};

class LongPolls {
 public:
  LongPolls(http2::EventLoop& loop, const LongPollOptions& options);
  ~LongPolls();
  /// Errors: kUnavailable when the polls do not get to wait.
  Result<LongPollResult> run();
  void interrupt();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::bench
