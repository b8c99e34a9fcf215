// Tasks done by a job worker: service task, and business rule, script and send task with a zeebe:taskDefinition.
#include "engine/behaviours/jobs.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

// The job's type and retries are evaluated before the element counts as activated, so that a failure is an incident of
// the activation and resolving it evaluates them again.
StepResult evaluate_definition(Execution& x, Key key, const bpmn::Element& element) {
  auto job = evaluate_job(x, key, *element.job);
  if (!job) return tl::unexpected(std::move(job.error()));
  x.pending_job = std::move(*job);
  return {};
}

void hand_to_worker(Execution& x, Key key, const bpmn::Element&) {
  create_job(x, key, x.pending_job);
}

void cancel(Execution& x, Key key, const bpmn::Element&) {
  cancel_job(x, key);
}

}  // namespace

const ElementBehaviour kJobTaskBehaviour{&evaluate_definition, &hand_to_worker, &nothing_to_complete, &take_all_flows,
                                         &cancel};

}  // namespace baton::engine
