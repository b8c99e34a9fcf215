#include "engine/engine.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ensure.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"
#include "engine/behaviours/loop_items.h"
#include "engine/behaviours/variables.h"
#include "engine/command_codec.h"
#include "engine/commands/handler.h"
#include "engine/execution.h"
#include "engine/reply_codec.h"

namespace baton::engine {

namespace {

/// INVALID_STATE is the API's name for what gRPC calls FAILED_PRECONDITION.
std::string_view rejection_name(Code code) {
  return code == Code::kFailedPrecondition ? "INVALID_STATE"
         : code == Code::kPermissionDenied ? "FORBIDDEN"
         : code == Code::kUnknown          ? "EXCEEDED_BATCH_RECORD_SIZE"
                                           : code_name(code);
}

/// What a frame takes beside its command, its events and the names of who asked.
constexpr std::size_t kFrameRoom = 1024;
constexpr std::size_t kRejectionReasonBytes = 64U << 10;

std::string rejection_text(const Command& command, const Error& error) {
  return fmt::format("Command '{}' rejected with code '{}': {}", intent_name(command.body), rejection_name(error.code),
                     error.message);
}

Command internal_command(CommandBody body, std::string_view tenant = kDefaultTenant) {
  Command command;
  command.tenant = tenant;
  command.body = std::move(body);
  command.principal.kind = Principal::Kind::kEngine;
  return command;
}

}  // namespace

Engine::Engine(PartitionId partition)
    : mutator_(state_), recorder_(mutator_), evaluation_(TimeMs(0)), loop_items_(std::make_unique<LoopItems>()) {
  // Block 0 of a partition is never given out.
  mutator_.begin(Position(0), TimeMs(0));
  mutator_.put_counters({(static_cast<std::uint64_t>(partition.value()) << kKeyCounterBits) + kKeyBlockSize});
  mutator_.commit();
}

Engine::~Engine() = default;

void Engine::fill_header(const Command& command, FrameHeader& header) const {
  header.intent = intent_number(command.body);
  header.position = mutator_.position();
  header.time = mutator_.time();
  header.operation_reference = command.operation_reference.value_or(0);
  header.request_id = command.request_id;
  if (command.tenant != kDefaultTenant) header.tenant = command.tenant;
  if (command.principal.kind != Principal::Kind::kAnonymous && command.principal.kind != Principal::Kind::kEngine) {
    header.principal = principal_bytes_;
  }
}

std::size_t Engine::room_for_events(const Command& command) const {
  const std::size_t used = command_bytes_.size() + principal_bytes_.size() + command.tenant.size() + kFrameRoom;
  return kMaxFrameBytes - std::min(used, kMaxFrameBytes);
}

void Engine::begin_events(const Command& command) {
  const auto* deploy = std::get_if<DeployResources>(&command.body);
  recorder_.begin(Key(0), state_.symbols().intern(command.tenant), deploy == nullptr ? nullptr : &deploy->resources);
  if (command.sent_number != 0) recorder_.append(CommandTaken{command.sent_number});
}

Status Engine::run(const Command& command, Effects& effects) {
  begin_events(command);
  Execution execution(state_, mutator_, recorder_, effects, evaluation_);
  execution.unique_business_ids = unique_business_ids_;
  execution.loop_items = loop_items_.get();
  if (const JsonDocument* variables = variables_of(command.body)) {
    execution.command_variables = intern_variables(*variables, state_.symbols());
  }
  CommandContext context{command, execution};
  if (state_.incident_count() != 0) BATON_TRY(check_isolation(command));
  BATON_TRY(std::visit([&context](const auto& body) { return handle(context, body); }, command.body));
  if (recorder_.bytes().size() > room_for_events(command)) {
    return fail(Code::kUnknown, "Expected to process the command in one frame, but what follows from it is too large");
  }
  return {};
}

namespace {

/// What identifies a request: the id is its client's own.
std::tuple<std::uint64_t, std::uint64_t> request_key(const Command& command) {
  std::string text = command.tenant;
  text.push_back('\0');
  text.push_back(static_cast<char>(command.principal.kind));
  text += command.principal.id;
  text.push_back('\0');
  text += command.request_id;
  const Sha256 digest = sha256(text);
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), digest.data(), sizeof halves);
  return {halves[0], halves[1]};
}

}  // namespace

