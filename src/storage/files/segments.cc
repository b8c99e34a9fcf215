#include "storage/files/segments.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/bytes.h"
#include "base/fault.h"
#include "base/hash.h"
#include "storage/files/reader.h"

namespace baton::storage {

namespace {

constexpr std::string_view kPlain = ".seg";
constexpr std::string_view kCompressed = ".seg.zst";
constexpr const char* kTemporary = "compress.tmp";
constexpr int kLevel = 3;
constexpr std::size_t kSumBytes = 4;
constexpr std::size_t kPiece = 128U << 10;
constexpr int kRests = 3;
constexpr std::uint64_t kMostBytes = 1ULL << 30;  // of a segment; one batch more than the largest segment

Failure damaged(const std::string& directory, const std::string& name, std::string_view why) {
  return failf(Code::kDataLoss, "the journal is damaged: {}/{}: {}. Restore the file from a copy; nothing was changed",
               directory, name, why);
}

/// The number of segments at the front whose frames are all at or before `position`.
Result<std::size_t> count_before(Disk& disk, const std::string& directory, const std::vector<SegmentFile>& segments,
                                 Position position) {
  std::size_t count = 0;
  while (count + 1 < segments.size()) {
    BATON_ASSIGN(const SegmentHeader next, read_segment_header(disk, directory, segments[count + 1]));
    if (next.first.value() > position.value() + 1) break;
    ++count;
  }
  return count;
}

/// The zstd frame in a compressed segment, if the checksum of all is right. Errors: kDataLoss.
Result<std::string_view> check_packed(std::string_view packed, const std::string& directory, const std::string& name) {
  if (packed.size() <= kSegmentHeaderBytes + kSumBytes) return damaged(directory, name, "it is too short");
  const std::string_view summed = packed.substr(0, packed.size() - kSumBytes);
  if (ByteReader(packed.substr(summed.size())).u32() != crc32c(summed))
    return damaged(directory, name, "its checksum is wrong");
  return summed.substr(kSegmentHeaderBytes);
}

/// Pieces of a file, in order, with a rest after each.
class Pieces {
 public:
  Pieces(const File& file, std::uint64_t size, Breather& breather) : file_(file), size_(size), breather_(breather) {}

  /// The next piece; empty at the end.
  Result<std::string_view> next() {
    if (at_ != 0) BATON_TRY(breather_.breathe(kRests));
    const std::uint64_t size = std::min<std::uint64_t>(kPiece, size_ - at_);
    BATON_TRY(file_.read(at_, size, piece_));
    at_ += size;
    return std::string_view(piece_);
  }
  [[nodiscard]] bool at_end() const { return at_ == size_; }

 private:
  const File& file_;
  std::uint64_t size_;
  Breather& breather_;
  std::uint64_t at_ = 0;
  std::string piece_;
};

/// What is to be stored for a plain segment.
Result<std::string> compress(const File& plain, Breather& breather) {
  BATON_ASSIGN(const std::uint64_t size, plain.size());
  std::string out;
  BATON_TRY(plain.read(0, kSegmentHeaderBytes, out));
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setPledgedSrcSize(context.get(), size);  // readers need to know it
  std::string packed(ZSTD_CStreamOutSize(), '\0');
  Pieces pieces(plain, size, breather);
  while (!pieces.at_end()) {
    BATON_ASSIGN(const std::string_view piece, pieces.next());
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    const auto mode = pieces.at_end() ? ZSTD_e_end : ZSTD_e_continue;
    for (bool done = false; !done;) {
      ZSTD_outBuffer output{packed.data(), packed.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context.get(), &output, &input, mode);
      if (ZSTD_isError(left) != 0) return fail(Code::kInternal, "a segment cannot be compressed");
      out.append(packed, 0, output.pos);
      done = mode == ZSTD_e_end ? left == 0 : input.pos == input.size;
    }
  }
  ByteWriter(out).u32(crc32c(out));
  return out;
}

/// Writes a file that is there, zeroed, and syncs each piece.
Status write_pieces(File& file, std::string_view bytes, Breather& breather) {
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    BATON_TRY(file.write(at, bytes.substr(at, kPiece)));
    BATON_TRY(file.sync());
    BATON_TRY(breather.breathe(kRests));
  }
  return {};
}

/// Reads the compressed file at `path` back and compares what it holds with the plain one. Errors: kDataLoss.
Status compare(Disk& disk, const std::string& directory, const std::string& name, const File& plain,
               Breather& breather) {
  const Failure different = damaged(directory, name, "it does not hold what was written");
  BATON_ASSIGN(const auto file, disk.open(directory + "/" + name));
  BATON_ASSIGN(const std::uint64_t packed_size, file->size());
  BATON_ASSIGN(const std::uint64_t size, plain.size());
  std::string packed;
  BATON_TRY(file->read(0, packed_size, packed));
  BATON_ASSIGN(const std::string_view frame, check_packed(packed, directory, name));
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size) return different;
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  ZSTD_inBuffer input{frame.data(), frame.size(), 0};
  std::string again(kPiece, '\0');
  Pieces pieces(plain, size, breather);
  for (bool first = true; !pieces.at_end(); first = false) {
    BATON_ASSIGN(const std::string_view piece, pieces.next());
    if (first && !packed.starts_with(piece.substr(0, kSegmentHeaderBytes))) return different;
    ZSTD_outBuffer output{again.data(), piece.size(), 0};
    while (output.pos < output.size) {
      const std::size_t before = input.pos + output.pos;
      const std::size_t left = ZSTD_decompressStream(context.get(), &output, &input);
      if (ZSTD_isError(left) != 0 || input.pos + output.pos == before) return different;
    }
    if (std::string_view(again).substr(0, piece.size()) != piece) return different;
  }
  return {};
}

}  // namespace

