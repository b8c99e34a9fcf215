// Appliers of multi-instance loops and user tasks.
#include "base/ensure.h"
#include "engine/appliers/appliers.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

namespace {

LoopRow loop_row(ApplyContext& context, Key body) {
  const LoopRow* row = context.state.instance(context.instance)->loop(body);
  ENSURE(row != nullptr, "an event names a loop that does not exist");
  return *row;
}

UserTaskRow user_task_row(ApplyContext& context, Key key) {
  const UserTaskRow* row = context.state.instance(context.instance)->user_task(key);
  ENSURE(row != nullptr, "an event names a user task that does not exist");
  return *row;
}

void erase_user_task(ApplyContext& context, Key key) {
  const UserTaskRow row = user_task_row(context, key);
  context.state.erase<UserTaskRow>(context.instance, key);
  ElementInstanceRow element = element_row(context, row.element_instance);
  element.user_task = Key(0);
  context.state.put(context.instance, element);
}

}  // namespace

void apply(ApplyContext& context, const LoopStarted& event) {
  LoopRow row;
  row.key = event.key;
  row.total = event.total;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const LoopItemStarted& event) {
  ElementInstanceRow item = element_row(context, event.key);
  item.loop_counter = event.index;
  context.state.put(context.instance, item);
  LoopRow row = loop_row(context, item.scope);
  row.created = event.index;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const LoopItemCompleted& event) {
  const ElementInstanceRow item = element_row(context, event.key);
  LoopRow row = loop_row(context, item.scope);
  ++row.completed;
  context.state.put(context.instance, row);
  if (!event.value.json().empty())
    context.state.put(context.instance, LoopItemRow{item.key, item.scope, item.loop_counter, event.value});
}

void apply(ApplyContext& context, const LoopSatisfied& event) {
  LoopRow row = loop_row(context, event.key);
  row.satisfied = true;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const LoopChunkRead& event) {
  LoopRow row = loop_row(context, event.key);
  row.chunk_begin = event.begin;
  row.chunk = event.items;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const UserTaskCreated& event) {
  take_key(context, event.key);
  ElementInstanceRow element = element_row(context, event.element_instance);
  element.user_task = event.key;
  context.state.put(context.instance, element);
  context.state.put(
      context.instance,
      UserTaskRow{event.key, event.element_instance, element.element, UserTaskState::kCreated, event.assignee,
                  event.candidate_groups, event.candidate_users, event.due_date, event.follow_up_date, event.priority,
                  event.external_reference, event.headers, context.state.time(), event.form});
}

void apply(ApplyContext& context, const UserTaskAssigned& event) {
  UserTaskRow row = user_task_row(context, event.key);
  row.assignee = event.assignee;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const UserTaskUpdated& event) {
  UserTaskRow row = user_task_row(context, event.key);
  row.candidate_groups = event.candidate_groups;
  row.candidate_users = event.candidate_users;
  row.due_date = event.due_date;
  row.follow_up_date = event.follow_up_date;
  row.priority = event.priority;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const UserTaskCompleted& event) {
  erase_user_task(context, event.key);
}
void apply(ApplyContext& context, const UserTaskCanceled& event) {
  erase_user_task(context, event.key);
}

}  // namespace baton::engine
