// What every state store promises, on the one in memory and on LMDB files; and that damage to a file is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/hash.h"
#include "storage/files/lmdb_store.h"
#include "storage/memory/memory_store.h"

namespace baton::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class StateStoreTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "baton-store-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    open();
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(directory_);
  }
  void open() {
    store_.reset();
    if (GetParam()) {
      auto opened = LmdbStore::open({.path = path(), .map_bytes = 1U << 30});
      ASSERT_TRUE(opened) << opened.error().message;
      store_ = std::move(*opened);
    } else {
      store_ = std::make_unique<MemoryStore>();
    }
  }
  [[nodiscard]] std::string path() const { return directory_ + "/state.mdb"; }
  Status put(const std::map<std::string, std::string>& rows, std::uint64_t position, std::uint64_t previous,
             std::uint64_t epoch = 1) {
    return store_->commit(
        [&rows](StoreWriter& writer) -> Status {
          for (const auto& [key, value] : rows) BATON_TRY(writer.put(key, value));
          return {};
        },
        Position(position), Epoch(epoch), Position(previous));
  }
  std::vector<std::string> scan(const std::string& lower, const std::string& upper, std::size_t limit, bool more) {
    std::vector<std::string> keys;
    const auto cut =
        (*store_->snapshot())->scan(lower, upper, limit, [&keys](std::string_view key, std::string_view) -> Status {
          keys.emplace_back(key);
          return {};
        });
    EXPECT_TRUE(cut);
    EXPECT_EQ(*cut, more);
    return keys;
  }
  std::string value_of(const StoreSnapshot& snapshot, std::string_view key) {
    std::string found = "-";
    EXPECT_TRUE(snapshot.get_many(std::span(&key, 1), [&found](std::size_t, auto value) -> Status {
      if (value) found = *value;
      return {};
    }));
    return found;
  }

  std::string directory_;
  std::unique_ptr<StateStore> store_;
};

TEST_P(StateStoreTest, IsEmptyAtFirst) {
  EXPECT_EQ(*store_->mark(), StoreMark{});
  EXPECT_THAT(scan("", "", 10, false), ElementsAre());
}

TEST_P(StateStoreTest, ACommitIsThereAsAWhole) {
  ASSERT_TRUE(put({{"a", "1"}, {"b", "2"}, {"c", "3"}}, 7, 0, 2));
  const auto mark = store_->mark();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->position, Position(7));
  EXPECT_EQ(mark->epoch, Epoch(2));
  EXPECT_EQ(mark->rows, 3U);
  EXPECT_EQ(mark->hash, row_hash("a", "1") + row_hash("b", "2") + row_hash("c", "3"));
  EXPECT_THAT(scan("", "", 10, false), ElementsAre("a", "b", "c"));
  EXPECT_THAT(scan("b", "", 10, false), ElementsAre("b", "c"));
  EXPECT_THAT(scan("a", "c", 10, false), ElementsAre("a", "b"));
  EXPECT_THAT(scan("a", "", 2, true), ElementsAre("a", "b"));
  EXPECT_THAT(scan("a", "", 3, false), ElementsAre("a", "b", "c"));
}

TEST_P(StateStoreTest, AnErrorOfTheWriterChangesNothing) {
  ASSERT_TRUE(put({{"a", "1"}}, 1, 0));
  const Status failed = store_->commit(
      [](StoreWriter& writer) -> Status {
        BATON_TRY(writer.put("a", "2"));
        return fail(Code::kInternal, "no");
      },
      Position(2), Epoch(1), Position(1));
  EXPECT_FALSE(failed);
  EXPECT_EQ(value_of(**store_->snapshot(), "a"), "1");
  EXPECT_TRUE(put({{"a", "3"}}, 2, 1));
}

TEST_P(StateStoreTest, IsFencedByPositionAndEpoch) {
  ASSERT_TRUE(put({{"a", "1"}}, 5, 0, 3));
  const Status elsewhere = put({{"a", "2"}}, 9, 4, 3);
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, Code::kFailedPrecondition);
  EXPECT_FALSE(put({{"a", "2"}}, 9, 5, 2)) << "an older epoch";
  EXPECT_EQ(value_of(**store_->snapshot(), "a"), "1");
}

