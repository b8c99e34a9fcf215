// Internal commands for what has fallen due or must go on.
#include <algorithm>

#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

Outcome return_to_queue(CommandContext& context, Key key, JobState expected, JobReason reason) {
  BATON_ASSIGN(const SelectedJob selected, select_job(context, key, "return job"));
  if (drop_dead_job(context, selected)) return {};
  const JobRow& job = *selected.job;
  if (job.state != expected) {
    return failf(Code::kFailedPrecondition, "job {} is in state {}", key.value(), job_state_name(job.state));
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
