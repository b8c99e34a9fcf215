// Who waits for a message, by its name and correlation key, in the order in which they began to wait.
#pragma once

#include <string>
#include <tuple>

#include "engine/state/collection.h"
#include "engine/state/messaging_rows.h"

namespace baton::engine {

class MessageSubscriptions : public Collection<MessageSubscriptionRow> {
 public:
  /// Calls `visit` for those who wait for this name and key, until it returns false.
  template <typename F>
  void for_each(std::string_view tenant, std::string_view name, std::string_view correlation_key, F&& visit) const {
    const ByKey::key_type first{std::string(tenant), std::string(name), std::string(correlation_key), 0, 0};
    for (auto it = by_key_.lower_bound(first); it != by_key_.end(); ++it) {
      if (std::get<0>(*it) != tenant || std::get<1>(*it) != name || std::get<2>(*it) != correlation_key) return;
      if (!visit(*find(std::get<4>(*it)))) return;
    }
  }

  void index_add(const MessageSubscriptionRow& row) { by_key_.insert(entry(row)); }
  void index_remove(const MessageSubscriptionRow& row) { by_key_.erase(entry(row)); }

 private:
  using ByKey = absl::btree_set<std::tuple<std::string, std::string, std::string, std::uint64_t, std::uint64_t>>;
  static ByKey::key_type entry(const MessageSubscriptionRow& row) {
    return {std::string(row.tenant.text()), row.name, row.correlation_key, row.order.value(), row.key.value()};
  }
  ByKey by_key_;
};

}  // namespace baton::engine
