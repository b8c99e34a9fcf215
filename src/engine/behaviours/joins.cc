#include "engine/behaviours/joins.h"

namespace baton::engine {

namespace {

/// Elements from which a token can reach `gateway`, without passing through it. Walks backwards from it.
std::vector<bool> reaching(const bpmn::ProcessModel& model, ElementIndex gateway) {
  std::vector<bool> reaches(model.elements.size(), false);
  std::vector<ElementIndex> queue;
  const auto visit = [&](ElementIndex element) {
    if (element == gateway || reaches[element.value()]) return;
    reaches[element.value()] = true;
    queue.push_back(element);
  };
  for (const bpmn::FlowIndex flow : model.element(gateway).incoming) visit(model.flow(flow).source);
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const bpmn::Element& element = model.element(queue[at]);
    for (const bpmn::FlowIndex flow : element.incoming) visit(model.flow(flow).source);
    if (element.attached_to != kNoElement) visit(element.attached_to);
  }
  return reaches;
}

/// True if a token in `scope` may still come to `gateway`.
bool is_reachable(const Execution& x, Key scope, ElementIndex gateway) {
  const bpmn::ProcessModel& model = x.model();
  const Instance& instance = x.instance();
  const std::vector<bool> reaches = reaching(model, gateway);
  bool reachable = false;
  instance.for_each_child(scope, [&](const ElementInstanceRow& row) {
    reachable = reaches[row.element.value()] && instance.is_live(row.key);
    return !reachable;
  });
  if (reachable) return true;
  for (auto it = instance.waiting.lower_bound({scope.value(), 0});
       it != instance.waiting.end() && it->first.first == scope.value(); ++it) {
    const ElementIndex target = model.flow(bpmn::FlowIndex(it->first.second)).target;
    // Of two gateways that wait for each other, the first one in the file goes on.
    const bool waits_for_this = model.element(target).type == bpmn::ElementType::kInclusiveGateway &&
                                reaching(model, target)[gateway.value()] && gateway < target;
    if (target != gateway && reaches[target.value()] && !waits_for_this) return true;
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
    if (!is_reachable(x, scope, target)) return WaitingJoin{flow, scope};
  }
  return std::nullopt;
}

}  // namespace baton::engine