Result<std::vector<SegmentFile>> list_segments(const Disk& disk, const std::string& directory) {
  BATON_ASSIGN(const auto names, disk.list(directory));
  std::vector<SegmentFile> segments;
  for (const auto& name : names) {  // sorted: the plain file of a number comes first
    if (!name.ends_with(kPlain) && !name.ends_with(kCompressed)) continue;
    const std::uint64_t id = std::strtoull(name.c_str(), nullptr, 10);
    const bool compressed = name.ends_with(kCompressed);
    if (compressed && !segments.empty() && segments.back().id == id) continue;
    if (!name.starts_with(segment_name(id)))
      return damaged(directory, name, "a segment has a name like this: " + segment_name(1));
    if (!segments.empty() && id != segments.back().id + 1) {
      return failf(Code::kDataLoss, "journal segment '{}/{}' is missing: found '{}'", directory,
                   segment_name(segments.back().id + 1), name);
    }
    segments.push_back({id, name, compressed});
  }
  return segments;
}

Result<SegmentHeader> read_segment_header(Disk& disk, const std::string& directory, const SegmentFile& segment) {
  BATON_ASSIGN(const auto file, disk.open(directory + "/" + segment.name));
  std::string head;
  BATON_ASSIGN(const std::uint64_t size, file->size());
  BATON_TRY(file->read(0, std::min<std::uint64_t>(size, kSegmentHeaderBytes), head));
  const auto header = decode_segment_header(head);
  if (!header) return damaged(directory, segment.name, "at offset 0: " + header.error().message);
  return *header;
}

Status read_segment(Disk& disk, const std::string& directory, const SegmentFile& segment, std::string& out) {
  BATON_ASSIGN(const auto file, disk.open(directory + "/" + segment.name));
  BATON_ASSIGN(const std::uint64_t size, file->size());
  if (!segment.compressed) return file->read(0, size, out);
  std::string packed;
  BATON_TRY(file->read(0, size, packed));
  BATON_ASSIGN(const std::string_view frame, check_packed(packed, directory, segment.name));
  const auto plain = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (plain == ZSTD_CONTENTSIZE_UNKNOWN || plain == ZSTD_CONTENTSIZE_ERROR || plain > kMostBytes ||
      plain < kSegmentHeaderBytes) {
    return damaged(directory, segment.name, "it is not a compressed segment");
  }
  out.assign(plain, '\0');
  const std::size_t done = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(done) != 0 || done != plain) return damaged(directory, segment.name, "it cannot be decompressed");
  if (!std::string_view(packed).starts_with(std::string_view(out).substr(0, kSegmentHeaderBytes)))
    return damaged(directory, segment.name, "its header is not that of what it holds");
  return {};
}

Result<std::size_t> truncate_segments(Disk& disk, const std::string& directory, Position position) {
  BATON_ASSIGN(const auto segments, list_segments(disk, directory));
  BATON_ASSIGN(const std::size_t count, count_before(disk, directory, segments, position));
  // From the oldest on: whatever a crash leaves has no hole.
  for (std::size_t i = 0; i < count; ++i) {
    fault_point("journal.before_truncate");
    BATON_TRY(disk.remove(directory + "/" + segment_name(segments[i].id) + ".zst"));
    BATON_TRY(disk.remove(directory + "/" + segment_name(segments[i].id)));
    BATON_TRY(disk.sync_directory(directory));
    fault_point("journal.after_truncate");
  }
  return count;
}

Result<bool> compress_one_segment(Disk& disk, const std::string& directory, Position position, Breather& breather) {
  BATON_ASSIGN(const auto segments, list_segments(disk, directory));
  BATON_ASSIGN(const std::size_t count, count_before(disk, directory, segments, position));
  const auto plain = std::find_if(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(count),
                                  [](const SegmentFile& segment) { return !segment.compressed; });
  if (plain == segments.begin() + static_cast<std::ptrdiff_t>(count)) return false;
  const std::string path = directory + "/" + plain->name;
  const std::string temporary = directory + "/" + kTemporary;
  BATON_ASSIGN(const auto file, disk.open(path));
  {
    BATON_ASSIGN(const std::string packed, compress(*file, breather));
    BATON_ASSIGN(const auto out, disk.create_zeroed(temporary, packed.size(), Haste::kBackground));
    BATON_TRY(write_pieces(*out, packed, breather));
  }
  fault_point("journal.compressed");
  BATON_TRY(disk.rename(temporary, path + ".zst"));
  BATON_TRY(disk.sync_directory(directory));
  BATON_TRY(compare(disk, directory, plain->name + ".zst", *file, breather));  // before the original goes
  fault_point("journal.before_replace");
  BATON_TRY(disk.remove(path));
  BATON_TRY(disk.sync_directory(directory));
  return true;
}

}  // namespace baton::storage
