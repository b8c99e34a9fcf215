// Power cuts and failing calls (reliability.md F03, F06, F13, F14): what was acknowledged is there, always.
#include <gmock/gmock.h>

#include <functional>

#include "storage/tests/journal_support.h"

namespace baton::storage::test {
namespace {

constexpr std::size_t kBatches = 30;
constexpr std::uint64_t kSeeds = 200;

/// Passes everything on to a MemoryDisk and fails the n-th call that changes something; a failing write writes its
/// first half.
class FailingDisk final : public Disk {
 public:
  explicit FailingDisk(MemoryDisk& disk) : disk_(disk) {}
  /// 1: the next call fails. `forever`: and every one after it.
  void fail_at(int call, bool forever = false) {
    calls_left_ = call;
    forever_ = forever;
    failed_ = false;
  }
  [[nodiscard]] bool failed() const { return failed_; }

  Status make_directory(const std::string& path) override { return disk_.make_directory(path); }
  Result<std::vector<std::string>> list(const std::string& directory) const override { return disk_.list(directory); }
  Result<std::unique_ptr<File>> open(const std::string& path) override { return wrap(disk_.open(path)); }
  Result<std::unique_ptr<File>> create_zeroed(const std::string& path, std::uint64_t size, Haste haste) override {
    if (fails()) return fail(Code::kResourceExhausted, "injected: create");
    return wrap(disk_.create_zeroed(path, size, haste));
  }
  Status rename(const std::string& from, const std::string& to) override {
    if (fails()) return fail(Code::kUnavailable, "injected: rename");
    return disk_.rename(from, to);
  }
  Status remove(const std::string& path) override {
    if (fails()) return fail(Code::kUnavailable, "injected: remove");
    return disk_.remove(path);
  }
  Status sync_directory(const std::string& directory) override {
    if (fails()) return fail(Code::kUnavailable, "injected: sync directory");
    return disk_.sync_directory(directory);
  }

 private:
  class Handle final : public File {
   public:
    Handle(FailingDisk& disk, std::unique_ptr<File> file) : disk_(disk), file_(std::move(file)) {}
    Result<std::uint64_t> size() const override { return file_->size(); }
    Status read(std::uint64_t offset, std::size_t size, std::string& out) const override {
      return file_->read(offset, size, out);
    }
    Status write(std::uint64_t offset, std::string_view bytes) override {
      if (!disk_.fails()) return file_->write(offset, bytes);
      BATON_TRY(file_->write(offset, bytes.substr(0, bytes.size() / 2)));
      return fail(Code::kUnavailable, "injected: write");
    }
    Status sync() override {
      if (disk_.fails()) return fail(Code::kUnavailable, "injected: sync");
      return file_->sync();
    }

   private:
    FailingDisk& disk_;
    std::unique_ptr<File> file_;
  };

  Result<std::unique_ptr<File>> wrap(Result<std::unique_ptr<File>> file) {
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<Handle>(*this, std::move(*file)));
  }
  bool fails() {
    if (calls_left_ == 0) return failed_ && forever_;
    if (--calls_left_ != 0) return false;
    failed_ = true;
    return true;
  }

  MemoryDisk& disk_;
  int calls_left_ = 0;
  bool forever_ = false;
  bool failed_ = false;
};

/// Appends until an error or `count` batches; returns how many were acknowledged.
std::size_t append_until_error(FileJournal& journal, std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < count; ++i) {
    if (!journal.append(1, frames_of(i))) return i;
  }
  return count;
}

void expect_acknowledged(Disk& disk, std::size_t acknowledged, std::size_t written, const std::string& label) {
  const Opened opened = open_journal(disk);
  ASSERT_TRUE(opened.ok()) << label << ": " << opened.error();
  const int found = prefix_length(opened.seen);
  ASSERT_GE(found, static_cast<int>(acknowledged)) << label;
  ASSERT_LE(found, static_cast<int>(written)) << label;
}

// Every append is followed by a power cut in which an arbitrary set of unsynced sectors survives.
TEST(PowerCut, AfterEveryAppendWithEverySeedEveryAcknowledgedBatchIsThere) {
  for (std::size_t count = 0; count <= 12; ++count) {
    const auto original = disk_with(count, false, small_options(1024));
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const auto disk = original->copy();
      disk->crash(seed);
      const Opened opened = open_journal(*disk, small_options(1024));
      ASSERT_TRUE(opened.ok()) << opened.error();
      ASSERT_EQ(prefix_length(opened.seen), static_cast<int>(count)) << "seed " << seed;
    }
  }
}

// The cut hits between the write and the return of its sync: the batch is there or not, everything before it is.
TEST(PowerCut, DuringEveryAppendWithEverySeedLeavesAPrefixWithEverythingAcknowledged) {
  std::size_t kept = 0;
  std::size_t lost = 0;
  for (int call = 1; call <= 60; ++call) {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      MemoryDisk disk;
      FailingDisk failing(disk);
      std::size_t acknowledged = 0;
      {
        const Opened opened = open_journal(failing, small_options(1024));
        ASSERT_TRUE(opened.ok());
        failing.fail_at(call);
        acknowledged = append_until_error(*opened, 0, kBatches);
      }
      if (!failing.failed()) break;
      disk.crash(seed);
      const Opened opened = open_journal(disk, small_options(1024));
      ASSERT_TRUE(opened.ok()) << "call " << call << " seed " << seed << ": " << opened.error();
      const auto found = static_cast<std::size_t>(prefix_length(opened.seen));
      ASSERT_TRUE(found == acknowledged || found == acknowledged + 1)
          << "call " << call << " seed " << seed << " found " << found;
      (found == acknowledged ? lost : kept) += 1;
    }
  }
  EXPECT_GT(kept, 100U) << "some unacknowledged batches survive";
  EXPECT_GT(lost, 100U) << "and some do not";
}

