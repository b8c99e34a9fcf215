// How tokens move: the lifecycle of element instances, scopes, the step budget.
#include "base/ensure.h"
#include "engine/behaviours/mappings.h"
#include "engine/behaviours/variables.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

bool joins(const bpmn::Element& element) {
  return element.type == bpmn::ElementType::kParallelGateway && element.incoming.size() > 1;
}

}  // namespace

Key Execution::new_key() {
  const InstanceRow& row = instance().row;
  if (row.next_key == row.block_end) events.append(BlockTaken{Key(view.counters().next_block)});
  return instance().row.next_key;
}

void Execution::activate_process() {
  const Key key = events.instance();
  events.append(ElementActivating{key, ElementIndex(0), Key(0)});
  for (const NamedValue& variable : command_variables) set_local(*this, key, variable);
  go_on_activating(key);
}

void Execution::activate(ElementIndex element, Key scope, bpmn::FlowIndex flow) {
  const Key key = new_key();
  events.append(ElementActivating{key, element, scope, flow, flow != bpmn::kNoFlow && joins(model().element(element))});
  go_on_activating(key);
}

void Execution::go_on_activating(Key key) {
  const bpmn::Element& element = definition_of(key);
  const ElementBehaviour& behaviour = behaviour_of(element.type);
  StepResult result = apply_inputs(*this, key, element);
  if (result) result = behaviour.activate(*this, key, element);
  if (!result) {
    raise_incident(key, Key(0), result.error().kind, result.error().message);
    return;
  }
  events.append(ElementActivated{key});
  behaviour.finish_activation(*this, key, element);
}

void Execution::complete(Key key) {
  events.append(ElementCompleting{key});
  go_on_completing(key);
}

void Execution::go_on_completing(Key key) {
  const bpmn::Element& element = definition_of(key);
  const ElementBehaviour& behaviour = behaviour_of(element.type);
  Completed done{element, this->element(key).scope};
  StepResult result = behaviour.complete(*this, key, done);
  if (result) result = apply_outputs(*this, key, element);
  if (!result) {
    raise_incident(key, Key(0), result.error().kind, result.error().message);
    return;
  }
  events.append(ElementCompleted{key});
  behaviour.finish_completion(*this, done);
  if (done.scope.value() != 0) complete_scope_if_done(done.scope);
}

void Execution::resume(Key key) {
  const ElementState state = element(key).state;
  if (state == ElementState::kActivating) {
    go_on_activating(key);
  } else if (state == ElementState::kCompleting) {
    go_on_completing(key);
  }
}

void Execution::take_flow(bpmn::FlowIndex flow, Key scope) {
  events.append(FlowTaken{flow, scope, joins(model().element(model().flow(flow).target))});
  pending_.push_back({flow, scope});
}

void Execution::take_outgoing(const bpmn::Element& element, Key scope) {
  for (const bpmn::FlowIndex flow : element.outgoing) take_flow(flow, scope);
}

void Execution::complete_scope_if_done(Key scope) {
  const ElementInstanceRow* row = instance().element(scope);
  if (row->children == 0 && row->tokens == 0 && row->state == ElementState::kActivated) complete(scope);
}

void Execution::activate_target(const PendingFlow& pending) {
  const ElementInstanceRow* scope = instance().element(pending.scope);
  if (scope == nullptr || scope->state != ElementState::kActivated) return;  // deferred, and terminated meanwhile
  const ElementIndex target = model().flow(pending.flow).target;
  const bpmn::Element& element = model().element(target);
  if (joins(element)) {
    for (const bpmn::FlowIndex flow : element.incoming) {
      if (instance().waiting_tokens(pending.scope, flow) == 0) return;  // the token waits at the gateway
    }
  }
  activate(target, pending.scope, pending.flow);
}

void Execution::run() {
  while (!pending_.empty()) {
    const PendingFlow next = pending_.front();
    pending_.pop_front();
    if (!step()) {
      defer(DeferredKind::kTakeFlow, next.flow, next.scope);
      continue;
    }
    activate_target(next);
    ENSURE(pending_.empty() || !instance_ended(), "an instance ends while tokens move");
  }
}

void Execution::defer(DeferredKind step, bpmn::FlowIndex flow, Key scope) {
  const Key key = new_key();
  events.append(StepDeferred{key, step, flow, scope});
}

void Execution::run_deferred() {
  std::vector<DeferredStepRow> steps;
  for (const auto& [key, row] : instance().deferred) {
    if (steps.size() == kStepsPerFrame) break;
    steps.push_back(row);
  }
  for (const DeferredStepRow& step : steps) {
    events.append(StepResumed{step.key});
    if (step.step == DeferredKind::kTerminateScope) {
      go_on_terminating(step.scope);
      return;
    }
    pending_.push_back({step.flow, step.scope});
  }
  run();
}

bool Execution::terminate(Key key) {
  const bpmn::Element& element = definition_of(key);
  events.append(ElementTerminating{key});
  const Key incident = this->element(key).incident;
  if (incident.value() != 0) events.append(IncidentResolved{incident});
  behaviour_of(element.type).terminate(*this, key, element);
  return finish_terminating(key);
}

bool Execution::finish_terminating(Key scope) {
  std::vector<Key> children;
  if (element(scope).children != 0) {
    for (const auto& [key, row] : instance().elements) {
      if (row.scope == scope && row.state != ElementState::kTerminating) children.push_back(row.key);
    }
  }
  for (const Key child : children) {
    if (!step()) {
      defer(DeferredKind::kTerminateScope, bpmn::kNoFlow, scope);
      return false;
    }
    if (!terminate(child)) return false;
  }
  events.append(ElementTerminated{scope});
  return true;
}

// Takes up the termination of a scope that ran out of budget, then that of the scopes around it.
void Execution::go_on_terminating(Key scope) {
  while (scope.value() != 0 && element(scope).state == ElementState::kTerminating) {
    const Key parent = element(scope).scope;
    if (!finish_terminating(scope)) return;
    scope = parent;
  }
}

}  // namespace baton::engine
