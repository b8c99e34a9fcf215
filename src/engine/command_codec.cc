#include "engine/command_codec.h"

#include <array>
#include <utility>

#include "base/bytes.h"

namespace baton::engine {

namespace {

template <typename T, typename... U>
concept OneOf = (std::is_same_v<std::remove_cvref_t<T>, U> || ...);

// `io` is an Encoder or a Decoder; one description serves both.
template <OneOf<PublishMessage, RequestCorrelation, BroadcastSignal, TriggerTimer, TriggerStartTimer, ExpireMessages,
                ForgetRequests, OpenMessageSubscription, CloseMessageSubscription, CorrelateMessage, AcknowledgeMessage,
                RejectMessage, StartByMessage, ReleaseStartLock, DeliverSignal, TriggerSignal, StartBySignal>
              T>
void messaging_fields(T& self, auto& io) {
  using U = std::remove_cvref_t<T>;
  if constexpr (std::is_same_v<U, PublishMessage>) {
    io(self.name, self.correlation_key, self.ttl_ms, self.message_id, self.variables);
  } else if constexpr (std::is_same_v<U, RequestCorrelation>) {
    io(self.name, self.correlation_key, self.variables);
  } else if constexpr (std::is_same_v<U, BroadcastSignal>) {
    io(self.name, self.variables);
  } else if constexpr (std::is_same_v<U, TriggerTimer>) {
    io(self.timer);
  } else if constexpr (std::is_same_v<U, TriggerStartTimer>) {
    io(self.definition, self.element);
  } else if constexpr (std::is_same_v<U, OpenMessageSubscription>) {
    io(self.subscription, self.owner, self.name, self.correlation_key, self.process_id);
  } else if constexpr (std::is_same_v<U, CloseMessageSubscription> || std::is_same_v<U, AcknowledgeMessage>) {
    io(self.subscription);
  } else if constexpr (std::is_same_v<U, CorrelateMessage>) {
    io(self.subscription, self.message, self.process_id, self.variables);
  } else if constexpr (std::is_same_v<U, RejectMessage>) {
    io(self.subscription, self.message, self.process_id);
  } else if constexpr (std::is_same_v<U, StartByMessage>) {
    io(self.definition, self.element, self.locks, self.correlation_key, self.variables);
  } else if constexpr (std::is_same_v<U, ReleaseStartLock>) {
    io(self.process_id, self.correlation_key);
  } else if constexpr (std::is_same_v<U, DeliverSignal>) {
    io(self.name, self.until, self.after, self.after_subscription, self.variables);
  } else if constexpr (std::is_same_v<U, TriggerSignal>) {
    io(self.subscription, self.variables);
  } else if constexpr (std::is_same_v<U, StartBySignal>) {
    io(self.definition, self.element, self.variables);
  }
}

template <OneOf<StartCalledProcess, ReportCallFailure, CompleteCall, TerminateCalled, CatchInCaller> T>
void call_fields(T& self, auto& io) {
  using U = std::remove_cvref_t<T>;
  if constexpr (std::is_same_v<U, StartCalledProcess>) {
    io(self.definition, self.child, self.caller, self.root, self.depth, self.variables);
  } else if constexpr (std::is_same_v<U, ReportCallFailure>) {
    io(self.caller, self.child, self.message);
  } else if constexpr (std::is_same_v<U, CompleteCall>) {
    io(self.caller, self.child, self.variables);
  } else if constexpr (std::is_same_v<U, TerminateCalled>) {
    io(self.child);
  } else {
    io(self.caller, self.child, self.owner, self.event, self.variables);
  }
}

template <OneOf<AssignUserTask, UpdateUserTask, CompleteUserTask> T>
void user_task_fields(T& self, auto& io) {
  using U = std::remove_cvref_t<T>;
  if constexpr (std::is_same_v<U, AssignUserTask>) {
    io(self.user_task, self.assignee, self.allow_override, self.claim, self.action);
  } else if constexpr (std::is_same_v<U, UpdateUserTask>) {
    io(self.user_task, self.candidate_groups, self.candidate_users, self.due_date, self.follow_up_date, self.priority,
       self.action);
  } else {
    io(self.user_task, self.variables, self.action);
  }
}

void fields(auto& self, auto& io) {
  using T = std::remove_cvref_t<decltype(self)>;
  if constexpr (std::is_same_v<T, DeployResources>) {
    io(self.resources);
  } else if constexpr (std::is_same_v<T, CreateInstance>) {
    io(self.definition, self.process_id, self.version, self.variables, self.await_result, self.fetch_variables,
       self.tags, self.start_elements, self.terminate_after, self.business_id);
  } else if constexpr (std::is_same_v<T, EvaluateDecision>) {
    io(self.decision, self.decision_id, self.variables);
  } else if constexpr (std::is_same_v<T, DeleteResource>) {
    io(self.resource);
  } else if constexpr (std::is_same_v<T, ActivateJob>) {
    io(self.job, self.worker, self.timeout_ms, self.fetch_variables);
  } else if constexpr (std::is_same_v<T, CompleteJob>) {
    io(self.job, self.variables);
  } else if constexpr (std::is_same_v<T, FailJob>) {
    io(self.job, self.retries, self.message, self.backoff_ms, self.variables);
  } else if constexpr (std::is_same_v<T, UpdateJobRetries>) {
    io(self.job, self.retries);
  } else if constexpr (std::is_same_v<T, UpdateJobTimeout>) {
    io(self.job, self.timeout_ms);
  } else if constexpr (std::is_same_v<T, ResolveIncident>) {
    io(self.incident);
  } else if constexpr (std::is_same_v<T, SetVariables>) {
    io(self.scope, self.local, self.variables);
  } else if constexpr (std::is_same_v<T, PutUser>) {
    io(self.mode, self.username, self.name, self.email, self.password);
  } else if constexpr (std::is_same_v<T, DeleteUser>) {
    io(self.username);
  } else if constexpr (std::is_same_v<T, CreateToken>) {
    io(self.client, self.digest);
  } else if constexpr (std::is_same_v<T, DeleteToken>) {
    io(self.token);
  } else if constexpr (std::is_same_v<T, CancelInstance> || std::is_same_v<T, Continue>) {
    io(self.instance);
  } else if constexpr (std::is_same_v<T, ThrowError>) {
    io(self.job, self.code, self.message, self.variables);
  } else if constexpr (requires { messaging_fields(self, io); }) {
    messaging_fields(self, io);
  } else if constexpr (requires { call_fields(self, io); }) {
    call_fields(self, io);
  } else if constexpr (requires { user_task_fields(self, io); }) {
    user_task_fields(self, io);
  } else if constexpr (std::is_same_v<T, IsolateInstance>) {
    io(self.entity, self.reason);
  } else {
    static_assert(std::is_same_v<T, TimeOutJob> || std::is_same_v<T, EndJobBackoff> || std::is_same_v<T, YieldJob>);
    io(self.job);
  }
}

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  template <typename... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  void put(const Key& v) { out_.u64(v.value()); }
  void put(const std::string& v) { out_.bytes(v); }
  void put(bool v) { out_.u8(v ? 1 : 0); }
  void put(std::int32_t v) { out_.svarint(v); }
  void put(std::uint32_t v) { out_.varint(v); }
  void put(const ElementIndex& v) { out_.varint(v.value()); }
  void put(const Position& v) { out_.varint(v.value()); }
  void put(std::int64_t v) { out_.svarint(v); }
  void put(const Resource& v) { (*this)(v.name, v.content); }
  void put(PutUser::Mode v) { out_.u8(static_cast<std::uint8_t>(v)); }
  void put(const JsonDocument& v) {
    out_.varint(v.size());
    for (std::size_t i = 0; i < v.size(); ++i) {
      out_.bytes(v[i].name);
      out_.bytes(v[i].value);
    }
  }
  template <typename T>
  void put(const std::vector<T>& v) {
    out_.varint(v.size());
    for (const T& item : v) put(item);
  }
  template <typename T>
  void put(const std::optional<T>& v) {
    out_.u8(v ? 1 : 0);
    if (v) put(*v);
  }
  ByteWriter out_;
};

class Decoder {
 public:
  explicit Decoder(ByteReader& in) : in_(in) {}
  template <typename... T>
  void operator()(T&... values) {
    (get(values), ...);
  }

