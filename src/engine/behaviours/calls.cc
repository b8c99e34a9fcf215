#include "engine/behaviours/calls.h"

#include "base/limits.h"
#include "engine/behaviours/expressions.h"
#include "engine/behaviours/multi_instance.h"
#include "engine/behaviours/subscriptions.h"
#include "engine/behaviours/variables.h"

namespace baton::engine {

namespace {

const DefinitionRow* find_bound(const Execution& x, const bpmn::CalledElement& called, std::string_view process_id) {
  const std::string_view tenant = x.instance().row.tenant.text();
  if (called.binding == bpmn::Binding::kLatest) {
    const LatestDefinitionRow* latest = x.view.latest(tenant, process_id);
    return latest == nullptr ? nullptr : x.view.definition(latest->latest);
  }
  const Key deployment = x.instance().definition->deployment;
  const DefinitionRow* found = nullptr;
  x.view.for_each_version(tenant, process_id, [&](const DefinitionRow& row) {
    const bool wanted = called.binding == bpmn::Binding::kDeployment ? row.deployment == deployment
                                                                     : row.version_tag == called.version_tag;
    if (wanted) found = &row;
    return !wanted;
  });
  return found;
}

std::string bound_to(const bpmn::CalledElement& called) {
  switch (called.binding) {
    case bpmn::Binding::kLatest:
      return "";
    case bpmn::Binding::kDeployment:
      return " in the same deployment";
    case bpmn::Binding::kVersionTag:
      return fmt::format(" and version tag '{}'", called.version_tag);
  }
  return "";
}

JsonDocument variables_for(const Execution& x, Key call_activity) {
  const bpmn::Element& element = x.definition_of(call_activity);
  std::string json = "{}";
  if (element.called->propagate_all_parent_variables) {
    json = visible_variables_json(x.instance(), call_activity, {});
  } else if (!element.inputs.empty()) {
    json = local_variables_json(x.instance(), call_activity, {});
  }
  auto document = JsonDocument::parse(json);
  return document ? std::move(*document) : JsonDocument();
}

/// What comes back to the caller; nothing is read if nobody wants it.
JsonDocument variables_of_root(const Execution& x) {
  const Instance* caller = x.view.instance_of(x.instance().row.parent);
  const ElementInstanceRow* row = caller == nullptr ? nullptr : caller->element(x.instance().row.parent);
  if (row == nullptr) return {};
  const bpmn::Element& element = caller->model().element(row->element);
  const bool wanted = element.called && (element.called->propagate_all_child_variables || !element.outputs.empty());
  return wanted ? to_document(local_variables(x.instance(), x.instance().row.key)) : JsonDocument();
}

}  // namespace

tl::expected<Key, StepFailure> find_called(Execution& x, Key call_activity, const bpmn::CalledElement& called) {
  auto process_id = evaluate_text(x, call_activity, called.process_id);
  if (!process_id) return tl::unexpected(std::move(process_id.error()));
  const DefinitionRow* definition = find_bound(x, called, *process_id);
  if (definition == nullptr) {
    return step_failure(IncidentKind::kCalledElementError,
                        fmt::format("Expected process with BPMN process id '{}'{} to be deployed, but not found.",
                                    *process_id, bound_to(called)));
  }
  if (definition->model->none_start == kNoElement) {
    return step_failure(
        IncidentKind::kCalledElementError,
        fmt::format("Expected process with BPMN process id '{}' to have a none start event, but not found.",
                    *process_id));
  }
  if (x.instance().row.depth + 1 >= limits::kCallDepth) {
    return step_failure(IncidentKind::kCalledElementError,
                        fmt::format("The call activity has reached the maximum depth of {} process instances that call "
                                    "each other.",
                                    limits::kCallDepth));
  }
  return definition->key;
}

void start_call(Execution& x, Key call_activity, Key definition) {
  const Key child(x.view.counters().next_block);
  x.events.append(CallStarted{call_activity, child});
  const InstanceRow& row = x.instance().row;
  x.send(
      StartCalledProcess{definition, child, call_activity, row.root, row.depth + 1, variables_for(x, call_activity)});
}

void end_call(Execution& x, Key call_activity) {
  const Key child = x.element(call_activity).called;
  if (child.value() != 0) x.send(TerminateCalled{child});
}

void end_instance(Execution& x, bool completed) {
  const InstanceRow row = x.instance().row;
  if (completed && row.parent.value() != 0) x.send(CompleteCall{row.parent, row.key, variables_of_root(x)});
  if (row.locks_start) x.send(ReleaseStartLock{x.instance().definition->process_id, row.start_key});
}

void resume_active(Execution& x, Key key) {
  const bpmn::Element& element = x.definition_of(key);
  if (element.type == bpmn::ElementType::kCallActivity) {
    auto definition = find_called(x, key, *element.called);
    if (!definition) {
      x.raise_incident(key, Key(0), definition.error().kind, definition.error().message);
      return;
    }
    start_call(x, key, *definition);
  } else if (element.type == bpmn::ElementType::kMultiInstanceBody) {
    create_items(x, key);
  } else if (bpmn::is_scope(element.type)) {
    if (StepResult opened = open_event_sub_processes(x, key); !opened) {
      x.raise_incident(key, Key(0), opened.error().kind, opened.error().message);
      return;
    }
    x.complete_scope_if_done(key);
  }
}

}  // namespace baton::engine
