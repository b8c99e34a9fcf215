// The bytes of one journal segment, a window at a time: a start reads the last segment, and most of that may be zeros
// that nobody needs in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "storage/disk.h"
#include "storage/files/segments.h"

namespace baton::storage {

class SegmentWindow {
 public:
  /// Opens a segment; one that is compressed is unpacked whole. Errors: kDataLoss, those of the disk.
  static Result<SegmentWindow> open(Disk& disk, const std::string& directory, const SegmentFile& segment);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The bytes from `offset` on, which is at most size(): `least` of them, or all there are, or more. Valid until the
  /// next call. Errors: those of the disk.
  Result<std::string_view> from(std::uint64_t offset, std::uint64_t least);

 private:
  std::unique_ptr<File> file_;  // null: bytes_ has everything
  std::uint64_t size_ = 0;
  std::uint64_t begin_ = 0;  // offset of bytes_ in the segment
  std::string bytes_;
};

/// True if there are zeros only from `offset` to the end.
Result<bool> is_zero_from(SegmentWindow& segment, std::uint64_t offset);

}  // namespace baton::storage