/// A command with a request id that was carried out already is not carried out again: `repeated`, and the first answer
/// is given once more. Errors: another command under the same id; no room for one more id.
Status Engine::check_request(const Command& command, Effects& effects, bool& repeated) {
  if (command.request_id.empty()) return {};
  if (command.request_id.size() > limits::kRequestIdBytes)
    return failf(Code::kInvalidArgument, "Expected a request id of at most {} bytes", limits::kRequestIdBytes);
  const RequestRow* row = state_.rows<RequestRow>().find(request_key(command));
  if (row == nullptr) {
    if (state_.counters().requests < limits::kRequests) return {};
    return failf(Code::kResourceExhausted, "Expected room for a request id, but {} of the last hour are remembered",
                 limits::kRequests);
  }
  const Sha256 body = sha256(command_bytes_);
  if (row->body != std::string_view(reinterpret_cast<const char*>(body.data()), body.size())) {
    return failf(Code::kInvalidArgument,
                 "Expected the request id '{}' to belong to one command, but it was used for another",
                 command.request_id);
  }
  BATON_ASSIGN(ReplyBody reply, decode_reply(row->reply));
  const auto* create = std::get_if<CreateInstance>(&command.body);
  const auto* created = std::get_if<CreateReply>(&reply);
  if (create != nullptr && create->await_result && created != nullptr) {
    if (state_.instance(created->instance) == nullptr) {
      return failf(Code::kFailedPrecondition,
                   "Expected to wait for the result of process instance '{}', but it has ended already",
                   shown(created->instance));
    }
    waiting_[created->instance.value()] = command.reply_token;
  } else if (command.reply_token != 0) {
    effects.emplace_back(Reply{command.reply_token, std::move(reply)});
  }
  repeated = true;
  return {};
}

void Engine::remember_request(const Command& command, const Effects& effects, std::size_t first) {
  if (command.request_id.empty()) return;
  std::string reply;
  for (std::size_t i = first; i < effects.size() && reply.empty(); ++i) {
    const auto* answer = std::get_if<Reply>(&effects[i]);
    if (answer != nullptr && answer->token == command.reply_token) reply = encode_reply(answer->body);
    // A create whose instance has ended already: the result is given once, the instance is remembered.
    if (const auto* result = std::get_if<InstanceResult>(&effects[i])) reply = encode_reply(result->reply.created);
  }
  const auto* create = std::get_if<CreateInstance>(&command.body);
  const Instance* instance = state_.instance(recorder_.instance());
  if (create != nullptr && create->await_result && instance != nullptr) reply = encode_reply(created_reply(*instance));
  if (reply.empty()) return;  // an evaluation, which changes nothing and may be repeated
  const Sha256 body = sha256(command_bytes_);
  const auto [high, low] = request_key(command);
  recorder_.append(RequestRemembered{{high, low, std::string(reinterpret_cast<const char*>(body.data()), body.size()),
                                      std::move(reply), mutator_.position(), mutator_.time() + limits::kRequestMs}});
}

// A command between instances that cannot be carried out is taken all the same: it would be refused for ever. Whoever
// waits for its outcome is told.
bool Engine::give_up_sent(const Command& command, const Error& error, Effects& effects, std::string& frames) {
  mutator_.begin(Position(state_.last_position().value() + 1), mutator_.time());
  begin_events(command);
  Execution execution(state_, mutator_, recorder_, effects, evaluation_);
  const Symbol tenant = state_.symbols().intern(command.tenant);
  if (const auto* call = std::get_if<StartCalledProcess>(&command.body)) {
    execution.send(ReportCallFailure{call->caller, call->child, error.message}, tenant);
  } else if (const auto* message = std::get_if<CorrelateMessage>(&command.body)) {
    execution.send(RejectMessage{message->subscription, message->message, message->process_id}, tenant);
  }
  append_success(command, frames);
  return true;
}

void Engine::append_success(const Command& command, std::string& frames) {
  FrameView frame;
  fill_header(command, frame.header);
  frame.header.kind = is_internal(command.body) ? FrameKind::kInternal : FrameKind::kCommand;
  frame.header.instance = recorder_.instance();
  if (const Instance* instance = state_.instance(recorder_.instance())) {
    frame.header.definition = instance->row.definition;
    if (instance->row.root != instance->row.key) frame.header.root = instance->row.root;
  }
  frame.command = command_bytes_;
  frame.event_count = recorder_.count();
  frame.events = recorder_.bytes();
  frame.hash = mutator_.frame_hash();
  append_frame(frames, frame);
  mutator_.commit();
}

bool Engine::next_sent(Command& out) const {
  const SentCommandRow* oldest = state_.oldest_sent();
  if (oldest == nullptr) return false;
  const SentCommandRow& row = *oldest;
  auto body = decode_command(row.intent, row.command);
  ENSURE(body.has_value(), "a sent command cannot be read");
  out = internal_command(std::move(*body), row.tenant.text());
  out.sent_number = row.number;
  return true;
}

