// The layers of rows and indexes against a plain map: random puts, erases, reads, freezes, checkpoints and evictions.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/state/ordered_index.h"
#include "engine/state/row_map.h"
#include "engine/tests/cold_engine.h"
#include "engine/tests/random_process.h"

namespace baton::engine::testing {
namespace {

struct TestIndex {
  static constexpr RowKind kKind = RowKind::kJobDeadlines;
  using Group = std::tuple<Symbol, std::uint32_t>;
  using Order = std::tuple<TimeMs, Key>;
};

struct TestRow {
  static constexpr RowKind kKind = RowKind::kLatestDefinition;
  Key key;
  std::string text;
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
  static void fields(auto& self, auto& io) { io(self.key, self.text); }
};

/// A store under one collection.
class Store {
 public:
  explicit Store(Cold& cold) : cold_(cold) {}
  template <typename F>
  auto with_rows(F&& f) {
    while (true) {
      try {
        return f();
      } catch (const RowsMissing&) {
        fetch();
      }
    }
  }
  template <typename Collection>
  void write(const Collection& collection) {
    Sink sink(rows_);
    collection.write_frozen(sink);
  }
  [[nodiscard]] bool has_rows() const { return !rows_.empty(); }
  [[nodiscard]] std::size_t largest_slice() const { return largest_slice_; }
  std::map<std::string, std::string>& rows() { return rows_; }

 private:
  class Sink final : public RowSink {
   public:
    explicit Sink(std::map<std::string, std::string>& rows) : rows_(rows) {}
    void put(std::string_view key, std::string_view value) override { rows_[std::string(key)] = value; }
    void erase(std::string_view key) override { rows_.erase(std::string(key)); }
    void erase_all(std::string_view) override { ADD_FAILURE(); }

   private:
    std::map<std::string, std::string>& rows_;
  };
  void fetch() {
    const Wanted wanted = std::exchange(cold_.wanted, {});
    ASSERT_FALSE(wanted.empty());
    for (const WantedRow& row : wanted.rows) {
      const auto it = rows_.find(row.key);
      ASSERT_TRUE(row.load(it == rows_.end() ? std::nullopt : std::optional<std::string_view>(it->second)));
    }
    for (const WantedRange& range : wanted.ranges) {
      StoredRows found;
      auto it = rows_.lower_bound(range.lower);
      for (; it != rows_.end() && it->first < range.upper && found.size() < range.limit; ++it) found.emplace_back(*it);
      largest_slice_ = std::max(largest_slice_, found.size());
      ASSERT_TRUE(range.load(found, it != rows_.end() && it->first < range.upper));
    }
  }
  Cold& cold_;
  std::map<std::string, std::string> rows_;
  std::size_t largest_slice_ = 0;
};

/// What a freeze, a write and a switch do to a collection, in any legal order, and in slices of any size.
template <typename Collection>
class Checkpoint {
 public:
  Checkpoint(Cold& cold, Collection& collection, Store& store) : cold_(cold), collection_(collection), store_(store) {}
  void step(std::size_t slice) {
    switch (state_) {
      case 0:
        collection_.freeze();
        ++cold_.epoch;
        break;
      case 1:
        if constexpr (requires { collection_.settle(slice); }) {
          if (collection_.settle(slice)) return;
        }
        break;
      case 2:
        store_.write(collection_);
        break;
      case 3:
        collection_.drop_frozen();
        cold_.has_store = true;
        if constexpr (requires { collection_.set_stored(true); }) collection_.set_stored(store_.has_rows());
        break;
      default:
        if (collection_.drop(slice)) return;
    }
    state_ = (state_ + 1) % 5;
  }

