// Finding what a command is about, with the caller's rights.
#include "engine/authorize.h"
#include "engine/commands/handler.h"

namespace baton::engine {

const Instance* select_instance(CommandContext& context, Key key) {
  const Instance* instance = context.x.view.instance_of(key);
  if (instance == nullptr) return nullptr;
  if (!authorize(context.command.principal, context.command.tenant, instance->row.tenant.text())) return nullptr;
  context.x.events.set_instance(instance->row.key);
  return instance;
}

Result<SelectedJob> select_job(CommandContext& context, Key key, std::string_view doing) {
  const Instance* instance = select_instance(context, key);
  const JobRow* job = instance == nullptr ? nullptr : instance->job(key);
  if (job == nullptr || instance->process()->state == ElementState::kTerminating) {
    return failf(Code::kNotFound, "Expected to {} with key '{}', but no such job was found", doing, shown(key));
  }
  return SelectedJob{instance, job};
}

}  // namespace baton::engine
