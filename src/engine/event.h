// Events: what a frame did, in order. Together with the command they are the journal's truth; appliers turn them into
// rows.
//
// A released (kind, version) never changes its fields or its applier: add a new version instead. Golden files in
// engine/tests/golden freeze them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "bpmn/process_model.h"
#include "engine/state/fields.h"
#include "engine/state/rows.h"

namespace baton::engine {

enum class EventKind : std::uint8_t {
  kDeploymentCreated = 1,
  kProcessDefined = 2,
  kInstanceCreated = 3,
  kBlockTaken = 4,
  kElementActivating = 5,
  kElementActivated = 6,
  kElementCompleting = 7,
  kElementCompleted = 8,
  kElementTerminating = 9,
  kElementTerminated = 10,
  kFlowTaken = 11,
  kStepDeferred = 12,
  kStepResumed = 13,
  kVariableCreated = 14,
  kVariableUpdated = 15,
  kJobCreated = 16,
  kJobActivated = 17,
  kJobCompleted = 18,
  kJobFailed = 19,
  kJobActivatable = 20,
  kJobRetriesUpdated = 21,
  kJobDeadlineUpdated = 22,
  kJobCanceled = 23,
  kIncidentCreated = 24,
  kIncidentResolved = 25,
  kJobBackoffStarted = 26,
  kJobBackoffEnded = 27,
  kScopeInterrupted = 40,
  kSubscriptionOpened = 41,
  kSubscriptionClosed = 42,
  kTimerRescheduled = 43,
  kCommandSent = 44,
  kCommandTaken = 45,
  kJobErrorThrown = 46,
  kJobHeadersSet = 47,
  kStartTimerSet = 48,
  kStartTimerEnded = 49,
  kStartSubscriptionOpened = 50,
  kStartSubscriptionClosed = 51,
  kMessagePublished = 52,
  kMessageExpired = 53,
  kMessageSubscriptionOpened = 54,
  kMessageSubscriptionClosed = 55,
  kMessageCorrelating = 56,
  kMessageAcknowledged = 57,
  kMessageRejected = 58,
  kStartLockTaken = 59,
  kStartLockReleased = 60,
  kSignalBroadcast = 61,
  kCallStarted = 62,
  kCallEnded = 63,
  kLoopStarted = 64,
  kLoopItemStarted = 65,
  kLoopItemCompleted = 66,
  kLoopSatisfied = 67,
  kLoopChunkRead = 68,
  kUserTaskCreated = 69,
  kUserTaskAssigned = 70,
  kUserTaskUpdated = 71,
  kUserTaskCompleted = 72,
  kUserTaskCanceled = 73,
  kRequestRemembered = 74,
  kRequestForgotten = 75,

