#include "bpmn/rules/rules.h"

namespace baton::bpmn {

ProcessView::ProcessView(const Definitions& definitions, const RawProcess& process)
    : definitions_(definitions), process_(process) {
  const std::size_t nodes = process.nodes.size();
  incoming_.resize(nodes);
  outgoing_.resize(nodes);
  inside_.resize(nodes + 1);
  attached_.resize(nodes);
  index_.reserve(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    if (!process.nodes[i].id.empty()) index_.try_emplace(process.nodes[i].id, static_cast<std::uint32_t>(i));
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    const RawNode& node = process.nodes[i];
    inside_[node.parent == RawNode::kNoParent ? nodes : node.parent].push_back(static_cast<std::uint32_t>(i));
    const std::uint32_t host = node.attached_to.empty() ? kNone : node_index(node.attached_to);
    if (host != kNone) attached_[host].push_back(static_cast<std::uint32_t>(i));
  }
  const auto in_scope = [&](std::uint32_t node, std::uint32_t parent) {
    return node != kNone && process.nodes[node].parent == parent ? node : kNone;
  };
  for (std::size_t i = 0; i < process.flows.size(); ++i) {
    const RawFlow& flow = process.flows[i];
    const std::uint32_t source = in_scope(node_index(flow.source), flow.parent);
    const std::uint32_t target = in_scope(node_index(flow.target), flow.parent);
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
