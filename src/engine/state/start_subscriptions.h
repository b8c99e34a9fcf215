// Messages and signals that start processes, by type and name.
#pragma once

#include <string>
#include <tuple>

#include "engine/state/collection.h"
#include "engine/state/messaging_rows.h"

namespace baton::engine {

class StartSubscriptions : public Collection<StartSubscriptionRow> {
 public:
  /// Calls `visit` for the start events that wait for this name, oldest definition first.
  template <typename F>
  void for_each(std::string_view tenant, bpmn::EventType type, std::string_view name, F&& visit) const {
    const ByName::key_type first{std::string(tenant), static_cast<std::uint8_t>(type), std::string(name), Id{}};
    for (auto it = by_name_.lower_bound(first); it != by_name_.end(); ++it) {
      if (std::get<0>(*it) != tenant || std::get<1>(*it) != static_cast<std::uint8_t>(type) || std::get<2>(*it) != name)
        return;
      visit(*find(std::get<3>(*it)));
    }
  }

  void index_add(const StartSubscriptionRow& row) { by_name_.insert(entry(row)); }
  void index_remove(const StartSubscriptionRow& row) { by_name_.erase(entry(row)); }

 private:
  using ByName = absl::btree_set<std::tuple<std::string, std::uint8_t, std::string, Id>>;
  static ByName::key_type entry(const StartSubscriptionRow& row) {
    return {std::string(row.tenant.text()), static_cast<std::uint8_t>(row.type), row.name, row.id()};
  }
  ByName by_name_;
};

}  // namespace baton::engine
