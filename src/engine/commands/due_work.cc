// Internal commands for what has fallen due or must go on.
#include <algorithm>

#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

Outcome return_to_queue(CommandContext& context, Key key, JobState expected, JobReason reason) {
  BATON_ASSIGN(const SelectedJob selected, select_job(context, key, "return job"));
  if (drop_dead_job(context, selected)) return {};
  const JobRow& job = *selected.job;
  if (const JobState state = context.x.view.state_of(job); state != expected) {
    return failf(Code::kFailedPrecondition, "job {} is in state {}", key.value(), job_state_name(state));
  }
  // The command may be older than a change of the time that it was made for.
  const TimeMs due = expected == JobState::kActivated ? job.deadline : job.backoff_until;
  if (reason != JobReason::kYielded && (due.value() == 0 || due > context.x.now())) {
    return failf(Code::kFailedPrecondition, "job {} is not due", key.value());
  }
  context.x.events.append(JobActivatable{key, reason});
  if (expected == JobState::kActivated) context.x.effects.emplace_back(JobReleased{key});
  return {};
}

}  // namespace

Outcome handle(CommandContext& context, const TimeOutJob& command) {
  return return_to_queue(context, command.job, JobState::kActivated, JobReason::kTimedOut);
}

Outcome handle(CommandContext& context, const EndJobBackoff& command) {
  if (const JobBackoffRow* row = context.x.view.rows<JobBackoffRow>().find(std::tuple(command.job))) {
    if (row->until.value() == 0 || row->until > context.x.now())
      return failf(Code::kFailedPrecondition, "the back-off of job {} is not due", command.job.value());
    context.x.events.append(JobBackoffEnded{command.job});
    return {};
  }
  // It is in the job's own row: that of an old journal, or of a job that was changed while it backed off.
  return return_to_queue(context, command.job, JobState::kFailed, JobReason::kBackoffOver);
}

Outcome handle(CommandContext& context, const YieldJob& command) {
  return return_to_queue(context, command.job, JobState::kActivated, JobReason::kYielded);
}

Outcome handle(CommandContext& context, const Continue& command) {
  if (select_instance(context, command.instance) == nullptr) {
    return failf(Code::kNotFound, "no instance {} to go on with", command.instance.value());
  }
  context.x.run_deferred(std::max(1U, command.most_steps));
  return {};
}

}  // namespace baton::engine
