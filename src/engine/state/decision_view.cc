// Look-ups of decisions.
#include "engine/state/view.h"

namespace baton::engine {

const DecisionRow* StateView::decision(Key key) const {
  return rows<DecisionRow>().find(std::tuple(key));
}

const DecisionRequirementsRow* StateView::requirements(Key key) const {
  return rows<DecisionRequirementsRow>().find(std::tuple(key));
}

const LatestDecisionRow* StateView::latest_decision(std::string_view tenant, std::string_view id) const {
  const std::tuple key(name(tenant), name(id));
  if (std::get<0>(key).empty() || std::get<1>(key).empty()) return nullptr;
  return rows<LatestDecisionRow>().find(key);
}

const LatestRequirementsRow* StateView::latest_requirements(std::string_view tenant, std::string_view id) const {
  const std::tuple key(name(tenant), name(id));
  if (std::get<0>(key).empty() || std::get<1>(key).empty()) return nullptr;
  return rows<LatestRequirementsRow>().find(key);
}

const DecisionRow* StateView::tagged_decision(std::string_view tenant, std::string_view id,
                                              std::string_view tag) const {
  const std::tuple group(name(tenant), name(id), name(tag));
  if (std::get<0>(group).empty() || std::get<1>(group).empty() || std::get<2>(group).empty()) return nullptr;
  const auto first = index<DecisionTags>().first(group);
  return first ? decision(Key(~std::get<0>(*first))) : nullptr;
}

const DecisionRow* StateView::deployed_decision(Key deployment, std::string_view id) const {
  const std::tuple group(deployment, name(id));
  if (std::get<1>(group).empty()) return nullptr;
  const auto first = index<DecisionsOfDeployment>().first(group);
  return first ? decision(std::get<0>(*first)) : nullptr;
}

}  // namespace baton::engine
