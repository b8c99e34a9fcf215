// Bytes of segment headers and batches (docs/formats/journal.md sections 2 and 3).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/ids.h"
#include "base/result.h"

namespace baton::storage {

inline constexpr std::size_t kSegmentHeaderBytes = 128;
inline constexpr std::size_t kBatchHeaderBytes = 88;
inline constexpr std::size_t kBatchAlignment = 8;
inline constexpr std::uint32_t kBatchMagic = 0x48435442;  // "BTCH"
inline constexpr std::size_t kMaxBatchBytes = 48U << 20;
inline constexpr std::uint64_t kFirstSegmentBytes = 4U << 20;
inline constexpr std::uint64_t kLargestSegmentBytes = 64U << 20;

using ClusterId = std::array<std::uint8_t, 16>;

struct SegmentHeader {
  PartitionId partition;
  std::uint64_t id = 0;
  Position first;
  Epoch epoch;
  ClusterId cluster{};
  Sha256 previous{};
};

std::string encode_segment_header(const SegmentHeader& header);
/// Errors: kDataLoss saying what is wrong.
Result<SegmentHeader> decode_segment_header(std::string_view bytes);

struct BatchHeader {
  std::uint32_t length = 0;  // filled in by encode
  bool marker = false;
  Epoch epoch;
  std::uint64_t segment = 0;
  Position first;
  std::uint32_t frame_count = 0;
  std::uint32_t frame_bytes = 0;
  Position durable;
  Sha256 previous{};
};

/// The whole batch: header, frames, padding.
std::string encode_batch(const BatchHeader& header, std::string_view frames);
/// Bytes that encode_batch makes of `frame_bytes`.
std::size_t batch_size(std::size_t frame_bytes);

/// The length that a batch at the beginning of `bytes` says it has, unchecked; 0 if none begins there.
std::uint32_t batch_length(std::string_view bytes);
/// The batch at `offset` of `segment`, checked for magic, length, version and CRC. Errors: kDataLoss with the reason.
Result<BatchHeader> decode_batch(std::string_view segment, std::uint64_t offset);

}  // namespace baton::storage