class FailingCall : public ::testing::TestWithParam<bool> {};

// n = 1, 2, ... until nothing fails any more; once and for ever.
TEST_P(FailingCall, AtAnyPlaceIsAnErrorAndReopeningFindsEveryAcknowledgedBatch) {
  int failures = 0;
  for (int call = 1; call < 1000; ++call) {
    MemoryDisk disk;
    FailingDisk failing(disk);
    failing.fail_at(call, GetParam());
    std::size_t acknowledged = 0;
    {
      const Opened opened = open_journal(failing);
      if (opened.ok()) {
        acknowledged = append_until_error(*opened, 0, kBatches);
        const bool all_well = acknowledged == kBatches && opened->mark();
        ASSERT_FALSE(all_well && failing.failed()) << "an error was swallowed at call " << call;
      }
    }
    if (!failing.failed()) break;
    ++failures;
    const std::string label = fmt::format("call {}", call);
    const auto after_power_cut = disk.copy();
    expect_acknowledged(disk, acknowledged, acknowledged + 1, label);
    expect_acknowledged(*after_power_cut, acknowledged, acknowledged + 1, label);
  }
  EXPECT_GT(failures, static_cast<int>(2 * kBatches)) << "a write and a sync per batch at least";
  EXPECT_LT(failures, 900);
}

// The process dies of the error, a new one serves for a while, and then the power goes: what the new one found and what
// it acknowledged must be durable, although the old one never synced it.
TEST_P(FailingCall, WhatTheNextProcessServedSurvivesAPowerCut) {
  for (int call = 1; call < 1000; ++call) {
    for (const std::uint64_t seed : {0, 1, 2, 3}) {
      MemoryDisk disk;
      FailingDisk failing(disk);
      failing.fail_at(call, GetParam());
      {
        const Opened opened = open_journal(failing);
        if (opened.ok()) append_until_error(*opened, 0, kBatches);
      }
      if (!failing.failed()) return;
      std::size_t served = 0;
      {
        const Opened opened = open_journal(disk);
        ASSERT_TRUE(opened.ok()) << opened.error();
        served = opened.seen.batches.size() + 1;
        ASSERT_TRUE(opened->append(1, frames_of(served - 1)));
      }
      disk.crash(seed);
      expect_acknowledged(disk, served, served, fmt::format("call {} seed {}", call, seed));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(How, FailingCall, ::testing::Bool(),
                         [](const auto& named) { return std::string(named.param ? "ForEver" : "Once"); });

/// A disk whose last batch is torn in the middle.
std::unique_ptr<MemoryDisk> torn_disk() {
  auto disk = disk_with(kBatches, false);
  std::uint64_t last = 1;
  while (disk->bytes(segment_path(last + 1)) != nullptr) ++last;
  std::string& bytes = *disk->bytes(segment_path(last));
  const std::vector<Place> places = places_in(bytes);
  bytes.replace(places.back().end() - 16, 16, 16, '\x55');
  return disk->copy();
}

TEST(RecoveryCrash, AtEveryCallAndAgainInTheNextRecoveryStillOpens) {
  const auto original = torn_disk();
  int failures = 0;
  for (int first = 1; first < 100; ++first) {
    for (int second = 1; second < 100; ++second) {
      const auto disk = original->copy();
      FailingDisk failing(*disk);
      failing.fail_at(first);
      const bool opened_first = open_journal(failing).ok();
      if (!failing.failed()) {
        EXPECT_TRUE(opened_first);
        EXPECT_GT(failures, 3);
        return;
      }
      ASSERT_FALSE(opened_first) << "an error was swallowed at call " << first;
      disk->crash(static_cast<std::uint64_t>(second));
      failing.fail_at(second);
      const bool opened_second = open_journal(failing).ok();
      ++failures;
      const bool clean = !failing.failed();
      EXPECT_EQ(opened_second, clean);
      disk->crash(static_cast<std::uint64_t>(first));
      expect_acknowledged(*disk, kBatches - 1, kBatches - 1, fmt::format("calls {} and {}", first, second));
      if (clean) break;
    }
  }
  FAIL() << "the recovery never came through";
}

// Opening, without appending anything, any number of times leaves the batches alone (recovery is idempotent).
TEST(RecoveryCrash, RepeatedRecoveryOfATornTailFindsTheSame) {
  const auto disk = torn_disk();
  for (int i = 0; i < 5; ++i) {
    const Opened opened = open_journal(*disk);
    ASSERT_TRUE(opened.ok()) << opened.error();
    EXPECT_EQ(opened->cut_a_torn_tail(), i == 0);
    EXPECT_EQ(prefix_length(opened.seen), static_cast<int>(kBatches) - 1);
    EXPECT_EQ(opened->epoch(), Epoch(static_cast<std::uint64_t>(2 + i)));
    disk->crash(static_cast<std::uint64_t>(i));
  }
}

}  // namespace
}  // namespace baton::storage::test
