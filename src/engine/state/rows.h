// The rows of docs/formats/state.md. A row is a plain value; its fields() function is its format.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bpmn/process_model.h"
#include "engine/state/fields.h"
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

  kSubscription = 30,
  kLoop = 31,
  kLoopItem = 32,
  kUserTask = 33,
  kSentCommand = 34,
  kStartTimer = 35,
  kMessage = 36,
  kMessageSubscription = 37,
  kStartSubscription = 38,
  kStartLock = 39,
  kRequest = 40,

  // Index rows (state/tables.h), derived from the rows above.
  kDueTimers = 41,
  kDueStartTimers = 42,
  kSignalWaiters = 43,
  kSentCommands = 44,
  kMessagesByName = 45,
  kMessageIds = 46,
  kMessageDeadlines = 47,
  kSubscriptionsByName = 48,
  kStartSubscriptionsByName = 49,
  kActivatableJobs = 50,
  kJobDeadlines = 51,
  kJobBackoffs = 52,
  kDeferredInstances = 53,
  kInstancesOfDefinition = 54,
  kDefinitionVersions = 55,
  kDefinitions = 56,
  kBusinessIds = 57,
  kRequestExpiries = 58,

  // Users and API tokens.
  kUser = 60,
  kToken = 61,
  kUserNames = 62,

  kTotals = 63,

  kUsers = 64,
  kTokens = 65,

  kForm = 66,
  kLatestForm = 67,
  // Index rows of forms and user tasks.
  kFormVersions = 68,
  kFormTags = 69,
  kFormsOfDeployment = 70,
  kUserTasks = 71,

  kJobBackoff = 72,
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

/// kBackingOff is a state of rows alone: its JobBackoffRow says whether the job is failed or activatable again
/// (StateView::state_of).
enum class JobState : std::uint8_t { kActivatable = 1, kActivated = 2, kFailed = 3, kErrorThrown = 4, kBackingOff = 5 };

/// camunda-8-api.md 5.5; the values are journaled.
enum class IncidentKind : std::uint8_t {
  kUnknown = 0,
  kJobNoRetries = 1,
  kIoMappingError = 2,
  kExtractValueError = 3,
  kConditionError = 4,
  kMessageSizeExceeded = 5,
  kUnhandledErrorEvent = 6,
  kCalledElementError = 7,
  kCalledDecisionError = 8,
  kDecisionEvaluationError = 9,
  kFormNotFound = 10,
  kResourceNotFound = 11,
};

enum class DeferredKind : std::uint8_t {
  kTakeFlow = 1,
  kTerminateScope = 2,
  kCompleteElement = 3,
  kInterruptScope = 4,
  kCreateItems = 5,
};

/// Life of a native user task (camunda-8-api.md 5.10). The states between two steps are those in which listeners run.
enum class UserTaskState : std::uint8_t {
  kCreating = 1,
  kCreated = 2,
  kAssigning = 3,
  kUpdating = 4,
  kCompleting = 5,
  kCanceling = 6,
};

/// The last value of each enumeration that rows and events hold, for decoders. The first one is 0 or 1; 0 reads as
/// damage where nothing has the value 0.
constexpr ElementState last_value(ElementState) {
  return ElementState::kSuspended;
}
constexpr JobState last_value(JobState) {
  return JobState::kBackingOff;
}
constexpr IncidentKind last_value(IncidentKind) {
  return IncidentKind::kResourceNotFound;
}
constexpr DeferredKind last_value(DeferredKind) {
  return DeferredKind::kCreateItems;
}
constexpr UserTaskState last_value(UserTaskState) {
  return UserTaskState::kCanceling;
}

std::string_view incident_kind_name(IncidentKind kind);
std::string_view element_state_name(ElementState state);
std::string_view job_state_name(JobState state);
std::string_view user_task_state_name(UserTaskState state);

