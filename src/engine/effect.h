// Effects: what the outside is told about a frame, returned as data and carried out only after the frame is durable.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace baton::engine {

struct DeployedProcess {
  std::string process_id;
  Version version;
  Key key;
  std::string resource_name;
};
struct DeployedRequirements {
  std::string requirements_id;
  std::string name;
  Version version;
  Key key;
  std::string resource_name;
};
struct DeployedDecision {
  std::string decision_id;
  std::string name;
  Version version;
  Key key;
  std::string requirements_id;
  Key requirements;
};
struct DeployedForm {
  std::string form_id;
  Version version;
  Key key;
  std::string resource_name;
};
struct DeployReply {
  Key key;
  std::string tenant;
  std::vector<DeployedProcess> processes;
  std::vector<DeployedDecision> decisions;
  std::vector<DeployedRequirements> requirements;
  std::vector<DeployedForm> forms;
};
/// One decision of an evaluation; values are JSON.
struct EvaluatedDecisionReply {
  struct Named {
    std::string id;
    std::string name;
    std::string value;
  };
  struct Rule {
    std::string id;
    std::int32_t index = 0;  // from 1
    std::vector<Named> outputs;
  };
  Key key;
  std::string decision_id;
  std::string name;
  Version version;
  std::string type;
  std::string output;
  std::vector<Rule> rules;
  std::vector<Named> inputs;
};
struct EvaluateDecisionReply {
  DeployedDecision decision;
  std::string tenant;
  Key evaluation;
  std::string output;
  std::vector<EvaluatedDecisionReply> evaluated;
  std::string failed_decision;  // id; empty if it did not fail
  std::string failure;
};
struct DeleteReply {
  Key resource;
};
struct CreateReply {
  Key definition;
  std::string process_id;
  Version version;
  Key instance;
  std::string tenant;
  std::vector<std::string> tags;
  std::string business_id;
};
/// Answers a create that waits for the result; `variables` is a JSON object.
struct ResultReply {
  CreateReply created;
  std::string variables;
};
struct SetVariablesReply {
  Key key;
};
struct PublishReply {
  Key key;
  std::string tenant;
};
/// Whom a message reached: the instance that it started, or else one that waited for it.
struct CorrelateReply {
  Key message;
  Key instance;
  std::string tenant;
};
struct SignalReply {
  Key key;
  std::string tenant;
};
struct EmptyReply {};
struct UserReply {
  std::string username;
  std::string name;
  std::string email;
};
struct TokenReply {
  Key key;
  std::string tenant;
};

using ReplyBody =
    std::variant<EmptyReply, DeployReply, CreateReply, ResultReply, SetVariablesReply, Error, EvaluateDecisionReply,
                 DeleteReply, UserReply, TokenReply, PublishReply, SignalReply, CorrelateReply>;

struct Reply {
  std::uint64_t token = 0;
  ReplyBody body;
};

/// A job as a worker gets it.
struct ActivatedJob {
  Key key;
  std::string type;
  Key instance;
  Key root;  // the instance that began the calls
  std::string process_id;
  Version version;
  Key definition;
  std::string element_id;
  Key element_instance;
  std::string headers;
  std::string worker;
  std::int32_t retries = 0;
  TimeMs deadline;
  std::string variables;
  std::string tenant;
  std::vector<std::string> tags;
};

struct JobPush {
  std::uint64_t consumer = 0;
  ActivatedJob job;
};

/// The end of an instance for which a create waits.
struct InstanceResult {
  Key instance;
  ResultReply reply;
};

/// A job that was with a worker is no longer: its stream may take another one.
struct JobReleased {
  Key job;
};

/// Who may come in has changed: what the gateway checks credentials against follows the state.
struct IdentityChanged {
  enum class Kind : std::uint8_t { kUser, kToken };
  Kind kind = Kind::kUser;
  bool deleted = false;
  Key token;           // of a token
  std::string id;      // username, or the client's id
  std::string secret;  // argon2id string, or the token's SHA-256
  std::string tenant;
  std::string name;  // of a user
  std::string email;
};

using Effect = std::variant<Reply, JobPush, InstanceResult, JobReleased, IdentityChanged>;
using Effects = std::vector<Effect>;

}  // namespace baton::engine
