#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/hash.h"
#include "base/ids.h"

namespace baton {
namespace {

TEST(Bytes, RoundTrip) {
  std::string buffer;
  ByteWriter w(buffer);
  w.u8(7);
  w.u32(0xDEADBEEF);
  w.varint(std::numeric_limits<std::uint64_t>::max());
  w.svarint(std::numeric_limits<std::int64_t>::min());
  w.svarint(-1);
  w.bytes("hello");
  ByteReader r(buffer);
  EXPECT_EQ(r.u8(), 7);
  EXPECT_EQ(r.u32(), 0xDEADBEEFU);
  EXPECT_EQ(r.varint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(r.svarint(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(r.svarint(), -1);
  EXPECT_EQ(r.bytes(), "hello");
  EXPECT_TRUE(r.ok() && r.at_end());
}

TEST(Bytes, EveryPrefixIsRefusedNotOverread) {
  std::string buffer;
  ByteWriter w(buffer);
  w.u64(1);
  w.varint(300);
  w.bytes("abc");
  for (std::size_t n = 0; n < buffer.size(); ++n) {
    ByteReader r(std::string_view(buffer).substr(0, n));
    r.u64();
    r.varint();
    r.bytes();
    EXPECT_FALSE(r.ok()) << n;
  }
}

TEST(Bytes, OverlongVarintIsRefused) {
  const std::string bad(11, '\xFF');
  ByteReader r(bad);
  r.varint();
  EXPECT_FALSE(r.ok());
}

TEST(Hash, KnownValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xE3069283U);
  EXPECT_EQ(sha256("abc")[0], 0xBA);
  EXPECT_EQ(hash64("abc"), 0x78AF5F94892F3950ULL);
}

TEST(Ids, KeysKnowTheirPartitionAndBlock) {
  const Key key((1ULL << kKeyCounterBits) + 200);
  EXPECT_EQ(partition_of(key), PartitionId(1));
  EXPECT_EQ(block_of(key).value(), (1ULL << kKeyCounterBits) + 192);
}

}  // namespace
}  // namespace baton
