#include "engine/behaviours/jobs.h"

#include "engine/behaviours/expressions.h"
#include "engine/behaviours/variables.h"

namespace baton::engine {

tl::expected<JobProperties, StepFailure> evaluate_job(Execution& x, Key element_instance,
                                                      const bpmn::JobDefinition& definition) {
  JobProperties properties;
  auto type = evaluate_text(x, element_instance, definition.type);
  if (!type) return tl::unexpected(std::move(type.error()));
  if (type->empty()) return step_failure(IncidentKind::kExtractValueError, "Expected the job type not to be empty.");
  auto retries = evaluate_integer(x, element_instance, definition.retries);
  if (!retries) return tl::unexpected(std::move(retries.error()));
  return JobProperties{std::move(*type), *retries};
}

void create_job(Execution& x, Key element_instance, const JobProperties& properties) {
  const Key key = x.new_key();
  x.events.append(JobCreated{key, element_instance, x.symbols.intern(properties.type), properties.retries});
}

void cancel_job(Execution& x, Key element_instance) {
  const Key job = x.element(element_instance).job;
  if (job.value() == 0) return;
  const JobRow* row = x.instance().job(job);
  if (row->incident.value() != 0) x.events.append(IncidentResolved{row->incident});
  x.events.append(JobCanceled{job});
  x.effects.emplace_back(JobReleased{job});
}

ActivatedJob activated_job(const Instance& instance, const JobRow& job,
                           const std::vector<std::string>& fetch_variables) {
  const DefinitionRow& definition = *instance.definition;
  const bpmn::Element& element = instance.model().element(job.element);
  ActivatedJob out;
  out.key = job.key;
  out.type = job.type.text();
  out.instance = instance.row.key;
  out.root = instance.row.root;
  out.process_id = definition.process_id;
  out.version = definition.version;
  out.definition = definition.key;
  out.element_id = element.id;
  out.element_instance = job.element_instance;
  out.headers = job.headers.json().empty() ? std::string_view(element.job->headers_json) : job.headers.json();
  out.worker = job.worker.text();
  out.retries = job.retries;
  out.deadline = job.deadline;
  out.variables = visible_variables_json(instance, job.element_instance, fetch_variables);
  out.tenant = instance.row.tenant.text();
  out.tags = instance.row.tags;
  return out;
}

std::size_t encoded_size(const ActivatedJob& job) {
  constexpr std::size_t kFixedFields = 128;  // keys, numbers and field tags
  std::size_t size = kFixedFields + job.type.size() + job.process_id.size() + job.element_id.size() +
                     job.headers.size() + job.worker.size() + job.variables.size() + job.tenant.size();
  for (const auto& tag : job.tags) size += tag.size() + 4;
  return size;
}

}  // namespace baton::engine
