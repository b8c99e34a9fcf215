// Jobs: work that an element hands to a worker.
#pragma once

#include <string>
#include <vector>

#include "engine/execution.h"

namespace baton::engine {

/// Evaluates a job's type and retries.
tl::expected<JobProperties, StepFailure> evaluate_job(Execution& x, Key element_instance,
                                                      const bpmn::JobDefinition& definition);
void create_job(Execution& x, Key element_instance, const JobProperties& properties);
/// Cancels the element's job, if it has one.
void cancel_job(Execution& x, Key element_instance);

/// The job as a worker gets it, with the variables that it sees now.
ActivatedJob activated_job(const Instance& instance, const JobRow& job,
                           const std::vector<std::string>& fetch_variables);
/// Bytes that the job takes in an answer, roughly and never less.
std::size_t encoded_size(const ActivatedJob& job);

}  // namespace baton::engine
