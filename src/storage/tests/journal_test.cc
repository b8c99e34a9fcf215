#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "storage/tests/journal_support.h"

namespace baton::storage::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "baton-journal-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Runs each test on the disk in memory and on the file system.
class JournalTest : public ::testing::TestWithParam<bool> {
 protected:
  JournalTest() : disk_(GetParam() ? static_cast<Disk&>(posix_) : static_cast<Disk&>(memory_)) {}
  [[nodiscard]] FileJournalOptions options(std::uint64_t segment_bytes = 4096) const {
    FileJournalOptions options = small_options(segment_bytes);
    if (GetParam()) options.directory = temp_.path() + "/data/journal";
    return options;
  }
  [[nodiscard]] std::vector<std::string> files() const { return *disk_.list(options().directory); }

  TempDirectory temp_;
  PosixDisk posix_;
  MemoryDisk memory_;
  Disk& disk_;
};

TEST_P(JournalTest, NewJournalIsEmptyAndBeginsAtPositionOneAndEpochOne) {
  const Opened opened = open_journal(disk_, options());
  ASSERT_TRUE(opened.ok()) << opened.error();
  EXPECT_THAT(opened.seen.batches, IsEmpty());
  EXPECT_EQ(opened->next_position(), Position(1));
  EXPECT_EQ(opened->epoch(), Epoch(1));
  EXPECT_FALSE(opened->cut_a_torn_tail());
  EXPECT_THAT(files(), ElementsAre("000000000001.seg"));
}

TEST_P(JournalTest, ReopeningVisitsWhatWasAppendedInOrder) {
  {
    const Opened opened = open_journal(disk_, options());
    ASSERT_TRUE(opened.ok()) << opened.error();
    ASSERT_TRUE(opened->append(2, "one-two"));
    ASSERT_TRUE(opened->append(1, "three"));
    EXPECT_EQ(opened->next_position(), Position(4));
  }
  const Opened opened = open_journal(disk_, options());
  ASSERT_TRUE(opened.ok()) << opened.error();
  EXPECT_THAT(opened.seen.frames(), ElementsAre("one-two", "three"));
  EXPECT_EQ(opened.seen.batches[0].first, Position(1));
  EXPECT_EQ(opened.seen.batches[0].frame_count, 2U);
  EXPECT_EQ(opened.seen.batches[1].first, Position(3));
  EXPECT_EQ(opened.seen.batches[1].file, "000000000001.seg");
  EXPECT_EQ(opened->next_position(), Position(4));
}

TEST_P(JournalTest, EveryOpeningTakesTheNextEpochEvenWithoutAnAppend) {
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
    const Opened opened = open_journal(disk_, options());
    ASSERT_TRUE(opened.ok()) << opened.error();
    EXPECT_EQ(opened->epoch(), Epoch(epoch));
    ASSERT_TRUE(epoch % 2 == 1 || opened->append(1, "f"));
  }
  const Opened opened = open_journal(disk_, options());
  ASSERT_EQ(opened.seen.batches.size(), 2U);
  EXPECT_EQ(opened.seen.batches[0].epoch, Epoch(2));
  EXPECT_EQ(opened.seen.batches[1].epoch, Epoch(4));
}

TEST_P(JournalTest, TinySegmentsRollAndReadBackAsOneSequence) {
  {
    const Opened opened = open_journal(disk_, options());
    ASSERT_TRUE(opened.ok()) << opened.error();
    for (std::size_t i = 0; i < 100; ++i) ASSERT_TRUE(opened->append(1, frames_of(i)));
  }
  EXPECT_GE(files().size(), 4U);
  const Opened opened = open_journal(disk_, options());
  ASSERT_TRUE(opened.ok()) << opened.error();
  EXPECT_EQ(prefix_length(opened.seen), 100);
  EXPECT_EQ(opened.seen.batches.back().file, segment_name(files().size()));
}

