#include "base/clock.h"

#include <ctime>

namespace baton {

TimeMs SystemClock::wall() const {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return TimeMs(static_cast<std::int64_t>(ts.tv_sec) * 1000 + ts.tv_nsec / 1'000'000);
}

std::int64_t SystemClock::boot_ns() const {
  timespec ts{};
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}

}  // namespace baton
