// Exclusive gateway (BPMN 10.6.2): the first outgoing flow in document order whose condition is true, else the default
// flow, else an incident. Several incoming flows merge without synchronizing.
#include "engine/behaviours/expressions.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

StepResult choose(Execution& x, Key key, Completed& done) {
  const bpmn::Element& gateway = done.element;
  for (const bpmn::FlowIndex index : gateway.outgoing) {
    const bpmn::SequenceFlow& flow = x.model().flow(index);
    if (index == gateway.default_flow) continue;
    if (!flow.condition) {  // the only outgoing flow
      done.chosen = index;
      return {};
    }
    auto taken = evaluate_condition(x, key, *flow.condition);
    if (!taken) return tl::unexpected(std::move(taken.error()));
    if (*taken) {
      done.chosen = index;
      return {};
    }
  }
  if (gateway.default_flow == bpmn::kNoFlow && !gateway.outgoing.empty()) {
    return step_failure(IncidentKind::kConditionError,
                        "Expected at least one condition to evaluate to true, or to have a default flow");
  }
  done.chosen = gateway.default_flow;
  return {};
}

void take_chosen(Execution& x, const Completed& done) {
  if (done.chosen != bpmn::kNoFlow) x.take_flow(done.chosen, done.scope);
}

}  // namespace

const ElementBehaviour kExclusiveGatewayBehaviour{&nothing_to_do, &complete_at_once, &choose, &take_chosen,
                                                  &nothing_to_terminate};

}  // namespace baton::engine
