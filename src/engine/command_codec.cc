#include "engine/command_codec.h"

#include <array>
#include <utility>

#include "base/bytes.h"

namespace baton::engine {

namespace {

// `io` is an Encoder or a Decoder; one description serves both.
void fields(auto& self, auto& io) {
  using T = std::remove_cvref_t<decltype(self)>;
  if constexpr (std::is_same_v<T, DeployResources>) {
    io(self.resources);
  } else if constexpr (std::is_same_v<T, CreateInstance>) {
    io(self.definition, self.process_id, self.version, self.variables, self.await_result, self.fetch_variables,
       self.tags);
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
    "CREATE",         "CREATE",         "CANCEL",   "ACTIVATE", "COMPLETE", "FAIL",
    "UPDATE_RETRIES", "UPDATE_TIMEOUT", "RESOLVE",  "UPDATE",   "TIME_OUT", "RECUR_AFTER_BACKOFF",
    "YIELD",          "CONTINUE",       "EVALUATE", "DELETE",   "CREATE",   "DELETE",
    "CREATE",         "DELETE",         "ISOLATE"};

}  // namespace

std::string_view command_name(const CommandBody& body) {
  static constexpr std::array<std::string_view, std::variant_size_v<CommandBody>> kNames = {
      "DEPLOY_RESOURCES", "CREATE_INSTANCE",    "CANCEL_INSTANCE",    "ACTIVATE_JOB",     "COMPLETE_JOB",
      "FAIL_JOB",         "UPDATE_JOB_RETRIES", "UPDATE_JOB_TIMEOUT", "RESOLVE_INCIDENT", "SET_VARIABLES",
      "TIME_OUT_JOB",     "END_JOB_BACKOFF",    "YIELD_JOB",          "CONTINUE",         "EVALUATE_DECISION",
      "DELETE_RESOURCE",  "PUT_USER",           "DELETE_USER",        "CREATE_TOKEN",     "DELETE_TOKEN",
      "ISOLATE_INSTANCE"};
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
        return key;
      },
      body);
}

std::string_view intent_name(const CommandBody& body) {
  return kIntents[body.index()];
}
std::uint8_t intent_number(const CommandBody& body) {
  return static_cast<std::uint8_t>(body.index() + 1);
}

bool is_internal(const CommandBody& body) {
  return std::holds_alternative<ActivateJob>(body) || std::holds_alternative<TimeOutJob>(body) ||
         std::holds_alternative<EndJobBackoff>(body) || std::holds_alternative<YieldJob>(body) ||
         std::holds_alternative<Continue>(body) || std::holds_alternative<IsolateInstance>(body);
}

}  // namespace baton::engine
