// An engine whose rows live in a store as much as possible, for comparison with one that keeps all of them: checkpoints
// begin and end between any two frames, and everything clean is evicted.
#pragma once

#include <map>
#include <string>

#include "engine/engine.h"

namespace baton::engine::testing {

/// A store that is a map; the whole protocol of the partition's side.
class TestStore {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  /// Hands the state what its look-ups missed. False if they missed nothing.
  bool fetch(const StateView& state);
  /// Runs `f` until it has all rows.
  template <typename F>
  auto with_rows(const StateView& state, F&& f) {
    while (true) {
      try {
        return f();
      } catch (const RowsMissing&) {
        if (!fetch(state)) throw;
      }
    }
  }
  /// Writes the frozen layer of `state`.
  void write(const State& state);
  /// Tells the state that its frozen layer is here, and of what there is nothing.
  void drop_frozen(State& state) const;
  [[nodiscard]] const Rows& rows() const { return rows_; }
  [[nodiscard]] std::size_t misses() const { return misses_; }

 private:
  Rows rows_;
  std::size_t misses_ = 0;
};

class ColdEngine {
 public:
  explicit ColdEngine(PartitionId partition) : engine_(std::make_unique<Engine>(partition)), partition_(partition) {
    engine_->stored_state().set_large_bytes(sizeof(Instance) + 1500);  // so that tests have small and large ones
  }

  bool process(const Command& command, TimeMs time, std::string& frames, Effects& effects);
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const StateView& state() const { return engine_->state(); }
  [[nodiscard]] const TestStore& store() const { return store_; }
  /// After a full checkpoint: a new engine that opens the store has the same totals, and the store has the instances
  /// and index entries that replaying `journal` leads to.
  void check(std::string_view journal);

 private:
  void after_frame();
  void write();
  void checkpoint();

  TestStore store_;
  std::unique_ptr<Engine> engine_;
  PartitionId partition_;
  std::uint64_t frames_ = 0;
  bool frozen_ = false;
};

}  // namespace baton::engine::testing
