// A process instance in the live layer: its rows, decoded, in ordered tables. Small instances cost a few small nodes; a
// table of any size finds a row in logarithmic time.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

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

/// Element instances by the scope that they are in. Small instances are scanned.
class ChildIndex {
 public:
  void added(const RowTable<ElementInstanceRow>& elements, const ElementInstanceRow& row) {
    if (!children_.empty()) {
      children_.insert({row.scope.value(), row.key.value()});
    } else if (elements.size() >= kIndexFrom) {
      for (const auto& [key, r] : elements) children_.insert({r.scope.value(), key});
    }
  }
  void removed(const ElementInstanceRow& row) {
    if (!children_.empty()) children_.erase({row.scope.value(), row.key.value()});
  }
  /// Calls `visit` for each element instance directly in `scope`, oldest first, until it returns false.
  template <typename F>
  void for_each(const RowTable<ElementInstanceRow>& elements, Key scope, F&& visit) const {
    if (children_.empty()) {
      for (const auto& [key, row] : elements) {
        if (row.scope == scope && !visit(row)) return;
      }
      return;
    }
    for (auto it = children_.lower_bound({scope.value(), 0}); it != children_.end() && it->first == scope.value();
         ++it) {
      if (!visit(elements.find(it->second)->second)) return;
    }
  }

 private:
  static constexpr std::size_t kIndexFrom = 64;
  absl::btree_set<std::pair<std::uint64_t, std::uint64_t>> children_;  // (scope, key); empty: not kept
};

struct Instance {
  template <typename Row>
  using Table = absl::btree_map<typename Row::Id, Row>;

  InstanceRow row;
  const DefinitionRow* definition = nullptr;
  RowTable<ElementInstanceRow> elements;
  absl::btree_map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t> waiting;
  RowTable<JobRow> jobs;
  VariableTable variables;
  RowTable<IncidentRow> incidents;
  RowTable<DeferredStepRow> deferred;
  Table<SubscriptionRow> subscriptions;
  Table<LoopRow> loops;
  Table<LoopItemRow> items;
  Table<UserTaskRow> user_tasks;
  std::vector<Key> further_blocks;  // keys of its directory rows

  // Derived, for the indexes.
  ChildIndex children;
  bool closing = false;              // the process is terminating: its jobs are in no queue
  std::uint64_t deferred_since = 0;  // position at which its deferred steps last changed

  [[nodiscard]] const bpmn::ProcessModel& model() const { return *definition->model; }
  [[nodiscard]] const ElementInstanceRow* element(Key key) const { return get(elements, key); }
  [[nodiscard]] const JobRow* job(Key key) const { return get(jobs, key); }
  [[nodiscard]] const IncidentRow* incident(Key key) const { return get(incidents, key); }
  [[nodiscard]] const SubscriptionRow* subscription(Key owner, Key key) const {
    auto it = subscriptions.find({owner.value(), key.value()});
    return it == subscriptions.end() ? nullptr : &it->second;
  }
  [[nodiscard]] const LoopRow* loop(Key body) const {
    auto it = loops.find(body.value());
    return it == loops.end() ? nullptr : &it->second;
  }
  [[nodiscard]] const UserTaskRow* user_task(Key key) const {
    auto it = user_tasks.find(key.value());
    return it == user_tasks.end() ? nullptr : &it->second;
  }
  template <typename F>
  void for_each_child(Key scope, F&& visit) const {
    children.for_each(elements, scope, std::forward<F>(visit));
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

}  // namespace baton::engine
