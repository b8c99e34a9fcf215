// What happens when an event is caught: by the event itself, a gateway, a boundary event, an event sub-process.
#include "base/ensure.h"
#include "engine/behaviours/calls.h"
#include "engine/behaviours/mappings.h"
#include "engine/behaviours/subscriptions.h"
#include "engine/behaviours/variables.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

bpmn::FlowIndex flow_to(const Execution& x, const bpmn::Element& gateway, ElementIndex target) {
  for (const bpmn::FlowIndex flow : gateway.outgoing) {
    if (x.model().flow(flow).target == target) return flow;
  }
  return bpmn::kNoFlow;
}

void catch_behind_gateway(Execution& x, Key gateway, ElementIndex event, const CommandVariables& variables) {
  const bpmn::Element& element = x.definition_of(gateway);
  const Key scope = x.element(gateway).scope;
  const bpmn::FlowIndex flow = flow_to(x, element, event);
  close_subscriptions(x, gateway);
  x.events.append(ElementCompleting{gateway});
  x.events.append(FlowTaken{flow, scope, false});
  x.events.append(ElementCompleted{gateway});
  x.activate_caught(event, scope, flow, variables);
}

void catch_at_boundary(Execution& x, Key activity, ElementIndex event, const CommandVariables& variables) {
  const Key scope = x.element(activity).scope;
  if (x.model().element(event).event->interrupting) x.terminate(activity);
  x.activate_caught(event, scope, bpmn::kNoFlow, variables);
}

void catch_in_scope(Execution& x, Key scope, ElementIndex start, const CommandVariables& variables) {
  if (x.model().element(start).event->interrupting) x.interrupt(scope);
  x.caught_variables = variables;
  x.activate(x.model().element(start).scope, scope, bpmn::kNoFlow);
}

}  // namespace

void Execution::catch_event(Key owner, ElementIndex event, const CommandVariables& variables) {
  const bpmn::Element& caught = model().element(event);
  const bpmn::Element& waiting = definition_of(owner);
  if (caught.type == bpmn::ElementType::kBoundaryEvent) {
    catch_at_boundary(*this, owner, event, variables);
  } else if (caught.type == bpmn::ElementType::kStartEvent) {
    catch_in_scope(*this, owner, event, variables);
  } else if (waiting.type == bpmn::ElementType::kEventBasedGateway) {
    catch_behind_gateway(*this, owner, event, variables);
  } else {
    close_subscriptions_of(*this, owner, event);
    take_result(*this, owner, waiting, variables);
    complete(owner);
  }
}

void Execution::deliver(const Catch& caught, const CommandVariables& variables) {
  if (caught.caller.value() == 0) {
    catch_event(caught.owner, caught.event, variables);
    return;
  }
  send(CatchInCaller{caught.caller, caught.child, caught.owner, caught.event, to_document(variables)});
}

}  // namespace baton::engine
