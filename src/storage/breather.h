// Rests between the pieces of long work that nobody waits for: what somebody waits for has the processor and the disk
// meanwhile. SCHED_IDLE alone is not enough: pieces of work share caches, a memory bus and a disk with everybody.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "base/result.h"

namespace baton::storage {

class Breather {
 public:
  /// Sleeps for that long; false if the work is to be given up.
  using Rest = std::function<bool(std::chrono::nanoseconds)>;

  /// For work that somebody waits for: no rests.
  Breather() = default;
  explicit Breather(Rest rest) : rest_(std::move(rest)) {}

  /// Between two pieces: rests `times` as long as the piece took. Not much longer than a piece takes when it has a
  /// processor: on a busy machine the work would never be done. Errors: kCancelled if the work is to be given up.
  Status breathe(int times) {
    if (!rest_) return {};
    constexpr std::chrono::nanoseconds kLongest = std::chrono::milliseconds(20);
    const std::chrono::nanoseconds piece = std::chrono::steady_clock::now() - since_;
    if (!rest_(std::min(piece * times, kLongest))) return fail(Code::kCancelled, "given up: the server stops");
    since_ = std::chrono::steady_clock::now();
    return {};
  }

 private:
  Rest rest_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace baton::storage
