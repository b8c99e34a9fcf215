// Damage at rest: cuts, flipped bits, exchanged blocks and files (reliability.md F07, F09, F11, F12).
#include <gmock/gmock.h>

#include <map>

#include "storage/tests/journal_support.h"

namespace baton::storage::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr std::uint64_t kTinySegment = 1024;

std::string noise(std::size_t size, std::uint64_t seed) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(mix64(seed, i) >> 17));
  return out;
}

enum class Cut { kTruncate, kZero, kGarbage };

void cut(std::string& bytes, std::size_t at, Cut how) {
  const std::size_t rest = bytes.size() - at;
  bytes.resize(at);
  if (how == Cut::kZero) bytes.resize(at + rest, '\0');
  if (how == Cut::kGarbage) bytes += noise(rest, at + 1);
}

void expect_refused(MemoryDisk& disk, std::string_view place, std::string_view label) {
  const auto before = disk.copy();
  const Opened opened = open_journal(disk, small_options(kTinySegment));
  ASSERT_FALSE(opened.ok()) << label;
  EXPECT_EQ(opened.journal.error().code, Code::kDataLoss) << label;
  EXPECT_THAT(opened.error(), HasSubstr(std::string(place))) << label;
  for (std::uint64_t id = 1; disk.bytes(segment_path(id)) != nullptr; ++id) {
    EXPECT_EQ(*disk.bytes(segment_path(id)), *before->bytes(segment_path(id))) << label << ": nothing may be repaired";
  }
}

/// Opens, expects exactly the first `batches`, appends one more and finds it after the next opening.
void expect_prefix_and_goes_on(MemoryDisk& disk, int batches, std::string_view label) {
  {
    const Opened opened = open_journal(disk, small_options(kTinySegment));
    ASSERT_TRUE(opened.ok()) << label << ": " << opened.error();
    ASSERT_EQ(prefix_length(opened.seen), batches) << label;
    ASSERT_TRUE(opened->append(1, frames_of(static_cast<std::size_t>(batches)))) << label;
  }
  const Opened again = open_journal(disk, small_options(kTinySegment));
  ASSERT_TRUE(again.ok()) << label << ": " << again.error();
  ASSERT_EQ(prefix_length(again.seen), batches + 1) << label;
}

class CutTest : public ::testing::TestWithParam<Cut> {};

// Whatever a later batch or marker that is still there names as durable lies before the cut, so a prefix that holds
// every whole batch holds all of that.
TEST_P(CutTest, AtEveryByteOfThreeBatchesAndAMarkerLeavesEveryWholeBatch) {
  const auto original = disk_with(3, true, small_options(kTinySegment));
  const std::vector<Place> places = places_in(*original->bytes(segment_path(1)));
  ASSERT_EQ(places.size(), 5U) << "opening marker, three batches, marker";
  for (std::size_t at = 0; at <= kTinySegment; ++at) {
    const std::string label = fmt::format("cut at {}", at);
    const auto disk = original->copy();
    cut(*disk->bytes(segment_path(1)), at, GetParam());
    if (at < kSegmentHeaderBytes && *disk->bytes(segment_path(1)) != *original->bytes(segment_path(1)) &&
        !decode_segment_header(*disk->bytes(segment_path(1)))) {
      expect_refused(*disk, "000000000001.seg at offset 0", label);
      continue;
    }
    int whole = 0;
    for (const Place& place : places) whole += !place.header.marker && place.end() <= at ? 1 : 0;
    // The cut may fall into zero padding and take nothing away.
    if (GetParam() == Cut::kZero) {
      whole = 0;
      for (const Place& place : places_in(*disk->bytes(segment_path(1)))) whole += place.header.marker ? 0 : 1;
    }
    expect_prefix_and_goes_on(*disk, whole, label);
  }
}

