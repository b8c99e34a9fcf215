// Appliers of element instances, flows and deferred steps.
#include "base/ensure.h"
#include "engine/appliers/appliers.h"
#include "engine/lifecycle.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

namespace {

const Instance& instance_of(ApplyContext& context) {
  return *context.state.instance(context.instance);
}

void move(ApplyContext& context, Key key, ElementState to) {
  ElementInstanceRow row = element_row(context, key);
  ENSURE(is_allowed(row.state, to), "a transition that the lifecycle does not allow");
  row.state = to;
  context.state.put(context.instance, row);
}

void add_waiting(ApplyContext& context, Key scope, bpmn::FlowIndex flow, std::int32_t change) {
  const std::uint32_t count = instance_of(context).waiting_tokens(scope, flow);
  context.state.put(context.instance, WaitingTokensRow{scope, flow, count + static_cast<std::uint32_t>(change)});
}

// Tokens of a scope that move no more: those that wait at gateways, and flows that were put off.
void erase_inside(ApplyContext& context, Key scope) {
  const Instance& instance = instance_of(context);
  std::vector<bpmn::FlowIndex> flows;
  for (auto it = instance.waiting.lower_bound({scope.value(), 0});
       it != instance.waiting.end() && it->first.first == scope.value(); ++it)
    flows.emplace_back(it->first.second);
  for (const bpmn::FlowIndex flow : flows) context.state.put(context.instance, WaitingTokensRow{scope, flow, 0});
  std::vector<Key> steps;
  for (const auto& [key, step] : instance.deferred) {
    const bool moves = step.step == DeferredKind::kTakeFlow || step.step == DeferredKind::kCreateItems;
    if (step.scope == scope && moves) steps.push_back(step.key);
  }
  for (const Key step : steps) context.state.erase_deferred(context.instance, step);
}

void erase_loop(ApplyContext& context, Key body) {
  std::vector<Key> items;
  instance_of(context).items_of.for_each(body, [&items](std::uint64_t key) {
    items.emplace_back(key);
    return true;
  });
  for (const Key item : items) context.state.erase<LoopItemRow>(context.instance, item);
  context.state.erase<LoopRow>(context.instance, body);
}

void remove(ApplyContext& context, Key key, ElementState to) {
  const ElementInstanceRow row = element_row(context, key);
  ENSURE(is_allowed(row.state, to), "a transition that the lifecycle does not allow");
  if (row.scope.value() == 0) {
    context.state.erase_instance(context.instance);
    return;
  }
  std::vector<Key> locals;
  instance_of(context).variables.for_each_in(key, [&](const VariableRow& v) { locals.push_back(v.key); });
  for (const Key local : locals) context.state.erase_variable(context.instance, key, local);
  if (bpmn::is_scope(instance_of(context).model().element(row.element).type)) erase_inside(context, key);
  if (instance_of(context).loop(key) != nullptr) erase_loop(context, key);
  context.state.erase_element(context.instance, key);
  ElementInstanceRow scope = element_row(context, row.scope);
  --scope.children;
  context.state.put(context.instance, scope);
}

}  // namespace

void apply(ApplyContext& context, const ElementActivating& event) {
  ElementInstanceRow row;
  row.key = event.key;
  row.element = event.element;
  row.scope = event.scope;
  row.state = ElementState::kActivating;
  row.created = context.state.time();
  if (event.scope.value() == 0) {  // the process itself has the instance's key
    context.state.put(context.instance, row);
    return;
  }
  take_key(context, event.key);
  context.state.put(context.instance, row);
  std::uint32_t used = event.flow == bpmn::kNoFlow ? 0 : 1;
  if (event.joined) {
    const auto& incoming = instance_of(context).model().element(event.element).incoming;
    used = 0;
    for (const bpmn::FlowIndex flow : incoming) {  // an inclusive gateway joins what has arrived
      if (instance_of(context).waiting_tokens(event.scope, flow) == 0) continue;
      add_waiting(context, event.scope, flow, -1);
      ++used;
    }
  }
  ElementInstanceRow scope = element_row(context, event.scope);
  ENSURE(scope.tokens >= used, "more tokens are used than were made");
  ++scope.children;
  scope.tokens -= used;
  context.state.put(context.instance, scope);
}

void apply(ApplyContext& context, const ElementActivated& event) {
  move(context, event.key, ElementState::kActivated);
}
void apply(ApplyContext& context, const ElementCompleting& event) {
  move(context, event.key, ElementState::kCompleting);
}
void apply(ApplyContext& context, const ElementCompleted& event) {
  remove(context, event.key, ElementState::kCompleted);
}
void apply(ApplyContext& context, const ElementTerminating& event) {
  move(context, event.key, ElementState::kTerminating);
}
void apply(ApplyContext& context, const ElementTerminated& event) {
  remove(context, event.key, ElementState::kTerminated);
}

void apply(ApplyContext& context, const FlowTaken& event) {
  ElementInstanceRow scope = element_row(context, event.scope);
  ++scope.tokens;
  context.state.put(context.instance, scope);
  if (event.waits) add_waiting(context, event.scope, event.flow, 1);
}

void apply(ApplyContext& context, const ScopeInterrupted& event) {
  erase_inside(context, event.scope);
  ElementInstanceRow scope = element_row(context, event.scope);
  scope.interrupted_at = instance_of(context).row.next_key;
  scope.tokens = 0;
  context.state.put(context.instance, scope);
}

void apply(ApplyContext& context, const CallStarted& event) {
  context.state.put_next_block(event.child.value() + kKeyBlockSize);
  ElementInstanceRow row = element_row(context, event.key);
  row.called = event.child;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const CallEnded& event) {
  ElementInstanceRow row = element_row(context, event.key);
  row.called = Key(0);
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const StepDeferred& event) {
  take_key(context, event.key);
  context.state.put(context.instance, DeferredStepRow{event.key, event.step, event.flow, event.scope});
}

void apply(ApplyContext& context, const StepResumed& event) {
  context.state.erase_deferred(context.instance, event.key);
}

void apply(ApplyContext& context, const VariableCreated& event) {
  take_key(context, event.key);
  context.state.put(context.instance, VariableRow{event.key, event.scope, event.variable.name, event.variable.value});
}

void apply(ApplyContext& context, const VariableUpdated& event) {
  context.state.put(context.instance, VariableRow{event.key, event.scope, event.variable.name, event.variable.value});
}

}  // namespace baton::engine
