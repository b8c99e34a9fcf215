// The journal in preallocated segment files (docs/formats/journal.md).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "storage/disk.h"
#include "storage/files/reader.h"
#include "storage/journal.h"

namespace baton::storage {

struct FileJournalOptions {
  std::string directory;
  PartitionId partition{1};
  std::uint64_t first_segment_bytes = kFirstSegmentBytes;
  std::uint64_t largest_segment_bytes = kLargestSegmentBytes;
  /// Prepare the next segment on a thread of its own, ahead of need.
  bool prepare_in_background = true;
  /// What is at or before this position need not be read.
  Position after{0};
};

class FileJournal final : public Journal {
 public:
  /// Opens or creates the journal, visits everything in it, cuts a torn tail, secures the rest, and begins a new epoch.
  /// `disk` must outlive the journal. Errors: kDataLoss for damage, with file and offset.
  static Result<std::unique_ptr<FileJournal>> open(Disk& disk, const FileJournalOptions& options,
                                                   const BatchVisitor& visit);
  ~FileJournal() override;

  Status append(std::uint32_t frame_count, std::string_view frames) override;
  Status mark() override;
  [[nodiscard]] Position next_position() const override { return end_.next; }
  [[nodiscard]] Epoch epoch() const override { return epoch_; }
  [[nodiscard]] std::uint64_t bytes_appended() const override { return bytes_appended_; }
  [[nodiscard]] bool is_full() const override { return full_.load(std::memory_order_relaxed); }
  void keep_reserve() override;
  /// Id of the data, made with the first segment, as a UUID text.
  [[nodiscard]] std::string cluster_id() const;
  /// True if open() cut a torn tail.
  [[nodiscard]] bool cut_a_torn_tail() const { return cut_; }

 private:
  FileJournal(Disk& disk, FileJournalOptions options) : disk_(disk), options_(std::move(options)) {}
  Status secure_tail();
  Status write_batch(bool marker, std::uint32_t frame_count, std::string_view frames);
  Status next_segment(std::size_t needed);
  void prepare(std::uint64_t size);
  [[nodiscard]] std::string path(const std::string& name) const { return options_.directory + "/" + name; }
  [[nodiscard]] std::uint64_t size_of_next() const;

  Disk& disk_;
  FileJournalOptions options_;
  JournalEnd end_;
  Epoch epoch_;
  std::unique_ptr<File> file_;
  std::uint64_t bytes_appended_ = 0;
  bool cut_ = false;

  std::thread preparing_;
  std::atomic<bool> prepare_ended_{false};
  std::atomic<bool> full_{false};
  bool ready_ = false;  // prepared_ is the next segment
  Result<std::unique_ptr<File>> prepared_{nullptr};
  std::uint64_t prepared_size_ = 0;
};

}  // namespace baton::storage
