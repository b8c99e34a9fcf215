#include "gateway/http2/timer_wheel.h"

#include <algorithm>
#include <limits>

namespace baton::http2 {

TimerWheel::TimerWheel(std::int64_t now_ns) : tick_(now_ns >> kTickShift) {}

TimerWheel::~TimerWheel() {
  for (Timer*& head : slots_) {
    while (head != nullptr) head->cancel();
  }
}

void TimerWheel::arm(Timer& timer, std::int64_t due_ns) {
  timer.cancel();
  timer.due_ns_ = std::clamp<std::int64_t>(due_ns, 0, std::numeric_limits<std::int64_t>::max() / 2);
  link(timer, static_cast<std::size_t>(std::max(tick_of(timer.due_ns_), tick_ + 1)) & kMask);
  ++armed_;
}

void TimerWheel::link(Timer& timer, std::size_t slot) {
  timer.wheel_ = this;
  timer.slot_ = slot;
  timer.previous_ = nullptr;
  timer.next_ = slots_[slot];
  if (timer.next_ != nullptr) timer.next_->previous_ = &timer;
  slots_[slot] = &timer;
  if (slot != kFiring) used_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::unlink(Timer& timer) {
  if (timer.previous_ != nullptr) {
    timer.previous_->next_ = timer.next_;
  } else {
    slots_[timer.slot_] = timer.next_;
    if (timer.next_ == nullptr && timer.slot_ != kFiring) {
      used_[timer.slot_ / 64] &= ~(std::uint64_t{1} << (timer.slot_ % 64));
    }
  }
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  timer.wheel_ = nullptr;
  timer.next_ = timer.previous_ = nullptr;
}

void TimerWheel::advance(std::int64_t now_ns) {
  const std::int64_t target = now_ns >> kTickShift;
  // After a long sleep one rotation visits every slot; visiting more would find nothing new.
  if (target - tick_ > static_cast<std::int64_t>(kSlots)) tick_ = target - static_cast<std::int64_t>(kSlots);
  while (tick_ < target) {
    ++tick_;
    const std::size_t slot = static_cast<std::size_t>(tick_) & kMask;
    if (slots_[slot] != nullptr) fire_slot(slot, now_ns);
  }
}

void TimerWheel::fire_slot(std::size_t slot, std::int64_t now_ns) {
  // Callbacks may cancel, destroy and arm any timer, so the due ones move to a list of their own that stays consistent.
  for (Timer* timer = slots_[slot]; timer != nullptr;) {
    Timer* const next = timer->next_;
    if (timer->due_ns_ <= now_ns) {
      unlink(*timer);
      link(*timer, kFiring);
    }
    timer = next;
  }
  while (Timer* timer = slots_[kFiring]) {
    timer->cancel();
    timer->fire_(timer->owner_);
  }
}

std::int64_t TimerWheel::next_due_ns() const {
  if (armed_ == 0) return std::numeric_limits<std::int64_t>::max();
  const std::size_t first = static_cast<std::size_t>(tick_ + 1) & kMask;
  for (std::size_t step = 0; step <= kSlots / 64; ++step) {
    const std::size_t word = (first / 64 + step) % used_.size();
    std::uint64_t bits = used_[word];
    if (step == 0) bits &= ~std::uint64_t{0} << (first % 64);
    if (bits == 0) continue;
    const std::size_t slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    const std::size_t ahead = (slot - first) & kMask;
    return (tick_ + 1 + static_cast<std::int64_t>(ahead)) << kTickShift;
  }
  return (tick_ + 1) << kTickShift;
}

}  // namespace baton::http2
