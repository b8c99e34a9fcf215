// The rows of docs/formats/state.md. A row is a plain value; its fields() function is its format.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bpmn/process_model.h"
#include "engine/state/symbol.h"
#include "engine/state/value.h"

namespace baton::dmn {
class DecisionModel;
}

namespace baton::engine {

enum class RowKind : std::uint8_t {
  kCounters = 1,
  kDefinition = 2,
  kLatestDefinition = 3,
  kDirectory = 4,
  kInstance = 5,
  kElementInstance = 6,
  kWaitingTokens = 7,
  kJob = 8,
  kVariable = 9,
  kIncident = 10,
  kDeferredStep = 11,

  kDecisionRequirements = 20,
  kDecision = 21,
  kLatestDecision = 22,
  kLatestRequirements = 23,

  // Index rows of decisions (state/tables.h).
  kDecisionVersions = 24,
  kDecisionTags = 25,
  kDecisionsOfDeployment = 26,
  kDecisionsOfRequirements = 27,
  kRequirementsVersions = 28,

  // Index rows (state/tables.h), derived from the rows above.
  kActivatableJobs = 50,
  kJobDeadlines = 51,
  kJobBackoffs = 52,
  kDeferredInstances = 53,
  kInstancesOfDefinition = 54,
  kDefinitionVersions = 55,
  kDefinitions = 56,

