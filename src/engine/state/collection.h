// Rows of one kind that belong to the partition, ordered by their id, with the indexes that are derived from them. Each
// kind that is found in other ways than by its id has a class of its own with index_add() and index_remove().
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include <optional>
#include <utility>

namespace baton::engine {

template <typename Row>
class Collection {
 public:
  using Id = typename Row::Id;
  using Rows = absl::btree_map<Id, Row>;

  [[nodiscard]] const Row* find(const Id& id) const {
    auto it = rows_.find(id);
    return it == rows_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] const Rows& rows() const { return rows_; }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  void index_add(const Row&) {}
  void index_remove(const Row&) {}

 private:
  friend class Mutator;
  Rows rows_;
};

/// Ids by the time at which something is due.
template <typename Id>
using DueIndex = absl::btree_set<std::pair<std::int64_t, Id>>;

}  // namespace baton::engine
