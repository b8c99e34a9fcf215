// Rows that belong to no instance, found by their id. To add one, declare the row and list it in tables.h:
//
//   struct MessageRow {
//     static constexpr RowKind kKind = RowKind::kMessage;
//     ...
//     std::tuple<Key> id() const { return {key}; }            // texts as Symbol, tenant first
//     static void fields(auto& self, auto& io) { io(self.key, ...); }   // the id's parts too
//   };
//
// Optional: `static constexpr bool kPinned = true` keeps rows in memory once they were read (definitions), and
// `Status finish_loading()` derives what is not stored.
//
// Layers as in ordered_index.h. What is read from the store, and the knowledge that a row is not there, is kept for two
// checkpoints.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <utility>

#include "base/ensure.h"
#include "engine/state/cold.h"
#include "engine/state/row_codec.h"

namespace baton::engine {

template <typename Row>
class RowMap {
 public:
  using Id = decltype(std::declval<const Row&>().id());

  RowMap(Cold& cold, SymbolTable& symbols) : cold_(cold), symbols_(symbols) {}
  RowMap(const RowMap&) = delete;
  RowMap& operator=(const RowMap&) = delete;

  /// The row, or null. Valid until the next event. Throws RowsMissing.
  [[nodiscard]] const Row* find(const Id& id) const {
    if (const Slot* slot = in_memory(id)) return slot->get();
    if (cold_.has_store) cold_.miss(wanted(id));
    return nullptr;
  }
  /// The row, or null if it is not in memory or not there.
  [[nodiscard]] const Row* find_in_memory(const Id& id) const {
    const Slot* slot = in_memory(id);
    return slot == nullptr ? nullptr : slot->get();
  }
  /// Names the row for a prefetch, if it is not in memory.
  void want(const Id& id) const {
    if (cold_.has_store && in_memory(id) == nullptr) cold_.wanted.rows.push_back(wanted(id));
  }

  // --- for the mutator ---

  /// Puts `row`; returns what was there. Throws RowsMissing.
  std::unique_ptr<Row> put(Row row) {
    const Id id = row.id();
    return replace(id, std::make_unique<Row>(std::move(row)));
  }
  /// Puts a row whose id was never used before: the store need not be asked.
  void put_new(Row row) {
    Id id = row.id();
    const bool inserted =
        live_.try_emplace(std::move(id), Live{std::make_unique<Row>(std::move(row)), false, true}).second;
    ENSURE(inserted, "a new row has an id that is used");
  }
  /// Puts a row whose id is used by none now, as the caller knows: the store need not be asked.
  void put_absent(Row row) {
    Id id = row.id();
    auto slot = std::make_unique<Row>(std::move(row));
    const auto it = live_.find(id);
    if (it == live_.end()) {
      live_.emplace(std::move(id), Live{std::move(slot), false});
    } else {
      const Slot old = settle(it, std::move(slot));
      ENSURE(old == nullptr, "an absent row is there");
    }
  }
  /// Erases the row, which is there, and returns it. Throws RowsMissing.
  std::unique_ptr<Row> erase(const Id& id) {
    auto old = replace(id, nullptr);
    ENSURE(old != nullptr, "a row is erased that does not exist");
    return old;
  }
  /// Takes a put or erase back: `row` is what it returned.
  void restore(const Id& id, std::unique_ptr<Row> row) {
    auto it = live_.find(id);
    if (it == live_.end()) {  // born and dropped after the last freeze
      live_.emplace(id, Live{std::move(row), false});
    } else {
      settle(it, std::move(row));
    }
  }

  // --- layers, called between frames ---

