#include "storage/files/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::storage {
namespace {

using ::testing::HasSubstr;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

template <typename Array>
Array counting(std::uint8_t first) {
  Array out{};
  for (auto& byte : out) byte = first++;
  return out;
}

SegmentHeader some_segment() {
  SegmentHeader header;
  header.partition = PartitionId(7);
  header.id = 3;
  header.first = Position(0x0102030405060708);
  header.epoch = Epoch(9);
  header.cluster = counting<ClusterId>(0xA0);
  header.previous = counting<Sha256>(0x10);
  return header;
}

BatchHeader some_batch() {
  BatchHeader header;
  header.epoch = Epoch(2);
  header.segment = 3;
  header.first = Position(11);
  header.frame_count = 2;
  header.durable = Position(10);
  header.previous = counting<Sha256>(0x40);
  return header;
}

// Bytes that are on disks: a change here is a new format version, never a correction of this test.
TEST(Format, GoldenSegmentHeader) {
  const std::string expected =
      "4241544f4e534547"
      "ab684c4b"
      "01000000"
      "07000000"
      "00000000"
      "0300000000000000"
      "0807060504030201"
      "0900000000000000"
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
      "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
      "0000000000000000000000000000000000000000000000000000000000000000";
  EXPECT_EQ(hex(encode_segment_header(some_segment())), expected);
}

TEST(Format, GoldenBatch) {
  const std::string expected =
      "42544348"
      "60000000"
      "2d149529"
      "01000000"
      "0200000000000000"
      "0300000000000000"
      "0b00000000000000"
      "02000000"
      "05000000"
      "0a00000000000000"
      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
      "68656c6c6f"
      "000000";
  EXPECT_EQ(hex(encode_batch(some_batch(), "hello")), expected);
}

TEST(Format, SegmentHeaderRoundTrip) {
  const SegmentHeader in = some_segment();
  const auto out = decode_segment_header(encode_segment_header(in) + "what follows is not its business");
  ASSERT_TRUE(out) << out.error().to_string();
  EXPECT_EQ(out->partition, in.partition);
  EXPECT_EQ(out->id, in.id);
  EXPECT_EQ(out->first, in.first);
  EXPECT_EQ(out->epoch, in.epoch);
  EXPECT_EQ(out->cluster, in.cluster);
  EXPECT_EQ(out->previous, in.previous);
}

TEST(Format, BatchRoundTripAtEveryPadding) {
  for (std::size_t size = 1; size <= 17; ++size) {
    const std::string frames(size, 'x');
    const std::string bytes = encode_batch(some_batch(), frames);
    EXPECT_EQ(bytes.size(), batch_size(size));
    EXPECT_EQ(bytes.size() % kBatchAlignment, 0U);
    const std::string segment = std::string(24, 'z') + bytes + "behind";
    const auto out = decode_batch(segment, 24);
    ASSERT_TRUE(out) << out.error().to_string();
    EXPECT_EQ(out->length, bytes.size());
    EXPECT_EQ(out->frame_bytes, size);
    EXPECT_EQ(out->frame_count, 2U);
    EXPECT_EQ(out->epoch, Epoch(2));
    EXPECT_EQ(out->segment, 3U);
    EXPECT_EQ(out->first, Position(11));
    EXPECT_EQ(out->durable, Position(10));
    EXPECT_EQ(out->previous, some_batch().previous);
    EXPECT_FALSE(out->marker);
  }
}

TEST(Format, MarkerRoundTrip) {
  BatchHeader header = some_batch();
  header.marker = true;
  header.frame_count = 0;
  const std::string bytes = encode_batch(header, {});
  EXPECT_EQ(bytes.size(), kBatchHeaderBytes);
  const auto out = decode_batch(bytes, 0);
  ASSERT_TRUE(out) << out.error().to_string();
  EXPECT_TRUE(out->marker);
}

TEST(Format, FramesWithoutACountAndCountsWithoutFramesAreRefused) {
  BatchHeader no_count = some_batch();
  no_count.frame_count = 0;
  EXPECT_FALSE(decode_batch(encode_batch(no_count, "hello"), 0));
  BatchHeader marker_with_count = some_batch();
  marker_with_count.marker = true;
  EXPECT_FALSE(decode_batch(encode_batch(marker_with_count, {}), 0));
}

TEST(Format, EveryFlippedBitOfAHeaderAndABatchIsNoticed) {
  const std::string header = encode_segment_header(some_segment());
  for (std::size_t bit = 0; bit < header.size() * 8; ++bit) {
    std::string bad = header;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_segment_header(bad)) << bit;
  }
  const std::string batch = encode_batch(some_batch(), "hello");
  for (std::size_t bit = 0; bit < batch.size() * 8; ++bit) {
    std::string bad = batch + std::string(4096, '\0');
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_batch(bad, 0)) << bit;
  }
}

TEST(Format, EveryPrefixIsRefused) {
  const std::string header = encode_segment_header(some_segment());
  for (std::size_t n = 0; n < header.size(); ++n) EXPECT_FALSE(decode_segment_header(header.substr(0, n))) << n;
  const std::string batch = encode_batch(some_batch(), "hello");
  for (std::size_t n = 0; n < batch.size(); ++n)
    EXPECT_FALSE(decode_batch(std::string_view(batch).substr(0, n), 0)) << n;
  EXPECT_FALSE(decode_batch(batch, batch.size() + 1));
}

TEST(Format, AnotherVersionIsNamed) {
  std::string header = encode_segment_header(some_segment());
  header[12] = 2;
  const std::uint32_t crc = crc32c(std::string_view(header).substr(12));
  for (unsigned i = 0; i < 4; ++i) header[8 + i] = static_cast<char>(crc >> (8 * i));
  const auto decoded = decode_segment_header(header);
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message, HasSubstr("version 2 is not supported"));
}

}  // namespace
}  // namespace baton::storage
