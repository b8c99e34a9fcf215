// Buffered messages, found by name and correlation key (oldest first), by message id, and by deadline.
#pragma once

#include <string>
#include <tuple>

#include "engine/state/collection.h"
#include "engine/state/messaging_rows.h"

namespace baton::engine {

class Messages : public Collection<MessageRow> {
 public:
  /// Calls `visit` for the messages with this name and correlation key, oldest first, until it returns false.
  template <typename F>
  void for_each(std::string_view tenant, std::string_view name, std::string_view correlation_key, F&& visit) const {
    const ByKey::key_type first{std::string(tenant), std::string(name), std::string(correlation_key), 0};
    for (auto it = by_key_.lower_bound(first); it != by_key_.end(); ++it) {
      if (std::get<0>(*it) != tenant || std::get<1>(*it) != name || std::get<2>(*it) != correlation_key) return;
      if (!visit(*find(std::get<3>(*it)))) return;
    }
  }
  /// The buffered message with this id, or null.
  [[nodiscard]] const MessageRow* find_by_id(std::string_view tenant, std::string_view name,
                                             std::string_view correlation_key, std::string_view message_id) const {
    auto it =
        ids_.find({std::string(tenant), std::string(name), std::string(correlation_key), std::string(message_id)});
    return it == ids_.end() ? nullptr : find(it->second);
  }
  [[nodiscard]] const DueIndex<Id>& deadlines() const { return deadlines_; }

  void index_add(const MessageRow& row) {
    const std::string tenant(row.tenant.text());
    by_key_.insert({tenant, row.name, row.correlation_key, row.key.value()});
    if (!row.message_id.empty()) ids_[{tenant, row.name, row.correlation_key, row.message_id}] = row.key.value();
    deadlines_.insert({row.deadline.value(), row.key.value()});
  }
  void index_remove(const MessageRow& row) {
    const std::string tenant(row.tenant.text());
    by_key_.erase({tenant, row.name, row.correlation_key, row.key.value()});
    if (!row.message_id.empty()) ids_.erase({tenant, row.name, row.correlation_key, row.message_id});
    deadlines_.erase({row.deadline.value(), row.key.value()});
  }

 private:
  using ByKey = absl::btree_set<std::tuple<std::string, std::string, std::string, std::uint64_t>>;
  ByKey by_key_;
  absl::btree_map<std::tuple<std::string, std::string, std::string, std::string>, std::uint64_t> ids_;
  DueIndex<Id> deadlines_;
};

}  // namespace baton::engine