  kTotals = 63,
};

enum class ElementState : std::uint8_t {
  kActivating = 1,
  kActivated = 2,
  kCompleting = 3,
  kCompleted = 4,
  kTerminating = 5,
  kTerminated = 6,
  kSuspended = 7,
};

enum class JobState : std::uint8_t { kActivatable = 1, kActivated = 2, kFailed = 3, kErrorThrown = 4 };

/// camunda-8-api.md 5.5; the values are journaled.
enum class IncidentKind : std::uint8_t {
  kUnknown = 0,
  kJobNoRetries = 1,
  kIoMappingError = 2,
  kExtractValueError = 3,
  kConditionError = 4,
  kMessageSizeExceeded = 5,
  kCalledDecisionError = 8,
  kDecisionEvaluationError = 9,
};

enum class DeferredKind : std::uint8_t { kTakeFlow = 1, kTerminateScope = 2, kCompleteElement = 3 };

/// The last value of each enumeration that rows and events hold, for decoders. The first one is 0 or 1; 0 reads as
/// damage where nothing has the value 0.
constexpr ElementState last_value(ElementState) {
  return ElementState::kSuspended;
}
constexpr JobState last_value(JobState) {
  return JobState::kErrorThrown;
}
constexpr IncidentKind last_value(IncidentKind) {
  return IncidentKind::kDecisionEvaluationError;
}
constexpr DeferredKind last_value(DeferredKind) {
  return DeferredKind::kCompleteElement;
}

std::string_view incident_kind_name(IncidentKind kind);
std::string_view element_state_name(ElementState state);
std::string_view job_state_name(JobState state);

struct CountersRow {
  static constexpr RowKind kKind = RowKind::kCounters;
  std::uint64_t next_block = 0;  // first key of the next block to give out
  static void fields(auto& self, auto& io) { io(self.next_block); }
};

struct DefinitionRow {
  static constexpr RowKind kKind = RowKind::kDefinition;
  Key key;
  std::string process_id;
  Version version;
  std::string version_tag;
  Symbol tenant;
  Key deployment;
  std::string resource_name;
  std::string checksum;  // SHA-256 of the resource, raw bytes
  bpmn::ElementTable table;
  SharedBytes resource;
  std::shared_ptr<const bpmn::ProcessModel> model;  // compiled from resource and table, not stored
  static void fields(auto& self, auto& io) {
    io(self.key, self.process_id, self.version, self.version_tag, self.tenant, self.deployment, self.resource_name,
       self.checksum, self.table, self.resource);
  }
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
  static constexpr bool kPinned = true;  // every instance points to its definition
  /// Compiles the model. Errors: kDataLoss if the resource cannot be read any more.
  Status finish_loading();
};

struct LatestDefinitionRow {
  static constexpr RowKind kKind = RowKind::kLatestDefinition;
  Symbol tenant;
  Symbol process_id;
  Version last_version;  // never reused, also after a deletion
  Key latest;
  static void fields(auto& self, auto& io) { io(self.tenant, self.process_id, self.last_version, self.latest); }
  [[nodiscard]] std::tuple<Symbol, Symbol> id() const { return {tenant, process_id}; }
  static constexpr bool kPinned = true;
};

/// A deployed DMN file: a decision requirements graph.
struct DecisionRequirementsRow {
  static constexpr RowKind kKind = RowKind::kDecisionRequirements;
  Key key;
  Symbol tenant;
  Symbol requirements_id;
  std::string name;
  Version version;
  Key deployment;
  std::string resource_name;
  std::string checksum;  // SHA-256 of the resource, raw bytes
  SharedBytes resource;
  std::shared_ptr<const dmn::DecisionModel> model;  // compiled from the resource, not stored
  static void fields(auto& self, auto& io) {
    io(self.key, self.tenant, self.requirements_id, self.name, self.version, self.deployment, self.resource_name,
       self.checksum, self.resource);
  }
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
  static constexpr bool kPinned = true;
  /// Compiles the model. Errors: kDataLoss if the resource cannot be read any more.
  Status finish_loading();
};

/// A version of a decision.
struct DecisionRow {
  static constexpr RowKind kKind = RowKind::kDecision;
  Key key;
  Symbol tenant;
  Symbol decision_id;
  std::string name;
  Version version;
  Symbol version_tag;
  Key requirements;
  Key deployment;
  static void fields(auto& self, auto& io) {
    io(self.key, self.tenant, self.decision_id, self.name, self.version, self.version_tag, self.requirements,
       self.deployment);
  }
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
  static constexpr bool kPinned = true;
};

struct LatestDecisionRow {
  static constexpr RowKind kKind = RowKind::kLatestDecision;
  Symbol tenant;
  Symbol decision_id;
  Version last_version;  // never reused, also after a deletion
  Key latest;            // 0: all versions are deleted
  static void fields(auto& self, auto& io) { io(self.tenant, self.decision_id, self.last_version, self.latest); }
  [[nodiscard]] std::tuple<Symbol, Symbol> id() const { return {tenant, decision_id}; }
  static constexpr bool kPinned = true;
};

struct LatestRequirementsRow {
  static constexpr RowKind kKind = RowKind::kLatestRequirements;
  Symbol tenant;
  Symbol requirements_id;
  Version last_version;
  Key latest;
  static void fields(auto& self, auto& io) { io(self.tenant, self.requirements_id, self.last_version, self.latest); }
  [[nodiscard]] std::tuple<Symbol, Symbol> id() const { return {tenant, requirements_id}; }
  static constexpr bool kPinned = true;
};

/// A further block of keys of a large instance.
struct DirectoryRow {
  static constexpr RowKind kKind = RowKind::kDirectory;
  Key block;
  Key instance;
  static void fields(auto& self, auto& io) { io(self.block, self.instance); }
  [[nodiscard]] std::tuple<Key> id() const { return {block}; }
};

/// What a checkpoint knows about the state that it stored; derived, not part of the full state hash.
struct TotalsRow {
  static constexpr RowKind kKind = RowKind::kTotals;
  Position position;
  TimeMs time;
  std::uint64_t instances = 0;
  std::uint64_t jobs = 0;
  std::uint64_t incidents = 0;
  std::uint64_t definitions = 0;
  static void fields(auto& self, auto& io) {
    io(self.position, self.time, self.instances, self.jobs, self.incidents, self.definitions);
  }
};

struct InstanceRow {
  static constexpr RowKind kKind = RowKind::kInstance;
  Key key;
  Key definition;
  Symbol tenant;
  Key root;
  Key parent;     // calling element instance; 0 for a root instance
  Key next_key;   // next key to give to an entity
  Key block_end;  // first key behind the block that next_key is in
  bool await_result = false;
  std::vector<std::string> fetch_variables;
  std::vector<std::string> tags;
  TimeMs created;
  static void fields(auto& self, auto& io) {
    io(self.key, self.definition, self.tenant, self.root, self.parent, self.next_key, self.block_end, self.await_result,
       self.fetch_variables, self.tags, self.created);
  }
};

struct ElementInstanceRow {
  static constexpr RowKind kKind = RowKind::kElementInstance;
  Key key;
  Key scope;  // flow scope; 0 for the process itself
  ElementIndex element = kNoElement;
  ElementState state = ElementState::kActivating;
  std::uint32_t children = 0;  // active child element instances
  std::uint32_t tokens = 0;    // flows taken in this scope whose target was not activated yet
  Key job;
  Key incident;
  std::uint32_t attempt = 0;  // incidents raised so far
  static void fields(auto& self, auto& io) {
    io(self.key, self.scope, self.element, self.state, self.children, self.tokens, self.job, self.incident,
       self.attempt);
  }
};

/// Tokens that wait at a joining gateway, per scope and incoming flow.
struct WaitingTokensRow {
  static constexpr RowKind kKind = RowKind::kWaitingTokens;
  Key scope;
  bpmn::FlowIndex flow = bpmn::kNoFlow;
  std::uint32_t count = 0;
  static void fields(auto& self, auto& io) { io(self.scope, self.flow, self.count); }
};

struct JobRow {
  static constexpr RowKind kKind = RowKind::kJob;
  Key key;
  Key element_instance;
  ElementIndex element = kNoElement;
  Symbol type;
  JobState state = JobState::kActivatable;
  std::int32_t retries = 0;
  Symbol worker;
  TimeMs deadline;       // 0 unless activated
  TimeMs backoff_until;  // 0 unless failed with a back-off
  Position ready;        // position at which it became activatable
  Key incident;
  Value last_error;  // JSON string; no bytes if there was none
  static void fields(auto& self, auto& io) {
    io(self.key, self.element_instance, self.element, self.type, self.state, self.retries, self.worker, self.deadline,
       self.backoff_until, self.ready, self.incident, self.last_error);
  }
};

struct VariableRow {
  static constexpr RowKind kKind = RowKind::kVariable;
  Key key;
  Key scope;
  Symbol name;
  Value value;
  static void fields(auto& self, auto& io) { io(self.key, self.scope, self.name, self.value); }
};

struct IncidentRow {
  static constexpr RowKind kKind = RowKind::kIncident;
  Key key;
  Key element_instance;
  Key job;
  IncidentKind incident = IncidentKind::kUnknown;
  Value message;  // JSON string
  std::uint32_t attempt = 0;
  TimeMs created;
  static void fields(auto& self, auto& io) {
    io(self.key, self.element_instance, self.job, self.incident, self.message, self.attempt, self.created);
  }
};

struct DeferredStepRow {
  static constexpr RowKind kKind = RowKind::kDeferredStep;
  Key key;
  DeferredKind step = DeferredKind::kTakeFlow;
  bpmn::FlowIndex flow = bpmn::kNoFlow;
  Key scope;
  static void fields(auto& self, auto& io) { io(self.key, self.step, self.flow, self.scope); }
};

}  // namespace baton::engine
