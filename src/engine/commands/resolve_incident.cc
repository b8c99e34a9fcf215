// Resolving an incident: the failed step is tried again; if the cause persists, a new incident appears.
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const ResolveIncident& command) {
  Execution& x = context.x;
  const Instance* instance = select_instance(context, command.incident);
  const IncidentRow* row = instance == nullptr ? nullptr : instance->incident(command.incident);
  if (row == nullptr || !instance->is_live(row->element_instance)) {
    return failf(Code::kNotFound, "Expected to resolve incident with key '{}', but no such incident was found",
                 shown(command.incident));
  }
  const IncidentRow incident = *row;
  if (incident.job.value() != 0) {
    const JobRow* job = instance->job(incident.job);
    if (job->retries <= 0 && job->state == JobState::kFailed) {
      return failf(
          Code::kFailedPrecondition,
          "Expected to resolve incident with key '{}', but job with key '{}' has no retries left. Please update the "
          "job retries before resolving the incident",
          shown(command.incident), shown(incident.job));
    }
    x.events.append(IncidentResolved{incident.key});
    x.events.append(JobActivatable{incident.job, JobReason::kIncidentResolved});
  } else {
    x.events.append(IncidentResolved{incident.key});
    x.resume(incident.element_instance);
    x.run();
  }
  context.reply(EmptyReply{});
  return {};
}

}  // namespace baton::engine
