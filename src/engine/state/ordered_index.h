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
// Layers: `added` and `removed` since the last freeze, the same of the one before while a checkpoint writes them, and
// the store. `window` is the head of the queue as the layers below the first two give it, without what was removed, up
// to a known place; it is only a cache, so it may be cut anywhere at any time. Reading behind it merges the next slice;
// if that needs the store, it throws RowsMissing. So an entry that comes and goes between two freezes costs one
// insertion.
//
// There may be a queue for every instance that waits, so nothing walks over all queues at once: a freeze only notes
// which queues changed, and settle() and drop() go through them in slices while the state goes on.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/node_hash_map.h>

#include <algorithm>
#include <deque>
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
    touch(q);
    if (!q.removed.empty() && q.removed.erase(order) != 0) {  // below it is still there
      --live_changes_;
      if (!q.end || (!q.before_all && order <= *q.end)) insert_into_window(q, order);
      return;
    }
    const bool inserted = q.added.insert(order).second;
    ENSURE(inserted, "an index entry is added twice");
    ++live_changes_;
  }

  /// Removes an entry that is there.
  void remove(const Group& group, const Order& order) {
    Queue& q = queue(group);
    touch(q);
    if (q.added.erase(order) != 0) {  // born after the last freeze: simply dropped
      --live_changes_;
      return;
    }
    q.window.erase(order);
    const bool inserted = q.removed.insert(order).second;
    ENSURE(inserted, "an index entry is removed twice");
    ++live_changes_;
  }

  /// The first entry of a queue. Throws RowsMissing.
  [[nodiscard]] std::optional<Order> first(const Group& group) const {
    Queue* q = existing(group);
    if (q == nullptr) return std::nullopt;
    while (true) {
      const Order* next = q->added.empty() ? nullptr : &*q->added.begin();
      if (!q->window.empty() && (next == nullptr || *q->window.begin() < *next)) return *q->window.begin();
      if (next == nullptr ? !q->end.has_value() : is_covered(*q, *next))
        return next == nullptr ? std::nullopt : std::optional(*next);
      extend(*q);
    }
  }

  /// Up to `limit` entries from the front, as long as `wanted(order)` holds, in order. Throws RowsMissing.
  template <typename Condition>
  [[nodiscard]] std::vector<Order> head(const Group& group, std::size_t limit, Condition&& wanted) const {
    std::vector<Order> found;
    Queue* q = existing(group);
    if (q == nullptr) return found;
    auto live = q->added.begin();
    auto below = q->window.begin();
    while (found.size() < limit) {
      const bool has_live = live != q->added.end();
      if (below == q->window.end() && !(has_live ? is_covered(*q, *live) : !q->end.has_value())) {
        extend(*q);
        below = found.empty() ? q->window.begin() : q->window.upper_bound(found.back());
        continue;
      }
      const bool has_below = below != q->window.end();
      if (!has_live && !has_below) break;
      const bool take_live = has_live && (!has_below || *live < *below);
      const Order& next = take_live ? *live : *below;
      if (!wanted(next)) break;
      found.push_back(next);
      take_live ? (void)++live : (void)++below;
    }
    return found;
  }
  [[nodiscard]] std::vector<Order> head(const Group& group, std::size_t limit) const {
    return head(group, limit, [](const Order&) { return true; });
  }
  /// Names the front of a queue for a prefetch, if it may have to be read.
  void want(const Group& group) const {
    if (!is_stored()) return;
    Queue& q = queue(group);
    if (q.before_all) cold_.wanted.ranges.push_back(next_range(q));
  }
  /// All entries of a queue that is known to be small, e.g. the subscriptions of one message and key.
  [[nodiscard]] std::vector<Order> all(const Group& group) const { return head(group, SIZE_MAX); }
  /// Up to `limit` entries behind `from`, in order: for walking through a queue of any length in slices. Throws
  /// RowsMissing.
  [[nodiscard]] std::vector<Order> after(const Group& group, const Order& from, std::size_t limit) const {
    std::vector<Order> found;
    Queue* q = existing(group);
    if (q == nullptr) return found;
    if (is_stored() && (!q->slice || q->slice->from != from)) want_slice(*q, from, limit);
    // What is stored behind `from`; without a store nothing is.
    static const std::vector<Order> kNothing;
    const std::vector<Order>& stored = is_stored() ? q->slice->stored : kNothing;
    const bool more = is_stored() && q->slice->more;
    auto row = stored.begin();
    auto frozen = q->frozen_added.upper_bound(from);
    auto live = q->added.upper_bound(from);
    while (found.size() < limit) {
      const Order* next = row == stored.end() ? nullptr : &*row;
      if (frozen != q->frozen_added.end() && (next == nullptr || *frozen < *next)) next = &*frozen;
      if (live != q->added.end() && (next == nullptr || *live < *next)) next = &*live;
      if (more && (next == nullptr || stored.empty() || *next > stored.back())) want_slice(*q, from, limit);
      if (next == nullptr) break;
      // The frozen layer may be in the store already, and an entry in both.
      const Order order = *next;
      const bool is_stored = row != stored.end() && *row == order;
      const bool is_frozen = frozen != q->frozen_added.end() && *frozen == order;
      const bool is_live = live != q->added.end() && *live == order;
      if (is_stored) ++row;
      if (is_frozen) ++frozen;
      if (is_live) ++live;
      if (is_live || (!q->removed.contains(order) && (is_frozen || !q->frozen_removed.contains(order))))
        found.push_back(order);
    }
    return found;
  }

  // --- layers, called between frames ---

  /// The live layer becomes the frozen one. Not while there is a frozen one.
  void freeze() {
    ENSURE(frozen_.empty(), "an index is frozen twice");
    frozen_.swap(changed_);
    live_changes_ = 0;
    done_ = 0;
    ++freezes_;
  }
  /// Moves what was frozen aside, for `most` queues, which are counted down; true if something is left. The frozen
  /// layer can be written when nothing is.
  bool settle(std::size_t& most) {
    for (; done_ < frozen_.size(); ++done_, --most) {
      if (most == 0) return true;
      if (Queue& q = *frozen_[done_]; q.changed != 0 && q.changed != freezes_) settle(q);
    }
    return false;
  }
  /// Writes the frozen layer; on the checkpoint's thread, while the state goes on.
  void write_frozen(RowSink& sink) const {
    std::string key;
    std::string value;
    for (const Queue* q : frozen_) {
      key = q->prefix;
      const auto set_key = [&](const Order& order) {
        key.resize(q->prefix.size());
        KeyWriter{key}(order);
      };
      for (const Order& order : q->frozen_added) {
        set_key(order);
        value.assign(1, static_cast<char>(kRowVersion));
        seal_row(key, value);
        sink.put(key, value);
      }
      for (const Order& order : q->frozen_removed) {
        set_key(order);
        sink.erase(key);
      }
    }
  }
  /// The store has the frozen layer now; drop() must follow until nothing is left.
  void drop_frozen() {
    cold_.has_store = true;
    done_ = 0;
    to_sweep_ = queues_.size() < kQueuesBeforeCleaning ? 0 : queues_.size();
  }
  /// Forgets what is in the store now, and queues without entries that nothing touched lately, for `most` queues, which
  /// are counted down; true if something is left.
  bool drop(std::size_t& most) {
    for (; done_ < frozen_.size(); ++done_, --most) {
      if (most == 0) return true;
      Queue& q = *frozen_[done_];
      q.frozen_added.clear();
      q.frozen_removed.clear();
      q.slice.reset();
    }
    frozen_.clear();
    done_ = 0;
    for (; to_sweep_ != 0; --to_sweep_, --most) {
      if (most == 0) return true;
      Queue* q = all_.front();
      all_.pop_front();
      const bool idle = q->changed == 0 && q->epoch + 1 < cold_.epoch;
      if (idle) {
        queues_.erase(*q->group);
      } else {
        all_.push_back(q);
      }
    }
    return false;
  }
  /// Whether the store may have entries. Where it has none, as is usual for buffered messages, nothing is read and no
  /// queue is kept for a group that is only asked about.
  [[nodiscard]] bool is_stored() const { return cold_.has_store && stored_; }
  /// Takes from the store whether it has any, right after it was opened or drop_frozen() was called.
  void set_stored(bool stored) { stored_ = stored; }
  /// Entries changed since the last freeze.
  [[nodiscard]] std::size_t live_changes() const { return live_changes_; }

 private:
  static constexpr std::size_t kQueuesBeforeCleaning = 1024;

  struct Queue {
    const Group* group = nullptr;
    std::string prefix;                                   // of its rows' keys
    absl::btree_set<Order> added;                         // since the last freeze, and not there before
    absl::btree_set<Order> removed;                       // since the last freeze, and there before
    absl::btree_set<Order> frozen_added, frozen_removed;  // ... before it, not yet in the store
    absl::btree_set<Order> window;  // all entries below `added` up to `end`, without the removed ones
    std::optional<Order> end;       // nothing: the window is all of them
    bool before_all = false;        // the window holds nothing yet: `end` is before every entry
    std::uint64_t changed = 0;      // the count of freezes at which `added` and `removed` began to be filled, or 0
    std::uint32_t epoch = 0;        // when it was last looked at
    /// What the store has behind a place, as far as it was read, for after().
    struct Slice {
      Order from;
      std::vector<Order> stored;
      bool more = false;
    };
    std::optional<Slice> slice;
  };

  /// The window is known to hold whatever is below at and before `order`.
  static bool is_covered(const Queue& q, const Order& order) { return !q.end || (!q.before_all && order <= *q.end); }

  Queue& queue(const Group& group) const {
    const auto [it, is_new] = queues_.try_emplace(group);
    Queue& q = it->second;
    if (is_new) {
      q.group = &it->first;
      q.prefix = row_key(Index::kKind, group);
      if (is_stored()) {
        q.end = Order{};
        q.before_all = true;
      }
      all_.push_back(&q);
    }
    q.epoch = cold_.epoch;
    return q;
  }
  /// The queue, or null if there certainly is none.
  Queue* existing(const Group& group) const {
    if (is_stored()) return &queue(group);
    auto it = queues_.find(group);
    return it == queues_.end() ? nullptr : &it->second;
  }
  /// The queue is about to change.
  void touch(Queue& q) {
    if (q.changed == freezes_) return;
    if (q.changed != 0) settle(q);
    q.changed = freezes_;
    changed_.push_back(&q);
  }
  /// What was changed before the freeze becomes the frozen layer of the queue.
  void settle(Queue& q) {
    q.frozen_added.swap(q.added);
    if (!q.frozen_added.empty()) stored_ = true;
    q.frozen_removed.swap(q.removed);
    q.changed = 0;
    // What was added is below now: the head of it belongs into the window.
    for (const Order& order : q.frozen_added) {
      if (!is_covered(q, order)) break;
      insert_into_window(q, order);
    }
  }
  static void insert_into_window(Queue& q, const Order& order) {
    q.window.insert(order);
    if (q.window.size() <= kWindowMost) return;
    while (q.window.size() > kWindowMost) q.window.erase(std::prev(q.window.end()));
    q.end = *std::prev(q.window.end());
  }

  /// Reads on behind `from`, or behind what was read from there already.
  [[noreturn]] void want_slice(Queue& q, const Order& from, std::size_t limit) const {
    WantedRange range;
    range.lower = q.prefix;
    const bool goes_on = q.slice && q.slice->from == from && !q.slice->stored.empty();
    KeyWriter{range.lower}(goes_on ? q.slice->stored.back() : from);
    range.lower.push_back('\0');  // behind it
    range.upper = prefix_end(q.prefix);
    range.limit = std::min(limit, kWindowSlice);
    range.load = [&q, from](const StoredRows& rows, bool more) -> Status {
      if (!q.slice || q.slice->from != from) q.slice = typename Queue::Slice{from, {}, false};
      for (const auto& [key, value] : rows) {
        BATON_TRY(check_row(key, value));
        Order order{};
        KeyReader read(std::string_view(key).substr(q.prefix.size()));
        read(order);
        if (!read.ok()) return bad_row(key, "its key is malformed");
        if (q.slice->stored.empty() || q.slice->stored.back() < order) q.slice->stored.push_back(order);
      }
      q.slice->more = more;
      return {};
    };
    cold_.miss(std::move(range));
  }

  /// Moves `end` on: merges the next slice of the frozen layer and the store.
  void extend(Queue& q) const {
    if (is_stored()) cold_.miss(next_range(q));
    merge(q, {}, false);
  }

  /// The next slice behind `end` in the store.
  WantedRange next_range(Queue& q) const {
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
    return range;
  }

  void merge(Queue& q, const std::vector<Order>& stored, bool more) const {
    auto frozen = q.before_all ? q.frozen_added.begin() : q.frozen_added.upper_bound(q.end.value_or(Order{}));
    auto row = stored.begin();
    // Behind the last row of a slice that was cut the store may have more.
    const auto is_known = [&](const Order& order) { return !more || order <= stored.back(); };
    q.before_all = false;
    for (std::size_t taken = 0;; ++taken) {
      const bool has_frozen = frozen != q.frozen_added.end() && is_known(*frozen);
      const bool has_row = row != stored.end();
      if (!has_frozen && !has_row) break;
      if (taken == kWindowSlice * 2) return;  // `end` stands at the last one taken
      const bool take_row = has_row && (!has_frozen || *row < *frozen);
      const Order order = take_row ? *row++ : *frozen++;
      const bool gone = q.removed.contains(order) || (take_row && q.frozen_removed.contains(order));
      q.end = order;
      if (!gone) q.window.insert(q.window.end(), order);
    }
    if (more) {
      q.end = stored.back();
    } else {
      q.end.reset();
    }
  }

  Cold& cold_;
  mutable absl::node_hash_map<Group, Queue> queues_;
  mutable std::deque<Queue*> all_;  // in the order in which drop() looks whether they are idle
  std::vector<Queue*> changed_;
  std::vector<Queue*> frozen_;
  std::size_t done_ = 0;  // of frozen_, by settle() or drop()
  std::size_t to_sweep_ = 0;
  std::uint64_t freezes_ = 1;
  bool stored_ = true;  // the frozen layer or the store may have entries; false only if it is known that they have none
  std::size_t live_changes_ = 0;
};

}  // namespace baton::engine