  kDecisionRequirementsDefined = 100,
  kDecisionDefined = 101,
  kDecisionEvaluated = 102,
  kProcessDeleted = 103,
  kDecisionDeleted = 104,
  kDecisionRequirementsDeleted = 105,
  // Users and API tokens: 140 to 149.
  kUserPut = 140,
  kUserDeleted = 141,
  kTokenCreated = 142,
  kTokenDeleted = 143,
  kFormDefined = 150,
  kFormDeleted = 151,
};

std::string_view event_kind_name(EventKind kind);

/// Why a job is activatable again.
enum class JobReason : std::uint8_t { kTimedOut = 1, kBackoffOver = 2, kYielded = 3, kIncidentResolved = 4 };
constexpr JobReason last_value(JobReason) {
  return JobReason::kIncidentResolved;
}

struct DeploymentCreated {
  static constexpr EventKind kKind = EventKind::kDeploymentCreated;
  Key key;  // first key of the deployment's block; `blocks` blocks are taken
  std::uint32_t blocks = 1;
  static void fields(auto& self, auto& io) { io(self.key, self.blocks); }
};

struct ProcessDefined {
  static constexpr EventKind kKind = EventKind::kProcessDefined;
  Key key;
  Key deployment;
  std::string process_id;
  Version version;
  std::string version_tag;
  std::uint32_t resource = 0;  // index in the command's resources
  std::string checksum;
  bpmn::ElementTable table;
  static void fields(auto& self, auto& io) {
    io(self.key, self.deployment, self.process_id, self.version, self.version_tag, self.resource, self.checksum,
       self.table);
  }
};

struct InstanceCreated {
  static constexpr EventKind kKind = EventKind::kInstanceCreated;
  Key key;
  Key definition;
  Key parent;
  bool await_result = false;
  std::vector<std::string> fetch_variables;
  std::vector<std::string> tags;
  Key root;  // 0: itself
  std::uint32_t depth = 0;
  bool locks_start = false;
  std::string start_key;
  std::string business_id;
  std::vector<ElementIndex> terminate_after;
  static void fields(auto& self, auto& io) {
    io(self.key, self.definition, self.parent, self.await_result, self.fetch_variables, self.tags, self.root,
       self.depth, self.locks_start, self.start_key, self.business_id, self.terminate_after);
  }
};

struct BlockTaken {
  static constexpr EventKind kKind = EventKind::kBlockTaken;
  Key block;
  static void fields(auto& self, auto& io) { io(self.block); }
};

struct ElementActivating {
  static constexpr EventKind kKind = EventKind::kElementActivating;
  Key key;
  ElementIndex element = kNoElement;
  Key scope;
  bpmn::FlowIndex flow = bpmn::kNoFlow;  // the flow whose token is used up; kNoFlow for start events
  bool joined = false;                   // one token of every incoming flow is used up instead
  static void fields(auto& self, auto& io) { io(self.key, self.element, self.scope, self.flow, self.joined); }
};

template <EventKind kind>
struct ElementStep {
  static constexpr EventKind kKind = kind;
  Key key;
  static void fields(auto& self, auto& io) { io(self.key); }
};
using ElementActivated = ElementStep<EventKind::kElementActivated>;
using ElementCompleting = ElementStep<EventKind::kElementCompleting>;
using ElementCompleted = ElementStep<EventKind::kElementCompleted>;
using ElementTerminating = ElementStep<EventKind::kElementTerminating>;
using ElementTerminated = ElementStep<EventKind::kElementTerminated>;

struct FlowTaken {
  static constexpr EventKind kKind = EventKind::kFlowTaken;
  bpmn::FlowIndex flow = bpmn::kNoFlow;
  Key scope;
  bool waits = false;  // the target joins: the token is counted there
  static void fields(auto& self, auto& io) { io(self.flow, self.scope, self.waits); }
};

struct StepDeferred {
  static constexpr EventKind kKind = EventKind::kStepDeferred;
  Key key;
  DeferredKind step = DeferredKind::kTakeFlow;
  bpmn::FlowIndex flow = bpmn::kNoFlow;
  Key scope;
  static void fields(auto& self, auto& io) { io(self.key, self.step, self.flow, self.scope); }
};
using StepResumed = ElementStep<EventKind::kStepResumed>;

struct VariableCreated {
  static constexpr EventKind kKind = EventKind::kVariableCreated;
  Key key;
  Key scope;
  NamedValue variable;
  static void fields(auto& self, auto& io) { io(self.key, self.scope, self.variable); }
};

struct VariableUpdated {
  static constexpr EventKind kKind = EventKind::kVariableUpdated;
  Key key;
  Key scope;
  NamedValue variable;
  static void fields(auto& self, auto& io) { io(self.key, self.scope, self.variable); }
};

struct JobCreated {
  static constexpr EventKind kKind = EventKind::kJobCreated;
  Key key;
  Key element_instance;
  Symbol type;
  std::int32_t retries = 0;
  static void fields(auto& self, auto& io) { io(self.key, self.element_instance, self.type, self.retries); }
};

struct JobActivated {
  static constexpr EventKind kKind = EventKind::kJobActivated;
  Key key;
  Symbol worker;
  TimeMs deadline;
  static void fields(auto& self, auto& io) { io(self.key, self.worker, self.deadline); }
};

using JobCompleted = ElementStep<EventKind::kJobCompleted>;
using JobCanceled = ElementStep<EventKind::kJobCanceled>;

template <EventKind kind>
struct JobFailure {
  static constexpr EventKind kKind = kind;
  Key key;
  std::int32_t retries = 0;
  TimeMs backoff_until;
  Value message;
  static void fields(auto& self, auto& io) { io(self.key, self.retries, self.backoff_until, self.message); }
};
/// Old journals have some with a back-off, which is then in the job's own row.
using JobFailed = JobFailure<EventKind::kJobFailed>;
using JobBackoffStarted = JobFailure<EventKind::kJobBackoffStarted>;

/// Of a job whose back-off is in a row of its own: the instance is not touched, nor named by the frame.
struct JobBackoffEnded {
  static constexpr EventKind kKind = EventKind::kJobBackoffEnded;
  Key key;
  static void fields(auto& self, auto& io) { io(self.key); }
};

struct JobActivatable {
  static constexpr EventKind kKind = EventKind::kJobActivatable;
  Key key;
  JobReason reason = JobReason::kTimedOut;
  static void fields(auto& self, auto& io) { io(self.key, self.reason); }
};

struct JobRetriesUpdated {
  static constexpr EventKind kKind = EventKind::kJobRetriesUpdated;
  Key key;
  std::int32_t retries = 0;
  static void fields(auto& self, auto& io) { io(self.key, self.retries); }
};

struct JobDeadlineUpdated {
  static constexpr EventKind kKind = EventKind::kJobDeadlineUpdated;
  Key key;
  TimeMs deadline;
  static void fields(auto& self, auto& io) { io(self.key, self.deadline); }
};

struct IncidentCreated {
  static constexpr EventKind kKind = EventKind::kIncidentCreated;
  Key key;
  Key element_instance;
  Key job;
  IncidentKind incident = IncidentKind::kUnknown;
  Value message;
  static void fields(auto& self, auto& io) {
    io(self.key, self.element_instance, self.job, self.incident, self.message);
  }
};
using IncidentResolved = ElementStep<EventKind::kIncidentResolved>;

/// All children so far are (or will be) terminated; the scope takes no more tokens of theirs.
struct ScopeInterrupted {
  static constexpr EventKind kKind = EventKind::kScopeInterrupted;
  Key scope;
  static void fields(auto& self, auto& io) { io(self.scope); }
};

struct CommandSent {
  static constexpr EventKind kKind = EventKind::kCommandSent;
  std::uint64_t number = 0;
  Symbol tenant;
  std::uint8_t intent = 0;
  std::string command;
  static void fields(auto& self, auto& io) { io(self.number, self.tenant, self.intent, self.command); }
};

struct CommandTaken {
  static constexpr EventKind kKind = EventKind::kCommandTaken;
  std::uint64_t number = 0;
  static void fields(auto& self, auto& io) { io(self.number); }
};

struct JobErrorThrown {
  static constexpr EventKind kKind = EventKind::kJobErrorThrown;
  Key key;
  std::string code;
  Value message;
  static void fields(auto& self, auto& io) { io(self.key, self.code, self.message); }
};

struct JobHeadersSet {
  static constexpr EventKind kKind = EventKind::kJobHeadersSet;
  Key key;
  Value headers;
  static void fields(auto& self, auto& io) { io(self.key, self.headers); }
};

struct CallStarted {
  static constexpr EventKind kKind = EventKind::kCallStarted;
  Key key;    // the call activity
  Key child;  // takes the block of keys that begins with it
  static void fields(auto& self, auto& io) { io(self.key, self.child); }
};
using CallEnded = ElementStep<EventKind::kCallEnded>;

struct LoopStarted {
  static constexpr EventKind kKind = EventKind::kLoopStarted;
  Key key;
  std::uint32_t total = 0;
  static void fields(auto& self, auto& io) { io(self.key, self.total); }
};

struct LoopItemStarted {
  static constexpr EventKind kKind = EventKind::kLoopItemStarted;
  Key key;  // the item's element instance
  std::uint32_t index = 0;
  static void fields(auto& self, auto& io) { io(self.key, self.index); }
};

/// An item is about to complete. `value` has no bytes when the loop collects no output.
struct LoopItemCompleted {
  static constexpr EventKind kKind = EventKind::kLoopItemCompleted;
  Key key;
  Value value;
  static void fields(auto& self, auto& io) { io(self.key, self.value); }
};
using LoopSatisfied = ElementStep<EventKind::kLoopSatisfied>;

struct LoopChunkRead {
  static constexpr EventKind kKind = EventKind::kLoopChunkRead;
  Key key;
  std::uint32_t begin = 0;
  Value items;  // JSON list
  static void fields(auto& self, auto& io) { io(self.key, self.begin, self.items); }
};

struct UserTaskCreated {
  static constexpr EventKind kKind = EventKind::kUserTaskCreated;
  Key key;
  Key element_instance;
  std::string assignee;
  std::vector<std::string> candidate_groups;
  std::vector<std::string> candidate_users;
  std::string due_date;
  std::string follow_up_date;
  std::int32_t priority = 0;
  std::string external_reference;
  Value headers;
  Key form;  // 0: none that is deployed
  static void fields(auto& self, auto& io) {
    io(self.key, self.element_instance, self.assignee, self.candidate_groups, self.candidate_users, self.due_date,
       self.follow_up_date, self.priority, self.external_reference, self.headers, self.form);
  }
};

struct UserTaskAssigned {
  static constexpr EventKind kKind = EventKind::kUserTaskAssigned;
  Key key;
  std::string assignee;
  std::string action;
  static void fields(auto& self, auto& io) { io(self.key, self.assignee, self.action); }
};

/// All of these values as they are now.
struct UserTaskUpdated {
  static constexpr EventKind kKind = EventKind::kUserTaskUpdated;
  Key key;
  std::vector<std::string> candidate_groups;
  std::vector<std::string> candidate_users;
  std::string due_date;
  std::string follow_up_date;
  std::int32_t priority = 0;
  std::string action;
  static void fields(auto& self, auto& io) {
    io(self.key, self.candidate_groups, self.candidate_users, self.due_date, self.follow_up_date, self.priority,
       self.action);
  }
};

struct UserTaskCompleted {
  static constexpr EventKind kKind = EventKind::kUserTaskCompleted;
  Key key;
  std::string action;
  static void fields(auto& self, auto& io) { io(self.key, self.action); }
};
using UserTaskCanceled = ElementStep<EventKind::kUserTaskCanceled>;
struct DecisionRequirementsDefined {
  static constexpr EventKind kKind = EventKind::kDecisionRequirementsDefined;
  Key key;
  Key deployment;
  Symbol requirements_id;
  std::string name;
  Version version;
  std::uint32_t resource = 0;  // index in the command's resources
  std::string checksum;
  static void fields(auto& self, auto& io) {
    io(self.key, self.deployment, self.requirements_id, self.name, self.version, self.resource, self.checksum);
  }
};

struct DecisionDefined {
  static constexpr EventKind kKind = EventKind::kDecisionDefined;
  Key key;
  Key deployment;
  Key requirements;
  Symbol decision_id;
  std::string name;
  Version version;
  Symbol version_tag;
  static void fields(auto& self, auto& io) {
    io(self.key, self.deployment, self.requirements, self.decision_id, self.name, self.version, self.version_tag);
  }
};

/// A decision was evaluated, for a business rule task or for a client. Changes no row but the key counter: it is
/// history. `decisions` is a JSON array of what was evaluated on the way (docs/formats/journal.md).
struct DecisionEvaluated {
  static constexpr EventKind kKind = EventKind::kDecisionEvaluated;
  Key key;
  Key decision;
  Key element_instance;  // 0: for a client
  Value output;          // JSON; null if it failed
  Value decisions;
  std::string failed_decision;  // id; empty if it did not fail
  std::string failure;
  static void fields(auto& self, auto& io) {
    io(self.key, self.decision, self.element_instance, self.output, self.decisions, self.failed_decision, self.failure);
  }
};

using ProcessDeleted = ElementStep<EventKind::kProcessDeleted>;
using DecisionDeleted = ElementStep<EventKind::kDecisionDeleted>;
using DecisionRequirementsDeleted = ElementStep<EventKind::kDecisionRequirementsDeleted>;
/// A user as it is from now on.
struct UserPut {
  static constexpr EventKind kKind = EventKind::kUserPut;
  Key key;
  Symbol username;
  std::string name;
  std::string email;
  Secret password;  // argon2id string
  static void fields(auto& self, auto& io) { io(self.key, self.username, self.name, self.email, self.password); }
};

using UserDeleted = ElementStep<EventKind::kUserDeleted>;

struct TokenCreated {
  static constexpr EventKind kKind = EventKind::kTokenCreated;
  Key key;
  std::string client;
  Symbol tenant;
  Secret digest;  // SHA-256 of the token
  static void fields(auto& self, auto& io) { io(self.key, self.client, self.tenant, self.digest); }
};
using TokenDeleted = ElementStep<EventKind::kTokenDeleted>;

struct FormDefined {
  static constexpr EventKind kKind = EventKind::kFormDefined;
  Key key;
  Key deployment;
  Symbol form_id;
  Version version;
  Symbol version_tag;
  std::uint32_t resource = 0;  // index in the command's resources
  std::string checksum;
  static void fields(auto& self, auto& io) {
    io(self.key, self.deployment, self.form_id, self.version, self.version_tag, self.resource, self.checksum);
  }
};
using FormDeleted = ElementStep<EventKind::kFormDeleted>;

}  // namespace baton::engine
