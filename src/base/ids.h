// Strong types for keys, positions, versions and times: a position cannot be passed where a key is meant.
//
// Keys (docs/formats/state.md): partition in the top 13 bits, counter below, taken in aligned blocks of 64; the first
// key of an instance's first block is the process instance's key.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace baton {

/// A number with a meaning. Construction is explicit, comparison is by value, arithmetic goes through value().
template <typename Tag, typename Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const StrongId& id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  Rep value_{};
};

/// Identifies any entity (definition, process instance, element instance, job, variable, incident). 0 means none.
using Key = StrongId<struct KeyTag, std::uint64_t>;
/// Number of a frame in its partition's journal, gap-free from 1. 0 means before the first frame.
using Position = StrongId<struct PositionTag, std::uint64_t>;
/// Counts the owners of a partition; every start of a partition takes the next epoch.
using Epoch = StrongId<struct EpochTag, std::uint64_t>;
/// Partitions are numbered from 1 to 8191.
using PartitionId = StrongId<struct PartitionTag, std::uint32_t>;
/// Version of a definition, from 1.
using Version = StrongId<struct VersionTag, std::int32_t>;
/// Milliseconds since 1970-01-01T00:00:00Z.
using TimeMs = StrongId<struct TimeMsTag, std::int64_t>;
/// Index of an element or sequence flow in a definition's element table.
using ElementIndex = StrongId<struct ElementIndexTag, std::uint32_t>;

inline constexpr std::uint64_t kKeyCounterBits = 51;
inline constexpr std::uint64_t kKeyBlockSize = 64;
inline constexpr ElementIndex kNoElement{0xFFFFFFFFU};

/// The partition that issued `key`.
constexpr PartitionId partition_of(Key key) {
  return PartitionId(static_cast<std::uint32_t>(key.value() >> kKeyCounterBits));
}
/// First key of the block that `key` was taken from.
constexpr Key block_of(Key key) {
  return Key(key.value() & ~(kKeyBlockSize - 1));
}
/// A key as the APIs show it: a signed number, whatever a caller sent.
constexpr std::int64_t shown(Key key) {
  return static_cast<std::int64_t>(key.value());
}
/// Saturates: a time-out that a client gives may be as large as the type.
constexpr TimeMs operator+(TimeMs time, std::int64_t ms) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (ms > 0 && time.value() > Limits::max() - ms) return TimeMs(Limits::max());
  if (ms < 0 && time.value() < Limits::min() - ms) return TimeMs(Limits::min());
  return TimeMs(time.value() + ms);
}

}  // namespace baton

template <typename Tag, typename Rep>
struct std::hash<baton::StrongId<Tag, Rep>> {
  std::size_t operator()(const baton::StrongId<Tag, Rep>& id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
