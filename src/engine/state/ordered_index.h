// An ordered index over rows: queues of entries, each queue found by its group, the first entry in front. Entries are
// derived from rows, only the mutator adds and removes them.
//
// To add one, declare it and list it in tables.h:
//
//   struct DueTimers {
//     static constexpr RowKind kKind = RowKind::kDueTimers;   // of its rows in the store
//     using Group = std::tuple<>;                             // which queue: texts (Symbol), keys, numbers; tenant
//     first using Order = std::tuple<TimeMs, Key>;                  // place in the queue: numbers only
//   };
//
// Layers: `live` holds changes since the last freeze, `frozen` those that a checkpoint is writing, the store the rest.
// `window` is the head of the queue as the three together give it, up to a known place; it is only a cache, so it may
// be cut anywhere at any time. Reading behind it merges the next slice; if that needs the store, it throws RowsMissing.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "base/ensure.h"
#include "engine/state/cold.h"
#include "engine/state/row_codec.h"
#include "engine/state/row_key.h"

namespace baton::engine {

/// Entries that a window takes from the store at once.
inline constexpr std::size_t kWindowSlice = 512;
/// Entries that a window holds at most when the rest can be found again below it.
inline constexpr std::size_t kWindowMost = 4096;

template <typename Index>
class OrderedIndex {
 public:
  using Group = typename Index::Group;
  using Order = typename Index::Order;

  explicit OrderedIndex(Cold& cold) : cold_(cold) {}
  OrderedIndex(const OrderedIndex&) = delete;
  OrderedIndex& operator=(const OrderedIndex&) = delete;

  /// Adds an entry that is not there.
  void add(const Group& group, const Order& order) {
    Queue& q = queue(group);
    if (!q.end || order <= *q.end) insert_into_window(q, order);
    const auto [it, inserted] = q.live.try_emplace(order, true);
    if (inserted) {
      ++live_changes_;
    } else {
      ENSURE(!it->second, "an index entry is added twice");
      q.live.erase(it);  // it was removed after the last freeze: below it is still there
      --live_changes_;
    }
    touch(q);
  }

  /// Removes an entry that is there.
  void remove(const Group& group, const Order& order) {
    Queue& q = queue(group);
    q.window.erase(order);
    const auto it = q.live.find(order);
    if (it != q.live.end()) {
      ENSURE(it->second, "an index entry is removed twice");
      q.live.erase(it);  // born after the last freeze: simply dropped
      --live_changes_;
    } else {
      q.live.emplace(order, false);
      ++live_changes_;
    }
    touch(q);
  }

  /// The first entry of a queue. Throws RowsMissing.
  [[nodiscard]] std::optional<Order> first(const Group& group) const {
    Queue* q = existing(group);
    if (q == nullptr) return std::nullopt;
    while (q->window.empty() && q->end) extend(*q);
    if (q->window.empty()) return std::nullopt;
    return *q->window.begin();
  }

  /// Up to `limit` entries from the front, as long as `wanted(order)` holds, in order. Throws RowsMissing.
  template <typename Condition>
  [[nodiscard]] std::vector<Order> head(const Group& group, std::size_t limit, Condition&& wanted) const {
    std::vector<Order> found;
    Queue* q = existing(group);
    if (q == nullptr) return found;
    auto it = q->window.begin();
    while (found.size() < limit) {
      if (it == q->window.end()) {
        if (!q->end || q->window.size() >= kWindowMost) break;
        const auto last = found.empty() ? std::nullopt : std::optional(found.back());
        extend(*q);
        it = last ? q->window.upper_bound(*last) : q->window.begin();
        continue;
      }
      if (!wanted(*it)) break;
      found.push_back(*it++);
    }
    return found;
  }
  [[nodiscard]] std::vector<Order> head(const Group& group, std::size_t limit) const {
    return head(group, limit, [](const Order&) { return true; });
  }
  /// All entries of a queue that is known to be small, e.g. the subscriptions of one message and key.
  [[nodiscard]] std::vector<Order> all(const Group& group) const { return head(group, kWindowMost); }
  /// Up to `limit` entries behind `from`, in order: for walking through a queue of any length in slices. Throws
  /// RowsMissing.
  [[nodiscard]] std::vector<Order> after(const Group& group, const Order& from, std::size_t limit) const {
    std::vector<Order> found;
    Queue* q = existing(group);
    if (q == nullptr) return found;
    // What is stored behind `from`; without a store nothing is.
    if (cold_.has_store &&
        (!q->slice || q->slice->from != from || q->slice->epoch != cold_.epoch || q->slice->limit < limit))
      want_slice(*q, from, limit);
    static const std::vector<Order> kNothing;
    const std::vector<Order>& stored = cold_.has_store ? q->slice->stored : kNothing;
    const bool more = cold_.has_store && q->slice->more;
    auto row = stored.begin();
    auto live = q->live.upper_bound(from);
    auto frozen = q->frozen.upper_bound(from);
    while (found.size() < limit) {
      const Order* next = nullptr;
      const auto consider = [&next](const Order& order) {
        if (next == nullptr || order < *next) next = &order;
      };
      if (live != q->live.end()) consider(live->first);
      if (frozen != q->frozen.end()) consider(frozen->first);
      if (row != stored.end()) consider(*row);
      if (next == nullptr || (more && (stored.empty() || *next > stored.back()))) break;
      const Order order = *next;
      bool present = row != stored.end() && *row == order;
      if (present) ++row;
      if (frozen != q->frozen.end() && frozen->first == order) present = (frozen++)->second;
      if (live != q->live.end() && live->first == order) present = (live++)->second;
      if (present) found.push_back(order);
    }
    return found;
  }
  // --- layers, called between frames ---

