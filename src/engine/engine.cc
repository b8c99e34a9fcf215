#include "engine/engine.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/json.h"
#include "engine/behaviours/variables.h"
#include "engine/command_codec.h"
#include "engine/commands/handler.h"

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

Command internal_command(CommandBody body) {
  Command command;
  command.body = std::move(body);
  command.principal.kind = Principal::Kind::kEngine;
  return command;
}

}  // namespace

Engine::Engine(PartitionId partition) : mutator_(state_), recorder_(mutator_), evaluation_(TimeMs(0)) {
  // Block 0 of a partition is never given out.
  mutator_.begin(Position(0), TimeMs(0));
  mutator_.put_counters({(static_cast<std::uint64_t>(partition.value()) << kKeyCounterBits) + kKeyBlockSize});
  mutator_.commit();
}

void Engine::fill_header(const Command& command, FrameHeader& header) const {
  header.intent = intent_number(command.body);
  header.position = mutator_.position();
  header.time = mutator_.time();
  header.operation_reference = command.operation_reference.value_or(0);
  if (command.tenant != kDefaultTenant) header.tenant = command.tenant;
  if (command.principal.kind != Principal::Kind::kAnonymous && command.principal.kind != Principal::Kind::kEngine) {
    header.principal = principal_bytes_;
  }
}

std::size_t Engine::room_for_events(const Command& command) const {
  const std::size_t used = command_bytes_.size() + principal_bytes_.size() + command.tenant.size() + kFrameRoom;
  return kMaxFrameBytes - std::min(used, kMaxFrameBytes);
}

Status Engine::run(const Command& command, Effects& effects) {
  const auto* deploy = std::get_if<DeployResources>(&command.body);
  recorder_.begin(Key(0), state_.symbols().intern(command.tenant), deploy == nullptr ? nullptr : &deploy->resources);
  Execution execution(state_, mutator_, recorder_, effects, evaluation_);
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

/// An isolated instance takes nothing but what ends its isolation.
Status Engine::check_isolation(const Command& command) const {
  const Key key = subject_of(command.body);
  const Instance* instance = key.value() == 0 ? nullptr : state_.instance_of(key);
  if (instance == nullptr || !instance->isolated) return {};
  const auto* resolve = std::get_if<ResolveIncident>(&command.body);
  if (resolve != nullptr && resolve->incident == instance->process()->incident) return {};
  if (std::holds_alternative<CancelInstance>(command.body)) return {};
  return failf(
      Code::kFailedPrecondition,
      "Expected to work on process instance '{}', but it is isolated because of incident '{}'. Please resolve the "
      "incident or cancel the process instance",
      shown(instance->row.key), shown(instance->process()->incident));
}

bool Engine::process(const Command& command, TimeMs time, std::string& frames, Effects& effects) {
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

  mutator_.begin(position, time);
  Status status;
  Key definition;
  try {
    status = run(command, effects);
    if (const Instance* instance = status ? state_.instance(recorder_.instance()) : nullptr)
      definition = instance->row.definition;
  } catch (const RowsMissing&) {
    mutator_.roll_back();
    effects.resize(first_effect);
    throw;
  }
  if (!status) {
    mutator_.roll_back();
    effects.resize(first_effect);
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
  FrameView frame;
  fill_header(command, frame.header);
  frame.header.kind = is_internal(command.body) ? FrameKind::kInternal : FrameKind::kCommand;
  frame.header.instance = recorder_.instance();
  frame.header.definition = definition;
  frame.command = command_bytes_;
  frame.event_count = recorder_.count();
  frame.events = recorder_.bytes();
  frame.hash = mutator_.frame_hash();
  append_frame(frames, frame);
  mutator_.commit();
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
  if (const Key key = subject_of(command.body); key.value() != 0) state_.want_instance_of(key);
}

void Engine::want(const FrameView& frame) const {
  if (frame.header.instance.value() != 0) state_.want_instance_of(frame.header.instance);
}

void Engine::collect_due(TimeMs now, std::size_t limit, std::vector<Command>& out) const {
  const std::size_t end = out.size() + limit;
  const auto room = [&] { return end - out.size(); };
  state_.due_deadlines(now, room(), [&](Key key) { out.push_back(internal_command(TimeOutJob{key})); });
  state_.due_backoffs(now, room(), [&](Key key) { out.push_back(internal_command(EndJobBackoff{key})); });
  state_.instances_with_deferred_steps(room(), [&](Key key) { out.push_back(internal_command(Continue{key})); });
}

}  // namespace baton::engine
