// Latency histogram with a fixed relative error: three significant digits over the whole range (the idea of
// HdrHistogram).
//
// Values are nanoseconds. Up to 2047 they are exact; above, each power of two is split into 1024 equal buckets, so a
// reported value is at most 0.1 % above the recorded one. Recording is a few instructions and never allocates.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace baton::bench {

class Histogram {
 public:
  /// Largest value kept apart; larger ones count as this (about 73 minutes in nanoseconds).
  static constexpr std::uint64_t kMax = (std::uint64_t{1} << 42) - 1;

  Histogram() : counts_(index_of(kMax) + 1) {}

  void record(std::uint64_t value) {
    value = std::min(value, kMax);
    ++counts_[index_of(value)];
    ++total_;
    max_ = std::max(max_, value);
    min_ = std::min(min_, value);
  }
  /// Adds all values of `other`.
  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
    min_ = std::min(min_, other.min_);
  }
  [[nodiscard]] std::uint64_t count() const { return total_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] std::uint64_t min() const { return total_ == 0 ? 0 : min_; }

  /// Smallest value that at least `percent` (0-100) of the recorded values do not exceed, as the upper end of its
  /// bucket and never above max(); 0 if empty.
  [[nodiscard]] std::uint64_t percentile(double percent) const {
    if (total_ == 0) return 0;
    const auto wanted = std::max<std::uint64_t>(
        1,
        static_cast<std::uint64_t>(std::ceil(std::clamp(percent, 0.0, 100.0) / 100.0 * static_cast<double>(total_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= wanted) return std::min(upper_of(i), max_);
    }
    return max_;
  }

 private:
  static constexpr int kBits = 11;
  static constexpr std::uint64_t kExact = std::uint64_t{1} << kBits;  // 2048
  static constexpr std::uint64_t kHalf = kExact / 2;

  static std::size_t index_of(std::uint64_t value) {
    if (value < kExact) return value;
    const int shift = std::bit_width(value) - kBits;
    return kExact + static_cast<std::size_t>(shift - 1) * kHalf + ((value >> shift) - kHalf);
  }
  static std::uint64_t upper_of(std::size_t index) {
    if (index < kExact) return index;
    const std::size_t above = index - kExact;
    const int shift = static_cast<int>(above / kHalf) + 1;
    return ((above % kHalf + kHalf + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
};

}  // namespace baton::bench
