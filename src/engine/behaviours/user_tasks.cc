#include "engine/behaviours/user_tasks.h"

#include <algorithm>

#include "base/json.h"
#include "bpmn/text_or_expression.h"
#include "bpmn/timer.h"
#include "engine/behaviours/expressions.h"
#include "engine/behaviours/forms.h"
#include "feel/temporal.h"

namespace baton::engine {

namespace {

constexpr std::int32_t kDefaultPriority = 50;
constexpr std::int32_t kMostPriority = 100;
constexpr std::string_view kReserved = "io.camunda.zeebe:";

using Source = std::optional<bpmn::TextOrExpression>;

StepFailure wrong(const bpmn::TextOrExpression& source, std::string_view expected, std::string_view found) {
  return {IncidentKind::kExtractValueError,
          fmt::format("Expected result of the expression '{}' to be {}, but was {}.",
                      source.expression ? source.expression->source() : source.text, expected, found)};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view item = bpmn::trimmed(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

StepResult read_list(Execution& x, Key key, const Source& source, std::vector<std::string>& out) {
  if (!source) return {};
  if (!source->expression) {
    out = split_list(source->text);
    return {};
  }
  auto value = evaluate(x, key, *source->expression, IncidentKind::kExtractValueError);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (value->is_null()) return {};
  if (!value->is(feel::Kind::kList))
    return tl::unexpected(wrong(*source, "a list of strings", feel::kind_name(value->kind())));
  for (const feel::Value& item : value->as_list()) {
    if (!item.is(feel::Kind::kString))
      return tl::unexpected(
          wrong(*source, "a list of strings", fmt::format("a list with a {}", feel::kind_name(item.kind()))));
    out.emplace_back(item.as_string());
  }
  return {};
}

/// A text; null means that there is none.
StepResult read_text(Execution& x, Key key, const Source& source, std::string& out) {
  if (!source) return {};
  if (!source->expression) {
    out = source->text;
    return {};
  }
  auto value = evaluate(x, key, *source->expression, IncidentKind::kExtractValueError);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (value->is_null()) return {};
  if (!value->is(feel::Kind::kString))
    return tl::unexpected(wrong(*source, "a string", feel::kind_name(value->kind())));
  out = value->as_string();
  return {};
}

StepResult read_date(Execution& x, Key key, const Source& source, std::string& out) {
  if (!source) return {};
  if (source->expression) {
    auto value = evaluate(x, key, *source->expression, IncidentKind::kExtractValueError);
    if (!value) return tl::unexpected(std::move(value.error()));
    if (value->is_null()) return {};
    if (value->is(feel::Kind::kDateTime)) {
      feel::DateTime time = value->as_date_time();
      if (time.time.offset.type == feel::Offset::Type::kLocal) time.time.offset = feel::Offset::fixed(0);
      feel::append_date_time(out, time);
      return {};
    }
    if (!value->is(feel::Kind::kString))
      return tl::unexpected(wrong(*source, "a date and time", feel::kind_name(value->kind())));
    out = value->as_string();
  } else {
    out = source->text;
  }
  if (!is_task_date(out)) return tl::unexpected(wrong(*source, "a date and time with a time zone", json_quote(out)));
  return {};
}

StepResult read_priority(Execution& x, Key key, const Source& source, std::int32_t& out) {
  out = kDefaultPriority;
  if (!source) return {};
  auto value = evaluate_integer(x, key, *source);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (*value < 0 || *value > kMostPriority)
    return tl::unexpected(wrong(*source, "a number from 0 to 100", std::to_string(*value)));
  out = *value;
  return {};
}

std::string no_form(const DefinitionRow& process, const bpmn::LinkedForm& link, std::string_view id) {
  switch (link.binding) {
    case bpmn::Binding::kDeployment:
      return fmt::format(
          "Expected to use a form with id '{}' with binding type 'deployment', but no such form found in the "
          "deployment "
          "with key {} which contained the current process. To resolve this incident, migrate the process instance to "
          "a "
          "process definition that is deployed together with the intended form to use.",
          id, shown(process.deployment));
    case bpmn::Binding::kVersionTag:
      return fmt::format(
          "Expected to use a form with id '{}' and version tag '{}', but no such form found. To resolve the incident, "
          "deploy a form with the given id and version tag.",
          id, link.version_tag);
    case bpmn::Binding::kLatest:
      break;
  }
  return fmt::format(
      "Expected to find a form with id '{}', but no form with this id is found, at least a form with this id should be "
      "available. To resolve the incident, deploy a form with the same id.",
      id);
}

/// The deployed form that the task links to.
StepResult read_form(Execution& x, Key key, const bpmn::LinkedForm& link, Key& out) {
  auto id = evaluate_text(x, key, link.form_id);
  if (!id) return tl::unexpected(std::move(id.error()));
  const DefinitionRow& process = *x.instance().definition;
  const FormRow* form = find_form(x.view, process, link, *id);
  if (form == nullptr) return step_failure(IncidentKind::kFormNotFound, no_form(process, link, *id));
  out = form->key;
  return {};
}

std::string list_json(const std::vector<std::string>& items) {
  std::string json = "[";
  for (const std::string& item : items) {
    if (json.size() > 1) json += ',';
    json_append_string(json, item);
  }
  return json + "]";
}

}  // namespace

bool is_task_date(std::string_view text) {
  return text.empty() || bpmn::parse_timer_date(text).has_value();
}

tl::expected<UserTaskCreated, StepFailure> evaluate_user_task(Execution& x, Key key,
                                                              const bpmn::UserTaskDefinition& definition) {
  UserTaskCreated task;
  task.element_instance = key;
  StepResult result = read_text(x, key, definition.assignee, task.assignee);
  if (result) result = read_list(x, key, definition.candidate_groups, task.candidate_groups);
  if (result) result = read_list(x, key, definition.candidate_users, task.candidate_users);
  if (result) result = read_date(x, key, definition.due_date, task.due_date);
  if (result) result = read_date(x, key, definition.follow_up_date, task.follow_up_date);
  if (result) result = read_text(x, key, definition.external_reference, task.external_reference);
  if (result) result = read_priority(x, key, definition.priority, task.priority);
  if (result && definition.form) result = read_form(x, key, *definition.form, task.form);
  if (!result) return tl::unexpected(std::move(result.error()));
  JsonDocument headers;
  for (const auto& [name, value] : definition.headers) headers.add(name, json_quote(value));
  task.headers = Value(headers.to_json());
  return task;
}

std::string user_task_headers(const UserTaskCreated& task, const bpmn::UserTaskDefinition& definition) {
  JsonDocument headers;
  for (const auto& [name, value] : definition.headers) headers.add(name, json_quote(value));
  const auto add = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) headers.add(fmt::format("{}{}", kReserved, name), json_quote(text));
  };
  add("assignee", task.assignee);
  if (definition.candidate_groups) add("candidateGroups", list_json(task.candidate_groups));
  if (definition.candidate_users) add("candidateUsers", list_json(task.candidate_users));
  add("dueDate", task.due_date);
  add("followUpDate", task.follow_up_date);
  add("formKey", task.form.value() == 0 ? definition.form_key : std::to_string(task.form.value()));
  return headers.to_json();
}

}  // namespace baton::engine
