// Token bucket: bounds how often a peer may do something that costs us and gains it nothing.
#pragma once

#include <algorithm>
#include <cstdint>

namespace baton::http2 {

class TokenBucket {
 public:
  /// Starts full with `burst` tokens and gains `per_second` tokens a second, never above `burst`.
  TokenBucket(std::int64_t burst, std::int64_t per_second)
      : burst_(burst * kScale), per_second_(per_second), tokens_(burst * kScale) {}

  /// Takes one token at boot-clock time `now_ns`; false if there is none.
  bool take(std::int64_t now_ns) {
    refill(now_ns);
    if (tokens_ < kScale) return false;
    tokens_ -= kScale;
    return true;
  }
  /// Adds `tokens`, also above the burst: work done earns the control frames that belong to it.
  void grant(std::int64_t tokens) { tokens_ = std::min(tokens_ + tokens * kScale, 2 * burst_); }

 private:
  static constexpr std::int64_t kScale = 1000;
  void refill(std::int64_t now_ns) {
    if (last_ns_ == 0) last_ns_ = now_ns;
    const std::int64_t ms = (now_ns - last_ns_) / 1'000'000;
    if (ms <= 0) return;
    last_ns_ += ms * 1'000'000;
    // One token is kScale units, so per_second tokens a second are per_second units a millisecond.
    const std::int64_t gain = std::min(ms, std::int64_t{3'600'000}) * per_second_;
    if (tokens_ < burst_) tokens_ = std::min(tokens_ + gain, burst_);
  }

  std::int64_t burst_;
  std::int64_t per_second_;
  std::int64_t tokens_;
  std::int64_t last_ns_ = 0;
};

}  // namespace baton::http2
