// Commands: what a client or the partition itself asks of the engine. A command carries its values once; they are
// journaled with it and events refer to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/json.h"

namespace baton::engine {

/// Who asks. Every command passes authorize() (engine/authorize.h).
struct Principal {
  enum class Kind : std::uint8_t { kAnonymous = 0, kUser = 1, kClient = 2, kEngine = 3 };
  Kind kind = Kind::kAnonymous;
  std::string id;
};

inline constexpr std::string_view kDefaultTenant = "<default>";

/// Element activations and terminations that one frame may do: up to a quarter of a millisecond, for which others wait.
inline constexpr std::uint32_t kStepsPerFrame = 64;

struct Resource {
  std::string name;
  std::string content;
};

struct DeployResources {
  std::vector<Resource> resources;
};

struct CreateInstance {
  Key definition;  // 0: by process id
  std::string process_id;
  std::int32_t version = -1;  // -1: latest
  JsonDocument variables;
  bool await_result = false;
  std::vector<std::string> fetch_variables;  // empty: all
  std::vector<std::string> tags;
  std::vector<std::string> start_elements;   // instead of the none start event
  std::vector<std::string> terminate_after;  // the end of one of these elements ends the instance
  std::string business_id;
};

struct CancelInstance {
  Key instance;
};

/// Hands one activatable job to a worker; made by the partition for a poll or stream.
struct ActivateJob {
  Key job;
  std::string worker;
  std::int64_t timeout_ms = 0;
  std::vector<std::string> fetch_variables;
  std::uint64_t consumer = 0;  // whom to send it to; not journaled
};

struct CompleteJob {
  Key job;
  JsonDocument variables;
};

struct FailJob {
  Key job;
  std::int32_t retries = 0;
  std::string message;
  std::int64_t backoff_ms = 0;
  JsonDocument variables;
};

struct UpdateJobRetries {
  Key job;
  std::int32_t retries = 0;
};

struct UpdateJobTimeout {
  Key job;
  std::int64_t timeout_ms = 0;
};

struct ResolveIncident {
  Key incident;
};

struct SetVariables {
  Key scope;
  bool local = false;
  JsonDocument variables;
};

/// A job's deadline has passed.
struct TimeOutJob {
  Key job;
};
/// A failed job's back-off is over.
struct EndJobBackoff {
  Key job;
};
/// A job could not be delivered and becomes activatable again.
struct YieldJob {
  Key job;
};
/// Goes on with an instance's deferred steps.
struct Continue {
  Key instance;
  std::uint32_t most_steps = kStepsPerFrame;  // of the live process only: what a frame did is in its events
};

/// Evaluates a decision for a client.
struct EvaluateDecision {
  Key decision;  // 0: by id, the latest version
  std::string decision_id;
  JsonDocument variables;
};

/// Deletes a process definition or a decision requirements graph with its decisions.
struct DeleteResource {
  Key resource;
};

/// Creates or changes a user. Only people may do that (engine/authorize.h), and for the first user of all the owner of
/// the set-up link.
struct PutUser {
  enum class Mode : std::uint8_t { kCreate = 0, kUpdate = 1, kFirst = 2 };
  Mode mode = Mode::kCreate;
  std::string username;
  std::string name;
  std::string email;
  std::string password;  // argon2id string; empty when updating: stays
};

struct DeleteUser {
  std::string username;
};

struct CreateToken {
  std::string client;
  std::string digest;  // SHA-256 of the token, raw bytes
};

struct DeleteToken {
  Key token;
};

/// A worker reports a BPMN error (camunda-8-api.md 5.9).
struct ThrowError {
  Key job;
  std::string code;
  std::string message;
  JsonDocument variables;
};

struct PublishMessage {
  std::string name;
  std::string correlation_key;
  std::int64_t ttl_ms = 0;
  std::string message_id;
  JsonDocument variables;
};

struct BroadcastSignal {
  std::string name;
  JsonDocument variables;
};

struct AssignUserTask {
  Key user_task;
  std::string assignee;  // empty: nobody
  bool allow_override = true;
  bool claim = false;  // needs an assignee and a task that nobody else has
  std::string action;
};

/// What is absent stays.
struct UpdateUserTask {
  Key user_task;
  std::optional<std::vector<std::string>> candidate_groups;
  std::optional<std::vector<std::string>> candidate_users;
  std::optional<std::string> due_date;  // empty: none
  std::optional<std::string> follow_up_date;
  std::optional<std::int32_t> priority;
  std::string action;
};

struct CompleteUserTask {
  Key user_task;
  JsonDocument variables;
  std::string action;
};

/// Publishes a message for whoever waits for it now, and asks whom it reached; refused when nobody waits.
struct RequestCorrelation {
  std::string name;
  std::string correlation_key;
  JsonDocument variables;
};

// What is due.
struct TriggerTimer {
  Key timer;
};
struct TriggerStartTimer {
  Key definition;
  ElementIndex element;
};
/// Buffered messages whose time to live is over.
struct ExpireMessages {};
/// Request ids that need not be remembered any more.
struct ForgetRequests {};

// From an instance to the message side and back (docs/architecture.md, "Messages").
struct OpenMessageSubscription {
  Key subscription;
  Key owner;
  std::string name;
  std::string correlation_key;
  std::string process_id;
};
struct CloseMessageSubscription {
  Key subscription;
};
struct CorrelateMessage {
  Key subscription;
  Key message;
  std::string process_id;
  JsonDocument variables;
};
struct AcknowledgeMessage {
  Key subscription;
};
struct RejectMessage {
  Key subscription;
  Key message;
  std::string process_id;
};
struct StartByMessage {
  Key definition;
  ElementIndex element;
  bool locks = false;  // no second instance with this correlation key while the new one lives
  std::string correlation_key;
  JsonDocument variables;
};
struct ReleaseStartLock {
  std::string process_id;
  std::string correlation_key;
};

/// Brings a signal to those who began to wait at or before position `until`, in slices: behind the one that `after_...`
/// names. The first slice also starts instances.
struct DeliverSignal {
  std::string name;
  Position until;
  Position after;
  Key after_subscription;
  JsonDocument variables;
};
struct TriggerSignal {
  Key subscription;
  JsonDocument variables;
};
struct StartBySignal {
  Key definition;
  ElementIndex element;
  JsonDocument variables;
};

// Between a call activity and the process that it calls.
struct StartCalledProcess {
  Key definition;
  Key child;
  Key caller;
  Key root;
  std::uint32_t depth = 0;
  JsonDocument variables;
};
struct ReportCallFailure {
  Key caller;
  Key child;
  std::string message;
};
struct CompleteCall {
  Key caller;
  Key child;
  JsonDocument variables;
};
struct TerminateCalled {
  Key child;
};
/// An error or escalation of a called process that is caught around its call activity.
struct CatchInCaller {
  Key caller;  // the call activity through which it came
  Key child;
  Key owner;  // the activity or scope that catches
  ElementIndex event;
  JsonDocument variables;
};

/// The engine crashed again and again on commands for this entity: its instance stops until somebody looks at it.
struct IsolateInstance {
  Key entity;
  std::string reason;
};

using CommandBody =
    std::variant<DeployResources, CreateInstance, CancelInstance, ActivateJob, CompleteJob, FailJob, UpdateJobRetries,
                 UpdateJobTimeout, ResolveIncident, SetVariables, TimeOutJob, EndJobBackoff, YieldJob, Continue,
                 EvaluateDecision, DeleteResource, PutUser, DeleteUser, CreateToken, DeleteToken, ThrowError,
                 PublishMessage, BroadcastSignal, AssignUserTask, UpdateUserTask, CompleteUserTask, TriggerTimer,
                 TriggerStartTimer, ExpireMessages, ForgetRequests, OpenMessageSubscription, CloseMessageSubscription,
                 CorrelateMessage, AcknowledgeMessage, RejectMessage, StartByMessage, ReleaseStartLock, DeliverSignal,
                 TriggerSignal, StartBySignal, StartCalledProcess, ReportCallFailure, CompleteCall, TerminateCalled,
                 CatchInCaller, IsolateInstance, RequestCorrelation>;

struct Command {
  CommandBody body;
  Principal principal;
  std::string tenant{kDefaultTenant};
  std::optional<std::uint64_t> operation_reference;
  std::string request_id;         // of a client that may repeat the command; empty: none
  std::uint64_t sent_number = 0;  // of a command that an instance sent (SentCommandRow); 0: another one
  std::uint64_t reply_token = 0;  // whom to answer; 0: nobody. Not journaled
};

/// The key of the entity that a command is about; 0 if it names none.
Key subject_of(const CommandBody& body);

/// Intent as rejections print it ("CREATE", "COMPLETE", ...), and its number in the journal: the variant's index
/// plus 1.
std::string_view intent_name(const CommandBody& body);
std::uint8_t intent_number(const CommandBody& body);
/// True for commands that only the partition makes.
bool is_internal(const CommandBody& body);

}  // namespace baton::engine
