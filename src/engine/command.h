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

/// The engine crashed again and again on commands for this entity: its instance stops until somebody looks at it.
struct IsolateInstance {
  Key entity;
  std::string reason;
};

using CommandBody =
    std::variant<DeployResources, CreateInstance, CancelInstance, ActivateJob, CompleteJob, FailJob, UpdateJobRetries,
                 UpdateJobTimeout, ResolveIncident, SetVariables, TimeOutJob, EndJobBackoff, YieldJob, Continue,
                 EvaluateDecision, DeleteResource, PutUser, DeleteUser, CreateToken, DeleteToken, IsolateInstance>;

struct Command {
  CommandBody body;
  Principal principal;
  std::string tenant{kDefaultTenant};
  std::optional<std::uint64_t> operation_reference;
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
