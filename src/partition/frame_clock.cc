#include "partition/frame_clock.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"

namespace baton::partition {

FrameClock::FrameClock(const Clock& clock, TimeMs last)
    : clock_(clock), boot_ns_(clock.boot_ns()), time_us_(std::max(clock.wall(), last).value() * 1000) {}

TimeMs FrameClock::now() {
  const std::int64_t boot = clock_.boot_ns();
  const std::int64_t elapsed_us = (boot - boot_ns_) / 1000;
  boot_ns_ += elapsed_us * 1000;
  if (pinned_) return TimeMs(time_us_ / 1000);
  const std::int64_t wall_us = clock_.wall().value() * 1000;
  const std::int64_t gap_us = wall_us - (time_us_ + elapsed_us);
  offset_ms_ = gap_us / 1000;
  const bool far = std::abs(offset_ms_) > kAlarmMs;
  if (far && !alarm_) {
    log::warn("clock: the wall clock is {} ms away from the partition's time; timers follow the steady clock",
              offset_ms_);
  }
  alarm_ = far;
  // Microseconds times 1000; the fraction is carried over, what is not used is not.
  slew_left_ += elapsed_us * kSlewPerMille;
  const std::int64_t most = slew_left_ / 1000;
  slew_left_ %= 1000;
  const std::int64_t slew = far ? 0 : std::clamp(gap_us, -most, most);
  time_us_ += std::max<std::int64_t>(0, elapsed_us + slew);
  return TimeMs(time_us_ / 1000);
}

Status FrameClock::pin(TimeMs time) {
  if (time.value() < time_us_ / 1000) {
    return failf(Code::kInvalidArgument,
                 "Expected to pin the clock to {}, but it is already at {} and never goes back (milliseconds)",
                 time.value(), time_us_ / 1000);
  }
  time_us_ = time.value() * 1000;
  pinned_ = true;
  return {};
}

void FrameClock::unpin() {
  if (!pinned_) return;
  pinned_ = false;
  time_us_ = std::max(time_us_, clock_.wall().value() * 1000);
}

}  // namespace baton::partition
