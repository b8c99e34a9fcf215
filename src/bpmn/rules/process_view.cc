#include "bpmn/rules/rules.h"

namespace baton::bpmn {

ProcessView::ProcessView(const RawProcess& process) : process_(process) {
  const std::size_t nodes = process.nodes.size();
  incoming_.resize(nodes);
  outgoing_.resize(nodes);
  index_.reserve(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    if (!process.nodes[i].id.empty()) index_.try_emplace(process.nodes[i].id, static_cast<std::uint32_t>(i));
  }
  for (std::size_t i = 0; i < process.flows.size(); ++i) {
    const RawFlow& flow = process.flows[i];
    const std::uint32_t source = node_index(flow.source);
    const std::uint32_t target = node_index(flow.target);
    sources_.push_back(source);
    targets_.push_back(target);
    if (source != kNone) outgoing_[source].push_back(static_cast<std::uint32_t>(i));
    if (target != kNone) incoming_[target].push_back(static_cast<std::uint32_t>(i));
  }
}

std::uint32_t ProcessView::node_index(std::string_view id) const {
  const auto at = index_.find(id);
  return at == index_.end() ? kNone : at->second;
}

}  // namespace baton::bpmn
