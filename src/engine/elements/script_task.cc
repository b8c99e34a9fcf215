// Script task: a FEEL expression (zeebe:script) that the engine evaluates, or a job.
#include "engine/behaviours/decisions.h"
#include "engine/behaviours/expressions.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

StepResult evaluate_script(Execution& x, Key key, const bpmn::Element& element) {
  if (!element.script) return kJobTaskBehaviour.activate(x, key, element);
  auto json = evaluate_json(x, key, element.script->expression, IncidentKind::kExtractValueError);
  if (!json) return tl::unexpected(std::move(json.error()));
  x.pending_result = std::move(*json);
  return {};
}

void finish(Execution& x, Key key, const bpmn::Element& element) {
  if (!element.script) {
    kJobTaskBehaviour.finish_activation(x, key, element);
    return;
  }
  take_pending_result(x, key, element, element.script->result_variable);
  x.complete(key);
}

void terminate(Execution& x, Key key, const bpmn::Element& element) {
  if (!element.script) kJobTaskBehaviour.terminate(x, key, element);
}

}  // namespace

const ElementBehaviour kScriptTaskBehaviour{&evaluate_script, &finish, &nothing_to_complete, &take_all_flows,
                                            &terminate};

}  // namespace baton::engine
