// What the journal's tests share: a journal on a disk in memory, and what a reader finds in it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/files/file_journal.h"
#include "storage/memory/memory_disk.h"

namespace baton::storage::test {

inline constexpr const char* kDirectory = "/data/journal";

inline std::string segment_path(std::uint64_t id) {
  return std::string(kDirectory) + "/" + segment_name(id);
}

/// Small segments, nothing in the background: every run does the same calls.
inline FileJournalOptions small_options(std::uint64_t segment_bytes = 4096) {
  FileJournalOptions options;
  options.directory = kDirectory;
  options.first_segment_bytes = segment_bytes;
  options.largest_segment_bytes = segment_bytes;
  options.prepare_in_background = false;
  return options;
}

struct SeenBatch {
  Epoch epoch;
  Position first;
  std::uint32_t frame_count = 0;
  std::string frames;
  std::string file;
  std::uint64_t offset = 0;
};

/// Collects batches and checks that positions follow each other.
struct Seen {
  std::vector<SeenBatch> batches;
  [[nodiscard]] BatchVisitor visitor() {
    return [this](const BatchView& batch) -> Status {
      batches.push_back({batch.epoch, batch.first, batch.frame_count, std::string(batch.frames),
                         std::string(batch.file), batch.offset});
      return {};
    };
  }
  [[nodiscard]] std::vector<std::string> frames() const {
    std::vector<std::string> out;
    for (const SeenBatch& batch : batches) out.push_back(batch.frames);
    return out;
  }
};

struct Opened {
  Result<std::unique_ptr<FileJournal>> journal{nullptr};
  Seen seen;
  [[nodiscard]] FileJournal& operator*() const { return **journal; }
  [[nodiscard]] FileJournal* operator->() const { return journal->get(); }
  [[nodiscard]] bool ok() const { return journal.has_value(); }
  [[nodiscard]] std::string error() const { return journal ? std::string() : journal.error().to_string(); }
};

inline Opened open_journal(Disk& disk, const FileJournalOptions& options = small_options()) {
  Opened opened;
  opened.journal = FileJournal::open(disk, options, opened.seen.visitor());
  return opened;
}

/// Frames of batch `n`: their size differs, so that padding and every alignment occur.
inline std::string frames_of(std::size_t n) {
  return fmt::format("<frames of batch {:03}{}>", n, std::string(n * 13 % 40, '.'));
}

/// Number of batches that `seen` holds if it is a prefix of frames_of(0), frames_of(1), ...; -1 if it is not.
inline int prefix_length(const Seen& seen) {
  for (std::size_t i = 0; i < seen.batches.size(); ++i) {
    if (seen.batches[i].frames != frames_of(i) || seen.batches[i].first != Position(i + 1)) return -1;
  }
  return static_cast<int>(seen.batches.size());
}

/// The disk after `count` appended batches and, if asked for, a marker.
inline std::unique_ptr<MemoryDisk> disk_with(std::size_t count, bool marker,
                                             const FileJournalOptions& options = small_options()) {
  auto disk = std::make_unique<MemoryDisk>();
  const Opened opened = open_journal(*disk, options);
  EXPECT_TRUE(opened.ok()) << opened.error();
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(opened->append(1, frames_of(i)));
  EXPECT_TRUE(!marker || opened->mark());
  return disk;
}

/// A batch or marker as it stands in a segment.
struct Place {
  std::uint64_t offset = 0;
  BatchHeader header;
  [[nodiscard]] std::uint64_t end() const { return offset + header.length; }
};

inline std::vector<Place> places_in(std::string_view segment) {
  std::vector<Place> places;
  std::uint64_t at = kSegmentHeaderBytes;
  for (auto header = decode_batch(segment, at); header; header = decode_batch(segment, at)) {
    places.push_back({at, *header});
    at += header->length;
  }
  return places;
}

}  // namespace baton::storage::test
