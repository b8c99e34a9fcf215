// A process instance in the live layer: its rows, decoded, in ordered tables. Small instances cost a few small nodes; a
// table of any size finds a row in logarithmic time.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <tuple>
#include <type_traits>
#include <utility>

#include "engine/state/rows.h"

namespace baton::engine {

template <typename Row>
using RowTable = absl::btree_map<std::uint64_t, Row>;

/// Variables of one instance, ordered by (scope, key), found by (scope, name).
class VariableTable {
 public:
  using Rows = absl::btree_map<std::pair<std::uint64_t, std::uint64_t>, VariableRow>;

  [[nodiscard]] const VariableRow* find(Key scope, const Symbol& name) const;
  [[nodiscard]] const VariableRow* find(Key scope, Key key) const;
  void put(const VariableRow& row);
  void erase(Key scope, Key key);
  [[nodiscard]] const Rows& rows() const { return rows_; }
  /// Calls `visit` for the variables of one scope, oldest first.
  template <typename F>
  void for_each_in(Key scope, F&& visit) const {
    for (auto it = rows_.lower_bound({scope.value(), 0}); it != rows_.end() && it->second.scope == scope; ++it) {
      visit(it->second);
    }
  }

 private:
  // A handful of variables is scanned; only larger tables pay for an index.
  static constexpr std::size_t kIndexFrom = 48;
  Rows rows_;
  absl::flat_hash_map<std::pair<std::uint64_t, const void*>, std::uint64_t> index_;  // (scope, name) -> key
};

/// Rows by another row that they belong to, e.g. element instances by their scope: (owner, key).
class OwnerIndex {
 public:
  void add(Key owner, Key key) { keys_.insert({owner.value(), key.value()}); }
  void remove(Key owner, Key key) { keys_.erase({owner.value(), key.value()}); }
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  /// Calls `visit(key)` for each row of `owner`, the oldest first, until it returns false.
  template <typename F>
  void for_each(Key owner, F&& visit) const {
    for (auto it = keys_.lower_bound({owner.value(), 0}); it != keys_.end() && it->first == owner.value(); ++it) {
      if (!visit(it->second)) return;
    }
  }

 private:
  absl::btree_set<std::pair<std::uint64_t, std::uint64_t>> keys_;
};

class InstanceSpill;

/// Place in one of the lists of InstanceTable; a copy is in none.
struct ListNode {
  ListNode* previous = this;
  ListNode* next = this;
  InstanceSpill* spill = nullptr;  // not null while it is being encoded for a checkpoint, slice by slice
  std::uint32_t spilled = 0;       // the freeze count at which that began
  /// The store has one row per entity of the instance. Set on the checkpoint's thread while it writes, so not copied.
  mutable bool now_split = false;
  ListNode() = default;
  ListNode(const ListNode&) {}
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }
  void unlink() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
  void link_before(ListNode& other) {
    unlink();
    previous = other.previous;
    next = &other;
    previous->next = this;
    other.previous = this;
  }
};

/// What InstanceTable knows about an instance; see there.
struct CacheState : ListNode {
  std::uint32_t born = 0;     // the freeze count when it was created; 0: it was read from the store
  std::uint32_t changed = 0;  // ... when it was last changed
  bool orphan = false;        // no longer the present one; kept for a checkpoint that is being written
  mutable bool used = false;  // looked at since it was last considered for eviction
  bool split = false;         // the store has one row per entity, as of before the present checkpoint
  bool erase_first = false;   // ... but may also have rows that are in nobody's books: it became large only now
  std::size_t bytes = 0;      // estimate of the memory that it takes
  absl::btree_set<std::tuple<RowKind, std::uint64_t, std::uint64_t>> changed_rows;  // of a split one, since a freeze
};

struct Instance : CacheState {
  InstanceRow row;
  const DefinitionRow* definition = nullptr;
  RowTable<ElementInstanceRow> elements;
  absl::btree_map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t> waiting;
  RowTable<JobRow> jobs;
  VariableTable variables;
  RowTable<IncidentRow> incidents;
  RowTable<DeferredStepRow> deferred;
  RowTable<SubscriptionRow> subscriptions;
  RowTable<LoopRow> loops;
  RowTable<LoopItemRow> items;
  RowTable<UserTaskRow> user_tasks;
  std::vector<Key> further_blocks;  // keys of its directory rows

  // Derived, for the indexes.
  bool closing = false;              // the process is terminating: its jobs are in no queue
  bool isolated = false;             // the process itself has an incident: nothing of it is in a queue
  std::uint64_t deferred_since = 0;  // position at which its deferred steps last changed
  OwnerIndex children;               // of large instances: element instances by scope
  OwnerIndex subscriptions_of;       // by owner
  OwnerIndex items_of;               // by multi-instance body

