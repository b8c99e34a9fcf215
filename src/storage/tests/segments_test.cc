// Closed segments: compression and truncation, and what a reader makes of them.
#include "storage/files/segments.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <random>

#include "storage/files/consumers.h"
#include "storage/files/housekeeping.h"
#include "storage/files/lmdb_store.h"
#include "storage/tests/journal_support.h"

namespace baton::storage::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class SegmentsTest : public ::testing::Test {
 protected:
  /// A journal of several small segments with one frame a batch.
  void write(int batches) {
    FileJournalOptions options;
    options.directory = kDirectory;
    options.prepare_in_background = false;
    options.first_segment_bytes = 4096;
    options.largest_segment_bytes = 4096;
    auto journal = FileJournal::open(disk_, options, [](const BatchView&) -> Status { return {}; });
    ASSERT_TRUE(journal);
    for (int i = 0; i < batches; ++i)
      ASSERT_TRUE((*journal)->append(1, std::string(500, static_cast<char>('a' + i % 26))));
  }
  /// The first and last position that can be read behind `after`.
  Result<std::pair<std::uint64_t, std::uint64_t>> read(Position after = Position(0)) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    BATON_TRY(read_journal(
        disk_, kDirectory, PartitionId(1),
        [&](const BatchView& batch) -> Status {
          if (first == 0) first = batch.first.value();
          EXPECT_TRUE(last == 0 || batch.first.value() == last + 1);
          last = batch.first.value() + batch.frame_count - 1;
          EXPECT_EQ(batch.frames, std::string(500, static_cast<char>('a' + (batch.first.value() - 1) % 26)));
          return {};
        },
        after));
    return std::pair(first, last);
  }
  std::size_t count() { return list_segments(disk_, kDirectory)->size(); }

  MemoryDisk disk_;
  Breather no_rests_;
};

TEST_F(SegmentsTest, ReadingBeginsAtTheSegmentThatIsNeeded) {
  write(60);
  ASSERT_GT(count(), 6U);
  EXPECT_EQ(read()->first, 1U);
  const auto late = read(Position(40));
  ASSERT_TRUE(late);
  EXPECT_GT(late->first, 20U);
  EXPECT_LE(late->first, 41U);
  EXPECT_EQ(late->second, 60U);
}

TEST_F(SegmentsTest, CompressedSegmentsReadAsBefore) {
  write(60);
  const auto plain = disk_.bytes(std::string(kDirectory) + "/000000000001.seg")->size();
  int compressed = 0;
  while (true) {
    const auto done = compress_one_segment(disk_, kDirectory, Position(60), no_rests_);
    ASSERT_TRUE(done) << done.error().message;
    if (!*done) break;
    ++compressed;
  }
  EXPECT_EQ(static_cast<std::size_t>(compressed), count() - 1) << "all but the last";
  EXPECT_LT(disk_.bytes(std::string(kDirectory) + "/000000000001.seg.zst")->size(), plain / 2);
  const auto all = read();
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(*all, std::pair(std::uint64_t{1}, std::uint64_t{60}));
  write(10);  // a writer goes on
}

TEST_F(SegmentsTest, WhatIsNotStoredYetIsNotCompressed) {
  write(60);
  EXPECT_FALSE(*compress_one_segment(disk_, kDirectory, Position(2), no_rests_));
}

TEST_F(SegmentsTest, CompressingCanBeGivenUp) {
  write(60);
  for (int after = 1;; ++after) {
    int rests = 0;
    Breather breather([&](std::chrono::nanoseconds) { return ++rests < after; });
    const auto done = compress_one_segment(disk_, kDirectory, Position(60), breather);
    EXPECT_EQ(read()->second, 60U);
    if (done) break;
    EXPECT_EQ(done.error().code, Code::kCancelled);
    ASSERT_LT(after, 10);
  }
  EXPECT_EQ(disk_.bytes(std::string(kDirectory) + "/000000000001.seg"), nullptr);
}

