#include "storage/files/format.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace baton::storage {

namespace {
constexpr std::string_view kSegmentMagic = "BATONSEG";
constexpr std::uint16_t kFormatVersion = 1;
constexpr std::uint16_t kMarkerFlag = 1;
constexpr std::size_t kSegmentCrcFrom = 12;
constexpr std::size_t kBatchCrcFrom = 12;

template <typename Array>
Array array_of(std::string_view bytes) {
  Array out{};
  std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()), std::min(bytes.size(), out.size()), out.begin());
  return out;
}

void patch_u32(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}
}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string out;
  ByteWriter w(out);
  w.raw(kSegmentMagic.data(), kSegmentMagic.size());
  w.u32(0);
  w.u16(kFormatVersion);
  w.u16(0);
  w.u32(header.partition.value());
  w.u32(0);
  w.u64(header.id);
  w.u64(header.first.value());
  w.u64(header.epoch.value());
  w.raw(header.cluster.data(), header.cluster.size());
  w.raw(header.previous.data(), header.previous.size());
  out.resize(kSegmentHeaderBytes, '\0');
  patch_u32(out, kSegmentMagic.size(), crc32c(std::string_view(out).substr(kSegmentCrcFrom)));
  return out;
}

Result<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return fail(Code::kDataLoss, "the segment is shorter than its header");
  bytes = bytes.substr(0, kSegmentHeaderBytes);
  ByteReader r(bytes);
  if (r.raw(kSegmentMagic.size()) != kSegmentMagic)
    return fail(Code::kDataLoss, "this is not a journal segment (magic)");
  if (r.u32() != crc32c(bytes.substr(kSegmentCrcFrom)))
    return fail(Code::kDataLoss, "the segment header's checksum is wrong");
  if (const std::uint16_t version = r.u16(); version != kFormatVersion) {
    return failf(Code::kDataLoss, "journal format version {} is not supported", version);
  }
  r.u16();
  SegmentHeader header;
  header.partition = PartitionId(r.u32());
  r.u32();
  header.id = r.u64();
  header.first = Position(r.u64());
  header.epoch = Epoch(r.u64());
  header.cluster = array_of<ClusterId>(r.raw(header.cluster.size()));
  header.previous = array_of<Sha256>(r.raw(header.previous.size()));
  return header;
}

std::size_t batch_size(std::size_t frame_bytes) {
  return (kBatchHeaderBytes + frame_bytes + kBatchAlignment - 1) / kBatchAlignment * kBatchAlignment;
}

std::string encode_batch(const BatchHeader& header, std::string_view frames) {
  std::string out;
  out.reserve(batch_size(frames.size()));
  ByteWriter w(out);
  w.u32(kBatchMagic);
  w.u32(static_cast<std::uint32_t>(batch_size(frames.size())));
  w.u32(0);
  w.u16(kFormatVersion);
  w.u16(header.marker ? kMarkerFlag : 0);
  w.u64(header.epoch.value());
  w.u64(header.segment);
  w.u64(header.first.value());
  w.u32(header.frame_count);
  w.u32(static_cast<std::uint32_t>(frames.size()));
  w.u64(header.durable.value());
  w.raw(header.previous.data(), header.previous.size());
  static_assert(kBatchHeaderBytes == 56 + sizeof(Sha256));
  out.append(frames);
  out.resize(batch_size(frames.size()), '\0');
  patch_u32(out, 8, crc32c(std::string_view(out).substr(kBatchCrcFrom)));
  return out;
}

std::uint32_t batch_length(std::string_view bytes) {
  if (bytes.size() < kBatchHeaderBytes) return 0;
  ByteReader r(bytes);
  return r.u32() == kBatchMagic ? r.u32() : 0;
}

Result<BatchHeader> decode_batch(std::string_view segment, std::uint64_t offset) {
  if (offset > segment.size() || segment.size() - offset < kBatchHeaderBytes)
    return fail(Code::kDataLoss, "no room for a batch header");
  ByteReader r(segment.substr(offset));
  if (r.u32() != kBatchMagic) return fail(Code::kDataLoss, "no batch begins here (magic)");
  BatchHeader header;
  header.length = r.u32();
  if (header.length % kBatchAlignment != 0 || header.length < kBatchHeaderBytes ||
      header.length > segment.size() - offset) {
    return failf(Code::kDataLoss, "the batch length {} is impossible", header.length);
  }
  const std::uint32_t crc = r.u32();
  if (crc != crc32c(segment.substr(offset + kBatchCrcFrom, header.length - kBatchCrcFrom))) {
    return fail(Code::kDataLoss, "the batch's checksum is wrong");
  }
  const std::uint16_t version = r.u16();
  const std::uint16_t flags = r.u16();
  if (version != kFormatVersion || (flags & ~kMarkerFlag) != 0) {
    return failf(Code::kDataLoss, "batch version {} with flags {} is not supported", version, flags);
  }
  header.marker = (flags & kMarkerFlag) != 0;
  header.epoch = Epoch(r.u64());
  header.segment = r.u64();
  header.first = Position(r.u64());
  header.frame_count = r.u32();
  header.frame_bytes = r.u32();
  header.durable = Position(r.u64());
  header.previous = array_of<Sha256>(r.raw(header.previous.size()));
  if (batch_size(header.frame_bytes) != header.length || header.marker != (header.frame_count == 0)) {
    return fail(Code::kDataLoss, "the batch's counts contradict its length");
  }
  return header;
}

}  // namespace baton::storage
