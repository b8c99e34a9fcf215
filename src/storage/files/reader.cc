#include "storage/files/reader.h"

#include <algorithm>

#include "storage/files/segment_window.h"

namespace baton::storage {

namespace {

class Reader {
 public:
  Reader(Disk& disk, std::string directory, PartitionId partition, const BatchVisitor& visit, Position after)
      : disk_(disk), directory_(std::move(directory)), partition_(partition), visit_(visit), after_(after) {}

  Result<JournalEnd> run() {
    BATON_ASSIGN(files_, list_segments(disk_, directory_));
    BATON_TRY(find_first());
    for (std::size_t i = first_read_; i < files_.size(); ++i) BATON_TRY(read_segment(i));
    return end_;
  }

 private:
  // Where to begin: at the last segment that begins at or before the first position that is needed. What stands before
  // it is taken from its header.
  Status find_first() {
    if (files_.empty()) return {};
    if (after_.value() == 0) {
      if (files_[0].id == 1) return {};
      return failf(Code::kDataLoss, "journal segment '{}/{}' is missing: found '{}'", directory_, segment_name(1),
                   files_[0].name);
    }
    for (std::size_t i = files_.size(); i-- > 0;) {
      BATON_ASSIGN(const SegmentHeader header, read_segment_header(disk_, directory_, files_[i]));
      if (header.first.value() > after_.value() + 1) {
        if (i != 0) continue;
        return failf(
            Code::kDataLoss,
            "the journal begins at position {} in '{}/{}', but the state ends at position {}: segments between "
            "them are missing",
            header.first.value(), directory_, files_[i].name, after_.value());
      }
      first_read_ = i;
      end_.next = header.first;
      end_.last_hash = header.previous;
      break;
    }
    return {};
  }

  Failure damaged(const std::string& file, std::uint64_t offset, std::string_view why) const {
    return failf(Code::kDataLoss,
                 "the journal is damaged: {}/{} at offset {}: {}. Restore the file from a copy; nothing was changed",
                 directory_, file, offset, why);
  }

  // A segment gets its name after its header is durable: a crash leaves none without.
  Status read_segment(std::size_t index) {
    const std::string& name = files_[index].name;
    BATON_ASSIGN(segment_, SegmentWindow::open(disk_, directory_, files_[index]));
    BATON_ASSIGN(const std::string_view head, segment_.from(0, kSegmentHeaderBytes));
    const auto header = decode_segment_header(head);
    if (!header) return damaged(name, 0, header.error().message);
    if (index == first_read_) end_.cluster = header->cluster;
    if (header->id != files_[index].id || header->partition != partition_ || header->cluster != end_.cluster ||
        header->first != end_.next || header->previous != end_.last_hash) {
      return damaged(name, 0, "the segment does not continue the one before it");
    }
    end_.segment = header->id;
    end_.segment_size = segment_.size();
    end_.offset = kSegmentHeaderBytes;
    end_.last_offset = 0;
    end_.epoch = std::max(end_.epoch, header->epoch);
    return read_batches(index);
  }

  Status read_batches(std::size_t index) {
    const std::string& name = files_[index].name;
    while (end_.offset < segment_.size()) {
      BATON_ASSIGN(const std::string_view bytes, batch_from(end_.offset));
      auto header = decode_batch(bytes, 0);
      if (header && !continues(*header))
        header = fail(Code::kDataLoss, "the batch does not continue the one before it");
      if (!header) {
        BATON_TRY(judge_end(index, header.error()));
        break;
      }
      const std::string_view batch = bytes.substr(0, header->length);
      if (!header->marker) {
        BATON_TRY(visit_({header->epoch, header->first, header->frame_count,
                          batch.substr(kBatchHeaderBytes, header->frame_bytes), name, end_.offset}));
      }
      end_.marked = header->marker;
      end_.last_offset = end_.offset;
      end_.offset += header->length;
      end_.next = Position(header->first.value() + header->frame_count);
      end_.epoch = header->epoch;
      end_.last_hash = sha256(batch);
    }
    return {};
  }

  /// What is at `offset`, and if a batch begins there, the whole of it.
  Result<std::string_view> batch_from(std::uint64_t offset) {
    BATON_ASSIGN(const std::string_view head, segment_.from(offset, kBatchHeaderBytes));
    return segment_.from(offset, std::max<std::uint64_t>(batch_length(head), kBatchHeaderBytes));
  }

  [[nodiscard]] bool continues(const BatchHeader& header) const {
    return header.segment == end_.segment && header.first == end_.next && header.epoch >= end_.epoch &&
           header.previous == end_.last_hash && header.durable.value() < header.first.value();
  }

  // What stands at end_.offset is no good batch. Zeros are the plain end. Anything else is damage if later data proves
  // that the place was durable, else a torn tail. A batch is written only after everything before it is durable, so a
  // good one behind the place is proof, also when the place held a marker and no position is missing.
  Status judge_end(std::size_t index, const Error& why) {
    BATON_ASSIGN(const bool zero, is_zero_from(segment_, end_.offset));
    end_.torn = !zero;
    const auto complete = [&] {
      return damaged(files_[index].name, end_.offset, why.message + ", but later data proves that it was complete");
    };
    if (index + 1 < files_.size()) {
      if (end_.torn || next_segment_names_another_end(index)) return complete();
      return {};
    }
    if (!end_.torn) return {};
    for (std::uint64_t at = end_.offset + kBatchAlignment; at + kBatchHeaderBytes <= segment_.size();
         at += kBatchAlignment) {
      BATON_ASSIGN(const std::string_view bytes, batch_from(at));
      const auto header = decode_batch(bytes, 0);
      if (header && header->segment == end_.segment && header->durable.value() + 1 >= end_.next.value())
        return complete();
    }
    return {};
  }

  // The plain end of a segment is followed by a segment that names its last batch. One that is not the next segment at
  // all proves nothing about this one; it is refused when its turn comes.
  bool next_segment_names_another_end(std::size_t index) {
    const auto header = read_segment_header(disk_, directory_, files_[index + 1]);
    return header && header->id == files_[index + 1].id && header->cluster == end_.cluster &&
           header->partition == partition_ && header->previous != end_.last_hash;
  }

  Disk& disk_;
  std::string directory_;
  PartitionId partition_;
  const BatchVisitor& visit_;
  Position after_;
  std::size_t first_read_ = 0;  // index of the first file that is read
  std::vector<SegmentFile> files_;
  SegmentWindow segment_;  // the one that is read
  JournalEnd end_;
};

}  // namespace

std::string segment_name(std::uint64_t id) {
  return fmt::format("{:012}.seg", id);
}

Result<JournalEnd> read_journal(Disk& disk, const std::string& directory, PartitionId partition,
                                const BatchVisitor& visit, Position after) {
  return Reader(disk, directory, partition, visit, after).run();
}

}  // namespace baton::storage