  /// The live layer becomes the frozen one. Not while there is a frozen one.
  void freeze() {
    ENSURE(frozen_.empty(), "an index is frozen twice");
    frozen_.swap(changed_);
    live_changes_ = 0;
    for (Queue* q : frozen_) {
      q->frozen.swap(q->live);
      q->changed = false;
    }
  }
  /// Writes the frozen layer; on the checkpoint's thread, while the state goes on.
  void write_frozen(RowSink& sink) const {
    std::string key;
    std::string value;
    for (const Queue* q : frozen_) {
      key = q->prefix;
      for (const auto& [order, added] : q->frozen) {
        key.resize(q->prefix.size());
        KeyWriter{key}(order);
        if (added) {
          value.assign(1, static_cast<char>(kRowVersion));
          seal_row(key, value);
          sink.put(key, value);
        } else {
          sink.erase(key);
        }
      }
    }
  }
  /// The store has the frozen layer now. Queues without entries that nothing touched since are forgotten.
  void drop_frozen() {
    for (Queue* q : frozen_) {
      q->frozen.clear();
      q->slice.reset();
    }
    frozen_.clear();
    cold_.has_store = true;
    if (queues_.size() < kQueuesBeforeCleaning) return;
    absl::erase_if(queues_, [this](const auto& entry) {
      const Queue& q = *entry.second;
      return !q.changed && q.live.empty() && q.epoch + 1 < cold_.epoch;
    });
  }
  /// Entries changed since the last freeze.
  [[nodiscard]] std::size_t live_changes() const { return live_changes_; }
  /// Of a state without a store: calls `visit(group, order)` for every entry.
  template <typename F>
  void for_each_live(F&& visit) const {
    for (const auto& [group, q] : queues_) {
      for (const auto& [order, added] : q->live) visit(group, order);
    }
  }

 private:
  static constexpr std::size_t kQueuesBeforeCleaning = 1024;

  struct Queue {
    std::string prefix;                   // of its rows' keys
    absl::btree_set<Order> window;        // all entries up to `end`
    std::optional<Order> end;             // nothing: the window is the whole queue
    bool before_all = false;              // the window holds nothing yet: `end` is before every entry
    absl::btree_map<Order, bool> live;    // added or removed since the last freeze
    absl::btree_map<Order, bool> frozen;  // ... before it, not yet in the store
    /// What the store has behind a place, for after().
    struct Slice {
      Order from;
      std::size_t limit = 0;
      std::uint32_t epoch = 0;
      std::vector<Order> stored;
      bool more = false;
    };
    std::optional<Slice> slice;
    bool changed = false;     // is in changed_
    std::uint32_t epoch = 0;  // when it was last looked at
  };

  Queue& queue(const Group& group) const {
    auto& slot = queues_[group];
    if (slot == nullptr) {
      slot = std::make_unique<Queue>();
      slot->prefix = row_key(Index::kKind, group);
      if (cold_.has_store) {
        slot->end = Order{};
        slot->before_all = true;
      }
    }
    slot->epoch = cold_.epoch;
    return *slot;
  }
  /// The queue, or null if there certainly is none.
  Queue* existing(const Group& group) const {
    if (cold_.has_store) return &queue(group);
    auto it = queues_.find(group);
    return it == queues_.end() ? nullptr : it->second.get();
  }
  void touch(Queue& q) {
    if (q.changed) return;
    q.changed = true;
    changed_.push_back(&q);
  }
  static void insert_into_window(Queue& q, const Order& order) {
    if (q.before_all) return;
    q.window.insert(order);
    if (q.window.size() <= kWindowMost) return;
    q.window.erase(std::prev(q.window.end()));
    q.end = *std::prev(q.window.end());
  }