 private:
  Cold& cold_;
  Collection& collection_;
  Store& store_;
  int state_ = 0;
};

constexpr int kOperations = 1'000'000;

TEST(OrderedIndexLayers, EqualAPlainMap) {
  SymbolTable symbols;
  Random random(7);
  Cold cold;
  OrderedIndex<TestIndex> index(cold);
  Store store(cold);
  Checkpoint checkpoint(cold, index, store);
  std::vector<TestIndex::Group> groups;
  for (std::uint32_t i = 0; i < 6; ++i) groups.emplace_back(symbols.intern("tenant" + std::to_string(i % 2)), i);
  std::vector<std::set<TestIndex::Order>> model(groups.size());
  for (int i = 0; i < kOperations; ++i) {
    const std::size_t g = random.below(groups.size());
    // The first queue becomes much longer than a window, the others stay short.
    const std::uint64_t span = g == 0 ? 30'000 : 40;
    const TestIndex::Order order(TimeMs(static_cast<std::int64_t>(random.below(span)) - 10), Key(random.below(3)));
    const auto action = random.below(100);
    if (action < 55) {
      if (model[g].contains(order)) {
        index.remove(groups[g], order);
        model[g].erase(order);
      } else {
        index.add(groups[g], order);
        model[g].insert(order);
      }
    } else if (action < 75) {
      const auto first = store.with_rows([&] { return index.first(groups[g]); });
      ASSERT_EQ(first.has_value(), !model[g].empty()) << i;
      if (first) {
        ASSERT_EQ(*first, *model[g].begin()) << i;
      }
    } else if (action < 90) {  // works off the queue from its front
      const auto head = store.with_rows([&] { return index.head(groups[g], 1 + random.below(700)); });
      auto expected = model[g].begin();
      for (const auto& found : head) ASSERT_EQ(found, *expected++) << i;
      if (!head.empty() && random.one_in(3)) {
        index.remove(groups[g], head.front());
        model[g].erase(head.front());
      }
    } else if (action < 95) {  // walks through the queue from anywhere
      const std::size_t limit = 1 + random.below(100);
      const auto slice = store.with_rows([&] { return index.after(groups[g], order, limit); });
      auto expected = model[g].upper_bound(order);
      for (const auto& found : slice) ASSERT_EQ(found, *expected++) << i;
      ASSERT_TRUE(slice.size() == limit || expected == model[g].end()) << i;
    } else if (random.one_in(20)) {
      checkpoint.step(random.below(4));
    }
  }
  EXPECT_LE(store.largest_slice(), kWindowSlice) << "no read is longer than a slice";
  for (int i = 0; i < 10; ++i) checkpoint.step(SIZE_MAX);
  std::size_t entries = 0;
  for (const auto& queue : model) entries += queue.size();
  EXPECT_EQ(store.rows().size(), entries);
}

// Many queues, nearly all of them empty, and often all: what is known not to be stored is not read.
TEST(OrderedIndexLayers, SparseQueuesEqualAPlainMap) {
  constexpr std::size_t kQueues = 2000;
  constexpr std::size_t kMostEntries = 4;
  SymbolTable symbols;
  Random random(17);
  Cold cold;
  OrderedIndex<TestIndex> index(cold);
  Store store(cold);
  Checkpoint checkpoint(cold, index, store);
  std::set<std::pair<std::uint32_t, TestIndex::Order>> model;
  const auto group = [&](std::uint32_t i) { return TestIndex::Group(symbols.intern("tenant"), i); };
  int stored = 0, not_stored = 0;
  for (int i = 0; i < kOperations; ++i) {
    const auto action = random.below(100);
    if (action < 30) {
      if (model.size() >= kMostEntries) continue;
      const auto queue = static_cast<std::uint32_t>(random.below(kQueues));
      const TestIndex::Order order(TimeMs(0), Key(random.below(2)));
      if (model.emplace(queue, order).second) index.add(group(queue), order);
    } else if (action < 70) {
      if (model.empty()) continue;
      const auto entry = std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
      index.remove(group(entry->first), entry->second);
      model.erase(entry);
    } else if (action < 95) {
      const bool ask_present = !model.empty() && random.one_in(2);
      const std::uint32_t queue =
          ask_present ? model.begin()->first : static_cast<std::uint32_t>(random.below(kQueues));
      index.want(group(queue));
      const auto all = store.with_rows([&] { return index.all(group(queue)); });
      auto expected = model.lower_bound({queue, TestIndex::Order{}});
      for (const auto& found : all) ASSERT_EQ(std::pair(queue, found), *expected++) << i;
      ASSERT_TRUE(expected == model.end() || expected->first != queue) << i;
    } else {
      checkpoint.step(random.one_in(2) ? SIZE_MAX : random.below(400));
      ++(index.is_stored() ? stored : not_stored);
    }
  }
  EXPECT_GT(stored, 1000);
  EXPECT_GT(not_stored, 1000);
  for (int i = 0; i < 10; ++i) checkpoint.step(SIZE_MAX);
  EXPECT_EQ(store.rows().size(), model.size());
}

TEST(RowMapLayers, EqualAPlainMap) {
  SymbolTable symbols;
  Random random(11);
  Cold cold;
  RowMap<TestRow> map(cold, symbols);
  Store store(cold);
  Checkpoint checkpoint(cold, map, store);
  std::map<std::uint64_t, std::string> model;
  for (int i = 0; i < kOperations; ++i) {
    const std::uint64_t key = 1 + random.below(3000);
    const std::tuple id{Key(key)};
    const auto action = random.below(100);
    if (action < 25) {
      const std::string text = std::to_string(i);
      if (!model.contains(key) && random.one_in(2)) {
        map.put_absent(TestRow{Key(key), text});
        if (random.one_in(4)) {
          map.restore(id, nullptr);
        } else {
          model[key] = text;
        }
        continue;
      }
      auto old = store.with_rows([&] { return map.put(TestRow{Key(key), text}); });
      ASSERT_EQ(old != nullptr, model.contains(key)) << i;
      if (random.one_in(4)) {
        map.restore(id, std::move(old));  // the frame is taken back
      } else {
        model[key] = text;
      }
    } else if (action < 45) {
      if (!model.contains(key)) continue;
      auto old = store.with_rows([&] { return map.erase(id); });
      ASSERT_EQ(old->text, model[key]) << i;
      // Nothing is missed here: a frame that is repeated would miss it again.
      ASSERT_EQ(map.find(id), nullptr) << i;
      if (random.one_in(4)) {
        map.restore(id, std::move(old));
      } else {
        model.erase(key);
      }
    } else if (action < 95) {
      const TestRow* row = store.with_rows([&] { return map.find(id); });
      ASSERT_EQ(row != nullptr, model.contains(key)) << i;
      if (row != nullptr) {
        ASSERT_EQ(row->text, model[key]) << i;
      }
    } else if (random.one_in(20)) {
      checkpoint.step(random.below(500));
    }
  }
  for (int i = 0; i < 10; ++i) checkpoint.step(SIZE_MAX);
  EXPECT_EQ(store.rows().size(), model.size());
}

TEST(RowKeys, OrderAsTheirParts) {
  SymbolTable symbols;
  const auto key = [&](std::string_view text, std::int64_t number) {
    return row_key(RowKind::kJob, symbols.intern(text), number);
  };
  EXPECT_LT(key("a", -1), key("a", 0));
  EXPECT_LT(key("a", 255), key("a", 256));
  EXPECT_LT(key("a", 1), key("aa", -5)) << "a text ends before it goes on";
  EXPECT_NE(key(std::string_view("a\0b", 3), 1), key("a", 1));
  const std::string longer(300, 'x');
  EXPECT_NE(key(longer, 1), key(longer + "y", 1));
  EXPECT_LT(key(longer, 1).size(), 200U);
  EXPECT_EQ(prefix_end(std::string("a\xFF", 2)), "b");
  EXPECT_EQ(prefix_end("\xFF"), "");
}

}  // namespace
}  // namespace baton::engine::testing
