// The partition's clock: frame time advances with the boot clock and slews towards wall time, so it never goes back and
// never jumps. A wall clock that is suddenly more than a minute away raises an alarm instead of moving time.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"

namespace baton::partition {

class FrameClock {
 public:
  /// Starts at wall time, or at `last` if that is later (the journal's last frame).
  FrameClock(const Clock& clock, TimeMs last);
  /// Time of the next frame; never before the last one.
  TimeMs now();
  /// Stops the clock at `time`, for tests of processes. Errors: kInvalidArgument if that is before the last frame.
  Status pin(TimeMs time);
  /// Goes on with the wall clock, or from where it is if that is later: time never goes back.
  void unpin();
  /// Distance to the wall clock in ms; positive if the wall clock is ahead.
  [[nodiscard]] std::int64_t offset_ms() const { return offset_ms_; }
  [[nodiscard]] bool alarm() const { return alarm_; }

 private:
  static constexpr std::int64_t kAlarmMs = 60'000;
  static constexpr std::int64_t kSlewPerMille = 5;  // at most 0.5 % faster or slower than the boot clock

  const Clock& clock_;
  std::int64_t boot_ns_;
  std::int64_t time_us_;        // frame time in microseconds, so that slewing does not lose fractions
  std::int64_t slew_left_ = 0;  // below one microsecond, in thousandths
  std::int64_t offset_ms_ = 0;
  bool alarm_ = false;
  bool pinned_ = false;
};

}  // namespace baton::partition
