// Business rule task: a decision (zeebe:calledDecision) that the engine evaluates, or a job.
#include "engine/behaviours/decisions.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

StepResult evaluate(Execution& x, Key key, const bpmn::Element& element) {
  if (!element.decision) return kJobTaskBehaviour.activate(x, key, element);
  return evaluate_called_decision(x, key, *element.decision);
}

void finish(Execution& x, Key key, const bpmn::Element& element) {
  if (!element.decision) {
    kJobTaskBehaviour.finish_activation(x, key, element);
    return;
  }
  take_pending_result(x, key, element, element.decision->result_variable);
  x.complete(key);
}

void terminate(Execution& x, Key key, const bpmn::Element& element) {
  if (!element.decision) kJobTaskBehaviour.terminate(x, key, element);
}

}  // namespace

const ElementBehaviour kBusinessRuleTaskBehaviour{&evaluate, &finish, &nothing_to_complete, &take_all_flows,
                                                  &terminate};

}  // namespace baton::engine