  [[noreturn]] void want_slice(Queue& q, const Order& from, std::size_t limit) const {
    WantedRange range;
    range.lower = q.prefix;
    KeyWriter{range.lower}(from);
    range.lower.push_back('\0');  // behind it
    range.upper = prefix_end(q.prefix);
    // Entries that were removed since may be among them, so more are read than are wanted.
    range.limit = limit + q.live.size() + q.frozen.size();
    range.load = [this, &q, from, limit](const StoredRows& rows, bool more) -> Status {
      typename Queue::Slice slice{from, limit, cold_.epoch, {}, more};
      for (const auto& [key, value] : rows) {
        BATON_TRY(check_row(key, value));
        Order order{};
        KeyReader read(std::string_view(key).substr(q.prefix.size()));
        read(order);
        if (!read.ok()) return bad_row(key, "its key is malformed");
        slice.stored.push_back(order);
      }
      q.slice = std::move(slice);
      return {};
    };
    cold_.miss(std::move(range));
  }

  /// Moves `end` on: merges the next slice of live, frozen and store.
  void extend(Queue& q) const {
    if (cold_.has_store) {
      WantedRange range;
      range.lower = q.prefix;
      if (!q.before_all) {
        KeyWriter{range.lower}(*q.end);
        range.lower.push_back('\0');  // behind it
      }
      range.upper = prefix_end(q.prefix);
      range.limit = kWindowSlice;
      const auto asked = q.before_all ? std::nullopt : q.end;
      range.load = [this, &q, asked](const StoredRows& rows, bool more) -> Status {
        // Asked for twice, or the window was cut meanwhile: whoever still needs it asks again.
        if (!q.end || (q.before_all ? std::nullopt : q.end) != asked) return {};
        std::vector<Order> stored;
        stored.reserve(rows.size());
        for (const auto& [key, value] : rows) {
          BATON_TRY(check_row(key, value));
          Order order{};
          KeyReader read(std::string_view(key).substr(q.prefix.size()));
          read(order);
          if (!read.ok()) return bad_row(key, "its key is malformed");
          stored.push_back(order);
        }
        merge(q, stored, more);
        return {};
      };
      cold_.miss(std::move(range));
    }
    merge(q, {}, false);
  }

  void merge(Queue& q, const std::vector<Order>& stored, bool more) const {
    const bool from_start = q.before_all;
    const Order from = q.end.value_or(Order{});
    const auto after = [&](auto& map) { return from_start ? map.begin() : map.upper_bound(from); };
    auto live = after(q.live);
    auto frozen = after(q.frozen);
    auto row = stored.begin();
    // Behind the last row of a slice that was cut the store may have more.
    const auto known = [&](const Order& order) { return !more || (!stored.empty() && order <= stored.back()); };
    q.before_all = false;
    std::size_t taken = 0;
    while (true) {
      const Order* next = nullptr;
      const auto consider = [&next](const Order& order) {
        if (next == nullptr || order < *next) next = &order;
      };
      if (live != q.live.end()) consider(live->first);
      if (frozen != q.frozen.end()) consider(frozen->first);
      if (row != stored.end()) consider(*row);
      if (next == nullptr || !known(*next)) break;
      if (taken == kWindowSlice * 2) return;  // `end` stands at the last one taken
      const Order order = *next;
      bool present = row != stored.end() && *row == order;
      if (present) ++row;
      if (frozen != q.frozen.end() && frozen->first == order) present = (frozen++)->second;
      if (live != q.live.end() && live->first == order) present = (live++)->second;
      q.end = order;
      ++taken;
      if (present) q.window.insert(q.window.end(), order);
    }
    if (more) {
      q.end = stored.back();
    } else {
      q.end.reset();
    }
  }

  Cold& cold_;
  mutable absl::flat_hash_map<Group, std::unique_ptr<Queue>> queues_;
  std::vector<Queue*> changed_;
  std::vector<Queue*> frozen_;
  std::size_t live_changes_ = 0;
};

}  // namespace baton::engine
