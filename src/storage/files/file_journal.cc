#include "storage/files/file_journal.h"

#include <algorithm>
#include <random>

#include "base/fault.h"
#include "base/log.h"
#include "base/thread.h"

namespace baton::storage {

namespace {

constexpr const char* kNextName = "next.tmp";

ClusterId new_cluster_id() {
  std::random_device random;  // once per data directory, outside the engine
  ClusterId id;
  for (auto& byte : id) byte = static_cast<std::uint8_t>(random());
  return id;
}

}  // namespace

Result<std::unique_ptr<FileJournal>> FileJournal::open(Disk& disk, const FileJournalOptions& options,
                                                       const BatchVisitor& visit) {
  auto journal = std::unique_ptr<FileJournal>(new FileJournal(disk, options));
  BATON_TRY(disk.make_directory(options.directory));
  BATON_TRY(disk.remove(journal->path(kNextName)));
  BATON_TRY(disk.remove(journal->path("compress.tmp")));
  BATON_ASSIGN(journal->end_, read_journal(disk, options.directory, options.partition, visit, options.after));
  journal->epoch_ = Epoch(journal->end_.epoch.value() + 1);
  if (journal->end_.segment == 0) {
    journal->end_.cluster = new_cluster_id();
    BATON_TRY(journal->next_segment(0));
  } else {
    BATON_ASSIGN(journal->file_, disk.open(journal->path(segment_name(journal->end_.segment))));
    BATON_TRY(journal->secure_tail());
  }
  // The new epoch is on the disk before anything is served: whoever held the partition before is fenced.
  journal->end_.marked = false;
  BATON_TRY(journal->mark());
  return journal;
}

std::string FileJournal::cluster_id() const {
  std::string text;
  for (std::size_t i = 0; i < end_.cluster.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text += fmt::format("{:02x}", end_.cluster[i]);
  }
  return text;
}

FileJournal::~FileJournal() {
  if (preparing_.joinable()) preparing_.join();
}

// A crashed process may have left pages that were read just now but never reached the disk: write them again and sync.
// What stands behind the last good batch is cut to zeros, so that no later run can take it for data. Likewise the name
// of a new segment may have been seen but never synced.
Status FileJournal::secure_tail() {
  if (end_.last_offset != 0) {
    std::string batch;
    BATON_TRY(file_->read(end_.last_offset, end_.offset - end_.last_offset, batch));
    BATON_TRY(file_->write(end_.last_offset, batch));
  }
  if (end_.torn) {
    cut_ = true;
    log::warn("journal: cut a torn tail of {} at offset {} (never acknowledged)", segment_name(end_.segment),
              end_.offset);
    std::string rest;
    const std::string zeros(1U << 20, '\0');
    for (std::uint64_t at = end_.offset; at < end_.segment_size; at += zeros.size()) {
      const std::size_t size = std::min<std::uint64_t>(zeros.size(), end_.segment_size - at);
      BATON_TRY(file_->read(at, size, rest));
      if (rest.find_first_not_of('\0') == std::string::npos) continue;
      BATON_TRY(file_->write(at, std::string_view(zeros).substr(0, size)));
    }
  }
  BATON_TRY(file_->sync());
  return disk_.sync_directory(options_.directory);
}

Status FileJournal::append(std::uint32_t frame_count, std::string_view frames) {
  return write_batch(false, frame_count, frames);
}

Status FileJournal::mark() {
  if (end_.marked) return {};
  return write_batch(true, 0, {});
}

Status FileJournal::write_batch(bool marker, std::uint32_t frame_count, std::string_view frames) {
  const std::size_t size = batch_size(frames.size());
  if (size > kMaxBatchBytes) return failf(Code::kInternal, "a batch of {} bytes is over the limit", size);
  if (end_.offset + size > end_.segment_size) BATON_TRY(next_segment(size));
  BatchHeader header;
  header.marker = marker;
  header.epoch = epoch_;
  header.segment = end_.segment;
  header.first = end_.next;
  header.frame_count = frame_count;
  header.durable = Position(end_.next.value() - 1);
  header.previous = end_.last_hash;
  const std::string batch = encode_batch(header, frames);
  fault_point("journal.before_write");
  BATON_TRY(file_->write(end_.offset, batch));
  fault_point("journal.after_write");
  BATON_TRY(file_->sync());
  fault_point("journal.after_sync");
  end_.last_offset = end_.offset;
  end_.offset += size;
  end_.next = Position(end_.next.value() + frame_count);
  end_.last_hash = sha256(batch);
  end_.marked = marker;
  bytes_appended_ += size;
  keep_reserve();
  return {};
}

// The next segment is prepared when half of this one is used. While there is no space for it, the journal is full: who
// asks refuses new work, and what is under way has the other half.
void FileJournal::keep_reserve() {
  if (!options_.prepare_in_background || end_.offset <= end_.segment_size / 2) return;
  if (preparing_.joinable()) {
    if (!prepare_ended_) return;
    preparing_.join();
    const bool no_space = !prepared_ && prepared_.error().code == Code::kResourceExhausted;
    if (no_space && !full_.exchange(true)) {
      log::warn("journal: {}; new work is refused until there is space", prepared_.error().message);
    }
    if (!no_space && full_.exchange(false)) log::info("journal: there is space again");
    if (prepared_) {
      ready_ = true;
      return;
    }
    if (!no_space) return;  // whatever it is, the roll-over meets it again and reports it
  } else if (ready_) {
    return;
  }
  prepare(size_of_next());
}

std::uint64_t FileJournal::size_of_next() const {
  if (end_.segment == 0) return options_.first_segment_bytes;
  return std::min(end_.segment_size * 2, std::max(options_.largest_segment_bytes, options_.first_segment_bytes));
}

void FileJournal::prepare(std::uint64_t size) {
  prepared_size_ = size;
  prepare_ended_ = false;
  preparing_ = std::thread([this, size] {
    give_way();
    prepared_ = disk_.create_zeroed(path(kNextName), size, Haste::kBackground);
    if (!prepared_) (void)disk_.remove(path(kNextName));  // what it took is free again
    prepare_ended_ = true;
  });
}

Status FileJournal::next_segment(std::size_t needed) {
  const std::uint64_t minimum = kSegmentHeaderBytes + needed;
  const bool was_prepared = preparing_.joinable() || ready_;
  if (preparing_.joinable()) preparing_.join();
  ready_ = false;
  if (!was_prepared || !prepared_ || prepared_size_ < minimum) {
    prepared_size_ = std::max(size_of_next(), minimum);
    prepared_ = disk_.create_zeroed(path(kNextName), prepared_size_, Haste::kNow);
  }
  if (!prepared_) return fail(prepared_.error());
  file_ = std::move(*prepared_);
  SegmentHeader header;
  header.partition = options_.partition;
  header.id = end_.segment + 1;
  header.first = end_.next;
  header.epoch = epoch_;
  header.cluster = end_.cluster;
  header.previous = end_.last_hash;
  BATON_TRY(file_->write(0, encode_segment_header(header)));
  BATON_TRY(file_->sync());
  fault_point("journal.before_rename");
  BATON_TRY(disk_.rename(path(kNextName), path(segment_name(header.id))));
  BATON_TRY(disk_.sync_directory(options_.directory));
  fault_point("journal.after_rename");
  end_.segment = header.id;
  end_.segment_size = prepared_size_;
  end_.offset = kSegmentHeaderBytes;
  end_.last_offset = 0;
  return {};
}

}  // namespace baton::storage
