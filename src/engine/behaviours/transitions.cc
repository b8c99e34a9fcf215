// How tokens move: the lifecycle of element instances and the step budget. Terminating is in scopes.cc.
#include <algorithm>

#include "base/ensure.h"
#include "engine/behaviours/calls.h"
#include "engine/behaviours/joins.h"
#include "engine/behaviours/mappings.h"
#include "engine/behaviours/multi_instance.h"
#include "engine/behaviours/subscriptions.h"
#include "engine/behaviours/variables.h"
#include "engine/elements/element.h"

namespace baton::engine {

Key Execution::new_key() {
  const InstanceRow& row = instance().row;
  if (row.next_key == row.block_end) events.append(BlockTaken{Key(view.counters().next_block)});
  return instance().row.next_key;
}

void Execution::begin_process() {
  const Key key = events.instance();
  events.append(ElementActivating{key, ElementIndex(0), Key(0)});
}

void Execution::activate_process() {
  const Key key = events.instance();
  begin_process();
  for (const NamedValue& variable : command_variables) set_local(*this, key, variable);
  go_on_activating(key);
}

void Execution::activate_process_at(ElementIndex start) {
  const Key key = events.instance();
  begin_process();
  events.append(ElementActivated{key});
  activate_caught(start, key, bpmn::kNoFlow, command_variables);
}

void Execution::activate_process_before(const std::vector<ElementIndex>& elements) {
  const Key key = events.instance();
  begin_process();
  for (const NamedValue& variable : command_variables) set_local(*this, key, variable);
  events.append(ElementActivated{key});
  if (StepResult opened = open_event_sub_processes(*this, key); !opened)
    raise_incident(key, Key(0), opened.error().kind, opened.error().message);
  std::vector<std::pair<ElementIndex, Key>> opened{{ElementIndex(0), key}};
  std::vector<std::pair<ElementIndex, Key>> targets;
  targets.reserve(elements.size());
  for (const ElementIndex element : elements)
    targets.emplace_back(element, scope_for(model().element(element).scope, opened));
  for (const auto& [element, scope] : targets) {
    if (instance_ended() || !instance().is_live(scope)) return;
    activate(element, scope, bpmn::kNoFlow);
  }
}

/// The element instance of a scope that holds elements to start at; scopes that several of them share exist once.
Key Execution::scope_for(ElementIndex element, std::vector<std::pair<ElementIndex, Key>>& opened) {
  std::vector<ElementIndex> missing;
  Key scope(0);
  for (ElementIndex at = element; scope.value() == 0; at = model().element(at).scope) {
    const auto found = std::find_if(opened.begin(), opened.end(), [&](const auto& one) { return one.first == at; });
    if (found != opened.end()) {
      scope = found->second;
    } else {
      missing.push_back(at);
    }
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    const Key key = new_key();
    events.append(ElementActivating{key, *it, scope});
    StepResult result = open_boundary_events(*this, key);
    events.append(ElementActivated{key});
    if (result) result = open_event_sub_processes(*this, key);
    if (!result) raise_incident(key, Key(0), result.error().kind, result.error().message);
    opened.emplace_back(*it, key);
    scope = key;
  }
  return scope;
}

Key Execution::begin(ElementIndex element, Key scope, bpmn::FlowIndex flow) {
  const Key key = new_key();
  events.append(ElementActivating{key, element, scope, flow, flow != bpmn::kNoFlow && joins(model().element(element))});
  return key;
}

void Execution::activate(ElementIndex element, Key scope, bpmn::FlowIndex flow) {
  go_on_activating(begin(element, scope, flow));
}

void Execution::activate_caught(ElementIndex event, Key scope, bpmn::FlowIndex flow,
                                const CommandVariables& variables) {
  const bpmn::Element& element = model().element(event);
  const Key key = new_key();
  events.append(ElementActivating{key, event, scope, flow});
  events.append(ElementActivated{key});
  // What an error brings stays with the boundary event, unless an output mapping takes it out (camunda-8-api.md 5.4).
  const bool keeps =
      element.type == bpmn::ElementType::kBoundaryEvent && element.event->type == bpmn::EventType::kError;
  for (const NamedValue& variable : variables) {
    if (keeps || !element.outputs.empty()) {
      set_local(*this, key, variable);
    } else {
      propagate(*this, scope, variable);
    }
  }
  complete(key);
}

void Execution::go_on_activating(Key key) {
  const bpmn::Element& element = definition_of(key);
  const ElementBehaviour& behaviour = behaviour_of(element.type);
  StepResult result = apply_inputs(*this, key, element);
  if (result) result = behaviour.activate(*this, key, element);
  if (result && !element.boundary_events.empty() && element.opens_subscriptions)
    result = open_boundary_events(*this, key);
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

StepResult Execution::complete_step(Key key, Completed& done) {
  const bpmn::Element& element = done.element;
  StepResult result = behaviour_of(element.type).complete(*this, key, done);
  if (result) result = apply_outputs(*this, key, element);
  if (result && element.type == bpmn::ElementType::kStartEvent && definition_of(done.scope).opens_subscriptions)
    result = open_event_sub_processes(*this, done.scope);
  if (result && element.is_item) result = complete_item(*this, key, element);
  return result;
}

void Execution::go_on_completing(Key key) {
  const bpmn::Element& element = definition_of(key);
  const ElementInstanceRow row = this->element(key);
  Completed done{element, row.scope};
  if (StepResult result = complete_step(key, done); !result) {
    raise_incident(key, Key(0), result.error().kind, result.error().message);
    return;
  }
  if (element.opens_subscriptions) close_subscriptions(*this, key);
  if (done.scope.value() == 0) {
    end_instance(*this, true);
  } else {
    note_end(row.element);
  }
  events.append(ElementCompleted{key});
  behaviour_of(element.type).finish_completion(*this, done);
  if (element.is_item && instance().loop(done.scope)->satisfied &&
      instance().element(done.scope)->interrupted_at.value() == 0)
    interrupt(done.scope);
  if (done.scope.value() != 0 && !instance_ended()) complete_scope_if_done(done.scope);
}

void Execution::resume(Key key) {
  const ElementState state = element(key).state;
  if (state == ElementState::kActivating) {
    go_on_activating(key);
  } else if (state == ElementState::kCompleting) {
    go_on_completing(key);
  } else if (state == ElementState::kActivated) {
    resume_active(*this, key);
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
  if (row == nullptr || row->children != 0 || row->tokens != 0 || row->state != ElementState::kActivated) return;
  if (row->incident.value() != 0) return;  // its event sub-processes could not be opened
  if (definition_of(scope).type == bpmn::ElementType::kMultiInstanceBody && !go_on_with_loop(*this, scope)) return;
  complete(scope);
}

void Execution::activate_target(const PendingFlow& pending) {
  const ElementInstanceRow* scope = instance().element(pending.scope);
  if (scope == nullptr || scope->state != ElementState::kActivated) return;  // deferred, and terminated meanwhile
  const ElementIndex target = model().flow(pending.flow).target;
  const bpmn::Element& element = model().element(target);
  if (joins(element)) {
    if (element.type == bpmn::ElementType::kInclusiveGateway) return;  // run_joins looks when nothing else moves
    for (const bpmn::FlowIndex flow : element.incoming) {
      if (instance().waiting_tokens(pending.scope, flow) == 0) return;  // the token waits at the gateway
    }
  }
  activate(target, pending.scope, pending.flow);
}

void Execution::move(const PendingFlow& next) {
  const bool is_loop = next.flow == bpmn::kNoFlow;
  if (is_loop && !instance().is_live(next.scope)) return;
  if (!step()) {
    defer(is_loop ? DeferredKind::kCreateItems : DeferredKind::kTakeFlow, next.flow, next.scope);
  } else if (is_loop) {
    create_items(*this, next.scope);
  } else {
    activate_target(next);
  }
}

void Execution::run() {
  while (true) {
    if (end_requested_ && !instance_ended()) {
      end_requested_ = false;
      pending_.clear();
      if (instance().process()->state != ElementState::kTerminating) terminate(events.instance());
      return;
    }
    while (!pending_.empty() && !end_requested_) {
      const PendingFlow next = pending_.front();
      pending_.pop_front();
      move(next);
      ENSURE((pending_.empty() && !end_requested_) || !instance_ended(), "an instance ends while tokens move");
    }
    if (end_requested_) continue;
    if (events.instance().value() == 0 || instance_ended() || !model().has_inclusive_joins) return;
    const auto join = find_ready_join(*this);
    if (!join) return;
    if (!step()) {
      defer(DeferredKind::kTakeFlow, join->flow, join->scope);
      return;
    }
    activate(model().flow(join->flow).target, join->scope, join->flow);
  }
}

void Execution::defer(DeferredKind step, bpmn::FlowIndex flow, Key scope) {
  const Key key = new_key();
  events.append(StepDeferred{key, step, flow, scope});
}

void Execution::run_deferred(std::uint32_t most_steps) {
  most_steps_ = budget_ = most_steps;
  std::vector<DeferredStepRow> steps;
  bool is_busy = false;  // with one of the long steps; the others of that sort wait for the next frame
  for (const auto& [key, row] : instance().deferred) {
    if (steps.size() == most_steps_) break;
    const bool is_long = row.step != DeferredKind::kTakeFlow;
    if (is_long && is_busy) continue;
    is_busy = is_busy || is_long;
    steps.push_back(row);
  }
  for (const DeferredStepRow& step : steps) {
    if (instance_ended()) return;
    if (!instance().deferred.contains(step.key.value())) continue;  // dropped with its scope
    events.append(StepResumed{step.key});
    if (step.step == DeferredKind::kTakeFlow) {
      pending_.push_back({step.flow, step.scope});
    } else if (step.step == DeferredKind::kCreateItems) {
      if (instance().is_live(step.scope)) create_items(*this, step.scope);
    } else {
      go_on_terminating(step.scope);
    }
  }
  run();
}

}  // namespace baton::engine