  void freeze() {
    ENSURE(frozen_.empty(), "a map is frozen twice");
    frozen_.swap(live_);
  }
  /// On the checkpoint's thread, while the state goes on.
  void write_frozen(RowSink& sink) const {
    const RowEncoder::Visit put = [&sink](std::string_view key, std::string_view value) { sink.put(key, value); };
    RowEncoder encode(put);
    for (const auto& [id, live] : frozen_) {
      if (live.row != nullptr) {
        encode.row(id, *live.row);
      } else {
        sink.erase(row_key(Row::kKind, id));
      }
    }
  }
  /// The store has the frozen layer now; drop() must follow until nothing is left.
  void drop_frozen() {
    if constexpr (!pinned()) {
      oldest_.swap(older_);
      older_.swap(clean_);
    }
    next_frozen_ = frozen_.begin();
    next_oldest_ = oldest_.begin();
  }
  /// Keeps what is in the store now as clean rows and frees the oldest ones, `most` of both, which are counted down;
  /// true if something is left.
  bool drop(std::size_t& most) {
    for (; !frozen_.empty(); --most) {
      if (most == 0) return true;
      clean_[next_frozen_->first] = std::move(next_frozen_->second.row);
      frozen_.erase(next_frozen_++);
    }
    for (; !oldest_.empty(); --most) {
      if (most == 0) return true;
      oldest_.erase(next_oldest_++);
    }
    return false;
  }
  [[nodiscard]] std::size_t live_changes() const { return live_.size(); }
  /// Calls `visit(row)` for every row in memory, in no particular order.
  template <typename F>
  void for_each_in_memory(F&& visit) const {
    const auto visit_current = [&](const Id& id, const Slot& slot) {
      if (slot != nullptr && in_memory(id)->get() == slot.get()) visit(*slot);
    };
    for (const auto* layer : {&live_, &frozen_}) {
      for (const auto& [id, live] : *layer) visit_current(id, live.row);
    }
    for (const auto* layer : {static_cast<const Layer*>(&clean_), static_cast<const Layer*>(&older_)}) {
      for (const auto& [id, slot] : *layer) visit_current(id, slot);
    }
  }

 private:
  using Slot = std::unique_ptr<Row>;  // null: there certainly is no such row
  struct Live {
    Slot row;
    bool below = false;   // there is, or may be, such a row in the layers below
    bool unique = false;  // its id is never used again
  };
  using Changes = absl::flat_hash_map<Id, Live>;
  using Layer = absl::flat_hash_map<Id, Slot>;

  static constexpr bool pinned() {
    if constexpr (requires { Row::kPinned; }) {
      return Row::kPinned;
    } else {
      return false;
    }
  }

  [[nodiscard]] const Slot* in_memory(const Id& id) const {
    for (const auto* layer : {&live_, &frozen_}) {
      if (layer->empty()) continue;
      auto it = layer->find(id);
      if (it != layer->end()) return &it->second.row;
    }
    for (const auto* layer : {static_cast<const Layer*>(&clean_), static_cast<const Layer*>(&older_)}) {
      if (layer->empty()) continue;
      auto it = layer->find(id);
      if (it != layer->end()) return &it->second;
    }
    return nullptr;
  }

  /// Sets a live row; one that is erased and has nothing below is dropped. Its id may be asked for again, in the same
  /// frame even, which must not ask the store: it would not learn anything new.
  Slot settle(typename Changes::iterator it, Slot row) {
    Slot old = std::exchange(it->second.row, std::move(row));
    if (it->second.row != nullptr || it->second.below) return old;
    if (cold_.has_store && !it->second.unique) clean_.try_emplace(it->first);
    live_.erase(it);
    return old;
  }
  Slot replace(const Id& id, Slot row) {
    auto it = live_.find(id);
    if (it != live_.end()) return settle(it, std::move(row));
    // A frozen row is being written by another thread: the caller gets a copy of it.
    Slot old;
    if (const Row* below = find(id)) old = std::make_unique<Row>(*below);
    const bool below = old != nullptr;
    it = live_.emplace(id, Live{nullptr, below}).first;
    settle(it, std::move(row));
    return old;
  }

  [[nodiscard]] WantedRow wanted(const Id& id) const {
    return {row_key(Row::kKind, id), [this, id](std::optional<std::string_view> value) -> Status {
              if (in_memory(id) != nullptr) return {};
              Slot row;
              if (value) {
                const std::string key = row_key(Row::kKind, id);
                BATON_TRY(check_row(key, *value));
                row = std::make_unique<Row>();
                ByteReader in(row_fields(*value));
                FieldReader fields(in, Key(0), symbols_, static_cast<const CommandVariables*>(nullptr));
                Row::fields(*row, fields);
                if (!in.ok() || !in.at_end() || row->id() != id) return bad_row(key, "its fields do not fit");
                if constexpr (requires { row->finish_loading(); }) BATON_TRY(row->finish_loading());
              }
              clean_.emplace(id, std::move(row));
              return {};
            }};
  }

  Cold& cold_;
  SymbolTable& symbols_;
  Changes live_;
  Changes frozen_;
  mutable Layer clean_;
  Layer older_;
  Layer oldest_;  // being freed
  typename Changes::iterator next_frozen_;
  typename Layer::iterator next_oldest_;
};

}  // namespace baton::engine