/// An isolated instance takes nothing but what ends its isolation.
Status Engine::check_isolation(const Command& command) const {
  const auto* backoff = std::get_if<EndJobBackoff>(&command.body);
  if (backoff != nullptr && state_.rows<JobBackoffRow>().find(std::tuple(backoff->job)) != nullptr)
    return {};  // an isolated instance has no such row: need not be looked at
  const Key key = subject_of(command.body);
  const Instance* instance = key.value() == 0 ? nullptr : state_.instance_of(key);
  if (instance == nullptr || !instance->isolated) return {};
  const auto* resolve = std::get_if<ResolveIncident>(&command.body);
  if (resolve != nullptr && resolve->incident == instance->process()->incident) return {};
  if (std::holds_alternative<CancelInstance>(command.body) || std::holds_alternative<TerminateCalled>(command.body))
    return {};
  return failf(
      Code::kFailedPrecondition,
      "Expected to work on process instance '{}', but it is isolated because of incident '{}'. Please resolve the "
      "incident or cancel the process instance",
      shown(instance->row.key), shown(instance->process()->incident));
}

bool Engine::process(const Command& command, TimeMs time, std::string& frames, Effects& effects) {
  const std::size_t first_effect = effects.size();
  try {
    return process_frame(command, time, frames, effects);
  } catch (const RowsMissing&) {
    mutator_.roll_back();
    loop_items_->roll_back();
    effects.resize(first_effect);
    throw;
  }
}

bool Engine::process_frame(const Command& command, TimeMs time, std::string& frames, Effects& effects) {
  ENSURE(time >= state_.last_time(), "frame time goes back");
  const Position position(state_.last_position().value() + 1);
  const std::size_t first_effect = effects.size();
  command_bytes_.clear();
  encode_command(command.body, command_bytes_);
  principal_bytes_.assign(1, static_cast<char>(command.principal.kind));
  principal_bytes_ += command.principal.id;

  if (room_for_events(command) < kRejectionReasonBytes) {  // not even its rejection could be written
    const Error error{Code::kInvalidArgument,
                      fmt::format("Expected a command of at most {} bytes", kMaxFrameBytes - kRejectionReasonBytes)};
    if (command.reply_token != 0)
      effects.emplace_back(Reply{command.reply_token, Error{error.code, rejection_text(command, error)}});
    return false;
  }

  bool repeated = false;
  Status status = check_request(command, effects, repeated);
  if (repeated) return false;  // its answer leaves when all before it is durable, as every answer does
  mutator_.begin(position, time);
  loop_items_->begin_frame();
  if (status) status = run(command, effects);
  if (status) remember_request(command, effects, first_effect);
  if (!status) {
    mutator_.roll_back();
    loop_items_->roll_back();
    effects.resize(first_effect);
    if (command.sent_number != 0) return give_up_sent(command, status.error(), effects, frames);
    if (is_internal(command.body)) return false;
    mutator_.begin(position, time);
    append_rejection(command, status.error(), frames);
    if (command.reply_token != 0) {
      effects.emplace_back(
          Reply{command.reply_token, Error{status.error().code, rejection_text(command, status.error())}});
    }
    mutator_.commit();
    return true;
  }
  append_success(command, frames);
  resolve_waiting(command, effects, first_effect);
  return true;
}

void Engine::append_rejection(const Command& command, const Error& error, std::string& frames) {
  FrameView frame;
  fill_header(command, frame.header);
  frame.header.kind = FrameKind::kRejection;
  frame.command = command_bytes_;
  frame.rejection_code = static_cast<int>(error.code);
  frame.rejection_reason = utf8_prefix(error.message, kRejectionReasonBytes);
  frame.hash = mutator_.frame_hash();
  append_frame(frames, frame);
}

void Engine::resolve_waiting(const Command& command, Effects& effects, std::size_t first) {
  if (const auto* create = std::get_if<CreateInstance>(&command.body); create != nullptr && create->await_result) {
    waiting_[recorder_.instance().value()] = command.reply_token;
  }
  if (std::holds_alternative<CancelInstance>(command.body)) waiting_.erase(recorder_.instance().value());
  for (std::size_t i = first; i < effects.size(); ++i) {
    auto* result = std::get_if<InstanceResult>(&effects[i]);
    if (result == nullptr) continue;
    auto it = waiting_.find(result->instance.value());
    const std::uint64_t token = it == waiting_.end() ? 0 : it->second;
    if (it != waiting_.end()) waiting_.erase(it);
    ResultReply reply = std::move(result->reply);
    effects[i] = Reply{token, std::move(reply)};
  }
}

void Engine::forget_waiting(std::uint64_t reply_token) {
  absl::erase_if(waiting_, [reply_token](const auto& entry) { return entry.second == reply_token; });
}