 private:
  void get(Key& v) { v = Key(in_.u64()); }
  void get(std::string& v) { v = std::string(in_.bytes()); }
  void get(bool& v) { v = in_.u8() != 0; }
  void get(std::int32_t& v) { v = static_cast<std::int32_t>(in_.svarint()); }
  void get(std::uint32_t& v) { v = static_cast<std::uint32_t>(in_.varint()); }
  void get(ElementIndex& v) { v = ElementIndex(static_cast<std::uint32_t>(in_.varint())); }
  void get(Position& v) { v = Position(in_.varint()); }
  void get(std::int64_t& v) { v = in_.svarint(); }
  void get(Resource& v) { (*this)(v.name, v.content); }
  void get(PutUser::Mode& v) {
    const std::uint8_t raw = in_.u8();
    if (raw > static_cast<std::uint8_t>(PutUser::Mode::kFirst)) return in_.invalidate();
    v = static_cast<PutUser::Mode>(raw);
  }
  void get(JsonDocument& v) {
    const std::uint64_t n = in_.varint();
    for (std::uint64_t i = 0; i < n && in_.ok(); ++i) {
      const auto name = in_.bytes();
      const auto value = in_.bytes();
      if (in_.ok()) v.add(name, value);
    }
  }
  template <typename T>
  void get(std::vector<T>& v) {
    const std::uint64_t n = in_.varint();
    for (std::uint64_t i = 0; i < n && in_.ok(); ++i) get(v.emplace_back());
  }
  template <typename T>
  void get(std::optional<T>& v) {
    const std::uint8_t given = in_.u8();
    if (given > 1) in_.invalidate();
    if (given == 1) get(v.emplace());
  }
  ByteReader& in_;
};

template <std::size_t I>
Result<CommandBody> decode_as(ByteReader& in) {
  std::variant_alternative_t<I, CommandBody> command;
  Decoder decoder(in);
  fields(command, decoder);
  if (!in.ok() || !in.at_end()) return fail(Code::kDataLoss, "a command's fields do not fill its length");
  return CommandBody(std::move(command));
}

template <std::size_t... I>
Result<CommandBody> decode_index(std::size_t index, ByteReader& in, std::index_sequence<I...>) {
  using Decode = Result<CommandBody> (*)(ByteReader&);
  static constexpr std::array<Decode, sizeof...(I)> kDecoders = {&decode_as<I>...};
  return kDecoders[index](in);
}

// In the order of the variant; the numbers are journaled.
constexpr std::array<std::string_view, std::variant_size_v<CommandBody>> kIntents = {
    "CREATE",         "CREATE",         "CANCEL",      "ACTIVATE",   "COMPLETE",  "FAIL",
    "UPDATE_RETRIES", "UPDATE_TIMEOUT", "RESOLVE",     "UPDATE",     "TIME_OUT",  "RECUR_AFTER_BACKOFF",
    "YIELD",          "CONTINUE",       "EVALUATE",    "DELETE",     "CREATE",    "DELETE",
    "CREATE",         "DELETE",         "THROW_ERROR", "PUBLISH",    "BROADCAST", "ASSIGN",
    "UPDATE",         "COMPLETE",       "TRIGGER",     "TRIGGER",    "EXPIRE",    "FORGET",
    "CREATE",         "DELETE",         "CORRELATE",   "CORRELATED", "REJECT",    "START",
    "RELEASE",        "BROADCAST",      "TRIGGER",     "START",      "CALL",      "CALL_FAILED",
    "CALL_COMPLETED", "TERMINATE",      "CATCH",       "ISOLATE",    "CORRELATE"};

}  // namespace

