// Changing the retries or the deadline of a job.
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const UpdateJobRetries& command) {
  if (command.retries <= 0) {
    return failf(
        Code::kInvalidArgument,
        "Expected to update retries for job with key '{}' with a positive amount of retries, but the amount given "
        "was '{}'",
        shown(command.job), command.retries);
  }
  BATON_ASSIGN(const SelectedJob selected, select_job(context, command.job, "update retries for job"));
  context.x.events.append(JobRetriesUpdated{selected.job->key, command.retries});
  context.reply(EmptyReply{});
  return {};
}

Outcome handle(CommandContext& context, const UpdateJobTimeout& command) {
  BATON_ASSIGN(const SelectedJob selected, select_job(context, command.job, "update job deadline"));
  if (selected.job->state != JobState::kActivated) {
    return failf(Code::kFailedPrecondition, "Expected to update the timeout of job with key '{}', but it is not active",
                 shown(command.job));
  }
  context.x.events.append(JobDeadlineUpdated{selected.job->key, context.x.now() + command.timeout_ms});
  context.reply(EmptyReply{});
  return {};
}

}  // namespace baton::engine
