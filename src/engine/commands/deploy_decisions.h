// The DMN half of a deployment: requirements graphs and their decisions.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "dmn/decision_model.h"
#include "engine/commands/handler.h"

namespace baton::engine {

/// Reads and judges a .dmn resource. Errors: kInvalidArgument naming element, line and reason of everything wrong.
Result<std::shared_ptr<const dmn::DecisionModel>> read_decisions(const Resource& resource);

/// Ids of one deployment with the resources that define them.
struct DeployedIds {
  std::map<std::string, std::string> requirements;
  std::map<std::string, std::string> decisions;
};
/// Notes the ids of `model`; appends a line to `errors` for each one that is there already.
void check_unique_ids(const dmn::DecisionModel& model, const std::string& resource, DeployedIds& ids,
                      std::string& errors);

/// Whether the latest versions are exactly these: same name and content, and every decision's latest version is of it.
bool is_duplicate(const StateView& view, std::string_view tenant, const Resource& resource, std::string_view checksum,
                  const dmn::DecisionModel& model);

/// Number of keys that a graph takes.
std::size_t key_count(const dmn::DecisionModel& model);

/// Appends the events of a graph with keys from `next_key` on, which moves behind them. With `is_known` nothing is
/// defined. Either way `reply` gets what is deployed.
Status deploy_decisions(Execution& x, std::string_view tenant, std::uint32_t resource, std::string_view checksum,
                        const dmn::DecisionModel& model, bool is_known, std::uint64_t& next_key, DeployReply& reply);

}  // namespace baton::engine
