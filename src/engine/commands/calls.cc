// Between a call activity and the process that it calls (camunda-8-api.md 5.4, 5.9).
#include "engine/behaviours/mappings.h"
#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

/// The call activity that waits for `child`, if it still does; makes its instance the frame's.
const ElementInstanceRow* select_caller(CommandContext& context, Key caller, Key child) {
  const Instance* instance = select_instance(context, caller);
  const ElementInstanceRow* row = instance == nullptr ? nullptr : instance->element(caller);
  return row != nullptr && row->called == child && instance->is_live(caller) ? row : nullptr;
}

}  // namespace

Outcome handle(CommandContext& context, const StartCalledProcess& command) {
  Execution& x = context.x;
  if (x.view.definition(command.definition) == nullptr)
    return failf(Code::kNotFound, "the process definition with key '{}' has been deleted", command.definition.value());
  const Instance* caller = x.view.instance_of(command.caller);
  const ElementInstanceRow* row = caller == nullptr ? nullptr : caller->element(command.caller);
  if (row == nullptr || row->called != command.child || !caller->is_live(command.caller)) return {};  // not wanted now
  x.events.set_instance(command.child);
  InstanceCreated created;
  created.key = command.child;
  created.definition = command.definition;
  created.parent = command.caller;
  created.root = command.root;
  created.depth = command.depth;
  x.events.append(created);
  x.activate_process();
  x.run();
  return {};
}

Outcome handle(CommandContext& context, const ReportCallFailure& command) {
  if (select_caller(context, command.caller, command.child) == nullptr) return {};
  context.x.events.append(CallEnded{command.caller});
  context.x.raise_incident(command.caller, Key(0), IncidentKind::kCalledElementError, command.message);
  return {};
}

Outcome handle(CommandContext& context, const CompleteCall& command) {
  Execution& x = context.x;
  if (select_caller(context, command.caller, command.child) == nullptr) return {};
  x.events.append(CallEnded{command.caller});
  take_result(x, command.caller, x.definition_of(command.caller), x.command_variables);
  x.complete(command.caller);
  x.run();
  return {};
}

Outcome handle(CommandContext& context, const TerminateCalled& command) {
  const Instance* instance = context.x.view.instance(command.child);
  if (instance == nullptr || instance->process()->state == ElementState::kTerminating) return {};
  context.x.events.set_instance(command.child);
  context.x.terminate(command.child);
  return {};
}

Outcome handle(CommandContext& context, const CatchInCaller& command) {
  Execution& x = context.x;
  if (select_caller(context, command.caller, command.child) == nullptr) return {};
  if (!x.instance().is_live(command.owner)) return {};
  x.catch_event(command.owner, command.event, x.command_variables);
  x.run();
  return {};
}

}  // namespace baton::engine