struct CountersRow {
  static constexpr RowKind kKind = RowKind::kCounters;
  std::uint64_t next_block = 0;  // first key of the next block to give out
  std::uint64_t next_sent = 1;   // number of the next command that is sent to another instance
  std::uint64_t requests = 0;    // request ids that are remembered
  static void fields(auto& self, auto& io) { io(self.next_block, self.next_sent, self.requests); }
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

/// A version of a form. Its schema is read by clients alone.
struct FormRow {
  static constexpr RowKind kKind = RowKind::kForm;
  Key key;
  Symbol tenant;
  Symbol form_id;
  Version version;
  Symbol version_tag;
  Key deployment;
  std::string resource_name;
  std::string checksum;  // SHA-256 of the resource, raw bytes
  SharedBytes resource;
  static void fields(auto& self, auto& io) {
    io(self.key, self.tenant, self.form_id, self.version, self.version_tag, self.deployment, self.resource_name,
       self.checksum, self.resource);
  }
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
};

struct LatestFormRow {
  static constexpr RowKind kKind = RowKind::kLatestForm;
  Symbol tenant;
  Symbol form_id;
  Version last_version;  // never reused, also after a deletion
  Key latest;            // 0: all versions are deleted
  static void fields(auto& self, auto& io) { io(self.tenant, self.form_id, self.last_version, self.latest); }
  [[nodiscard]] std::tuple<Symbol, Symbol> id() const { return {tenant, form_id}; }
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
  std::uint32_t depth = 0;   // calls between the root instance and this one
  bool locks_start = false;  // started by a message whose correlation key no second instance may be started with
  std::string start_key;     // that correlation key
  Symbol business_id;
  std::vector<ElementIndex> terminate_after;  // the end of one of these elements ends the instance
  static void fields(auto& self, auto& io) {
    io(self.key, self.definition, self.tenant, self.root, self.parent, self.next_key, self.block_end, self.await_result,
       self.fetch_variables, self.tags, self.created, self.depth, self.locks_start, self.start_key, self.business_id,
       self.terminate_after);
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
  TimeMs created;
  Key interrupted_at;              // children with smaller keys are, or will be, terminated; 0: not interrupted
  Key called;                      // the process instance that a call activity waits for
  std::uint32_t loop_counter = 0;  // of an item of a multi-instance body, from 1
  Key user_task;
  static void fields(auto& self, auto& io) {
    io(self.key, self.scope, self.element, self.state, self.children, self.tokens, self.job, self.incident,
       self.attempt, self.created, self.interrupted_at, self.called, self.loop_counter, self.user_task);
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
  TimeMs backoff_until;  // 0 unless failed with a back-off that has no row of its own
  Position ready;        // position at which it became activatable
  Key incident;
  Value last_error;  // JSON string; no bytes if there was none
  Value headers;     // JSON object; no bytes: those of the element
  static void fields(auto& self, auto& io) {
    io(self.key, self.element_instance, self.element, self.type, self.state, self.retries, self.worker, self.deadline,
       self.backoff_until, self.ready, self.incident, self.last_error, self.headers);
  }
};

/// The back-off of a job in state kBackingOff, and its place in the queue when that is over: so an end of a back-off
/// reads and writes this row alone, not the instance (docs/decisions/0012-backoff-rows.md).
struct JobBackoffRow {
  static constexpr RowKind kKind = RowKind::kJobBackoff;
  Key job;
  Symbol tenant;
  Symbol type;
  TimeMs until;    // 0: it is over, the job is activatable
  Position ready;  // position at which it became activatable
  [[nodiscard]] std::tuple<Key> id() const { return {job}; }
  static void fields(auto& self, auto& io) { io(self.job, self.tenant, self.type, self.until, self.ready); }
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

/// What an element instance waits for: a timer, message or signal. Owned by the activity, event, gateway or scope that
/// waits; `element` is the catch event.
struct SubscriptionRow {
  static constexpr RowKind kKind = RowKind::kSubscription;
  Key key;
  Key owner;
  ElementIndex element = kNoElement;
  bpmn::EventType type = bpmn::EventType::kNone;
  TimeMs due;                    // timers
  std::int32_t repetitions = 0;  // timers: how often it is due again after this one; -1: without end
  std::string cycle;             // timers: the repeating interval, empty if there is none
  Symbol name;                   // messages, signals
  std::string correlation_key;   // messages
  Position opened;
  static void fields(auto& self, auto& io) {
    io(self.key, self.owner, self.element, self.type, self.due, self.repetitions, self.cycle, self.name,
       self.correlation_key, self.opened);
  }
};

/// The progress of a multi-instance body.
struct LoopRow {
  static constexpr RowKind kKind = RowKind::kLoop;
  Key key;  // the body's element instance
  std::uint32_t total = 0;
  std::uint32_t created = 0;
  std::uint32_t completed = 0;
  bool satisfied = false;         // the completion condition was true: no more items
  std::uint32_t chunk_begin = 0;  // of a sequential body: items read ahead, the first one's index
  Value chunk;                    // JSON list
  static void fields(auto& self, auto& io) {
    io(self.key, self.total, self.created, self.completed, self.satisfied, self.chunk_begin, self.chunk);
  }
};

/// The output of one item of a multi-instance body.
struct LoopItemRow {
  static constexpr RowKind kKind = RowKind::kLoopItem;
  Key key;  // of the item's element instance: items are created in the order of their indexes
  Key body;
  std::uint32_t index = 0;  // from 1
  Value value;
  static void fields(auto& self, auto& io) { io(self.key, self.body, self.index, self.value); }
};

/// A native user task.
struct UserTaskRow {
  static constexpr RowKind kKind = RowKind::kUserTask;
  Key key;
  Key element_instance;
  ElementIndex element = kNoElement;
  UserTaskState state = UserTaskState::kCreated;
  std::string assignee;
  std::vector<std::string> candidate_groups;
  std::vector<std::string> candidate_users;
  std::string due_date;  // ISO 8601, as given
  std::string follow_up_date;
  std::int32_t priority = 50;
  std::string external_reference;
  Value headers;  // JSON object
  TimeMs created;
  Key form;  // 0: none that is deployed
  static void fields(auto& self, auto& io) {
    io(self.key, self.element_instance, self.element, self.state, self.assignee, self.candidate_groups,
       self.candidate_users, self.due_date, self.follow_up_date, self.priority, self.external_reference, self.headers,
       self.created, self.form);
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

/// A person who may use this installation.
struct UserRow {
  static constexpr RowKind kKind = RowKind::kUser;
  static constexpr bool kPinned = true;
  Key key;
  Symbol username;
  std::string name;
  std::string email;
  Secret password;  // argon2id string
  Symbol tenant;
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
  static void fields(auto& self, auto& io) {
    io(self.key, self.username, self.name, self.email, self.password, self.tenant);
  }
};

/// An API token of a client. The token itself is nowhere.
struct TokenRow {
  static constexpr RowKind kKind = RowKind::kToken;
  static constexpr bool kPinned = true;
  Key key;
  std::string client;
  Symbol tenant;
  Secret digest;  // SHA-256, raw bytes
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
  static void fields(auto& self, auto& io) { io(self.key, self.client, self.tenant, self.digest); }
};

}  // namespace baton::engine
