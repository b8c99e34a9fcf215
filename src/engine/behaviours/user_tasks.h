// User tasks, native and job-based: the values that their extensions give (camunda-8-api.md 3.3, 5.10).
#pragma once

#include "engine/execution.h"

namespace baton::engine {

/// Evaluates assignee, candidates, dates and priority; EXTRACT_VALUE_ERROR or FORM_NOT_FOUND if one cannot be had.
tl::expected<UserTaskCreated, StepFailure> evaluate_user_task(Execution& x, Key element_instance,
                                                              const bpmn::UserTaskDefinition& definition);
/// The headers of a job that stands for a user task: the model's own, and the values under reserved names.
std::string user_task_headers(const UserTaskCreated& task, const bpmn::UserTaskDefinition& definition);

/// A date and time with a zone, or empty; nullopt for anything else.
bool is_task_date(std::string_view text);

}  // namespace baton::engine