std::string_view command_name(const CommandBody& body) {
  static constexpr std::array<std::string_view, std::variant_size_v<CommandBody>> kNames = {
      "DEPLOY_RESOURCES",
      "CREATE_INSTANCE",
      "CANCEL_INSTANCE",
      "ACTIVATE_JOB",
      "COMPLETE_JOB",
      "FAIL_JOB",
      "UPDATE_JOB_RETRIES",
      "UPDATE_JOB_TIMEOUT",
      "RESOLVE_INCIDENT",
      "SET_VARIABLES",
      "TIME_OUT_JOB",
      "END_JOB_BACKOFF",
      "YIELD_JOB",
      "CONTINUE",
      "EVALUATE_DECISION",
      "DELETE_RESOURCE",
      "PUT_USER",
      "DELETE_USER",
      "CREATE_TOKEN",
      "DELETE_TOKEN",
      "THROW_ERROR",
      "PUBLISH_MESSAGE",
      "BROADCAST_SIGNAL",
      "ASSIGN_USER_TASK",
      "UPDATE_USER_TASK",
      "COMPLETE_USER_TASK",
      "TRIGGER_TIMER",
      "TRIGGER_START_TIMER",
      "EXPIRE_MESSAGES",
      "FORGET_REQUESTS",
      "OPEN_MESSAGE_SUBSCRIPTION",
      "CLOSE_MESSAGE_SUBSCRIPTION",
      "CORRELATE_MESSAGE",
      "ACKNOWLEDGE_MESSAGE",
      "REJECT_MESSAGE",
      "START_BY_MESSAGE",
      "RELEASE_START_LOCK",
      "DELIVER_SIGNAL",
      "TRIGGER_SIGNAL",
      "START_BY_SIGNAL",
      "START_CALLED_PROCESS",
      "REPORT_CALL_FAILURE",
      "COMPLETE_CALL",
      "TERMINATE_CALLED",
      "CATCH_IN_CALLER",
      "ISOLATE_INSTANCE",
      "REQUEST_CORRELATION"};
  return kNames[body.index()];
}

