// A worker reports a BPMN error: it is caught around the job's element, or becomes an incident (camunda-8-api.md 5.9).
#include "base/json.h"
#include "base/limits.h"
#include "engine/behaviours/catching.h"
#include "engine/commands/handler.h"

namespace baton::engine {

Outcome handle(CommandContext& context, const ThrowError& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const SelectedJob selected, select_job(context, command.job, "throw an error for job"));
  const JobState state = x.view.state_of(*selected.job);
  if (state != JobState::kActivatable && state != JobState::kActivated) {
    return failf(Code::kFailedPrecondition, "Expected to throw an error for job with key '{}', but it is in state '{}'",
                 shown(command.job), job_state_name(state));
  }
  const Key element_instance = selected.job->element_instance;
  const std::string message = json_quote(utf8_prefix(command.message, limits::kErrorMessageChars));
  x.events.append(JobErrorThrown{command.job, command.code, Value(message)});
  x.effects.emplace_back(JobReleased{command.job});
  context.reply(EmptyReply{});
  if (const auto caught = find_catch(x, bpmn::EventType::kError, command.code, element_instance)) {
    x.deliver(*caught, x.command_variables);
    x.run();
  } else {
    x.raise_incident(element_instance, command.job, IncidentKind::kUnhandledErrorEvent,
                     uncaught_text(x, command.code, command.message, element_instance));
  }
  return {};
}

}  // namespace baton::engine