  /// Calls `visit(table)` for every RowTable, in the order in which they are stored. A new kind of row that belongs to
  /// an instance needs a member above, a line here (at the end), and one in InstanceRows below.
  static void tables(auto& self, auto&& visit) {
    visit(self.elements);
    visit(self.jobs);
    visit(self.incidents);
    visit(self.deferred);
    visit(self.subscriptions);
    visit(self.loops);
    visit(self.items);
    visit(self.user_tasks);
  }
  /// Keeps the derived tables in step; called when a row comes or goes.
  template <typename Row>
  void relate(const Row&, bool) {}
  void relate(const ElementInstanceRow& element, bool add);
  void relate(const SubscriptionRow& subscription, bool add) {
    add ? subscriptions_of.add(subscription.owner, subscription.key)
        : subscriptions_of.remove(subscription.owner, subscription.key);
  }
  void relate(const LoopItemRow& item, bool add) {
    add ? items_of.add(item.body, item.key) : items_of.remove(item.body, item.key);
  }
  /// The table of one kind of row.
  template <typename Row>
  RowTable<Row>& table() {
    RowTable<Row>* found = nullptr;
    tables(*this, [&found](auto& table) {
      if constexpr (std::is_same_v<std::decay_t<decltype(table)>, RowTable<Row>>) found = &table;
    });
    return *found;
  }
  template <typename Row>
  [[nodiscard]] const RowTable<Row>& table() const {
    return const_cast<Instance&>(*this).table<Row>();
  }
  /// Calls `visit(row, first, second)` for every row except the InstanceRow: its key, and for waiting tokens the second
  /// part of it, for variables their scope.
  template <typename F>
  void for_each_row(F&& visit) const {
    tables(*this, [&visit](const auto& table) {
      for (const auto& [key, entity] : table) visit(entity, key, std::uint64_t{0});
    });
    for (const auto& [key, count] : waiting) {
      visit(WaitingTokensRow{Key(key.first), bpmn::FlowIndex(key.second), count}, key.first, key.second);
    }
    for (const auto& [key, variable] : variables.rows()) visit(variable, key.second, key.first);
  }

  /// True of the process's row of an isolated instance.
  static bool isolates(const ElementInstanceRow& process) {
    return process.state == ElementState::kActivated && process.incident.value() != 0;
  }
  [[nodiscard]] const bpmn::ProcessModel& model() const { return *definition->model; }
  [[nodiscard]] const ElementInstanceRow* element(Key key) const { return get(elements, key); }
  [[nodiscard]] const JobRow* job(Key key) const { return get(jobs, key); }
  [[nodiscard]] const IncidentRow* incident(Key key) const { return get(incidents, key); }
  [[nodiscard]] const SubscriptionRow* subscription(Key key) const { return get(subscriptions, key); }
  [[nodiscard]] const LoopRow* loop(Key body) const { return get(loops, body); }
  [[nodiscard]] const UserTaskRow* user_task(Key key) const { return get(user_tasks, key); }
  /// Calls `visit(row)` for each element instance directly in `scope`, the oldest first, until it returns false.
  template <typename F>
  void for_each_child(Key scope, F&& visit) const {
    if (!children.empty()) {
      children.for_each(scope, [&](std::uint64_t key) { return visit(elements.find(key)->second); });
      return;
    }
    for (const auto& [key, child] : elements) {
      if (child.scope == scope && !visit(child)) return;
    }
  }
  /// False if the element instance, or a scope around it, is being terminated: nothing may happen to it any more.
  [[nodiscard]] bool is_live(Key element_instance) const;
  /// The element instance of the process itself.
  [[nodiscard]] const ElementInstanceRow* process() const { return element(row.key); }
  [[nodiscard]] std::uint32_t waiting_tokens(Key scope, bpmn::FlowIndex flow) const {
    auto it = waiting.find({scope.value(), flow.value()});
    return it == waiting.end() ? 0 : it->second;
  }

 private:
  template <typename Row>
  static const Row* get(const RowTable<Row>& table, Key key) {
    auto it = table.find(key.value());
    return it == table.end() ? nullptr : &it->second;
  }
};

/// Kinds of rows in an instance's RowTables.
template <typename... T>
struct TypeList {};
using InstanceRows = TypeList<ElementInstanceRow, JobRow, IncidentRow, DeferredStepRow, SubscriptionRow, LoopRow,
                              LoopItemRow, UserTaskRow>;

}  // namespace baton::engine
