#include "storage/files/segment_window.h"

#include "storage/tests/journal_support.h"

namespace baton::storage::test {
namespace {

constexpr std::size_t kWindow = 512U << 10;

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13U);
  return bytes;
}

TEST(SegmentWindow, HasTheBytesFromAnyOffset) {
  MemoryDisk disk;
  const std::string bytes = pattern(3 * kWindow + 100);
  ASSERT_TRUE(disk.make_directory("/j"));
  const auto file = disk.create_zeroed("/j/s", bytes.size(), Haste::kNow);
  ASSERT_TRUE(file && (*file)->write(0, bytes));
  auto window = SegmentWindow::open(disk, "/j", {1, "s", false});
  ASSERT_TRUE(window);
  ASSERT_EQ(window->size(), bytes.size());
  // Forwards, backwards, across the end of a window, more than one, behind the end.
  for (const auto& [offset, least] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 128},
                                                                                          {kWindow - 10, 20},
                                                                                          {5, 10},
                                                                                          {100, 2 * kWindow},
                                                                                          {3 * kWindow, 88},
                                                                                          {bytes.size() - 4, 88},
                                                                                          {bytes.size(), 1}}) {
    const auto found = window->from(offset, least);
    ASSERT_TRUE(found);
    EXPECT_GE(found->size(), std::min<std::uint64_t>(least, bytes.size() - offset));
    EXPECT_EQ(*found, std::string_view(bytes).substr(offset, found->size())) << offset;
  }
}

TEST(SegmentWindow, FindsAByteAmongZeros) {
  for (const std::size_t at : {std::size_t{10}, kWindow - 1, kWindow, 2 * kWindow + 4}) {
    MemoryDisk disk;
    ASSERT_TRUE(disk.make_directory("/j"));
    const auto file = disk.create_zeroed("/j/s", 2 * kWindow + 5, Haste::kNow);
    ASSERT_TRUE(file && (*file)->write(at, "x"));
    auto window = SegmentWindow::open(disk, "/j", {1, "s", false});
    ASSERT_TRUE(window);
    EXPECT_FALSE(*is_zero_from(*window, 0)) << at;
    EXPECT_FALSE(*is_zero_from(*window, at)) << at;
    EXPECT_TRUE(*is_zero_from(*window, at + 1)) << at;
  }
}

TEST(SegmentWindow, BatchesLieAcrossItsEnds) {
  MemoryDisk disk;
  const FileJournalOptions options = small_options(4U << 20);
  std::vector<std::string> frames;
  {
    const Opened opened = open_journal(disk, options);
    ASSERT_TRUE(opened.ok()) << opened.error();
    for (const std::size_t size : {300'000U, 300'001U, 1'200'000U, 5U, 400'000U}) {
      frames.push_back(pattern(size));
      ASSERT_TRUE(opened->append(1, frames.back()));
    }
  }
  const Opened again = open_journal(disk, options);
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ(again.seen.frames(), frames);
  EXPECT_FALSE(again->cut_a_torn_tail());
}

TEST(SegmentWindow, ATornTailFarBehindIsCutAndAGoodBatchThereIsDamage) {
  const FileJournalOptions options = small_options(4U << 20);
  for (const bool good : {false, true}) {
    MemoryDisk disk;
    std::uint64_t second = 0, third = 0;
    std::string segment;
    {
      const Opened opened = open_journal(disk, options);
      ASSERT_TRUE(opened.ok()) << opened.error();
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(opened->append(1, pattern(700'000)));
      const auto file = disk.open(segment_path(1));
      ASSERT_TRUE((*file)->read(0, 4U << 20, segment));
      const auto places = places_in(segment);
      ASSERT_GE(places.size(), 3U);
      third = places[places.size() - 1].offset;
      second = places[places.size() - 2].offset;
    }
    const auto file = disk.open(segment_path(1));
    ASSERT_TRUE((*file)->write(second + 400'000, "damage"));
    if (!good) {
      ASSERT_TRUE((*file)->write(third + 400'000, "damage"));
    }
    const Opened again = open_journal(disk, options);
    EXPECT_EQ(again.ok(), !good) << again.error();
    if (good) {
      EXPECT_NE(again.error().find("later data proves"), std::string::npos) << again.error();
    } else {
      EXPECT_TRUE(again->cut_a_torn_tail());
    }
  }
}

}  // namespace
}  // namespace baton::storage::test
