// Finding what a command is about, with the caller's rights.
#include "engine/authorize.h"
#include "engine/behaviours/jobs.h"
#include "engine/behaviours/subscriptions.h"
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
  const bool internal = context.command.principal.kind == Principal::Kind::kEngine;  // it looks for itself
  if (job == nullptr || instance->process()->state == ElementState::kTerminating ||
      (!internal && !instance->is_live(job->element_instance))) {
    return failf(Code::kNotFound, "Expected to {} with key '{}', but no such job was found", doing, shown(key));
  }
  return SelectedJob{instance, job};
}

bool drop_dead_job(CommandContext& context, const SelectedJob& job) {
  if (job.instance->is_live(job.job->element_instance)) return false;
  cancel_job(context.x, job.job->element_instance);
  return true;
}

bool can_catch(const Instance& instance, const SubscriptionRow& row) {
  if (!instance.is_live(row.owner)) return false;
  // What a scope catches starts something in it, which is possible only while it is active.
  const ElementInstanceRow& waiting = *instance.element(row.owner);
  const bool in_scope = instance.model().element(row.element).type == bpmn::ElementType::kStartEvent;
  return !in_scope || (waiting.state == ElementState::kActivated && waiting.interrupted_at.value() == 0);
}

Result<const SubscriptionRow*> select_subscription(CommandContext& context, Key subscription) {
  const Instance* instance = select_instance(context, subscription);
  const SubscriptionRow* row = instance == nullptr ? nullptr : instance->subscription(subscription);
  if (row == nullptr) return failf(Code::kNotFound, "no subscription {}", subscription.value());
  if (can_catch(*instance, *row)) return row;
  close_subscription(context.x, *row);
  return static_cast<const SubscriptionRow*>(nullptr);
}

}  // namespace baton::engine
