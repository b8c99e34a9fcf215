// Appliers of jobs and incidents.
#include "base/ensure.h"
#include "engine/appliers/appliers.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

JobRow job_row(ApplyContext& context, Key key) {
  const JobRow* row = context.state.instance(context.instance)->job(key);
  ENSURE(row != nullptr, "an event names a job that does not exist");
  return context.state.take_job(*row);
}

ElementInstanceRow element_row(ApplyContext& context, Key key) {
  const ElementInstanceRow* row = context.state.instance(context.instance)->element(key);
  ENSURE(row != nullptr, "an event names an element instance that does not exist");
  return *row;
}

namespace {

void make_activatable(ApplyContext& context, JobRow& row) {
  row.state = JobState::kActivatable;
  row.ready = context.state.position();
  row.deadline = TimeMs(0);
  row.backoff_until = TimeMs(0);
  row.worker = Symbol();
}

void erase(ApplyContext& context, Key key) {
  const JobRow row = job_row(context, key);
  context.state.erase_job(context.instance, key);
  ElementInstanceRow element = element_row(context, row.element_instance);
  element.job = Key(0);
  context.state.put(context.instance, element);
}

}  // namespace

void apply(ApplyContext& context, const JobCreated& event) {
  take_key(context, event.key);
  ElementInstanceRow element = element_row(context, event.element_instance);
  element.job = event.key;
  context.state.put(context.instance, element);
  JobRow row;
  row.key = event.key;
  row.element_instance = event.element_instance;
  row.element = element.element;
  row.type = event.type;
  row.retries = event.retries;
  make_activatable(context, row);
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const JobActivated& event) {
  JobRow row = job_row(context, event.key);
  row.state = JobState::kActivated;
  row.worker = event.worker;
  row.deadline = event.deadline;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const JobCompleted& event) {
  erase(context, event.key);
}
void apply(ApplyContext& context, const JobCanceled& event) {
  erase(context, event.key);
}

void apply(ApplyContext& context, const JobFailed& event) {
  JobRow row = job_row(context, event.key);
  make_activatable(context, row);
  row.retries = event.retries;
  row.last_error = event.message;
  row.backoff_until = event.backoff_until;
  if (event.retries <= 0 || event.backoff_until.value() != 0) row.state = JobState::kFailed;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const JobBackoffStarted& event) {
  JobRow row = job_row(context, event.key);
  make_activatable(context, row);
  row.state = JobState::kBackingOff;
  row.ready = Position(0);
  row.retries = event.retries;
  row.last_error = event.message;
  context.state.put(context.instance, row);
  const Symbol tenant = context.state.instance(context.instance)->row.tenant;
  context.state.put_absent(JobBackoffRow{event.key, tenant, row.type, event.backoff_until, Position(0)});
}

void apply(ApplyContext& context, const JobBackoffEnded& event) {
  JobBackoffRow row = context.state.backoff(event.key);
  row.until = TimeMs(0);
  row.ready = context.state.position();
  context.state.put(std::move(row));
}

void apply(ApplyContext& context, const JobErrorThrown& event) {
  JobRow row = job_row(context, event.key);
  make_activatable(context, row);
  row.state = JobState::kErrorThrown;
  row.last_error = event.message;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const JobHeadersSet& event) {
  JobRow row = job_row(context, event.key);
  row.headers = event.headers;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const JobActivatable& event) {
  JobRow row = job_row(context, event.key);
  make_activatable(context, row);
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const JobRetriesUpdated& event) {
  JobRow row = job_row(context, event.key);
  row.retries = event.retries;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const JobDeadlineUpdated& event) {
  JobRow row = job_row(context, event.key);
  row.deadline = event.deadline;
  context.state.put(context.instance, row);
}

void apply(ApplyContext& context, const IncidentCreated& event) {
  take_key(context, event.key);
  ElementInstanceRow element = element_row(context, event.element_instance);
  ++element.attempt;
  if (event.job.value() == 0) element.incident = event.key;
  context.state.put(context.instance, element);
  if (event.job.value() != 0) {
    JobRow job = job_row(context, event.job);
    if (job.state != JobState::kErrorThrown) job.state = JobState::kFailed;
    job.deadline = TimeMs(0);
    job.backoff_until = TimeMs(0);
    job.incident = event.key;
    context.state.put(context.instance, job);
  }
  context.state.put(context.instance, IncidentRow{event.key, event.element_instance, event.job, event.incident,
                                                  event.message, element.attempt, context.state.time()});
}

void apply(ApplyContext& context, const IncidentResolved& event) {
  const IncidentRow row = *context.state.instance(context.instance)->incident(event.key);
  context.state.erase_incident(context.instance, event.key);
  if (row.job.value() != 0) {
    JobRow job = job_row(context, row.job);
    job.incident = Key(0);
    context.state.put(context.instance, job);
  } else {
    ElementInstanceRow element = element_row(context, row.element_instance);
    element.incident = Key(0);
    context.state.put(context.instance, element);
  }
}

}  // namespace baton::engine
