// User tasks, call activities and multi-instance bodies (BPMN 10.3).
#include "engine/behaviours/calls.h"
#include "engine/behaviours/jobs.h"
#include "engine/behaviours/multi_instance.h"
#include "engine/behaviours/user_tasks.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

StepResult prepare_user_task(Execution& x, Key key, const bpmn::Element& element) {
  auto task = evaluate_user_task(x, key, *element.user_task);
  if (!task) return tl::unexpected(std::move(task.error()));
  x.pending_user_task = std::move(*task);
  if (element.user_task->native) return {};
  auto job = evaluate_job(x, key, *element.job);
  if (!job) return tl::unexpected(std::move(job.error()));
  x.pending_job = std::move(*job);
  return {};
}

void create_user_task(Execution& x, Key key, const bpmn::Element& element) {
  if (element.user_task->native) {
    x.pending_user_task->key = x.new_key();
    x.events.append(*x.pending_user_task);
    return;
  }
  create_job(x, key, x.pending_job);
  x.events.append(
      JobHeadersSet{x.element(key).job, Value(user_task_headers(*x.pending_user_task, *element.user_task))});
}

void cancel_user_task(Execution& x, Key key, const bpmn::Element&) {
  cancel_job(x, key);
  const Key task = x.element(key).user_task;
  if (task.value() != 0) x.events.append(UserTaskCanceled{task});
}

StepResult find_process(Execution& x, Key key, const bpmn::Element& element) {
  auto definition = find_called(x, key, *element.called);
  if (!definition) return tl::unexpected(std::move(definition.error()));
  x.pending_definition = *definition;
  return {};
}

void call_process(Execution& x, Key key, const bpmn::Element&) {
  start_call(x, key, x.pending_definition);
}

void cancel_call(Execution& x, Key key, const bpmn::Element&) {
  end_call(x, key);
}

StepResult prepare_items(Execution& x, Key key, const bpmn::Element& element) {
  return read_items(x, key, *element.loop);
}

void begin_items(Execution& x, Key key, const bpmn::Element&) {
  create_items(x, key);
}

StepResult collect_items(Execution& x, Key key, Completed& done) {
  return assemble_output(x, key, done.element);
}

}  // namespace

const ElementBehaviour kUserTaskBehaviour{&prepare_user_task, &create_user_task, &nothing_to_complete, &take_all_flows,
                                          &cancel_user_task};

const ElementBehaviour kCallActivityBehaviour{&find_process, &call_process, &nothing_to_complete, &take_all_flows,
                                              &cancel_call};

const ElementBehaviour kMultiInstanceBodyBehaviour{&prepare_items, &begin_items, &collect_items, &take_all_flows,
                                                   &nothing_to_terminate};

}  // namespace baton::engine
