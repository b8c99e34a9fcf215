// Counters of a partition, readable from any thread.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace baton::partition {

/// Counts durations in buckets of about 9 % width: the bucket of a value is its power of two and its next three bits.
class DurationHistogram {
 public:
  static constexpr std::size_t kBuckets = 64 * 8;

  void add(std::uint64_t ns) { buckets_[bucket(ns)].fetch_add(1, std::memory_order_relaxed); }
  /// Upper bound in ns of the bucket that holds the `quantile` (0..1); 0 if there is nothing.
  [[nodiscard]] std::uint64_t quantile(double quantile) const {
    std::uint64_t total = 0;
    for (const auto& b : buckets_) total += b.load(std::memory_order_relaxed);
    const auto rank = static_cast<std::uint64_t>(quantile * static_cast<double>(total));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets && total != 0; ++i) {
      seen += buckets_[i].load(std::memory_order_relaxed);
      if (seen > rank || seen == total) return upper(i);
    }
    return 0;
  }
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t total = 0;
    for (const auto& b : buckets_) total += b.load(std::memory_order_relaxed);
    return total;
  }

 private:
  static std::size_t bucket(std::uint64_t ns) {
    const auto power = static_cast<unsigned>(std::bit_width(ns | 8U)) - 1;
    return power * 8 + ((ns >> (power - 3)) & 7);
  }
  static std::uint64_t upper(std::size_t bucket) {
    const std::size_t power = bucket / 8;
    return power < 3 ? 8 : ((8 + bucket % 8 + 1) << (power - 3));
  }
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
};

struct PartitionStats {
  std::atomic<std::uint64_t> frames{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> rejected_by_backpressure{0};
  std::atomic<std::uint64_t> journal_bytes{0};
  std::atomic<std::uint64_t> last_position{0};
  std::atomic<std::uint64_t> durable_position{0};
  std::atomic<std::uint64_t> active_instances{0};
  std::atomic<std::uint64_t> active_jobs{0};
  std::atomic<std::uint64_t> active_incidents{0};
  std::atomic<std::uint64_t> waiting_polls{0};
  std::atomic<std::uint64_t> open_streams{0};
  std::atomic<std::int64_t> clock_offset_ms{0};
  std::atomic<std::uint64_t> partition_cpu_ns{0};
  std::atomic<std::uint64_t> journal_cpu_ns{0};
  DurationHistogram append_ns;  // write and sync of one batch
  DurationHistogram turn_ns;    // of the partition's thread, without its sleep

  std::atomic<bool> journal_full{false};  // no space on the disk: new work is refused

  // The state store.
  std::atomic<std::uint64_t> checkpoints{0};
  std::atomic<std::uint64_t> stored_position{0};
  std::atomic<std::uint64_t> store_bytes{0};
  std::atomic<std::uint64_t> rows_read{0};  // looked up in the store
  std::atomic<std::uint64_t> instances_in_memory{0};
  std::atomic<std::uint64_t> row_bytes{0};  // estimate of the memory of instances
  DurationHistogram checkpoint_ns;          // writing one, on its own thread
};

}  // namespace baton::partition
