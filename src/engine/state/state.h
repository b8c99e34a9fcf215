// The state itself. Processors get it as `const StateView&`, appliers write through the Mutator, checkpoints freeze it.
#pragma once

#include <string>
#include <vector>

#include "engine/state/view.h"

namespace baton::engine {

class State final : public StateView {
 public:
  State() = default;
  /// For building commands and records; interning writes no row.
  SymbolTable& symbols() { return symbols_; }
  using StateView::symbols;
  /// Job types that got an activatable job since the last call. A hint for dispatch, not part of the state.
  std::vector<std::string> take_ready_types();

  // --- the store, between frames; all but write_frozen() on the partition's thread ---

  /// Reads a row that the state needs at once; nullopt if there is none.
  using ReadRow = std::function<Result<std::optional<std::string>>(std::string_view key)>;
  /// Takes over a stored state: everything else is read when it is needed. Into a new state only. Errors: kDataLoss.
  Status open(const ReadRow& read);
  /// Whether the store has a row whose key begins with `prefix`.
  using HasRows = std::function<Result<bool>(std::string_view prefix)>;
  /// Asks which indexes have entries in the store: where there are none, none is looked for. After open() or
  /// drop_frozen(), before anything else is done.
  Status ask_what_is_stored(const HasRows& has_rows);
  /// What changed since the last freeze becomes the frozen layer. Not while there is one.
  void freeze();
  /// Prepares the frozen layer for being written, about `most` entries of it; true if something is left.
  bool settle(std::size_t most);
  /// Writes the frozen layer, which is settled, with its totals; on a thread of its own, while the state goes on.
  void write_frozen(RowSink& sink) const;
  /// The store has the frozen layer now, and reads come from there. drop() must follow until nothing is left.
  void drop_frozen();
  /// Frees what drop_frozen() left, about `most` entries; true if something is left.
  bool drop(std::size_t most);
  /// Evicts clean instances while more than `bytes` are in memory, looking at `most`; true if there may be more to
  /// evict.
  bool evict(std::size_t bytes, std::size_t most);
  /// Estimate of the memory that changes since the last freeze take, and of all rows in memory.
  [[nodiscard]] std::size_t dirty_bytes() const;
  /// ... and of what a checkpoint of these changes would write.
  [[nodiscard]] std::size_t changed_bytes() const;
  [[nodiscard]] std::size_t bytes() const;
  /// Sets from which size on an instance is not copied for a checkpoint; for tests.
  void set_large_bytes(std::size_t bytes) { instances_.set_large_bytes(bytes); }
  [[nodiscard]] std::size_t instances_in_memory() const { return instances_.in_memory(); }

 private:
  friend class Mutator;
  [[nodiscard]] std::size_t changed_entries_bytes() const;
  CountersRow frozen_counters_;
  TotalsRow frozen_totals_;
};

}  // namespace baton::engine
