// Native user tasks.
#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "bpmn/timer.h"
#include "gateway/rest/entity_json.h"
#include "gateway/rest/validation.h"

namespace baton::rest {

namespace {

/// A date of a task as the API has it: an RFC 3339 date-time, whatever the model wrote; null if there is none.
std::string task_date(std::string_view text) {
  const auto time = bpmn::parse_timer_date(text);
  return time ? iso_time(*time) : "null";
}

std::string user_task_result(const engine::Instance& instance, const engine::UserTaskRow& row) {
  const bpmn::Element& element = instance.model().element(row.element);
  const engine::DefinitionRow& definition = *instance.definition;
  return fmt::format(
      R"({{"name":{},"state":"{}","assignee":{},"elementId":{},"candidateGroups":{},"candidateUsers":{},)"
      R"("processDefinitionId":{},"creationDate":{},"completionDate":null,"followUpDate":{},"dueDate":{},"tenantId":{},)"
      R"("externalFormReference":{},"processDefinitionVersion":{},"customHeaders":{},"priority":{},"userTaskKey":"{}",)"
      R"("elementInstanceKey":"{}","processName":{},"processDefinitionKey":"{}","processInstanceKey":"{}",)"
      R"("rootProcessInstanceKey":"{}","formKey":{},"tags":{}}})",
      nullable_text(element.name), engine::user_task_state_name(row.state), nullable_text(row.assignee),
      json_quote(element.id), texts_json(row.candidate_groups), texts_json(row.candidate_users),
      json_quote(definition.process_id), iso_time(row.created), task_date(row.follow_up_date), task_date(row.due_date),
      json_quote(instance.row.tenant.text()), nullable_text(row.external_reference), definition.version.value(),
      row.headers.json(), row.priority, row.key.value(), row.element_instance.value(),
      nullable_text(instance.model().element(ElementIndex(0)).name), definition.key.value(), instance.row.key.value(),
      instance.row.root.value(), nullable_key(row.form), texts_json(instance.row.tags));
}

std::string action_or(const RestCall& call, std::string_view otherwise) {
  return call.body["action"].string_or(otherwise);
}

/// A date that a changeset sets; answers and returns false if it is none. An empty text clears it.
bool read_date(const RestCall& call, const char* name, std::optional<std::string>& out) {
  const JsonValue value = call.body["changeset"][name];
  if (!value) return true;
  out = value.string_or();
  if (out->empty() || is_date_time(*out)) return true;
  call.responder.error(
      {Code::kInvalidArgument,
       fmt::format("The provided {} '{}' cannot be parsed as a date according to RFC 3339, section 5.6.", name, *out)});
  return false;
}

/// Tasks that one page looks at: it may be short, or empty, though more follow.
constexpr std::size_t kScannedTasks = 1000;

/// What a list of user tasks is about; an empty text asks for nothing.
struct TaskQuery {
  Key after;
  std::size_t limit = 100;
  std::string assignee;
  std::string candidate_group;

  [[nodiscard]] bool wants(const engine::UserTaskRow& row) const {
    if (!assignee.empty() && row.assignee != assignee) return false;
    return candidate_group.empty() || std::find(row.candidate_groups.begin(), row.candidate_groups.end(),
                                                candidate_group) != row.candidate_groups.end();
  }
};

std::string user_task_page(const engine::StateView& state, const gateway::Caller& caller, const TaskQuery& query) {
  const std::vector<Key> keys = state.user_tasks(caller.tenant, query.after, kScannedTasks);
  for (const Key key : keys) state.want_instance_of(key);
  std::string items;
  std::size_t found = 0;
  std::size_t seen = 0;
  while (seen < keys.size() && found < query.limit) {
    const Key key = keys[seen++];
    const engine::Instance* instance = visible_instance(state, caller, key);
    const engine::UserTaskRow* row = instance == nullptr ? nullptr : instance->user_task(key);
    if (row == nullptr || !query.wants(*row)) continue;
    items += (found++ == 0 ? "" : ",") + user_task_result(*instance, *row);
  }
  const bool at_end = seen == keys.size() && keys.size() < kScannedTasks;
  return fmt::format(R"({{"items":[{}],"endCursor":{}}})", items, at_end ? "null" : nullable_key(keys[seen - 1]));
}

std::uint64_t number_or(const std::string& text, std::uint64_t otherwise) {
  std::uint64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

void list_user_tasks(RestCall& call) {
  const auto value = [&call](const char* name) { return form_value(call.request.query, name).second; };
  TaskQuery query;
  query.after = Key(number_or(value("after"), 0));
  query.limit = number_or(value("limit"), query.limit);
  query.assignee = value("assignee");
  query.candidate_group = value("candidateGroup");
  call.read("User tasks", [query, caller = call.caller](const engine::StateView& state) {
    return user_task_page(state, caller, query);
  });
}

void get_user_task(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("User task", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::Instance* instance = visible_instance(state, caller, key);
    const engine::UserTaskRow* row = instance == nullptr ? nullptr : instance->user_task(key);
    return row == nullptr ? std::string() : user_task_result(*instance, *row);
  });
}

void assign_user_task(RestCall& call) {
  engine::AssignUserTask command;
  command.user_task = call.path_key();
  command.assignee = call.body["assignee"].string_or();
  if (command.assignee.empty()) return call.responder.error({Code::kInvalidArgument, "No assignee provided."});
  command.claim = !call.body["allowOverride"].boolean_or(true);
  command.allow_override = !command.claim;
  command.action = action_or(call, command.claim ? "claim" : "assign");
  call.submit(std::move(command));
}

void unassign_user_task(RestCall& call) {
  engine::AssignUserTask command;
  command.user_task = call.path_key();
  command.action = "unassign";
  call.submit(std::move(command));
}

void update_user_task(RestCall& call) {
  const JsonValue changes = call.body["changeset"];
  engine::UpdateUserTask command;
  command.user_task = call.path_key();
  if (!read_date(call, "dueDate", command.due_date)) return;
  if (!read_date(call, "followUpDate", command.follow_up_date)) return;
  if (changes["candidateGroups"]) command.candidate_groups = changes["candidateGroups"].strings();
  if (changes["candidateUsers"]) command.candidate_users = changes["candidateUsers"].strings();
  if (changes["priority"]) command.priority = static_cast<std::int32_t>(changes["priority"].integer_or(0));
  const bool changes_nothing = !command.due_date && !command.follow_up_date && !command.candidate_groups &&
                               !command.candidate_users && !command.priority;
  if (changes_nothing && !call.body["action"]) {
    return call.responder.error({Code::kInvalidArgument,
                                 "No update data provided. Provide at least an \"action\" or a non-null value for a "
                                 "supported attribute in the \"changeset\"."});
  }
  command.action = action_or(call, "update");
  call.submit(std::move(command));
}

void complete_user_task(RestCall& call) {
  engine::CompleteUserTask command;
  command.user_task = call.path_key();
  command.action = action_or(call, "complete");
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit(std::move(command));
}

}  // namespace baton::rest
