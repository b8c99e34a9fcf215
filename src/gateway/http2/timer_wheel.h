// Hashed timer wheel: arming and cancelling is O(1) without allocation, so a timer per call is affordable.
//
//   Timer timer([](void* owner) { static_cast<Call*>(owner)->expire(); }, call);
//   wheel.arm(timer, now_ns + 5'000'000'000);
//
// Times are absolute boot-clock nanoseconds. A timer never fires early; it fires at most one tick (8.4 ms) late plus
// what the owner of the wheel delays advance(). One thread only. A Timer unlinks itself when destroyed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace baton::http2 {

class TimerWheel;

/// A one-shot timer, embedded in its owner. Not movable: the wheel links to it.
class Timer {
 public:
  using Fire = void (*)(void* owner);
  Timer(Fire fire, void* owner) : fire_(fire), owner_(owner) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  /// Disarms; harmless if not armed.
  void cancel();
  [[nodiscard]] bool armed() const { return wheel_ != nullptr; }
  /// When it is due, in boot-clock nanoseconds; only meaningful while armed.
  [[nodiscard]] std::int64_t due_ns() const { return due_ns_; }

 private:
  friend class TimerWheel;
  Fire fire_ = nullptr;
  void* owner_ = nullptr;
  TimerWheel* wheel_ = nullptr;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  std::int64_t due_ns_ = 0;
  std::size_t slot_ = 0;
};

class TimerWheel {
 public:
  /// `now_ns` is the starting point; time never goes back from there.
  explicit TimerWheel(std::int64_t now_ns);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Arms or re-arms `timer` for `due_ns`; the past means the next advance() that moves time.
  void arm(Timer& timer, std::int64_t due_ns);
  /// Fires everything due up to `now_ns`. Callbacks may arm, cancel and destroy any timer.
  void advance(std::int64_t now_ns);
  /// A time not after the next due timer, or INT64_MAX if none is armed: sleep until then and call advance().
  [[nodiscard]] std::int64_t next_due_ns() const;
  [[nodiscard]] std::size_t armed() const { return armed_; }

 private:
  friend class Timer;
  static constexpr int kTickShift = 23;        // 2^23 ns = 8.4 ms
  static constexpr std::size_t kSlots = 2048;  // a rotation is 17 s; later timers wait for further rotations
  static constexpr std::size_t kMask = kSlots - 1;

  static_assert((kSlots & kMask) == 0);

  static std::int64_t tick_of(std::int64_t due_ns) {
    return (due_ns + (std::int64_t{1} << kTickShift) - 1) >> kTickShift;
  }
  void link(Timer& timer, std::size_t slot);
  void unlink(Timer& timer);
  void fire_slot(std::size_t slot, std::int64_t now_ns);

  static constexpr std::size_t kFiring = kSlots;  // the list of timers that advance() is about to call

  std::array<Timer*, kSlots + 1> slots_{};
  std::array<std::uint64_t, kSlots / 64> used_{};
  std::int64_t tick_;
  std::size_t armed_ = 0;
};

inline void Timer::cancel() {
  if (wheel_ == nullptr) return;
  --wheel_->armed_;
  wheel_->unlink(*this);
}

}  // namespace baton::http2
