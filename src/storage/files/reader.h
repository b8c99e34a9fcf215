// Reads a journal directory in order and judges its end (docs/formats/journal.md section 4): damage is refused with
// file and offset, a torn tail is reported so that the writer can cut it.
#pragma once

#include <optional>
#include <string>

#include "storage/disk.h"
#include "storage/files/format.h"
#include "storage/journal.h"

namespace baton::storage {

struct JournalEnd {
  std::uint64_t segment = 0;  // last segment; 0: there is none yet
  std::uint64_t offset = 0;   // first byte behind the last good batch
  std::uint64_t segment_size = 0;
  bool torn = false;              // something that is not zero stands behind it
  bool marked = false;            // the last batch is a marker
  std::uint64_t last_offset = 0;  // where the last batch begins (0: none in this segment)
  Position next{1};
  Epoch epoch;  // of the last batch
  Sha256 last_hash{};
  ClusterId cluster{};
};

/// Name of a segment's file.
std::string segment_name(std::uint64_t id);

/// Visits every batch with frames. Segments that hold nothing behind position `after` are not read; the first ones may
/// be missing if they held nothing else (they were truncated). Errors: kDataLoss with file and offset; those of the
/// visitor and the disk.
Result<JournalEnd> read_journal(Disk& disk, const std::string& directory, PartitionId partition,
                                const BatchVisitor& visit, Position after = Position(0));

}  // namespace baton::storage
