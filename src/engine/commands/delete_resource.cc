// Deleting a process definition, a decision requirements graph with its decisions, or a form (camunda-8-api.md 5.11).
#include "engine/authorize.h"
#include "engine/commands/start_events.h"

namespace baton::engine {

namespace {

Outcome delete_process(CommandContext& context, const DefinitionRow& row) {
  Execution& x = context.x;
  if (x.view.index<InstancesOfDefinition>().first({row.key})) {
    return failf(Code::kFailedPrecondition,
                 "Expected to delete the process definition with key '{}', but there are still running instances of it",
                 shown(row.key));
  }
  const Symbol tenant = row.tenant;
  const std::string process_id = row.process_id;
  const bool was_latest = x.view.latest(tenant.text(), process_id)->latest == row.key;
  close_start_events(x, row.key);
  x.events.append(ProcessDeleted{row.key});
  // The version before takes over: its start events open again.
  const LatestDefinitionRow* latest = x.view.latest(tenant.text(), process_id);
  if (!was_latest || latest->latest.value() == 0) return {};
  return open_start_events(x, *x.view.definition(latest->latest));
}

Outcome delete_requirements(CommandContext& context, const DecisionRequirementsRow& row) {
  Execution& x = context.x;
  const Key key = row.key;
  for (const auto& [decision] : x.view.index<DecisionsOfRequirements>().all({key}))
    x.events.append(DecisionDeleted{decision});
  x.events.append(DecisionRequirementsDeleted{key});
  return {};
}

}  // namespace

Outcome handle(CommandContext& context, const DeleteResource& command) {
  const StateView& view = context.x.view;
  const auto may_see = [&context](const Symbol& tenant) {
    return authorize(context.command.principal, context.command.tenant, tenant.text());
  };
  if (const DefinitionRow* row = view.definition(command.resource); row != nullptr && may_see(row->tenant)) {
    BATON_TRY(delete_process(context, *row));
  } else if (const DecisionRequirementsRow* graph = view.requirements(command.resource);
             graph != nullptr && may_see(graph->tenant)) {
    BATON_TRY(delete_requirements(context, *graph));
  } else if (const FormRow* form = view.form(command.resource); form != nullptr && may_see(form->tenant)) {
    context.x.events.append(FormDeleted{form->key});
  } else {
    return failf(Code::kNotFound, "Expected to delete resource but no resource found with key `{}`",
                 shown(command.resource));
  }
  context.reply(DeleteReply{command.resource});
  return {};
}

}  // namespace baton::engine
