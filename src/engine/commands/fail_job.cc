// A worker could not do its job: try again, now or after a back-off, or raise an incident.
#include "base/json.h"
#include "base/limits.h"
#include "engine/behaviours/variables.h"
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const FailJob& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const SelectedJob selected, select_job(context, command.job, "fail job"));
  const JobState state = x.view.state_of(*selected.job);
  if (state != JobState::kActivatable && state != JobState::kActivated) {
    return failf(Code::kFailedPrecondition, "Expected to fail job with key '{}', but it is in state '{}'",
                 shown(command.job), job_state_name(state));
  }
  const Key element_instance = selected.job->element_instance;
  const bool retry = command.retries > 0;
  const TimeMs backoff_until = retry && command.backoff_ms > 0 ? x.now() + command.backoff_ms : TimeMs(0);
  const std::string message = json_quote(utf8_prefix(command.message, limits::kErrorMessageChars));
  for (const NamedValue& variable : x.command_variables) set_local(x, element_instance, variable);
  if (backoff_until.value() != 0) {
    x.events.append(JobBackoffStarted{command.job, command.retries, backoff_until, Value(message)});
  } else {
    x.events.append(JobFailed{command.job, command.retries, TimeMs(0), Value(message)});
  }
  x.effects.emplace_back(JobReleased{command.job});
  if (!retry) {
    x.raise_incident(element_instance, command.job, IncidentKind::kJobNoRetries,
                     command.message.empty() ? std::string_view("No more retries left.") : command.message);
  }
  context.reply(EmptyReply{});
  return {};
}

}  // namespace baton::engine