TEST_P(CutTest, InAnEarlierSegmentIsRefused) {
  const auto original = disk_with(12, true, small_options(kTinySegment));
  ASSERT_NE(original->bytes(segment_path(3)), nullptr);
  const std::vector<Place> places = places_in(*original->bytes(segment_path(2)));
  for (std::size_t at = 0; at < places.back().end(); ++at) {
    const auto disk = original->copy();
    cut(*disk->bytes(segment_path(2)), at, GetParam());
    if (*disk->bytes(segment_path(2)) == *original->bytes(segment_path(2))) continue;  // only padding was cut
    // A segment that ends with its last batch but one looks whole by itself; the next one tells.
    expect_refused(*disk, ".seg at offset ", fmt::format("cut at {}", at));
  }
}

INSTANTIATE_TEST_SUITE_P(
    How, CutTest, ::testing::Values(Cut::kTruncate, Cut::kZero, Cut::kGarbage), [](const auto& named) {
      return std::string(named.param == Cut::kTruncate ? "Truncate" : named.param == Cut::kZero ? "Zero" : "Garbage");
    });

/// Where the record (segment header, batch, marker) that holds a byte begins; none for the area that was never used.
std::optional<std::uint64_t> record_at(const std::vector<Place>& places, std::uint64_t byte) {
  if (byte < kSegmentHeaderBytes) return 0;
  for (const Place& place : places) {
    if (byte >= place.offset && byte < place.end()) return place.offset;
  }
  return std::nullopt;
}

TEST(Damage, EverySingleFlippedBitIsRefusedWithItsPlaceOrWasNeverAcknowledged) {
  const auto original = disk_with(12, true, small_options(kTinySegment));
  std::map<std::string, std::size_t> counts;
  std::size_t expected_tail = 0;
  std::uint64_t last = 1;
  while (original->bytes(segment_path(last + 1)) != nullptr) ++last;
  ASSERT_GE(last, 3U);
  for (std::uint64_t id = 1; id <= last; ++id) {
    const std::vector<Place> places = places_in(*original->bytes(segment_path(id)));
    for (std::size_t byte = 0; byte < kTinySegment; ++byte) {
      const auto record = record_at(places, byte);
      const bool final_marker = id == last && record == places.back().offset;
      const bool tail = id == last && (!record || final_marker);
      expected_tail += tail ? 8 : 0;
      for (unsigned bit = 0; bit < 8; ++bit) {
        const auto disk = original->copy();
        std::string& bytes = *disk->bytes(segment_path(id));
        bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
        const Opened opened = open_journal(*disk, small_options(kTinySegment));
        const std::string label = fmt::format("segment {} byte {} bit {}", id, byte, bit);
        if (tail) {
          ASSERT_TRUE(opened.ok()) << label << ": " << opened.error();
          ASSERT_EQ(prefix_length(opened.seen), 12) << label;
          ASSERT_TRUE(opened->cut_a_torn_tail()) << label;
          ++counts["tail"];
          continue;
        }
        ASSERT_FALSE(opened.ok()) << label;
        ASSERT_EQ(opened.journal.error().code, Code::kDataLoss) << label;
        const std::uint64_t offset = record ? *record : places.back().end();
        ASSERT_THAT(opened.error(), HasSubstr(fmt::format("{} at offset {}:", segment_name(id), offset))) << label;
        ++counts["refused"];
      }
    }
  }
  EXPECT_EQ(counts["tail"], expected_tail);
  EXPECT_EQ(counts["refused"], last * kTinySegment * 8 - expected_tail);
  EXPECT_GT(counts["tail"], kBatchHeaderBytes * 8);
  EXPECT_GT(counts["refused"], 12 * kBatchHeaderBytes * 8);
}

// One batch behind a damaged marker proves that the marker was complete: it was written after the marker's sync.
TEST(Damage, ADamagedMarkerWithOneGoodBatchBehindItIsRefused) {
  const auto original = disk_with(1, false, small_options(kTinySegment));
  ASSERT_EQ(places_in(*original->bytes(segment_path(1))).size(), 2U);
  for (std::size_t byte = 0; byte < kBatchHeaderBytes; ++byte) {
    const auto disk = original->copy();
    (*disk->bytes(segment_path(1)))[kSegmentHeaderBytes + byte] ^= 0x10;
    expect_refused(*disk, "000000000001.seg at offset 128", fmt::format("byte {}", byte));
  }
}

