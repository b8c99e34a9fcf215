#include "engine/state/instance.h"

namespace baton::engine {

const VariableRow* VariableTable::find(Key scope, const Symbol& name) const {
  if (!index_.empty()) {
    auto it = index_.find({scope.value(), name.id()});
    return it == index_.end() ? nullptr : find(scope, Key(it->second));
  }
  for (auto it = rows_.lower_bound({scope.value(), 0}); it != rows_.end() && it->second.scope == scope; ++it) {
    if (it->second.name == name) return &it->second;
  }
  return nullptr;
}

const VariableRow* VariableTable::find(Key scope, Key key) const {
  auto it = rows_.find({scope.value(), key.value()});
  return it == rows_.end() ? nullptr : &it->second;
}

void VariableTable::put(const VariableRow& row) {
  rows_.insert_or_assign({row.scope.value(), row.key.value()}, row);
  if (!index_.empty()) {
    index_[{row.scope.value(), row.name.id()}] = row.key.value();
  } else if (rows_.size() >= kIndexFrom) {
    for (const auto& [key, r] : rows_) index_[{r.scope.value(), r.name.id()}] = r.key.value();
  }
}

void VariableTable::erase(Key scope, Key key) {
  auto it = rows_.find({scope.value(), key.value()});
  if (it == rows_.end()) return;
  if (!index_.empty()) index_.erase({scope.value(), it->second.name.id()});
  rows_.erase(it);
}

namespace {
/// Small instances are scanned for the children of a scope.
constexpr std::size_t kChildIndexFrom = 64;
}  // namespace

void Instance::relate(const ElementInstanceRow& element, bool add) {
  if (!add) {
    if (!children.empty()) children.remove(element.scope, element.key);
  } else if (!children.empty()) {
    children.add(element.scope, element.key);
  } else if (elements.size() >= kChildIndexFrom) {
    for (const auto& [key, one] : elements) children.add(one.scope, one.key);
  }
}

bool Instance::is_live(Key element_instance) const {
  for (Key at = element_instance; at.value() != 0;) {
    const ElementInstanceRow* inner = element(at);
    if (inner == nullptr || inner->state == ElementState::kTerminating) return false;
    const ElementInstanceRow* scope = inner->scope.value() == 0 ? nullptr : element(inner->scope);
    if (scope != nullptr && at < scope->interrupted_at) return false;
    at = inner->scope;
  }
  return true;
}

std::string_view incident_kind_name(IncidentKind kind) {
  switch (kind) {
    case IncidentKind::kUnknown:
      return "UNKNOWN";
    case IncidentKind::kJobNoRetries:
      return "JOB_NO_RETRIES";
    case IncidentKind::kIoMappingError:
      return "IO_MAPPING_ERROR";
    case IncidentKind::kExtractValueError:
      return "EXTRACT_VALUE_ERROR";
    case IncidentKind::kConditionError:
      return "CONDITION_ERROR";
    case IncidentKind::kMessageSizeExceeded:
      return "MESSAGE_SIZE_EXCEEDED";
    case IncidentKind::kUnhandledErrorEvent:
      return "UNHANDLED_ERROR_EVENT";
    case IncidentKind::kCalledElementError:
      return "CALLED_ELEMENT_ERROR";
    case IncidentKind::kFormNotFound:
      return "FORM_NOT_FOUND";
    case IncidentKind::kResourceNotFound:
      return "RESOURCE_NOT_FOUND";
    case IncidentKind::kCalledDecisionError:
      return "CALLED_DECISION_ERROR";
    case IncidentKind::kDecisionEvaluationError:
      return "DECISION_EVALUATION_ERROR";
  }
  return "UNKNOWN";
}

std::string_view element_state_name(ElementState state) {
  switch (state) {
    case ElementState::kActivating:
      return "ACTIVATING";
    case ElementState::kActivated:
      return "ACTIVATED";
    case ElementState::kCompleting:
      return "COMPLETING";
    case ElementState::kCompleted:
      return "COMPLETED";
    case ElementState::kTerminating:
      return "TERMINATING";
    case ElementState::kTerminated:
      return "TERMINATED";
    case ElementState::kSuspended:
      return "SUSPENDED";
  }
  return "UNKNOWN";
}

std::string_view job_state_name(JobState state) {
  switch (state) {
    case JobState::kActivatable:
      return "ACTIVATABLE";
    case JobState::kActivated:
      return "ACTIVATED";
    case JobState::kFailed:
    case JobState::kBackingOff:
      return "FAILED";
    case JobState::kErrorThrown:
      return "ERROR_THROWN";
  }
  return "UNKNOWN";
}

std::string_view user_task_state_name(UserTaskState state) {
  switch (state) {
    case UserTaskState::kCreating:
      return "CREATING";
    case UserTaskState::kCreated:
      return "CREATED";
    case UserTaskState::kAssigning:
      return "ASSIGNING";
    case UserTaskState::kUpdating:
      return "UPDATING";
    case UserTaskState::kCompleting:
      return "COMPLETING";
    case UserTaskState::kCanceling:
      return "CANCELING";
  }
  return "UNKNOWN";
}

}  // namespace baton::engine