// Segments of many pieces, of bytes that compress well, badly, and not at all.
TEST_F(SegmentsTest, LargeSegmentsAreCompressedInPieces) {
  FileJournalOptions options;
  options.directory = kDirectory;
  options.prepare_in_background = false;
  options.first_segment_bytes = options.largest_segment_bytes = 1U << 20;
  std::mt19937_64 random(3);
  std::string written;
  {
    auto journal = FileJournal::open(disk_, options, [](const BatchView&) -> Status { return {}; });
    ASSERT_TRUE(journal);
    for (int i = 0; i < 60; ++i) {
      std::string frame(50'000 + random() % 1000, 'x');
      for (std::size_t at = 0; at < frame.size(); at += 1U << (i % 5 * 3)) frame[at] = static_cast<char>(random());
      written += frame;
      ASSERT_TRUE((*journal)->append(1, frame));
    }
  }
  ASSERT_GE(count(), 3U);
  int rests = 0;
  Breather breather([&rests](std::chrono::nanoseconds) { return ++rests > 0; });
  std::size_t compressed = 0;
  while (*compress_one_segment(disk_, kDirectory, Position(60), breather)) ++compressed;
  EXPECT_EQ(compressed, count() - 1);
  EXPECT_GT(rests, 20);
  std::string found;
  ASSERT_TRUE(read_journal(
      disk_, kDirectory, PartitionId(1),
      [&found](const BatchView& batch) -> Status {
        found += batch.frames;
        return {};
      },
      Position(0)));
  EXPECT_TRUE(found == written);
}

TEST_F(SegmentsTest, ACrashWhileCompressingLeavesAWholeJournal) {
  write(60);
  const std::string first = *disk_.bytes(std::string(kDirectory) + "/000000000001.seg");
  ASSERT_TRUE(*compress_one_segment(disk_, kDirectory, Position(60), no_rests_));
  // Both files are there: the power went before the plain one was removed.
  ASSERT_TRUE(disk_.create_zeroed(std::string(kDirectory) + "/000000000001.seg", first.size(), Haste::kNow));
  *disk_.bytes(std::string(kDirectory) + "/000000000001.seg") = first;
  EXPECT_EQ(read()->second, 60U);
  ASSERT_TRUE(*compress_one_segment(disk_, kDirectory, Position(60), no_rests_));
  EXPECT_EQ(read()->second, 60U);
}

TEST_F(SegmentsTest, EveryFlippedBitOfACompressedSegmentIsFound) {
  write(30);
  ASSERT_TRUE(*compress_one_segment(disk_, kDirectory, Position(30), no_rests_));
  std::string& bytes = *disk_.bytes(std::string(kDirectory) + "/000000000001.seg.zst");
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 3) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(read()) << "bit " << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
  EXPECT_TRUE(read());
}

TEST_F(SegmentsTest, TruncationGoesNoFurtherThanAsked) {
  write(60);
  const std::size_t before = count();
  const auto removed = truncate_segments(disk_, kDirectory, Position(40));
  ASSERT_TRUE(removed);
  EXPECT_GT(*removed, 2U);
  EXPECT_EQ(count(), before - *removed);
  const auto rest = read(Position(40));
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_LE(rest->first, 41U);
  EXPECT_EQ(rest->second, 60U);
  const auto all = read();
  ASSERT_FALSE(all) << "without the state before it the journal is not whole";
  EXPECT_THAT(all.error().message, HasSubstr("000000000001.seg' is missing"));
  const auto early = read(Position(5));
  ASSERT_FALSE(early);
  EXPECT_THAT(early.error().message, HasSubstr("segments between them are missing"));
  EXPECT_GE(*truncate_segments(disk_, kDirectory, Position(60)), 1U);
  EXPECT_EQ(count(), 1U) << "the last segment stays";
}