TEST_P(JournalTest, ABatchLargerThanASegmentGetsASegmentOfItsOwnSize) {
  const std::string large(20'000, 'L');
  {
    const Opened opened = open_journal(disk_, options());
    ASSERT_TRUE(opened.ok()) << opened.error();
    ASSERT_TRUE(opened->append(1, "small"));
    ASSERT_TRUE(opened->append(1, large));
    ASSERT_TRUE(opened->append(1, "small again"));
  }
  const Opened opened = open_journal(disk_, options());
  ASSERT_TRUE(opened.ok()) << opened.error();
  EXPECT_THAT(opened.seen.frames(), ElementsAre("small", large, "small again"));
}

TEST_P(JournalTest, ABatchOverTheLimitIsRefusedAndNothingIsWritten) {
  const Opened opened = open_journal(disk_, options());
  ASSERT_TRUE(opened.ok()) << opened.error();
  const std::uint64_t before = opened->bytes_appended();
  EXPECT_FALSE(opened->append(1, std::string(kMaxBatchBytes, 'x')));
  EXPECT_EQ(opened->bytes_appended(), before);
  EXPECT_EQ(opened->next_position(), Position(1));
}

TEST_P(JournalTest, AMarkerIsWrittenOnceUntilTheNextAppend) {
  const Opened opened = open_journal(disk_, options());
  ASSERT_TRUE(opened.ok()) << opened.error();
  const std::uint64_t after_open = opened->bytes_appended();
  ASSERT_TRUE(opened->mark());
  EXPECT_EQ(opened->bytes_appended(), after_open) << "opening wrote one already";
  ASSERT_TRUE(opened->append(1, "x"));
  const std::uint64_t after_append = opened->bytes_appended();
  ASSERT_TRUE(opened->mark());
  ASSERT_TRUE(opened->mark());
  EXPECT_EQ(opened->bytes_appended(), after_append + kBatchHeaderBytes);
  EXPECT_EQ(opened->next_position(), Position(2)) << "a marker takes no position";
}

TEST_P(JournalTest, SegmentsPreparedInTheBackgroundReadBackTheSame) {
  FileJournalOptions background = options();
  background.prepare_in_background = true;
  {
    const Opened opened = open_journal(disk_, background);
    ASSERT_TRUE(opened.ok()) << opened.error();
    for (std::size_t i = 0; i < 120; ++i) ASSERT_TRUE(opened->append(1, frames_of(i)));
    ASSERT_TRUE(opened->append(1, frames_of(120)));
  }
  const Opened opened = open_journal(disk_, background);
  ASSERT_TRUE(opened.ok()) << opened.error();
  EXPECT_EQ(prefix_length(opened.seen), 121);
}

TEST_P(JournalTest, ALeftOverPreparedSegmentIsIgnoredAndRemoved) {
  {
    const Opened opened = open_journal(disk_, options());
  }
  ASSERT_TRUE(disk_.create_zeroed(options().directory + "/next.tmp", 4096, Haste::kNow));
  const Opened opened = open_journal(disk_, options());
  ASSERT_TRUE(opened.ok()) << opened.error();
  EXPECT_THAT(files(), ElementsAre("000000000001.seg"));
}

TEST_P(JournalTest, SegmentsDoubleUpToTheLargest) {
  FileJournalOptions growing = options();
  growing.largest_segment_bytes = 16384;
  const Opened opened = open_journal(disk_, growing);
  ASSERT_TRUE(opened.ok()) << opened.error();
  for (std::size_t i = 0; i < 60; ++i) ASSERT_TRUE(opened->append(1, std::string(1000, 'x')));
  const std::vector<std::uint64_t> expected = {4096, 8192, 16384, 16384};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto file = disk_.open(growing.directory + "/" + segment_name(i + 1));
    ASSERT_TRUE(file) << i;
    EXPECT_EQ(*(*file)->size(), expected[i]) << i;
  }
}

TEST_P(JournalTest, TheVisitorsErrorEndsTheOpening) {
  {
    const Opened opened = open_journal(disk_, options());
    ASSERT_TRUE(opened->append(1, "x"));
  }
  const auto refuse = [](const BatchView&) -> Status { return fail(Code::kDataLoss, "not my frame"); };
  const auto journal = FileJournal::open(disk_, options(), refuse);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().message, "not my frame");
}

TEST_P(JournalTest, AnotherPartitionsJournalIsRefused) {
  {
    const Opened opened = open_journal(disk_, options());
  }
  FileJournalOptions other = options();
  other.partition = PartitionId(2);
  const Opened opened = open_journal(disk_, other);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.journal.error().code, Code::kDataLoss);
  EXPECT_THAT(opened.error(), HasSubstr("000000000001.seg at offset 0"));
}

INSTANTIATE_TEST_SUITE_P(Disks, JournalTest, ::testing::Bool(),
                         [](const auto& named) { return std::string(named.param ? "Posix" : "Memory"); });

