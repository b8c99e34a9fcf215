// Internal commands for what has fallen due or must go on.
#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

Outcome return_to_queue(CommandContext& context, Key key, JobState expected, JobReason reason) {
  BATON_ASSIGN(const SelectedJob selected, select_job(context, key, "return job"));
  if (selected.job->state != expected) {
    return failf(Code::kFailedPrecondition, "job {} is in state {}", key.value(), job_state_name(selected.job->state));
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
  context.x.run_deferred();
  return {};
}

}  // namespace baton::engine
