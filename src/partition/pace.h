// How long a turn goes on with what no client waits for: due work, freezing, freeing.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace baton::partition {

/// The share of the partition's thread that such work has. While nobody waits a slice of it takes its whole time; as
/// soon as a request is there it is over, but not before a quarter of the time that the last turn took for requests:
/// timers do not fire late because a server is busy.
class Pace {
 public:
  explicit Pace(const Clock& clock) : clock_(clock) {}

  /// Requests are in the queue. Any thread.
  void note_waiting(bool waiting) { waiting_.store(waiting, std::memory_order_relaxed); }
  /// What the requests of a turn took.
  void note_requests_ns(std::int64_t ns) { requests_ns_ = ns; }
  /// There was one in this turn.
  void note_request() { last_request_ns_ = clock_.boot_ns(); }
  /// Requests have come in the last milliseconds: the next ones will, too.
  [[nodiscard]] bool is_busy() const {
    return waiting_.load(std::memory_order_relaxed) || clock_.boot_ns() - last_request_ns_ < kBusyNs;
  }
  /// For how long a turn in which there were no requests has to wait for some before the next one goes on with what
  /// nobody waits for.
  [[nodiscard]] std::int64_t rest_after(std::int64_t turn_ns) const { return is_busy() ? (kShare - 1) * turn_ns : 0; }

  class Slice {
   public:
    [[nodiscard]] bool is_over() const {
      const std::int64_t now = pace_.clock_.boot_ns();
      return now >= most_ || (now >= least_ && pace_.waiting_.load(std::memory_order_relaxed));
    }

   private:
    friend class Pace;
    Slice(const Pace& pace, std::int64_t least, std::int64_t most) : pace_(pace), least_(least), most_(most) {}
    const Pace& pace_;
    std::int64_t least_, most_;
  };
  /// A slice that begins now and takes `most_ns` if nobody waits, but `least_ns` in any case.
  [[nodiscard]] Slice slice(std::int64_t most_ns, std::int64_t least_ns = kLeastNs) const {
    const std::int64_t now = clock_.boot_ns();
    return {*this, now + std::clamp(requests_ns_ / kShare, std::min(least_ns, most_ns), most_ns), now + most_ns};
  }

 private:
  static constexpr std::int64_t kShare = 4;
  static constexpr std::int64_t kBusyNs = 3'000'000;
  static constexpr std::int64_t kLeastNs = 30'000;

  const Clock& clock_;
  std::atomic<bool> waiting_{false};
  std::int64_t requests_ns_ = 0;
  std::int64_t last_request_ns_ = -kBusyNs;
};

}  // namespace baton::partition