// The known limit: nothing on the disk tells a damaged last batch from one that a power cut tore.
TEST(Damage, ADamagedLastBatchThatNothingNamesIsTakenForATornTail) {
  const auto disk = disk_with(3, false, small_options(kTinySegment));
  const std::vector<Place> places = places_in(*disk->bytes(segment_path(1)));
  (*disk->bytes(segment_path(1)))[places.back().offset + kBatchHeaderBytes] ^= 1;
  expect_prefix_and_goes_on(*disk, 2, "last batch");
}

TEST(Damage, TwoValidBatchesExchangedAreRefused) {
  MemoryDisk disk;
  {
    const Opened opened = open_journal(disk, small_options(kTinySegment));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(opened->append(1, fmt::format("same size {}", i)));
    ASSERT_TRUE(opened->mark());
  }
  std::string& bytes = *disk.bytes(segment_path(1));
  const std::vector<Place> places = places_in(bytes);
  const std::uint32_t length = places[2].header.length;
  ASSERT_EQ(length, places[3].header.length);
  const std::string one = bytes.substr(places[2].offset, length);
  bytes.replace(places[2].offset, length, bytes, places[3].offset, length);
  bytes.replace(places[3].offset, length, one);
  expect_refused(disk, fmt::format("000000000001.seg at offset {}", places[2].offset), "exchanged");
}

TEST(Damage, ABatchOverwrittenByAnEarlierOneIsRefused) {
  MemoryDisk disk;
  {
    const Opened opened = open_journal(disk, small_options(kTinySegment));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(opened->append(1, fmt::format("same size {}", i)));
    ASSERT_TRUE(opened->mark());
  }
  std::string& bytes = *disk.bytes(segment_path(1));
  const std::vector<Place> places = places_in(bytes);
  bytes.replace(places[3].offset, places[3].header.length, bytes, places[2].offset, places[2].header.length);
  expect_refused(disk, fmt::format("000000000001.seg at offset {}", places[3].offset), "misdirected write");
}

// The batch's own checks are all right; only the chain of hashes knows that the text is another one.
TEST(Damage, ABatchRewrittenWithARightChecksumIsRefused) {
  const auto disk = disk_with(3, true, small_options(kTinySegment));
  std::string& bytes = *disk->bytes(segment_path(1));
  const std::vector<Place> places = places_in(bytes);
  std::string forged = encode_batch(places[2].header, std::string(places[2].header.frame_bytes, 'F'));
  bytes.replace(places[2].offset, forged.size(), forged);
  expect_refused(*disk, fmt::format("000000000001.seg at offset {}", places[3].offset), "forged");
}

class SegmentDamage : public ::testing::Test {
 protected:
  SegmentDamage() : disk_(disk_with(12, true, small_options(kTinySegment))) {}
  std::unique_ptr<MemoryDisk> disk_;
};

TEST_F(SegmentDamage, RestoredFromAnOlderVersionIsRefused) {
  const auto older = disk_with(6, true, small_options(kTinySegment));
  ASSERT_NE(older->bytes(segment_path(2)), nullptr);
  // The same history up to there: only what came later is missing.
  std::string& now = *disk_->bytes(segment_path(2));
  const std::vector<Place> places = places_in(now);
  const std::uint64_t kept = places[places.size() - 2].end();
  std::fill(now.begin() + static_cast<std::ptrdiff_t>(kept), now.end(), '\0');
  expect_refused(*disk_, fmt::format("000000000002.seg at offset {}", kept), "older version");
  now = *older->bytes(segment_path(2));
  expect_refused(*disk_, ".seg at offset ", "older version of another history");
}

