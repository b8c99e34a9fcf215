// A worker has done its job: take the result and let the token go on.
#include "engine/behaviours/mappings.h"
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const CompleteJob& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const SelectedJob selected, select_job(context, command.job, "complete job"));
  const JobState state = x.view.state_of(*selected.job);
  if (state != JobState::kActivatable && state != JobState::kActivated) {
    return failf(Code::kFailedPrecondition, "Expected to complete job with key '{}', but it is in state '{}'",
                 shown(command.job), job_state_name(state));
  }
  const Key element_instance = selected.job->element_instance;
  x.events.append(JobCompleted{command.job});
  x.effects.emplace_back(JobReleased{command.job});
  take_result(x, element_instance, x.definition_of(element_instance), x.command_variables);
  x.complete(element_instance);
  x.run();
  context.reply(EmptyReply{});
  return {};
}

}  // namespace baton::engine
