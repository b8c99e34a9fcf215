#include "storage/files/reader.h"

#include <algorithm>

namespace baton::storage {

namespace {

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

class Reader {
 public:
  Reader(Disk& disk, std::string directory, PartitionId partition, const BatchVisitor& visit)
      : disk_(disk), directory_(std::move(directory)), partition_(partition), visit_(visit) {}

  Result<JournalEnd> run() {
    BATON_ASSIGN(const auto names, disk_.list(directory_));
    for (const auto& name : names) {
      if (name.ends_with(".seg")) files_.push_back(name);
    }
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (files_[i] != segment_name(i + 1)) {
        return failf(Code::kDataLoss, "journal segment '{}/{}' is missing: found '{}'", directory_, segment_name(i + 1),
                     files_[i]);
      }
    }
    for (std::size_t i = 0; i < files_.size(); ++i) BATON_TRY(read_segment(i));
    return end_;
  }

 private:
  Failure damaged(const std::string& file, std::uint64_t offset, std::string_view why) const {
    return failf(Code::kDataLoss,
                 "the journal is damaged: {}/{} at offset {}: {}. Restore the file from a copy; nothing was changed",
                 directory_, file, offset, why);
  }

  Status load(const std::string& name) {
    BATON_ASSIGN(const auto file, disk_.open(directory_ + "/" + name));
    BATON_ASSIGN(const std::uint64_t size, file->size());
    return file->read(0, size, bytes_);
  }

  // A segment gets its name after its header is durable: a crash leaves none without.
  Status read_segment(std::size_t index) {
    const std::string& name = files_[index];
    BATON_TRY(load(name));
    const auto header = decode_segment_header(bytes_);
    if (!header) return damaged(name, 0, header.error().message);
    if (index == 0) end_.cluster = header->cluster;
    if (header->id != index + 1 || header->partition != partition_ || header->cluster != end_.cluster ||
        header->first != end_.next || header->previous != end_.last_hash) {
      return damaged(name, 0, "the segment does not continue the one before it");
    }
    end_.segment = header->id;
    end_.segment_size = bytes_.size();
    end_.offset = kSegmentHeaderBytes;
    end_.last_offset = 0;
    end_.epoch = std::max(end_.epoch, header->epoch);
    return read_batches(index);
  }

  Status read_batches(std::size_t index) {
    const std::string& name = files_[index];
    while (end_.offset < bytes_.size()) {
      auto header = decode_batch(bytes_, end_.offset);
      if (header && !continues(*header))
        header = fail(Code::kDataLoss, "the batch does not continue the one before it");
      if (!header) {
        BATON_TRY(judge_end(index, header.error()));
        break;
      }
      const auto batch = std::string_view(bytes_).substr(end_.offset, header->length);
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

  [[nodiscard]] bool continues(const BatchHeader& header) const {
    return header.segment == end_.segment && header.first == end_.next && header.epoch >= end_.epoch &&
           header.previous == end_.last_hash && header.durable.value() < header.first.value();
  }

  // What stands at end_.offset is no good batch. Zeros are the plain end. Anything else is damage if later data proves
  // that the place was durable, else a torn tail. A batch is written only after everything before it is durable, so a
  // good one behind the place is proof, also when the place held a marker and no position is missing.
  Status judge_end(std::size_t index, const Error& why) {
    const std::string_view rest = std::string_view(bytes_).substr(end_.offset);
    end_.torn = !all_zero(rest);
    const auto complete = [&] {
      return damaged(files_[index], end_.offset, why.message + ", but later data proves that it was complete");
    };
    if (index + 1 < files_.size()) {
      if (end_.torn || next_segment_names_another_end(index)) return complete();
      return {};
    }
    if (!end_.torn) return {};
    for (std::uint64_t at = end_.offset + kBatchAlignment; at + kBatchHeaderBytes <= bytes_.size();
         at += kBatchAlignment) {
      const auto header = decode_batch(bytes_, at);
      if (header && header->segment == end_.segment && header->durable.value() + 1 >= end_.next.value())
        return complete();
    }
    return {};
  }

  // The plain end of a segment is followed by a segment that names its last batch. One that is not the next segment at
  // all proves nothing about this one; it is refused when its turn comes.
  bool next_segment_names_another_end(std::size_t index) {
    const auto file = disk_.open(directory_ + "/" + files_[index + 1]);
    std::string head;
    if (!file || !(*file)->read(0, kSegmentHeaderBytes, head)) return false;
    const auto header = decode_segment_header(head);
    return header && header->id == index + 2 && header->cluster == end_.cluster && header->partition == partition_ &&
           header->previous != end_.last_hash;
  }

  Disk& disk_;
  std::string directory_;
  PartitionId partition_;
  const BatchVisitor& visit_;
  std::vector<std::string> files_;
  std::string bytes_;
  JournalEnd end_;
};

}  // namespace

std::string segment_name(std::uint64_t id) {
  return fmt::format("{:012}.seg", id);
}

Result<JournalEnd> read_journal(Disk& disk, const std::string& directory, PartitionId partition,
                                const BatchVisitor& visit) {
  return Reader(disk, directory, partition, visit).run();
}

}  // namespace baton::storage
