// Inclusive gateway (BPMN 10.6.3): takes every outgoing flow whose condition is true, or the default flow if none is.
// Joining happens before activation (behaviours/joins.h).
#include "engine/behaviours/expressions.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

StepResult choose(Execution& x, Key key, Completed& done) {
  const bpmn::Element& gateway = done.element;
  for (const bpmn::FlowIndex index : gateway.outgoing) {
    if (index == gateway.default_flow) continue;
    const bpmn::SequenceFlow& flow = x.model().flow(index);
    if (flow.condition) {
      auto taken = evaluate_condition(x, key, *flow.condition);
      if (!taken) return tl::unexpected(std::move(taken.error()));
      if (!*taken) continue;
    }
    done.all_chosen.push_back(index);
  }
  if (!done.all_chosen.empty() || gateway.outgoing.empty()) return {};
  if (gateway.default_flow == bpmn::kNoFlow) {
    return step_failure(IncidentKind::kConditionError,
                        "Expected at least one condition to evaluate to true, or to have a default flow");
  }
  done.all_chosen.push_back(gateway.default_flow);
  return {};
}

void take_chosen(Execution& x, const Completed& done) {
  for (const bpmn::FlowIndex flow : done.all_chosen) x.take_flow(flow, done.scope);
}

}  // namespace

const ElementBehaviour kInclusiveGatewayBehaviour{&nothing_to_do, &complete_at_once, &choose, &take_chosen,
                                                  &nothing_to_terminate};

}  // namespace baton::engine