TEST(DirectoryLock, OneHolderAtATimeAndFreeAfterwards) {
  const TempDirectory temp;
  {
    auto first = DirectoryLock::take(temp.path());
    ASSERT_TRUE(first) << first.error().to_string();
    const auto second = DirectoryLock::take(temp.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kUnavailable);
    EXPECT_THAT(second.error().message, HasSubstr(temp.path()));
    const DirectoryLock moved = std::move(*first);
    EXPECT_FALSE(DirectoryLock::take(temp.path())) << "the lock moved, it was not dropped";
  }
  EXPECT_TRUE(DirectoryLock::take(temp.path()));
}

TEST(DirectoryLock, NoDirectoryIsAnError) {
  const TempDirectory temp;
  const auto lock = DirectoryLock::take(temp.path() + "/absent");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Code::kNotFound);
}

TEST(PosixDisk, ReadsPastTheEndAndMissingFilesAreErrorsWithThePath) {
  const TempDirectory temp;
  PosixDisk disk;
  const std::string path = temp.path() + "/a";
  auto file = disk.create_zeroed(path, 100, Haste::kNow);
  ASSERT_TRUE(file);
  EXPECT_EQ(*(*file)->size(), 100U);
  std::string out;
  EXPECT_TRUE((*file)->read(0, 100, out));
  EXPECT_EQ(out, std::string(100, '\0'));
  const Status past = (*file)->read(90, 20, out);
  ASSERT_FALSE(past);
  EXPECT_THAT(past.error().message, HasSubstr("ends at offset 100"));
  const auto missing = disk.open(temp.path() + "/b");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_TRUE(disk.remove(temp.path() + "/b")) << "removing what is not there is no error";
  EXPECT_FALSE(disk.rename(temp.path() + "/b", temp.path() + "/c"));
  EXPECT_FALSE(disk.list(temp.path() + "/none"));
  EXPECT_FALSE(disk.sync_directory(temp.path() + "/none"));
}

TEST(PosixDisk, MakesNestedDirectoriesAndSaysWhichOneItCouldNot) {
  const TempDirectory temp;
  PosixDisk disk;
  ASSERT_TRUE(disk.make_directory(temp.path() + "/a/b/c"));
  ASSERT_TRUE(disk.make_directory(temp.path() + "/a/b/c")) << "again is no error";
  EXPECT_TRUE(std::filesystem::is_directory(temp.path() + "/a/b/c"));
  std::ofstream(temp.path() + "/file") << "x";
  const Status in_file = disk.make_directory(temp.path() + "/file/d");
  ASSERT_FALSE(in_file);
  EXPECT_THAT(in_file.error().message, HasSubstr(temp.path() + "/file/d"));
}

TEST(MemoryDisk, ACrashLosesWhatWasNotSyncedAndKeepsTheRest) {
  MemoryDisk disk;
  auto file = disk.create_zeroed("/d/a", 1024, Haste::kNow);
  ASSERT_TRUE(disk.sync_directory("/d"));
  ASSERT_TRUE((*file)->write(0, "synced"));
  ASSERT_TRUE((*file)->sync());
  ASSERT_TRUE((*file)->write(512, "lost"));
  ASSERT_TRUE(disk.create_zeroed("/d/b", 10, Haste::kNow));
  disk.crash();
  EXPECT_EQ(disk.bytes("/d/a")->substr(0, 6), "synced");
  EXPECT_EQ(disk.bytes("/d/a")->substr(512), std::string(512, '\0'));
  EXPECT_EQ(disk.bytes("/d/b"), nullptr);
}

// A full disk: new work is to be refused while there is no room for the next segment, what is under way goes on, and
// nothing needs a restart when there is space again.
TEST(JournalSpace, IsFullUntilTheNextSegmentHasRoom) {
  MemoryDisk disk;
  FileJournalOptions options = small_options(16'384);
  options.prepare_in_background = true;
  auto opened = FileJournal::open(disk, options, [](const BatchView&) -> Status { return {}; });
  ASSERT_TRUE(opened);
  FileJournal& journal = **opened;
  disk.limit(20'000);
  const std::string frame(100, 'x');
  const std::size_t half = 8'192 / batch_size(frame.size());
  for (std::size_t i = 0; i <= half; ++i) ASSERT_TRUE(journal.append(1, frame));
  while (!journal.is_full()) journal.keep_reserve();  // the preparing thread finds out
  for (std::size_t i = 0; i < half / 2; ++i) ASSERT_TRUE(journal.append(1, frame));
  EXPECT_TRUE(journal.is_full());
  disk.limit(0);
  while (journal.is_full()) journal.keep_reserve();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(journal.append(1, frame));
  EXPECT_FALSE(journal.is_full());
}

}  // namespace
}  // namespace baton::storage::test