TEST_F(SegmentsTest, ConsumersHoldTruncationBack) {
  JournalConsumers consumers(disk_, "/consumers");
  EXPECT_EQ(*consumers.least(), std::nullopt);
  ASSERT_TRUE(consumers.update("history", Position(30)));
  ASSERT_TRUE(consumers.update("audit", Position(12)));
  EXPECT_EQ(*consumers.least(), Position(12));
  ASSERT_TRUE(consumers.update("audit", Position(50)));
  EXPECT_EQ(*consumers.least(), Position(30));
  ASSERT_TRUE(consumers.remove("history"));
  EXPECT_EQ(*consumers.least(), Position(50));
  EXPECT_FALSE(consumers.update("../x", Position(1)));
  disk_.crash();
  EXPECT_EQ(*JournalConsumers(disk_, "/consumers").least(), Position(50));
  *disk_.bytes("/consumers/audit") = "abc";
  EXPECT_FALSE(consumers.least());
}

/// On a real disk: copies are files of LMDB.
TEST(Housekeeping, KeepsCopiesAndWhatTheyNeed) {
  std::string pattern = (fs::temp_directory_path() / "baton-keep-XXXXXX").string();
  const std::string data = ::mkdtemp(pattern.data());
  PosixDisk disk;
  ASSERT_TRUE(disk.make_directory(data + "/state"));
  auto store = LmdbStore::open({.path = data + "/state/state.mdb", .map_bytes = 1U << 28});
  ASSERT_TRUE(store);
  const auto commit = [&](std::uint64_t position, std::uint64_t previous) {
    return (*store)->commit([](StoreWriter& writer) { return writer.put("k", "v"); }, Position(position), Epoch(1),
                            Position(previous));
  };
  FileJournalOptions journal_options;
  journal_options.directory = data + "/journal";
  journal_options.prepare_in_background = false;
  journal_options.first_segment_bytes = journal_options.largest_segment_bytes = 4096;
  auto journal = FileJournal::open(disk, journal_options, [](const BatchView&) -> Status { return {}; });
  ASSERT_TRUE(journal);
  for (int i = 0; i < 60; ++i) ASSERT_TRUE((*journal)->append(1, std::string(500, 'x')));
  HousekeepingOptions options;
  options.data = data;
  options.retention_ms = 1000;
  options.copy_interval_ms = 10;
  Housekeeping housekeeping(disk, **store, options);
  ASSERT_TRUE(commit(20, 0));
  const std::int64_t now = 4'000'000'000'000;  // everything is old
  ASSERT_TRUE(housekeeping.consumers().update("history", Position(8)));
  ASSERT_TRUE(housekeeping.look(now));
  EXPECT_EQ(*list_copies(disk, data), std::vector{Position(20)});
  const auto first_position = [&] {
    return read_segment_header(disk, data + "/journal", (*list_segments(disk, data + "/journal"))[0])->first;
  };
  EXPECT_LE(first_position(), Position(9)) << "the consumer needs it";
  ASSERT_TRUE(housekeeping.consumers().update("history", Position(60)));
  ASSERT_TRUE(commit(30, 20));
  ASSERT_TRUE(housekeeping.look(now + 100));
  ASSERT_TRUE(commit(50, 30));
  EXPECT_FALSE(*housekeeping.is_behind(now + 100)) << "there was a copy just now";
  EXPECT_TRUE(*housekeeping.is_behind(now + 200)) << "one is missing";
  ASSERT_TRUE(housekeeping.look(now + 200));
  EXPECT_FALSE(*housekeeping.is_behind(now + 300)) << "there is nothing new to copy";
  EXPECT_EQ(*list_copies(disk, data), (std::vector{Position(30), Position(50)}));
  EXPECT_GT(first_position(), Position(9));
  EXPECT_LE(first_position(), Position(31)) << "the oldest copy needs it";
  for (int i = 0; i < 600; ++i) ASSERT_TRUE((*journal)->append(1, std::string(500, 'x')));
  EXPECT_TRUE(*housekeeping.is_behind(now + 300)) << "more than 64 segments are not compressed";
  fs::remove_all(data);
}

}  // namespace
}  // namespace baton::storage::test