void encode_command(const CommandBody& body, std::string& out) {
  std::visit(
      [&out](const auto& command) {
        Encoder encoder(out);
        fields(command, encoder);
      },
      body);
}

Result<CommandBody> decode_command(std::uint8_t intent, std::string_view bytes) {
  constexpr std::size_t kCount = std::variant_size_v<CommandBody>;
  if (intent == 0 || intent > kCount) return failf(Code::kDataLoss, "unknown command number {}", intent);
  ByteReader in(bytes);
  return decode_index(intent - 1U, in, std::make_index_sequence<kCount>());
}

const JsonDocument* variables_of(const CommandBody& body) {
  return std::visit(
      [](const auto& command) -> const JsonDocument* {
        if constexpr (requires { command.variables; }) {
          return &command.variables;
        } else {
          return nullptr;
        }
      },
      body);
}

Key subject_of(const CommandBody& body) {
  return std::visit(
      [](const auto& command) {
        Key key;
        if constexpr (requires { command.job; }) key = command.job;
        if constexpr (requires { command.instance; }) key = command.instance;
        if constexpr (requires { command.incident; }) key = command.incident;
        if constexpr (requires { command.scope; }) key = command.scope;
        if constexpr (requires { command.entity; }) key = command.entity;
        if constexpr (requires { command.user_task; }) key = command.user_task;
        if constexpr (requires { command.timer; }) key = command.timer;
        if constexpr (requires { command.caller; }) key = command.caller;
        if constexpr (OneOf<decltype(command), TerminateCalled>) key = command.child;
        if constexpr (OneOf<decltype(command), CorrelateMessage, TriggerSignal>) key = command.subscription;
        return key;
      },
      body);
}

std::string_view intent_name(const CommandBody& body) {
  if (const auto* assign = std::get_if<AssignUserTask>(&body); assign != nullptr && assign->claim) return "CLAIM";
  return kIntents[body.index()];
}
std::uint8_t intent_number(const CommandBody& body) {
  return static_cast<std::uint8_t>(body.index() + 1);
}

bool is_internal(const CommandBody& body) {
  return std::visit(
      [](const auto& command) {
        return OneOf<decltype(command), ActivateJob, TimeOutJob, EndJobBackoff, YieldJob, Continue, TriggerTimer,
                     TriggerStartTimer, ExpireMessages, ForgetRequests, OpenMessageSubscription,
                     CloseMessageSubscription, CorrelateMessage, AcknowledgeMessage, RejectMessage, StartByMessage,
                     ReleaseStartLock, DeliverSignal, TriggerSignal, StartBySignal, StartCalledProcess,
                     ReportCallFailure, CompleteCall, TerminateCalled, CatchInCaller, IsolateInstance>;
      },
      body);
}

}  // namespace baton::engine
