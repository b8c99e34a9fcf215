// Time is an input: only the partition loop and the gateway's timers ask a Clock; the engine gets times with its
// commands.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace baton {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time; may jump.
  virtual TimeMs wall() const = 0;
  /// Nanoseconds of the boot clock: never goes back, counts suspended time.
  virtual std::int64_t boot_ns() const = 0;
};

/// CLOCK_REALTIME and CLOCK_BOOTTIME of this machine.
class SystemClock final : public Clock {
 public:
  TimeMs wall() const override;
  std::int64_t boot_ns() const override;
};

/// A clock that a test moves by hand.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimeMs start) : wall_(start) {}
  TimeMs wall() const override { return wall_; }
  std::int64_t boot_ns() const override { return boot_ns_; }
  void advance_ms(std::int64_t ms) {
    wall_ = wall_ + ms;
    boot_ns_ += ms * 1'000'000;
  }
  void jump_wall(TimeMs to) { wall_ = to; }

 private:
  TimeMs wall_;
  std::int64_t boot_ns_ = 0;
};

}  // namespace baton
