#include "engine/tests/cold_engine.h"

#include <gtest/gtest.h>

#include <set>

namespace baton::engine::testing {

namespace {

class MapSink final : public RowSink {
 public:
  explicit MapSink(TestStore::Rows& rows) : rows_(rows) {}
  void put(std::string_view key, std::string_view value) override {
    rows_.insert_or_assign(std::string(key), std::string(value));
  }
  void erase(std::string_view key) override { rows_.erase(std::string(key)); }
  void erase_all(std::string_view prefix) override {
    for (auto it = rows_.lower_bound(prefix); it != rows_.end() && it->first.starts_with(prefix);) it = rows_.erase(it);
  }

 private:
  TestStore::Rows& rows_;
};

/// Keys of instances, index entries and back-offs. Where a turn stands among deferred steps may depend on refused
/// frames.
std::set<std::string> comparable(const TestStore::Rows& rows) {
  const std::size_t instance_key_size = instance_key(Key(1)).size();
  std::set<std::string> keys;
  for (const auto& [key, value] : rows) {
    const auto kind = static_cast<RowKind>(key[0]);
    const bool head = kind == RowKind::kInstance && key.size() == instance_key_size;
    const bool entry = kind >= RowKind::kActivatableJobs && kind < RowKind::kTotals;
    const bool backoff = kind == RowKind::kJobBackoff;
    if (head || backoff || (entry && kind != RowKind::kDeferredInstances)) keys.insert(key);
  }
  return keys;
}

/// Every row of every instance in memory.
TestStore::Rows instance_rows(const StateView& state) {
  TestStore::Rows rows;
  state.for_each_row([&rows](std::string_view key, std::string_view value) {
    const auto kind = static_cast<RowKind>(key[0]);
    const bool first_kinds = kind >= RowKind::kInstance && kind <= RowKind::kDeferredStep;
    if (first_kinds || (kind >= RowKind::kSubscription && kind <= RowKind::kUserTask)) rows.emplace(key, value);
  });
  return rows;
}

}  // namespace

bool TestStore::fetch(const StateView& state) {
  bool any = false;
  for (Wanted wanted = state.take_wanted(); !wanted.empty(); wanted = state.take_wanted()) {
    any = true;
    ++misses_;
    for (const WantedRow& row : wanted.rows) {
      const auto it = rows_.find(row.key);
      const Status loaded = row.load(it == rows_.end() ? std::nullopt : std::optional<std::string_view>(it->second));
      EXPECT_TRUE(loaded) << loaded.error().message;
    }
    for (const WantedRange& range : wanted.ranges) {
      StoredRows rows;
      auto it = rows_.lower_bound(range.lower);
      const auto inside = [&] { return it != rows_.end() && (range.upper.empty() || it->first < range.upper); };
      for (; inside() && rows.size() < range.limit; ++it) rows.emplace_back(it->first, it->second);
      const Status loaded = range.load(rows, inside());
      EXPECT_TRUE(loaded) << loaded.error().message;
    }
  }
  return any;
}

void TestStore::write(const State& state) {
  MapSink sink(rows_);
  state.write_frozen(sink);
}

void TestStore::drop_frozen(State& state) const {
  state.drop_frozen();
  const Status asked = state.ask_what_is_stored([this](std::string_view prefix) -> Result<bool> {
    const auto it = rows_.lower_bound(std::string(prefix));
    return it != rows_.end() && it->first.starts_with(prefix);
  });
  EXPECT_TRUE(asked);
}

bool ColdEngine::process(const Command& command, TimeMs time, std::string& frames, Effects& effects) {
  const bool appended =
      store_.with_rows(engine_->state(), [&] { return engine_->process(command, time, frames, effects); });
  after_frame();
  return appended;
}

// Freezing, settling, writing, switching and dropping fall between different frames, in a pattern that meets every
// combination.
void ColdEngine::after_frame() {
  State& state = engine_->stored_state();
  switch (++frames_ % 5) {
    case 1:
      state.drop(SIZE_MAX);
      state.freeze();
      frozen_ = true;
      break;
    case 2:
      if (frozen_) state.settle(1);
      break;
    case 3:
      if (frozen_ && frames_ % 2 == 0) write();
      break;
    case 4:
      if (frozen_) {
        if ((frames_ - 1) % 2 != 0) write();
        store_.drop_frozen(state);
        state.drop(1);
        frozen_ = false;
      }
      break;
    default:
      if (!frozen_) state.drop(2);
      break;
  }
  if (frames_ % 3 == 0) {
    for (int pass = 0; pass < 2; ++pass) state.evict(0, SIZE_MAX);  // the first one takes the marks of use away
  }
}

void ColdEngine::write() {
  State& state = engine_->stored_state();
  state.settle(SIZE_MAX);
  store_.write(state);
}

void ColdEngine::checkpoint() {
  State& state = engine_->stored_state();
  if (frozen_) {
    write();
    store_.drop_frozen(state);
  }
  state.drop(SIZE_MAX);
  state.freeze();
  write();
  store_.drop_frozen(state);
  state.drop(SIZE_MAX);
  frozen_ = false;
}

void ColdEngine::check(std::string_view journal) {
  checkpoint();
  Engine opened(partition_);
  const Status status = opened.stored_state().open([this](std::string_view key) -> Result<std::optional<std::string>> {
    const auto it = store_.rows().find(key);
    return it == store_.rows().end() ? std::nullopt : std::optional(it->second);
  });
  ASSERT_TRUE(status) << status.error().message;
  Engine replayed(partition_);
  while (!journal.empty()) {
    const auto frame = read_frame(journal);
    ASSERT_TRUE(frame && replayed.replay(*frame));
  }
  EXPECT_EQ(opened.state().instance_count(), replayed.state().instance_count());
  EXPECT_EQ(opened.state().job_count(), replayed.state().job_count());
  EXPECT_EQ(opened.state().incident_count(), replayed.state().incident_count());
  EXPECT_EQ(opened.state().definition_count(), replayed.state().definition_count());
  EXPECT_EQ(opened.state().last_position(), replayed.state().last_position());
  TestStore all;
  replayed.stored_state().freeze();
  replayed.stored_state().settle(SIZE_MAX);
  all.write(replayed.state_for_checkpoint());
  EXPECT_EQ(comparable(store_.rows()), comparable(all.rows()));
  replayed.state().for_each_instance([&](const Instance& instance) {
    store_.with_rows(opened.state(), [&] { return opened.state().instance(instance.row.key); });
  });
  EXPECT_EQ(instance_rows(opened.state()), instance_rows(replayed.state()));
}

}  // namespace baton::engine::testing
