// How element instances are terminated, and scopes interrupted: in slices, if there is much in them.
#include <algorithm>

#include "engine/behaviours/calls.h"
#include "engine/behaviours/subscriptions.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {
/// The share of a frame's steps that terminating leaves to the tokens that go on because of it.
constexpr std::uint32_t kShareForTokens = 4;
}  // namespace

bool Execution::terminate(Key key) {
  const bpmn::Element& element = definition_of(key);
  events.append(ElementTerminating{key});
  const Key incident = this->element(key).incident;
  if (incident.value() != 0) events.append(IncidentResolved{incident});
  if (element.opens_subscriptions) close_subscriptions(*this, key);
  behaviour_of(element.type).terminate(*this, key, element);
  return finish_terminating(key);
}

/// Terminates the children of `scope` with keys smaller than `before`. False if the budget ended it: then a deferred
/// step of this kind goes on with it.
bool Execution::terminate_children(Key scope, Key before, DeferredKind kind) {
  if (element(scope).children == 0) return true;
  std::vector<Key> children;
  instance().for_each_child(scope, [&](const ElementInstanceRow& row) {
    if (row.key >= before) return false;
    if (row.state != ElementState::kTerminating) children.push_back(row.key);
    return children.size() <= budget_;  // one more than there are steps, so that the last one is deferred
  });
  const std::uint32_t reserve =
      instance().process()->state == ElementState::kTerminating ? 0 : most_steps_ / kShareForTokens;
  for (const Key child : children) {
    if (budget_ <= reserve || !step()) {
      defer(kind, bpmn::kNoFlow, scope);
      return false;
    }
    if (!terminate(child)) return false;
  }
  return true;
}

bool Execution::finish_terminating(Key scope) {
  if (!terminate_children(scope, Key(~0ULL), DeferredKind::kTerminateScope)) return false;
  const ElementInstanceRow row = element(scope);
  if (row.children != 0) return false;  // one of them is terminated in slices and comes back here
  if (scope == events.instance()) {
    end_instance(*this, false);
  } else {
    note_end(row.element);
  }
  drop_pending(scope);
  events.append(ElementTerminated{scope});
  return true;
}

void Execution::interrupt(Key scope) {
  events.append(ScopeInterrupted{scope});
  drop_pending(scope);
  close_event_sub_processes(*this, scope);
  finish_interrupting(scope);
}

bool Execution::finish_interrupting(Key scope) {
  return terminate_children(scope, element(scope).interrupted_at, DeferredKind::kInterruptScope);
}

// Takes up what ran out of budget, then what waited for it in the scopes around.
void Execution::go_on_terminating(Key scope) {
  while (scope.value() != 0) {
    const ElementInstanceRow* row = instance().element(scope);
    if (row == nullptr) return;
    const Key parent = row->scope;
    if (row->state != ElementState::kTerminating) {
      if (row->interrupted_at.value() != 0 && !finish_interrupting(scope)) return;
      complete_scope_if_done(scope);
      return;
    }
    if (!finish_terminating(scope)) return;
    scope = parent;
  }
}

/// Forgets the tokens that move in a scope which lives no more.
void Execution::drop_pending(Key scope) {
  std::erase_if(pending_, [scope](const PendingFlow& flow) { return flow.scope == scope; });
}

void Execution::note_end(ElementIndex element) {
  const auto& ends = instance().row.terminate_after;
  if (!ends.empty() && std::find(ends.begin(), ends.end(), element) != ends.end()) end_requested_ = true;
}

}  // namespace baton::engine
