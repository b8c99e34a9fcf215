#include "bpmn/compile_parts.h"

#include "base/json.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/mapping_path.h"
#include "bpmn/text_or_expression.h"

namespace baton::bpmn {
namespace {

constexpr std::string_view kDefaultRetries = "3";
constexpr std::string_view kJobRetriesOfUserTasks = "1";
constexpr std::string_view kUserTaskJobType = "io.camunda.zeebe:userTask";

std::string headers_json(const RawNode& node) {
  std::string json = "{";
  for (const RawHeader& header : node.headers) {
    if (header.ignored()) continue;
    if (json.size() > 1) json += ',';
    json_append_string(json, header.key);
    json += ':';
    json_append_string(json, header.value);
  }
  return json + "}";
}

Result<TextOrExpression> text_at(const RawNode& node, int line, std::string_view text) {
  auto value = compile_text_or_expression(text);
  if (!value) return failure_at(node, line, value.error().message);
  return value;
}

}  // namespace

Failure failure_at(const RawNode& node, int line, std::string_view message) {
  return failf(Code::kInvalidArgument, "element '{}', line {}: {}", node.id, line, message);
}

Result<JobDefinition> compile_job(const RawNode& node) {
  if (node.spec->type == ElementType::kUserTask) {
    JobDefinition job;
    job.type.text = kUserTaskJobType;
    job.retries.text = kJobRetriesOfUserTasks;
    job.headers_json = headers_json(node);
    return job;
  }
  if (node.task_definitions.size() != 1)
    return failure_at(node, node.line, "exactly one zeebe:taskDefinition is needed");
  const RawTaskDefinition& raw = node.task_definitions.front();
  if (!raw.type || raw.type->empty()) return failure_at(node, raw.line, "the job type is missing");
  JobDefinition job;
  BATON_ASSIGN(job.type, text_at(node, raw.line, *raw.type));
  BATON_ASSIGN(job.retries, text_at(node, raw.line, raw.retries.value_or(std::string(kDefaultRetries))));
  job.headers_json = headers_json(node);
  return job;
}

Result<std::vector<Mapping>> compile_mappings(const RawNode& node, const std::vector<RawMapping>& mappings) {
  std::vector<Mapping> compiled;
  compiled.reserve(mappings.size());
  for (const RawMapping& raw : mappings) {
    Mapping mapping;
    if (raw.source) {
      BATON_ASSIGN(mapping.source, text_at(node, raw.line, *raw.source));
    }
    auto path = split_mapping_path(raw.target);
    if (!path) return failure_at(node, raw.line, "the target of a mapping is not a path of names");
    mapping.target = std::move(*path);
    compiled.push_back(std::move(mapping));
  }
  return compiled;
}

namespace {

Result<std::optional<TextOrExpression>> optional_text(const RawNode& node,
                                                      const std::optional<RawAttribute>& attribute) {
  if (!attribute) return std::optional<TextOrExpression>();
  BATON_ASSIGN(auto value, text_at(node, attribute->line, attribute->value));
  return std::optional<TextOrExpression>(std::move(value));
}

Result<std::optional<feel::Expression>> expression_at(const RawNode& node, int line, std::string_view text) {
  if (trimmed(text).empty()) return std::optional<feel::Expression>();
  auto expression = compile_expression(text);
  if (!expression) return failure_at(node, line, expression.error().message);
  return std::optional<feel::Expression>(std::move(*expression));
}

const RawEventRoot* find_root(const Definitions& definitions, EventType type, const std::string& id) {
  const auto& roots = type == EventType::kMessage  ? definitions.messages
                      : type == EventType::kSignal ? definitions.signals
                      : type == EventType::kError  ? definitions.errors
                                                   : definitions.escalations;
  const auto found = roots.find(id);
  return found == roots.end() ? nullptr : &found->second;
}

Status compile_timer(const RawNode& node, const RawEvent& raw, Event& event) {
  const RawTimer& timer = raw.timer;
  const auto& text = timer.duration ? timer.duration : timer.date ? timer.date : timer.cycle;
  if (!text) return failure_at(node, raw.line, "the timer has no duration, date or cycle");
  event.timer = timer.duration ? TimerKind::kDuration : timer.date ? TimerKind::kDate : TimerKind::kCycle;
  BATON_ASSIGN(event.text, text_at(node, raw.line, *text));
  return {};
}

Status compile_reference(const Definitions& definitions, const RawNode& node,
                         const std::optional<std::string>& reference, int line, Event& event) {
  const bool by_code = event.type == EventType::kError || event.type == EventType::kEscalation;
  if (!reference) {
    event.catches_all = by_code;
    return by_code ? Status() : failure_at(node, line, "the event refers to nothing");
  }
  const RawEventRoot* root = find_root(definitions, event.type, *reference);
  if (root == nullptr) return failure_at(node, line, fmt::format("'{}' does not exist", *reference));
  const std::string& text = by_code ? root->code : root->name;
  event.catches_all = by_code && text.empty();
  BATON_ASSIGN(event.text, text_at(node, line, text));
  if (event.type == EventType::kMessage && root->correlation_key) {
    BATON_ASSIGN(event.correlation_key, expression_at(node, root->line, *root->correlation_key));
  }
  return {};
}

bool is_false(std::string_view text) {
  return text == "false" || text == "0";
}

/// The variable that "=a" or "=a.b" names; empty for any other expression.
std::string leading_variable(std::string_view expression) {
  std::string_view text = trimmed(expression);
  if (!text.starts_with('=')) return {};
  const auto path = split_mapping_path(trimmed(text.substr(1)));
  return path ? path->front() : std::string();
}

}  // namespace

Result<std::optional<Event>> compile_event(const Definitions& definitions, const RawNode& node) {
  Event event;
  event.interrupting = node.interrupting;
  if (node.spec->type == ElementType::kReceiveTask) {
    event.type = EventType::kMessage;
    BATON_TRY(compile_reference(definitions, node, node.message, node.line, event));
    return std::optional<Event>(std::move(event));
  }
  if (node.events.empty()) return std::optional<Event>();
  if (node.events.size() > 1) return failure_at(node, node.line, "more than one event definition");
  const RawEvent& raw = node.events.front();
  event.type = raw.type;
  if (raw.type == EventType::kTimer) {
    BATON_TRY(compile_timer(node, raw, event));
  } else if (raw.type == EventType::kLink) {
    event.text.text = raw.link;
  } else if (raw.type != EventType::kTerminate) {
    const bool thrown_message =
        raw.type == EventType::kMessage &&
        (node.spec->type == ElementType::kEndEvent || node.spec->type == ElementType::kIntermediateThrowEvent);
    if (!thrown_message) BATON_TRY(compile_reference(definitions, node, raw.reference, raw.line, event));
  }
  return std::optional<Event>(std::move(event));
}

Result<CalledDecision> compile_decision(const RawNode& node) {
  const RawCalledDecision& raw = node.called_decisions.front();
  CalledDecision decision;
  BATON_ASSIGN(decision.decision_id, text_at(node, raw.line, raw.decision_id));
  decision.result_variable = raw.result_variable;
  decision.binding = binding_of(raw.binding_type).value_or(Binding::kLatest);
  decision.version_tag = raw.version_tag;
  return decision;
}

Result<Script> compile_script(const RawNode& node) {
  const RawScript& raw = node.scripts.front();
  auto expression = compile_expression(raw.expression);
  if (!expression) return failure_at(node, raw.line, expression.error().message);
  return Script{std::move(*expression), raw.result_variable};
}

Result<CalledElement> compile_called_element(const RawNode& node) {
  if (node.called_elements.size() != 1) return failure_at(node, node.line, "exactly one zeebe:calledElement is needed");
  const RawCalledElement& raw = node.called_elements.front();
  if (!raw.process_id || raw.process_id->empty()) return failure_at(node, raw.line, "the process id is missing");
  CalledElement called;
  BATON_ASSIGN(called.process_id, text_at(node, raw.line, *raw.process_id));
  called.propagate_all_child_variables = !is_false(raw.propagate_all_child_variables);
  called.propagate_all_parent_variables = !is_false(raw.propagate_all_parent_variables);
  const auto binding = binding_of(raw.binding_type);
  if (!binding) return failure_at(node, raw.line, "unknown binding type");
  called.binding = *binding;
  called.version_tag = raw.version_tag;
  return called;
}

Result<LoopCharacteristics> compile_loop(const RawNode& node) {
  const RawMultiInstance& raw = *node.multi_instance;
  if (raw.loops.size() != 1) return failure_at(node, raw.line, "exactly one zeebe:loopCharacteristics is needed");
  const RawLoopCharacteristics& given = raw.loops.front();
  LoopCharacteristics loop;
  loop.sequential = raw.sequential;
  BATON_ASSIGN(loop.input_collection, expression_at(node, given.line, given.input_collection));
  if (!loop.input_collection) return failure_at(node, given.line, "the input collection is missing");
  loop.input_element = given.input_element;
  loop.output_collection = given.output_collection;
  BATON_ASSIGN(loop.output_element, expression_at(node, given.line, given.output_element));
  loop.output_variable = leading_variable(given.output_element);
  BATON_ASSIGN(loop.completion_condition, expression_at(node, raw.line, raw.completion_condition.value_or("")));
  return loop;
}

Result<std::optional<LinkedForm>> compile_form(const RawNode& node) {
  if (node.user_task.forms.empty() || node.user_task.forms.front().form_id.empty()) return std::nullopt;
  const RawForm& raw = node.user_task.forms.front();
  LinkedForm form;
  BATON_ASSIGN(form.form_id, text_at(node, raw.line, raw.form_id));
  form.binding = binding_of(raw.binding_type).value_or(Binding::kLatest);
  form.version_tag = raw.version_tag;
  return form;
}

Result<UserTaskDefinition> compile_user_task(const RawNode& node) {
  const RawUserTask& raw = node.user_task;
  UserTaskDefinition task;
  task.native = raw.native_blocks > 0;
  BATON_ASSIGN(task.assignee, optional_text(node, raw.assignee));
  BATON_ASSIGN(task.candidate_groups, optional_text(node, raw.candidate_groups));
  BATON_ASSIGN(task.candidate_users, optional_text(node, raw.candidate_users));
  BATON_ASSIGN(task.due_date, optional_text(node, raw.due_date));
  BATON_ASSIGN(task.follow_up_date, optional_text(node, raw.follow_up_date));
  BATON_ASSIGN(task.priority, optional_text(node, raw.priority));
  BATON_ASSIGN(task.form, compile_form(node));
  for (const RawForm& form : raw.forms) {
    task.form_key = form.form_key;
    if (!form.external_reference.empty()) {
      BATON_ASSIGN(task.external_reference, text_at(node, form.line, form.external_reference));
    }
  }
  for (const RawHeader& header : node.headers) {
    if (!header.ignored()) task.headers.emplace_back(header.key, header.value);
  }
  return task;
}

}  // namespace baton::bpmn
