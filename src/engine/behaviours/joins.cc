#include "engine/behaviours/joins.h"

namespace baton::engine {

namespace {

/// Elements from which a token can reach one of `flows`, which enter `gateway`, without passing through the gateway.
/// Walks backwards from it.
std::vector<bool> reaching(const bpmn::ProcessModel& model, ElementIndex gateway,
                           const std::vector<bpmn::FlowIndex>& flows) {
  std::vector<bool> reaches(model.elements.size(), false);
  std::vector<ElementIndex> queue;
  const auto visit = [&](ElementIndex element) {
    if (element == gateway || reaches[element.value()]) return;
    reaches[element.value()] = true;
    queue.push_back(element);
  };
  for (const bpmn::FlowIndex flow : flows) visit(model.flow(flow).source);
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const bpmn::Element& element = model.element(queue[at]);
    for (const bpmn::FlowIndex flow : element.incoming) visit(model.flow(flow).source);
    if (element.attached_to != kNoElement) visit(element.attached_to);
  }
  return reaches;
}

/// Elements of joins whose waiting tokens hold `gateway` of `scope` back (BPMN 2.0, 13.4.3): those from which a token
/// can reach an incoming flow without a token, but none with one. A token that can reach both waits for this gateway to
/// go on, in a loop around both, and is of a later round. Tokens that move by themselves need no such rule: waiting for
/// them ends.
std::vector<bool> holding_back(const Execution& x, Key scope, ElementIndex gateway) {
  const bpmn::ProcessModel& model = x.model();
  std::vector<bpmn::FlowIndex> empty;
  std::vector<bpmn::FlowIndex> taken;
  for (const bpmn::FlowIndex flow : model.element(gateway).incoming) {
    (x.instance().waiting_tokens(scope, flow) == 0 ? empty : taken).push_back(flow);
  }
  std::vector<bool> holds = reaching(model, gateway, empty);
  const std::vector<bool> later = reaching(model, gateway, taken);
  for (std::size_t i = 0; i < holds.size(); ++i) holds[i] = holds[i] && !later[i];
  return holds;
}

/// True if `gateway` of `scope` has to wait for a token that may still come.
bool is_held_back(const Execution& x, Key scope, ElementIndex gateway) {
  const bpmn::ProcessModel& model = x.model();
  const Instance& instance = x.instance();
  const std::vector<bool> reaches = reaching(model, gateway, model.element(gateway).incoming);
  bool held = false;
  instance.for_each_child(scope, [&](const ElementInstanceRow& row) {
    held = reaches[row.element.value()] && instance.is_live(row.key);
    return !held;
  });
  if (held) return true;
  const std::vector<bool> holds = holding_back(x, scope, gateway);
  for (auto it = instance.waiting.lower_bound({scope.value(), 0});
       it != instance.waiting.end() && it->first.first == scope.value(); ++it) {
    const ElementIndex target = model.flow(bpmn::FlowIndex(it->first.second)).target;
    if (target == gateway || !holds[target.value()]) continue;
    // Of two gateways that wait for each other, the first one in the file goes on.
    const bool waits_for_this = model.element(target).type == bpmn::ElementType::kInclusiveGateway &&
                                gateway < target && holding_back(x, scope, target)[gateway.value()];
    if (!waits_for_this) return true;
  }
  for (const auto& [key, step] : instance.deferred) {
    if (step.step != DeferredKind::kTakeFlow || step.scope != scope) continue;
    const ElementIndex target = model.flow(step.flow).target;
    if (target == gateway || reaches[target.value()]) return true;
  }
  return false;
}

}  // namespace

std::optional<WaitingJoin> find_ready_join(const Execution& x) {
  const Instance& instance = x.instance();
  const bpmn::ProcessModel& model = x.model();
  std::pair<std::uint64_t, ElementIndex> last{0, kNoElement};  // a gateway is looked at once, not per flow
  for (const auto& [key, count] : instance.waiting) {
    const bpmn::FlowIndex flow(key.second);
    const ElementIndex target = model.flow(flow).target;
    if (model.element(target).type != bpmn::ElementType::kInclusiveGateway) continue;
    if (last == std::pair{key.first, target}) continue;
    last = {key.first, target};
    const Key scope(key.first);
    const ElementInstanceRow* row = instance.element(scope);
    if (row == nullptr || row->state != ElementState::kActivated || !instance.is_live(scope)) continue;
    if (!is_held_back(x, scope, target)) return WaitingJoin{flow, scope};
  }
  return std::nullopt;
}

}  // namespace baton::engine
