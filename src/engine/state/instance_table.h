// Process instances: decoded ones in memory, the others in the store. The unit of caching is the instance.
//
// An instance in memory is dirty (changed since the last freeze), frozen (a checkpoint is writing it; the first write
// makes a copy and leaves the old one to the checkpoint) or clean (the store has it; may be evicted). Which one follows
// from the freeze count in `changed`, so a freeze costs nothing per instance. Large ones are not copied but encoded bit
// by bit (instance_spill.h) and are dirty or clean meanwhile, but not evicted before the checkpoint is written.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/state/cold.h"
#include "engine/state/instance.h"
#include "engine/state/instance_spill.h"
#include "engine/state/row_map.h"

namespace baton::engine {

class InstanceTable {
 public:
  InstanceTable(Cold& cold, SymbolTable& symbols, const RowMap<DefinitionRow>& definitions, const CountersRow& counters)
      : cold_(cold), symbols_(symbols), definitions_(definitions), counters_(counters) {}
  ~InstanceTable();
  InstanceTable(const InstanceTable&) = delete;
  InstanceTable& operator=(const InstanceTable&) = delete;

  /// The instance, or null. Throws RowsMissing.
  [[nodiscard]] const Instance* find(Key key) const;
  /// The instance, or null if it is not in memory or not there.
  [[nodiscard]] const Instance* find_in_memory(Key key) const {
    const auto it = in_memory_.find(key.value());
    if (it == in_memory_.end() || it->second == nullptr) return nullptr;
    it->second->used = true;
    return it->second.get();
  }
  /// Names the instance for a prefetch, if it is not in memory.
  void want(Key key) const;
  /// True if it is in memory or certainly does not exist.
  [[nodiscard]] bool is_known(Key key) const;
  /// Number of instances, wherever they are.
  [[nodiscard]] std::size_t size() const { return count_; }
  /// Calls `visit` for every instance in memory, in no particular order.
  template <typename F>
  void for_each_in_memory(F&& visit) const {
    for (const auto& [key, instance] : in_memory_) {
      if (instance != nullptr) visit(*instance);
    }
  }

  // --- for the mutator ---

  /// The instance for writing; it becomes dirty. It exists.
  Instance& write(const Instance& instance) {
    // Instances are const to readers only; the table owns them as what they are.
    return instance.changed == cold_.epoch ? const_cast<Instance&>(instance) : make_dirty(instance);
  }
  Instance& create(Key key);
  /// Takes a create() back.
  void uncreate(Key key);
  /// Removes it from the table; release() or put_back() must follow.
  std::unique_ptr<Instance> take(Key key);
  void release(std::unique_ptr<Instance> instance);
  void put_back(std::unique_ptr<Instance> instance);
  /// Books that a dirty instance takes more or less memory.
  void resize(Instance& instance, std::size_t more, std::size_t less) {
    const bool was_large = instance.bytes >= large_bytes_;
    instance.bytes += more - less;
    dirty_bytes_ += more - less;
    bytes_ += more - less;
    if (!was_large && instance.bytes >= large_bytes_) become_large(instance);
  }
  /// Sets from which size on an instance is not copied for a checkpoint; for tests.
  void set_large_bytes(std::size_t bytes) { large_bytes_ = bytes; }

  // --- layers, called between frames ---

  void freeze();
  /// Encodes large instances, `most` rows, which are counted down; true if something is left. The frozen layer can be
  /// written when nothing is.
  bool settle(std::size_t& most);
  /// Writes the frozen layer; on the checkpoint's thread, while the state goes on.
  void write_frozen(RowSink& sink) const;
  void drop_frozen();
  /// Ends what drop_frozen() left to do, for `most` instances, which are counted down; true if something is left.
  bool tidy(std::size_t& most);
  /// Evicts clean instances while those in memory take more than `bytes`, looking at `most`; true if there may be more
  /// to evict.
  bool evict(std::size_t bytes, std::size_t most);
  [[nodiscard]] std::size_t dirty_bytes() const { return dirty_bytes_ + erased_.size() * kErasedBytes; }
  /// Of these about what changed: large instances only by what they grew, as only their changed rows are written.
  [[nodiscard]] std::size_t changed_bytes() const { return dirty_bytes() - std::min(dirty_bytes(), large_before_); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t in_memory() const { return in_memory_.size(); }
  void set_size(std::size_t count) { count_ = count; }

 private:
  Instance& make_dirty(const Instance& instance);
  void become_large(Instance& instance);
  /// It is large and the checkpoint under way has not written it yet.
  [[nodiscard]] bool is_unwritten(const Instance& instance) const {
    return frozen_epoch_ != 0 && instance.spilled == frozen_epoch_;
  }
  static constexpr std::size_t kErasedBytes = 24;
  static constexpr std::size_t kLargeBytes = 128U << 10;
  static constexpr std::size_t kMostAbsent = 4096;

  [[nodiscard]] bool is_frozen(const Instance& instance) const {
    return frozen_epoch_ != 0 && instance.changed == frozen_epoch_;
  }
  [[nodiscard]] bool is_erased(Key key) const;
  /// No store can have this key.
  [[nodiscard]] bool is_impossible(Key key) const;
  [[nodiscard]] WantedRow wanted(Key key) const;
  Status load(Key key, std::optional<std::string_view> value) const;
  void add_loaded(std::unique_ptr<Instance> instance) const;
  static void splice(ListNode& from, ListNode& to);

  Cold& cold_;
  SymbolTable& symbols_;
  const RowMap<DefinitionRow>& definitions_;
  const CountersRow& counters_;
  mutable absl::flat_hash_map<std::uint64_t, std::unique_ptr<Instance>> in_memory_;  // null: there certainly is none
  mutable std::vector<std::uint64_t> absent_;
  std::vector<std::uint64_t> absent_before_;   // to be forgotten
  absl::flat_hash_set<std::uint64_t> erased_;  // since the last freeze, and there before it
  absl::flat_hash_set<std::uint64_t> erased_frozen_;
  std::vector<Key> taken_;          // in this frame
  std::uint32_t frozen_epoch_ = 0;  // 0: no checkpoint is being written
  ListNode dirty_;
  ListNode frozen_;
  ListNode written_;    // frozen until a moment ago, to be tidied
  ListNode unwritten_;  // large, in the checkpoint that is being written, and not changed since
  std::size_t large_bytes_ = kLargeBytes;
  std::vector<Key> large_dirty_;
  std::vector<std::unique_ptr<InstanceSpill>> spills_;  // of the frozen layer
  std::size_t settled_ = 0;                             // of these
  mutable ListNode clean_;
  std::size_t dirty_bytes_ = 0;
  std::size_t large_before_ = 0;  // what large dirty instances took when they became dirty
  mutable std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace baton::engine
