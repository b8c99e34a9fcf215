// Native user tasks: assigning, updating and completing them (camunda-8-api.md 5.10).
#include "engine/behaviours/user_tasks.h"
#include "engine/behaviours/mappings.h"
#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

constexpr std::int32_t kMostPriority = 100;

Result<UserTaskRow> select_user_task(CommandContext& context, Key key, std::string_view doing) {
  const Instance* instance = select_instance(context, key);
  const UserTaskRow* row = instance == nullptr ? nullptr : instance->user_task(key);
  if (row == nullptr || !instance->is_live(row->element_instance)) {
    return failf(Code::kNotFound, "Expected to {} user task with key '{}', but no such user task was found", doing,
                 shown(key));
  }
  if (row->state != UserTaskState::kCreated ||
      instance->element(row->element_instance)->state != ElementState::kActivated) {
    return failf(Code::kFailedPrecondition, "Expected to {} user task with key '{}', but it is in state '{}'", doing,
                 shown(key), user_task_state_name(row->state));
  }
  return *row;
}

}  // namespace

Outcome handle(CommandContext& context, const AssignUserTask& command) {
  const std::string_view doing = command.claim ? "claim" : "assign";
  BATON_ASSIGN(const UserTaskRow task, select_user_task(context, command.user_task, doing));
  if (command.claim && command.assignee.empty()) {
    return failf(Code::kFailedPrecondition, "Expected to claim user task with key '{}', but provided assignee is empty",
                 shown(command.user_task));
  }
  const bool keeps = command.claim || !command.allow_override;
  if (keeps && !task.assignee.empty() && task.assignee != command.assignee) {
    return failf(Code::kFailedPrecondition, "Expected to {} user task with key '{}', but it has already been assigned",
                 doing, shown(command.user_task));
  }
  context.x.events.append(UserTaskAssigned{task.key, command.assignee, command.action});
  context.reply(EmptyReply{});
  return {};
}

Outcome handle(CommandContext& context, const UpdateUserTask& command) {
  BATON_ASSIGN(const UserTaskRow task, select_user_task(context, command.user_task, "update"));
  UserTaskUpdated updated;
  updated.key = task.key;
  updated.candidate_groups = command.candidate_groups.value_or(task.candidate_groups);
  updated.candidate_users = command.candidate_users.value_or(task.candidate_users);
  updated.due_date = command.due_date.value_or(task.due_date);
  updated.follow_up_date = command.follow_up_date.value_or(task.follow_up_date);
  updated.priority = command.priority.value_or(task.priority);
  updated.action = command.action;
  for (const std::string* date : {&updated.due_date, &updated.follow_up_date}) {
    if (is_task_date(*date)) continue;
    return failf(Code::kInvalidArgument,
                 "Expected to update user task with key '{}', but '{}' is not a date and time with a time zone",
                 shown(command.user_task), *date);
  }
  if (updated.priority < 0 || updated.priority > kMostPriority) {
    return failf(Code::kInvalidArgument,
                 "Expected to update user task with key '{}', but the priority {} is not within 0 and {}",
                 shown(command.user_task), updated.priority, kMostPriority);
  }
  context.x.events.append(updated);
  context.reply(EmptyReply{});
  return {};
}

Outcome handle(CommandContext& context, const CompleteUserTask& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const UserTaskRow task, select_user_task(context, command.user_task, "complete"));
  x.events.append(UserTaskCompleted{task.key, command.action});
  take_result(x, task.element_instance, x.definition_of(task.element_instance), x.command_variables);
  x.complete(task.element_instance);
  x.run();
  context.reply(EmptyReply{});
  return {};
}

}  // namespace baton::engine