TEST_F(SegmentDamage, MissingMiddleOrFirstSegmentIsRefused) {
  const auto without_first = disk_->copy();
  ASSERT_TRUE(disk_->remove(segment_path(2)));
  expect_refused(*disk_, "000000000002.seg' is missing", "middle");
  ASSERT_TRUE(without_first->remove(segment_path(1)));
  expect_refused(*without_first, "000000000001.seg' is missing", "first");
}

TEST_F(SegmentDamage, EmptiedSegmentIsRefusedWhereverItStands) {
  std::uint64_t last = 1;
  while (disk_->bytes(segment_path(last + 1)) != nullptr) ++last;
  for (std::uint64_t id = 1; id <= last; ++id) {
    const auto emptied = disk_->copy();
    emptied->bytes(segment_path(id))->clear();
    expect_refused(*emptied, segment_name(id) + " at offset 0", fmt::format("emptied {}", id));
    const auto zeroed = disk_->copy();
    zeroed->bytes(segment_path(id))->assign(kTinySegment, '\0');
    expect_refused(*zeroed, segment_name(id) + " at offset 0", fmt::format("zeroed {}", id));
  }
}

TEST_F(SegmentDamage, SegmentOfAnotherClusterIsRefused) {
  const auto other = disk_with(12, true, small_options(kTinySegment));
  for (const std::uint64_t id : {1, 2, 3}) {
    const auto mixed = disk_->copy();
    *mixed->bytes(segment_path(id)) = *other->bytes(segment_path(id));
    expect_refused(*mixed, ".seg at offset 0", fmt::format("foreign {}", id));
  }
}

TEST_F(SegmentDamage, DuplicatedSegmentUnderTheNextNumberIsRefused) {
  std::uint64_t last = 1;
  while (disk_->bytes(segment_path(last + 1)) != nullptr) ++last;
  auto copy = disk_->create_zeroed(segment_path(last + 1), kTinySegment, Haste::kNow);
  ASSERT_TRUE((*copy)->write(0, *disk_->bytes(segment_path(last))));
  expect_refused(*disk_, segment_name(last + 1) + " at offset 0", "duplicate");
}

// 512-byte sectors of the old and the new contents mixed in the last batch: a torn write (F08).
TEST(Damage, EveryMixOfOldAndNewSectorsInTheLastBatchIsATornTailOrTheWholeBatch) {
  constexpr std::uint64_t kSegment = 8192;
  MemoryDisk disk;
  const std::string large(2500, 'n');
  std::string before;
  {
    const Opened opened = open_journal(disk, small_options(kSegment));
    ASSERT_TRUE(opened->append(1, frames_of(0)));
    before = *disk.bytes(segment_path(1));
    ASSERT_TRUE(opened->append(1, large));
  }
  const std::string after = *disk.bytes(segment_path(1));
  int whole = 0;
  for (unsigned mask = 0; mask < 64; ++mask) {
    const auto copy = disk.copy();
    std::string& bytes = *copy->bytes(segment_path(1));
    for (unsigned sector = 0; sector < 6; ++sector) {
      if ((mask >> sector & 1) == 0) bytes.replace(sector * 512, 512, before, sector * 512, 512);
    }
    const Opened opened = open_journal(*copy, small_options(kSegment));
    ASSERT_TRUE(opened.ok()) << mask << ": " << opened.error();
    ASSERT_GE(opened.seen.batches.size(), 1U) << mask;
    EXPECT_EQ(opened.seen.batches[0].frames, frames_of(0));
    const bool complete = bytes.substr(0, 3072) == after.substr(0, 3072) || opened.seen.batches.size() == 2;
    EXPECT_EQ(opened.seen.batches.size(), complete ? 2U : 1U) << mask;
    EXPECT_EQ(opened.seen.batches.back().frames, complete ? large : frames_of(0));
    whole += complete ? 1 : 0;
  }
  EXPECT_EQ(whole, 1) << "only with every new sector";
}

}  // namespace
}  // namespace baton::storage::test
