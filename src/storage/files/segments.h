// Journal segments that nobody appends to any more: listing, truncating, compressing (docs/formats/journal.md section
// 6).
#pragma once

#include <string>
#include <vector>

#include "storage/breather.h"
#include "storage/disk.h"
#include "storage/files/format.h"

namespace baton::storage {

struct SegmentFile {
  std::uint64_t id = 0;
  std::string name;
  bool compressed = false;
};

/// The segments of a journal directory, in order. Of one that is there twice (a crash while it was compressed) only the
/// plain file is named. Errors: kDataLoss if a number is missing.
Result<std::vector<SegmentFile>> list_segments(const Disk& disk, const std::string& directory);

/// The header of a segment, compressed or not. Errors: kDataLoss.
Result<SegmentHeader> read_segment_header(Disk& disk, const std::string& directory, const SegmentFile& segment);
/// The whole segment. Errors: kDataLoss.
Status read_segment(Disk& disk, const std::string& directory, const SegmentFile& segment, std::string& out);

/// Removes segments whose frames are all at or before `position`; never the last one. How many.
Result<std::size_t> truncate_segments(Disk& disk, const std::string& directory, Position position);

/// Compresses the oldest plain segment whose frames are all at or before `position`; never the last one. False if there
/// is none. Errors: kCancelled if `breather` gives up, which leaves the plain segment.
Result<bool> compress_one_segment(Disk& disk, const std::string& directory, Position position, Breather& breather);

}  // namespace baton::storage