TEST_P(StateStoreTest, ASnapshotDoesNotSeeLaterCommits) {
  ASSERT_TRUE(put({{"a", "1"}}, 1, 0));
  const auto snapshot = store_->snapshot();
  ASSERT_TRUE(put({{"a", "2"}, {"b", "2"}}, 2, 1));
  EXPECT_EQ(value_of(**snapshot, "a"), "1");
  EXPECT_EQ(value_of(**snapshot, "b"), "-");
  EXPECT_EQ(value_of(**store_->snapshot(), "a"), "2");
}

TEST_P(StateStoreTest, ErasesRowsAndPrefixes) {
  ASSERT_TRUE(put({{"a", "1"}, {"b", "1"}, {"b1", "1"}, {"b2", "1"}, {"c", "1"}}, 1, 0));
  ASSERT_TRUE(store_->commit(
      [](StoreWriter& writer) -> Status {
        BATON_TRY(writer.erase("a"));
        BATON_TRY(writer.erase("nothing"));
        BATON_TRY(writer.erase_all("b"));
        BATON_TRY(writer.erase_all("x"));
        return writer.put("b1", "new");
      },
      Position(2), Epoch(1), Position(1)));
  EXPECT_THAT(scan("", "", 10, false), ElementsAre("b1", "c"));
  EXPECT_EQ(store_->mark()->rows, 2U);
  EXPECT_EQ(store_->mark()->hash, row_hash("b1", "new") + row_hash("c", "1"));
}

