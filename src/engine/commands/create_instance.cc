// Creating a process instance and running it to its first wait states.
#include "engine/authorize.h"
#include "engine/behaviours/variables.h"
#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

Result<const DefinitionRow*> find_definition(const CommandContext& context, const CreateInstance& command) {
  const StateView& view = context.x.view;
  const std::string& tenant = context.command.tenant;
  if (command.definition.value() != 0) {
    const DefinitionRow* row = view.definition(command.definition);
    if (row == nullptr || !authorize(context.command.principal, tenant, row->tenant.text())) {
      return failf(Code::kNotFound, "Expected to find process definition with key '{}', but none found",
                   command.definition.value());
    }
    return row;
  }
  if (command.process_id.empty()) {
    return fail(Code::kInvalidArgument, "Expected at least a bpmnProcessId or a key greater than -1, but none given");
  }
  if (command.version >= 0) {
    const DefinitionRow* row = view.definition(tenant, command.process_id, Version(command.version));
    if (row != nullptr) return row;
    return failf(Code::kNotFound,
                 "Expected to find process definition with process ID '{}' and version '{}', but none found",
                 command.process_id, command.version);
  }
  const LatestDefinitionRow* latest = view.latest(tenant, command.process_id);
  if (latest == nullptr || latest->latest.value() == 0) {
    return failf(Code::kNotFound, "Expected to find process definition with process ID '{}', but none found",
                 command.process_id);
  }
  return view.definition(latest->latest);
}

}  // namespace

Outcome handle(CommandContext& context, const CreateInstance& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const DefinitionRow* definition, find_definition(context, command));
  if (definition->model->none_start == kNoElement) {
    return fail(Code::kFailedPrecondition,
                "Expected to create instance of process with none start event, but there is no such event");
  }
  const Key key(x.view.counters().next_block);
  x.events.set_instance(key);
  x.events.append(
      InstanceCreated{key, definition->key, Key(0), command.await_result, command.fetch_variables, command.tags});
  if (!command.await_result) context.reply(created_reply(x.instance()));
  x.activate_process();
  x.run();
  return {};
}

}  // namespace baton::engine
