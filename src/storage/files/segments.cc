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

std::string compress(std::string_view bytes) {
  std::string out(kSegmentHeaderBytes + ZSTD_compressBound(bytes.size()), '\0');
  out.replace(0, kSegmentHeaderBytes, bytes.substr(0, kSegmentHeaderBytes));
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  const std::size_t size = ZSTD_compress2(context.get(), out.data() + kSegmentHeaderBytes,
                                          out.size() - kSegmentHeaderBytes, bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0) return {};
  out.resize(kSegmentHeaderBytes + size);
  ByteWriter(out).u32(crc32c(out));
  return out;
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
  if (packed.size() <= kSegmentHeaderBytes + kSumBytes) return damaged(directory, segment.name, "it is too short");
  const std::string_view summed = std::string_view(packed).substr(0, packed.size() - kSumBytes);
  if (ByteReader(std::string_view(packed).substr(summed.size())).u32() != crc32c(summed))
    return damaged(directory, segment.name, "its checksum is wrong");
  const std::string_view frame = summed.substr(kSegmentHeaderBytes);
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

Result<bool> compress_one_segment(Disk& disk, const std::string& directory, Position position) {
  BATON_ASSIGN(const auto segments, list_segments(disk, directory));
  BATON_ASSIGN(const std::size_t count, count_before(disk, directory, segments, position));
  for (std::size_t i = 0; i < count; ++i) {
    if (segments[i].compressed) continue;
    std::string bytes;
    BATON_TRY(read_segment(disk, directory, segments[i], bytes));
    const std::string packed = compress(bytes);
    if (packed.empty()) return fail(Code::kInternal, "a segment cannot be compressed");
    const std::string temporary = directory + "/" + kTemporary;
    const std::string plain = directory + "/" + segments[i].name;
    {
      BATON_ASSIGN(const auto file, disk.create_zeroed(temporary, packed.size(), Haste::kNow));
      BATON_TRY(file->write(0, packed));
      BATON_TRY(file->sync());
    }
    fault_point("journal.compressed");
    BATON_TRY(disk.rename(temporary, plain + ".zst"));
    BATON_TRY(disk.sync_directory(directory));
    // Read back before the original goes.
    std::string again;
    BATON_TRY(read_segment(disk, directory, {segments[i].id, segments[i].name + ".zst", true}, again));
    if (again != bytes) return damaged(directory, segments[i].name + ".zst", "it does not hold what was written");
    fault_point("journal.before_replace");
    BATON_TRY(disk.remove(plain));
    BATON_TRY(disk.sync_directory(directory));
    return true;
  }
  return false;
}

}  // namespace baton::storage