TEST_P(StateStoreTest, EqualsAPlainMap) {
  std::mt19937 random(3);
  std::map<std::string, std::string> model;
  std::uint64_t position = 0;
  for (int round = 0; round < 60; ++round) {
    ASSERT_TRUE(store_->commit(
        [&](StoreWriter& writer) -> Status {
          for (int i = 0; i < 300; ++i) {
            const std::string key = std::to_string(random() % 4000);
            const auto action = random() % 20;
            if (action == 0) {
              BATON_TRY(writer.erase_all(key.substr(0, 3)));
              std::erase_if(model, [&key](const auto& row) { return row.first.starts_with(key.substr(0, 3)); });
            } else if (action < 6) {
              BATON_TRY(writer.erase(key));
              model.erase(key);
            } else {
              const std::string value(random() % 3000, static_cast<char>('a' + random() % 26));
              BATON_TRY(writer.put(key, value));
              model[key] = value;
            }
          }
          return {};
        },
        Position(position + 1), Epoch(1), Position(position)));
    ++position;
    std::map<std::string, std::string> found;
    ASSERT_TRUE(
        (*store_->snapshot())->scan("", "", SIZE_MAX, [&](std::string_view key, std::string_view value) -> Status {
          found.emplace(key, value);
          return {};
        }));
    ASSERT_EQ(found, model);
    ASSERT_EQ(store_->mark()->rows, model.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, StateStoreTest, ::testing::Bool(),
                         [](const auto& store) { return store.param ? "Lmdb" : "Memory"; });

class LmdbFileTest : public StateStoreTest {
 protected:
  LmdbStore& lmdb() { return static_cast<LmdbStore&>(*store_); }
  void fill(int rows) {
    std::map<std::string, std::string> all;
    std::mt19937 random(5);
    for (int i = 0; i < rows; ++i) {
      std::string key = "key" + std::to_string(100'000 + i);
      std::string value(100 + random() % 400, static_cast<char>('a' + i % 26));
      all.emplace(std::move(key), std::move(value));
    }
    ASSERT_TRUE(put(all, 1, 0));
  }
  static Status verify(const std::string& path) {
    BATON_ASSIGN(const auto store, LmdbStore::open({.path = path, .map_bytes = 1U << 30, .read_only = true}));
    return store->verify([](std::string_view, std::string_view) -> Status { return {}; });
  }
};

TEST_P(LmdbFileTest, KeepsItsRowsWhenItIsOpenedAgain) {
  fill(1000);
  const StoreMark mark = *store_->mark();
  open();
  EXPECT_EQ(*store_->mark(), mark);
  EXPECT_TRUE(verify(path()));
}

TEST_P(LmdbFileTest, GrowsAheadOfItsCommits) {
  fill(4000);
  const auto first = std::filesystem::file_size(path());
  while (*store_->make_room(100, 64U << 10)) continue;
  const auto ahead = std::filesystem::file_size(path());
  EXPECT_GE(ahead, first * 2) << "room for as much as the first commit added";
  ASSERT_TRUE(put({{"one", "row"}}, 2, 1));
  EXPECT_EQ(std::filesystem::file_size(path()), ahead);
  constexpr std::uint64_t kMuch = 8U << 20;
  EXPECT_FALSE(*store_->make_room(kMuch, UINT64_MAX)) << "all of it at once";
  EXPECT_GE(std::filesystem::file_size(path()), first + kMuch);
  ASSERT_TRUE(put({{"another", "row"}}, 3, 2));
  EXPECT_TRUE(verify(path()));
  Breather no_rests;
  ASSERT_TRUE(lmdb().copy(directory_ + "/copy.mdb", no_rests));
  EXPECT_LT(std::filesystem::file_size(directory_ + "/copy.mdb"), first * 3 / 2) << "a copy has no room in it";
  open();
  EXPECT_EQ(store_->mark()->position, Position(3));
}

TEST_P(LmdbFileTest, ACopyIsVerified) {
  fill(1000);
  int rests = 0;
  Breather breather([&rests](std::chrono::nanoseconds) { return ++rests > 0; });
  const auto copied = lmdb().copy(directory_ + "/copy.mdb", breather);
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(*copied, *store_->mark());
  EXPECT_GT(rests, 10) << "of 300 KB, written and read back";
}

// Wherever a copy is given up, nothing hangs and the store goes on.
TEST_P(LmdbFileTest, ACopyCanBeGivenUp) {
  fill(2000);
  for (const int after : {1, 2, 4, 8, 16}) {
    int rests = 0;
    Breather breather([&](std::chrono::nanoseconds) { return ++rests < after; });
    const auto copied = lmdb().copy(directory_ + "/copy.mdb", breather);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Code::kCancelled);
    EXPECT_EQ(rests, after);
  }
  ASSERT_TRUE(put({{"one", "row"}}, 2, 1));
  Breather no_rests;
  EXPECT_TRUE(lmdb().copy(directory_ + "/copy.mdb", no_rests));
}

TEST_P(LmdbFileTest, WhatIsNoStoreIsRefused) {
  store_.reset();
  std::ofstream(directory_ + "/other.mdb") << std::string(8192, 'x');
  const auto opened = LmdbStore::open({.path = directory_ + "/other.mdb", .map_bytes = 1U << 30});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kDataLoss);
  EXPECT_THAT(opened.error().message, HasSubstr("other.mdb"));
}

/// Verifies in a process of its own, because reading a damaged tree may end it: 0 whole, 1 reported, else it died.
int verify_apart(const std::string& path, Status (*verify)(const std::string&)) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(2);
    ::_exit(verify(path) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

TEST_P(LmdbFileTest, AFlippedBitIsFoundOrHitNothing) {
  fill(400);
  store_.reset();
  std::string bytes;
  {
    std::ifstream in(path(), std::ios::binary);
    bytes.assign((std::istreambuf_iterator<char>(in)), {});
  }
  std::mt19937 random(9);
  int found = 0;
  constexpr int kFlips = 400;
  for (int i = 0; i < kFlips; ++i) {
    const std::size_t at = random() % bytes.size();
    const char before = bytes[at];
    bytes[at] = static_cast<char>(before ^ (1 << (random() % 8)));
    const std::string damaged = directory_ + "/damaged.mdb";
    std::ofstream(damaged, std::ios::binary | std::ios::trunc) << bytes;
    // Whole: then every row is as it was, for verify() compares them with the mark.
    if (verify_apart(damaged, &LmdbFileTest::verify) != 0) ++found;
    bytes[at] = before;
  }
  EXPECT_GT(found, kFlips / 3) << "most bytes of the file are rows";
}

INSTANTIATE_TEST_SUITE_P(Files, LmdbFileTest, ::testing::Values(true), [](const auto&) { return "Lmdb"; });

}  // namespace
}  // namespace baton::storage
