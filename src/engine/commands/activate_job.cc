// Handing a job to a worker. Internal: the partition picks the job for a poll or a stream.
#include "base/limits.h"
#include "engine/behaviours/jobs.h"
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const ActivateJob& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const SelectedJob selected, select_job(context, command.job, "activate job"));
  if (drop_dead_job(context, selected)) return {};
  if (const JobState state = x.view.state_of(*selected.job); state != JobState::kActivatable) {
    return failf(Code::kFailedPrecondition, "Expected to activate job with key '{}', but it is in state '{}'",
                 command.job.value(), job_state_name(state));
  }
  const Key element_instance = selected.job->element_instance;
  JobPush push{command.consumer, activated_job(*selected.instance, *selected.job, command.fetch_variables)};
  push.job.worker = command.worker;
  const std::size_t size = encoded_size(push.job);
  if (size > limits::kMessageBytes - limits::kBatchMarginBytes) {
    x.raise_incident(
        element_instance, command.job, IncidentKind::kMessageSizeExceeded,
        fmt::format("The job with key '{}' can not be activated, because with {} bytes it is larger than the "
                    "configured message size (per default is 4 MB). Try to reduce the size by reducing the "
                    "number of fetched variables or modifying the variable values.",
                    command.job.value(), size));
    return {};
  }
  const TimeMs deadline = x.now() + command.timeout_ms;
  push.job.deadline = deadline;
  x.events.append(JobActivated{command.job, x.symbols.intern(command.worker), deadline});
  x.effects.emplace_back(std::move(push));
  return {};
}

}  // namespace baton::engine
