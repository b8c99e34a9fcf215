// Events that wait: intermediate catch events and receive tasks (BPMN 10.5.4, 10.3.3), event-based gateways (10.6.6),
// and boundary events, which are activated when they have caught something.
#include "engine/behaviours/subscriptions.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

bool waits(const bpmn::Element& element) {
  return element.event && element.event->type != bpmn::EventType::kLink;
}

StepResult wait_for_event(Execution& x, Key key, const bpmn::Element& element) {
  if (!waits(element)) return {};
  return open_own_events(x, key, {x.element(key).element});
}

/// A link catch event passes its token on at once.
void pass_link(Execution& x, Key key, const bpmn::Element& element) {
  if (!waits(element)) x.complete(key);
}

StepResult wait_for_one_of(Execution& x, Key key, const bpmn::Element& gateway) {
  std::vector<ElementIndex> targets;
  for (const bpmn::FlowIndex flow : gateway.outgoing) targets.push_back(x.model().flow(flow).target);
  return open_own_events(x, key, targets);
}

void nothing_more(Execution&, Key, const bpmn::Element&) {}

}  // namespace

const ElementBehaviour kCatchEventBehaviour{&wait_for_event, &pass_link, &nothing_to_complete, &take_all_flows,
                                            &nothing_to_terminate};

const ElementBehaviour kEventBasedGatewayBehaviour{&wait_for_one_of, &nothing_more, &nothing_to_complete,
                                                   &take_all_flows, &nothing_to_terminate};

const ElementBehaviour kBoundaryEventBehaviour{&nothing_to_do, &complete_at_once, &nothing_to_complete, &take_all_flows,
                                               &nothing_to_terminate};

}  // namespace baton::engine