Status Engine::replay(const FrameView& frame) {
  const FrameHeader& header = frame.header;
  if (header.position.value() != state_.last_position().value() + 1) {
    return failf(Code::kDataLoss, "expected the frame at position {}, found {}", state_.last_position().value() + 1,
                 header.position.value());
  }
  if (header.time < state_.last_time())
    return failf(Code::kDataLoss, "time goes back at position {}", header.position.value());
  BATON_ASSIGN(const CommandBody body, decode_command(header.intent, frame.command));
  mutator_.begin(header.position, header.time);
  Status status;
  try {
    status = apply_frame(frame, body);
  } catch (const RowsMissing&) {
    mutator_.roll_back();
    throw;
  }
  if (status) {
    mutator_.commit();
  } else {
    mutator_.roll_back();
  }
  return status;
}

Status Engine::apply_frame(const FrameView& frame, const CommandBody& body) {
  const FrameHeader& header = frame.header;
  CommandVariables variables;
  if (const JsonDocument* document = variables_of(body)) variables = intern_variables(*document, state_.symbols());
  const auto* deploy = std::get_if<DeployResources>(&body);
  ApplyContext context{mutator_,
                       header.instance,
                       state_.symbols().intern(header.tenant.empty() ? kDefaultTenant : header.tenant),
                       deploy == nullptr ? nullptr : &deploy->resources,
                       {}};
  ByteReader events(frame.events);
  for (std::uint64_t i = 0; i < frame.event_count; ++i) {
    BATON_TRY(apply_next(context, events, state_.symbols(), variables));
  }
  if (!events.at_end())
    return failf(Code::kDataLoss, "more events than counted at position {}", header.position.value());
  if (mutator_.frame_hash() != frame.hash) {
    return failf(
        Code::kDataLoss,
        "the frame at position {} does not lead to the state that it led to when it was written (hash {:016x}, "
        "recomputed {:016x})",
        header.position.value(), frame.hash, mutator_.frame_hash());
  }
  return {};
}

void Engine::want(const Command& command) const {
  if (const auto* backoff = std::get_if<EndJobBackoff>(&command.body)) {
    state_.rows<JobBackoffRow>().want(std::tuple(backoff->job));
    return;
  }
  if (const Key key = subject_of(command.body); key.value() != 0) state_.want_instance_of(key);
  const auto want_queues = [&](const auto& body) {
    using Body = std::remove_cvref_t<decltype(body)>;
    if constexpr (std::is_same_v<Body, PublishMessage> || std::is_same_v<Body, RequestCorrelation>)
      state_.want_message_subscriptions(command.tenant, body.name, body.correlation_key);
    if constexpr (std::is_same_v<Body, OpenMessageSubscription>)
      state_.want_messages(command.tenant, body.name, body.correlation_key);
  };
  std::visit(want_queues, command.body);
}

void Engine::want(const FrameView& frame) const {
  static const std::uint8_t end_of_backoff = intent_number(EndJobBackoff{});
  if (frame.header.intent == end_of_backoff) {
    if (const auto command = decode_command(frame.header.intent, frame.command))
      state_.rows<JobBackoffRow>().want(std::tuple(std::get<EndJobBackoff>(*command).job));
  }
  if (frame.header.instance.value() != 0) state_.want_instance_of(frame.header.instance);
}

void Engine::collect_due(TimeMs now, std::size_t limit, std::vector<Command>& out) const {
  const std::size_t end = out.size() + limit;
  const auto room = [&] { return end - out.size(); };
  Command sent;
  if (room() > 0 && next_sent(sent)) out.push_back(std::move(sent));  // the next ones follow when it is carried out
  state_.due_deadlines(now, room(), [&](Key key) { out.push_back(internal_command(TimeOutJob{key})); });
  state_.due_backoffs(now, room(), [&](Key key) { out.push_back(internal_command(EndJobBackoff{key})); });
  state_.due_timers(now, room(), [&](Key key) { out.push_back(internal_command(TriggerTimer{key})); });
  state_.due_start_timers(now, room(), [&](Key definition, ElementIndex element) {
    out.push_back(
        internal_command(TriggerStartTimer{definition, element}, state_.definition(definition)->tenant.text()));
  });
  if (room() > 0 && state_.is_due<MessageDeadlines>(now)) out.push_back(internal_command(ExpireMessages{}));
  if (room() > 0 && state_.is_due<RequestExpiries>(now)) out.push_back(internal_command(ForgetRequests{}));
  state_.instances_with_deferred_steps(room(), [&](Key key) { out.push_back(internal_command(Continue{key})); });
}

}  // namespace baton::engine
