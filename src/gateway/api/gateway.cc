#include "gateway/api/gateway.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "gateway_protocol.pb.h"

namespace baton::gateway {

namespace {
constexpr std::string_view kService = "/gateway_protocol.Gateway/";
constexpr std::uint64_t kReadTokens = 1ULL << 63;   // call ids never reach this
constexpr std::uint64_t kOtherTokens = 1ULL << 62;  // commands and polls of other front ends
constexpr std::string_view kStopping = "The server is shutting down";

/// What may be refused under load: what begins work, not what ends it.
bool begins_work(const partition::Request& request) {
  if (std::holds_alternative<partition::Poll>(request) || std::holds_alternative<partition::Stream>(request))
    return true;
  const auto* command = std::get_if<engine::Command>(&request);
  return command != nullptr && (std::holds_alternative<engine::CreateInstance>(command->body) ||
                                std::holds_alternative<engine::DeployResources>(command->body) ||
                                std::holds_alternative<engine::PublishMessage>(command->body) ||
                                std::holds_alternative<engine::RequestCorrelation>(command->body) ||
                                std::holds_alternative<engine::BroadcastSignal>(command->body));
}

std::uint64_t call_of(const partition::Request& request) {
  if (const auto* command = std::get_if<engine::Command>(&request)) return command->reply_token;
  if (const auto* poll = std::get_if<partition::Poll>(&request)) return poll->id;
  if (const auto* stream = std::get_if<partition::Stream>(&request)) return stream->id;
  if (const auto* pin = std::get_if<partition::PinClock>(&request)) return pin->token;
  return 0;
}
}  // namespace

Gateway::Gateway(http2::EventLoop& loop, const Clock& clock, GatewayOptions options)
    : loop_(loop), clock_(clock), options_(std::move(options)) {}

Gateway::~Gateway() {
  loop_.cancel_turn_end(*this);
}

void Gateway::serve(grpc::GrpcServer& server, partition::Partition& partition) {
  server_ = &server;
  partition_ = &partition;
  register_rpcs();
}

void Gateway::run_handler(Handler handler, Call call, std::string_view request_id, std::string_view message) {
  request_id_ = request_id;
  handler(*this, call, message);
  request_id_ = {};
}

/// Runs a handler on behalf of whom the call's credentials name; a password may have to be checked first.
void Gateway::call_handler(Handler handler, Call call, const grpc::CallInfo& info, std::string_view message) {
  const std::string_view request_id = info.metadata.find("baton-request-id").value_or("");
  if (authenticator_ == nullptr) return run_handler(handler, call, request_id, message);
  const std::string_view authorization = info.metadata.find("authorization").value_or("");
  if (auto caller = authenticator_->authenticate(authorization)) {
    if (!*caller) return refuse(call, caller->error().code, caller->error().message);
    caller_ = std::move(**caller);
    return run_handler(handler, call, request_id, message);
  }
  authenticator_->authenticate_later(authorization, [this, handler, call, kept = std::string(message),
                                                     id = std::string(request_id)](Result<Caller> caller) {
    if (!server_->alive(call)) return;
    if (!caller) return refuse(call, caller.error().code, caller.error().message);
    caller_ = std::move(*caller);
    run_handler(handler, call, id, kept);
  });
}

void Gateway::add_unary(std::string_view rpc, Handler handler) {
  grpc::MethodHandlers handlers;
  handlers.on_call = [this, handler](Call call, const grpc::CallInfo& info, std::string_view message) {
    call_handler(handler, call, info, message);
  };
  handlers.on_closed = [this](Call call, grpc::CloseReason, std::span<const std::uint64_t>) {
    if (awaiting_.erase(call.value()) != 0) submit(partition::ForgetReply{call.value()});
  };
  server_->add_method(std::string(kService) + std::string(rpc), grpc::MethodKind::kUnary, std::move(handlers));
}

void Gateway::add_streaming(std::string_view rpc, Handler handler) {
  grpc::MethodHandlers handlers;
  handlers.on_call = [this, handler](Call call, const grpc::CallInfo& info, std::string_view message) {
    call_handler(handler, call, info, message);
  };
  handlers.on_closed = [this](Call call, grpc::CloseReason, std::span<const std::uint64_t> unsent) {
    consumer_closed(call, unsent);
  };
  handlers.on_drained = [this](Call call) { submit(partition::PauseStream{call.value(), false}); };
  server_->add_method(std::string(kService) + std::string(rpc), grpc::MethodKind::kServerStreaming,
                      std::move(handlers));
}

void Gateway::register_rpcs() {
  add_unary("Topology", &topology);
  add_unary("DeployResource", &deploy_resource);
  add_unary("CreateProcessInstance", &create_process_instance);
  add_unary("CreateProcessInstanceWithResult", &create_process_instance_with_result);
  add_unary("CancelProcessInstance", &cancel_process_instance);
  add_unary("SetVariables", &set_variables);
  add_unary("ResolveIncident", &resolve_incident);
  add_unary("CompleteJob", &complete_job);
  add_unary("FailJob", &fail_job);
  add_unary("UpdateJobRetries", &update_job_retries);
  add_unary("UpdateJobTimeout", &update_job_timeout);
  add_unary("PublishMessage", &publish_message);
  add_unary("BroadcastSignal", &broadcast_signal);
  add_unary("ThrowError", &throw_error);
  add_unary("EvaluateDecision", &evaluate_decision);
  add_unary("DeleteResource", &delete_resource);
  add_streaming("ActivateJobs", &activate_jobs);
  add_streaming("StreamActivatedJobs", &stream_activated_jobs);
}

void Gateway::consumer_closed(Call call, std::span<const std::uint64_t> unsent) {
  submit(partition::RemoveConsumer{call.value()});
  streams_.erase(call.value());
  OpenPoll poll;
  if (auto it = polls_.find(call.value()); it != polls_.end()) {
    poll = std::move(it->second);
    polls_.erase(it);
  }
  for (const engine::ActivatedJob& job : poll.jobs) give_back(job.key);
  for (const std::uint64_t tag : unsent) {
    auto group =
        std::find_if(poll.sent.begin(), poll.sent.end(), [tag](const auto& keys) { return keys.front() == Key(tag); });
    if (group == poll.sent.end()) {
      give_back(Key(tag));
    } else {
      for (const Key key : *group) give_back(key);
    }
  }
}

void Gateway::end_waiting_calls() {
  stopping_ = true;
  const std::vector<std::uint64_t> waiting(awaiting_.begin(), awaiting_.end());
  for (const std::uint64_t call : waiting) refuse(Call(call), Code::kUnavailable, std::string(kStopping));
  const std::vector<std::uint64_t> streams(streams_.begin(), streams_.end());
  for (const std::uint64_t call : streams) refuse(Call(call), Code::kUnavailable, std::string(kStopping));
  std::vector<std::uint64_t> polls;
  for (const auto& [call, poll] : polls_) {
    if (poll.jobs.empty() && poll.sent.empty()) polls.push_back(call);
  }
  for (const std::uint64_t call : polls) server_->finish(Call(call));
  std::vector<std::uint64_t> others;
  for (const auto& [token, poll] : other_polls_) {
    if (poll.jobs.empty()) others.push_back(token);
  }
  for (const std::uint64_t token : others) {
    submit(partition::RemoveConsumer{token});
    end_other_poll(token, {});
  }
  others.clear();
  for (const auto& [token, command] : other_commands_) {
    if (command.awaits_result) others.push_back(token);
  }
  for (const std::uint64_t token : others) answer_other(token, Error{Code::kUnavailable, std::string(kStopping)});
}

std::uint64_t Gateway::submit_command(const Caller& caller, engine::CommandBody body, CommandMarks marks,
                                      Answer answer) {
  const std::uint64_t token = kOtherTokens | ++last_other_;
  const auto* create = std::get_if<engine::CreateInstance>(&body);
  other_commands_[token] = {std::move(answer), create != nullptr && create->await_result};
  engine::Command command;
  command.body = std::move(body);
  command.principal = caller.principal;
  command.tenant = caller.tenant;
  command.reply_token = token;
  command.request_id = std::move(marks.request_id);
  if (marks.operation_reference != 0) command.operation_reference = marks.operation_reference;
  submit(std::move(command));
  return token;
}

std::uint64_t Gateway::submit_poll(partition::Poll poll, Jobs jobs) {
  poll.id = kOtherTokens | ++last_other_;
  const std::uint64_t token = poll.id;
  other_polls_[token].done = std::move(jobs);
  submit(std::move(poll));
  return token;
}

void Gateway::pin_clock(std::optional<TimeMs> time, Answer answer) {
  const std::uint64_t token = kOtherTokens | ++last_other_;
  other_commands_[token] = {std::move(answer), false};
  submit(partition::PinClock{token, time});
}

void Gateway::abandon(std::uint64_t token) {
  if (auto command = other_commands_.find(token); command != other_commands_.end()) {
    if (command->second.awaits_result) submit(partition::ForgetReply{token});
    other_commands_.erase(command);
  }
  if (auto poll = other_polls_.find(token); poll != other_polls_.end()) {
    submit(partition::RemoveConsumer{token});
    for (const engine::ActivatedJob& job : poll->second.jobs) give_back(job.key);
    other_polls_.erase(poll);
  }
}

void Gateway::expire_answer_after(std::uint64_t token, std::int64_t timeout_ms) {
  loop_.run_at(now_ns() + std::min(timeout_ms, kLongestMs) * 1'000'000, [this, token] {
    if (!other_commands_.contains(token)) return;
    submit(partition::ForgetReply{token});
    answer_other(token, Error{Code::kDeadlineExceeded,
                              "Time out between gateway and broker: the process instance did not complete in time"});
  });
}

/// True if `token` is one of another front end.
bool Gateway::answer_other(std::uint64_t token, engine::ReplyBody body) {
  if ((token & kOtherTokens) == 0) return false;
  auto it = other_commands_.find(token);
  if (it == other_commands_.end()) return true;
  const Answer answer = std::move(it->second.answer);
  other_commands_.erase(it);
  answer(std::move(body));
  return true;
}

bool Gateway::end_other_poll(partition::ConsumerId id, const Status& status) {
  if ((id & kOtherTokens) == 0) return false;
  auto it = other_polls_.find(id);
  if (it == other_polls_.end()) return true;
  OtherPoll poll = std::move(it->second);
  other_polls_.erase(it);
  if (status) {
    poll.done(std::move(poll.jobs));
  } else {
    poll.done(fail(status.error()));
  }
  return true;
}

void Gateway::refuse_request(const partition::Request& request, Code code, const std::string& message) {
  const std::uint64_t token = call_of(request);
  if (token == 0) return;
  if ((token & kOtherTokens) != 0) {
    answer_other(token, Error{code, message});
    end_other_poll(token, fail(code, message));
  } else {
    refuse(Call(token), code, message);
  }
}

// A job that did not reach its worker becomes activatable again instead of waiting for its deadline.
void Gateway::give_back(Key job) {
  engine::Command command;
  command.principal.kind = engine::Principal::Kind::kEngine;
  command.body = engine::YieldJob{job};
  submit(std::move(command));
}

void Gateway::submit(partition::Request request) {
  outgoing_.push_back(std::move(request));
  loop_.request_turn_end(*this);
}

void Gateway::submit_command(Call call, engine::CommandBody body, std::uint64_t operation_reference) {
  engine::Command command;
  command.body = std::move(body);
  command.principal = caller_.principal;
  command.tenant = caller_.tenant;
  command.reply_token = call.value();
  command.request_id = request_id_;
  if (operation_reference != 0) command.operation_reference = operation_reference;
  submit(std::move(command));
}

void Gateway::on_turn_end() {
  if (outgoing_.empty()) return;
  if (partition_->submit(outgoing_)) return;
  // Refusing a call may queue more.
  std::vector<partition::Request> refused;
  refused.swap(outgoing_);
  shed(refused);
}

// The queue is full: what ends or releases work is taken all the same, the rest is refused with RESOURCE_EXHAUSTED.
void Gateway::shed(std::vector<partition::Request>& requests) {
  std::vector<partition::Request> kept;
  for (auto& request : requests) {
    if (begins_work(request)) {
      refuse_request(request, Code::kResourceExhausted,
                     "Reached maximum capacity of requests handled; retry after a short wait");
    } else {
      kept.push_back(std::move(request));
    }
  }
  if (kept.empty() || partition_->submit(kept, partition::Partition::Urgency::kUrgent)) return;
  for (const auto& request : kept) refuse_request(request, Code::kUnavailable, std::string(kStopping));
}

void Gateway::refuse(Call call, Code code, std::string message) {
  server_->finish(call, fail(code, std::move(message)));
}

void Gateway::expire_after(Call call, std::int64_t timeout_ms) {
  loop_.run_at(now_ns() + std::min(timeout_ms, kLongestMs) * 1'000'000, [this, call] {
    if (server_->alive(call)) {
      refuse(call, Code::kDeadlineExceeded,
             "Time out between gateway and broker: the process instance did not complete in time");
    }
  });
}

void Gateway::read(std::function<std::string(const engine::StateView&)> ask, std::function<void(std::string)> done) {
  const std::uint64_t token = kReadTokens | ++last_read_;
  reads_[token] = std::move(done);
  submit(partition::Read{token, std::move(ask)});
}

void Gateway::publish(partition::Publications publications) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = published_.empty();
    if (first) {
      published_ = std::move(publications);
    } else {
      published_.insert(published_.end(), std::make_move_iterator(publications.begin()),
                        std::make_move_iterator(publications.end()));
    }
  }
  if (first) loop_.post([this] { drain_publications(); });
}

void Gateway::drain_publications() {
  partition::Publications publications;
  {
    const std::lock_guard lock(mutex_);
    publications.swap(published_);
  }
  for (auto& publication : publications) apply(publication);
}

void Gateway::apply(partition::Publication& publication) {
  if (auto* reply = std::get_if<engine::Reply>(&publication)) {
    apply_reply(*reply);
  } else if (auto* push = std::get_if<engine::JobPush>(&publication)) {
    apply_push(*push);
  } else if (const auto* ended = std::get_if<partition::PollEnded>(&publication)) {
    end_poll(ended->id);
  } else if (const auto* identity = std::get_if<engine::IdentityChanged>(&publication)) {
    if (authenticator_ != nullptr) authenticator_->apply(*identity);
  } else if (auto* answer = std::get_if<partition::ReadReply>(&publication)) {
    auto it = reads_.find(answer->token);
    if (it == reads_.end()) return;
    auto done = std::move(it->second);
    reads_.erase(it);
    done(std::move(answer->answer));
  }
}

void Gateway::apply_reply(engine::Reply& reply) {
  const Call call(reply.token);
  if (reply.token == 0) return;
  if ((reply.token & kOtherTokens) != 0) {
    answer_other(reply.token, std::move(reply.body));
    return;
  }
  awaiting_.erase(reply.token);
  std::visit(
      [this, call](const auto& body) {
        using Body = std::remove_cvref_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, engine::EmptyReply>) {
          server_->reply(call, {});
        } else if constexpr (std::is_same_v<Body, Error>) {
          server_->finish(call, fail(body));
        } else if constexpr (std::is_same_v<Body, engine::UserReply> || std::is_same_v<Body, engine::TokenReply> ||
                             std::is_same_v<Body, engine::CorrelateReply>) {
          server_->finish(call, fail(Code::kInternal, "no rpc asks for this"));
        } else {
          server_->reply(call, reply_bytes(body));
        }
      },
      reply.body);
}

void Gateway::apply_push(engine::JobPush& push) {
  const Call call(push.consumer);
  if ((push.consumer & kOtherTokens) != 0) {
    if (auto other = other_polls_.find(push.consumer); other != other_polls_.end()) {
      other->second.jobs.push_back(std::move(push.job));
    } else {
      give_back(push.job.key);
    }
    return;
  }
  if (auto poll = polls_.find(push.consumer); poll != polls_.end()) {
    poll->second.jobs.push_back(std::move(push.job));
    return;
  }
  if (!server_->send(call, activated_job_bytes(push.job), push.job.key.value())) {
    give_back(push.job.key);
  } else if (!server_->writable(call)) {
    submit(partition::PauseStream{push.consumer, true});
  }
}

// Several jobs share one message as long as it stays under what every client accepts.
void Gateway::end_poll(partition::ConsumerId id) {
  if (end_other_poll(id, {})) return;
  const Call call(id);
  auto it = polls_.find(id);
  if (it == polls_.end()) return;
  const std::vector<engine::ActivatedJob> jobs = std::exchange(it->second.jobs, {});
  std::string message;
  std::vector<Key> keys;
  const auto flush = [&] {
    if (keys.empty()) return;
    it->second.sent.push_back(keys);
    server_->send(call, std::exchange(message, {}), keys.front().value());
    keys.clear();
  };
  for (const auto& job : jobs) {
    const std::string encoded = activated_job_bytes(job);
    if (message.size() + encoded.size() > limits::kMessageBytes - limits::kBatchMarginBytes) flush();
    append_job(message, encoded);
    keys.push_back(job.key);
  }
  flush();
  server_->finish(call);
}

Status check_tenant(const Caller& caller, std::string_view tenant, std::string_view operation) {
  if (tenant == caller.tenant) return {};
  if (caller.tenant == engine::kDefaultTenant) {
    return failf(Code::kInvalidArgument,
                 "Expected to handle {} with tenant identifier '{}', but multi-tenancy is disabled", operation, tenant);
  }
  return failf(Code::kPermissionDenied,
               "Expected to handle {} with tenant identifier '{}', but the caller is not assigned to it", operation,
               tenant);
}

bool accept_tenant(Gateway& gateway, Gateway::Call call, std::string_view rpc, std::string_view tenant) {
  if (tenant.empty()) return true;
  const Status allowed = check_tenant(gateway.caller(), tenant, fmt::format("gRPC request {}", rpc));
  if (!allowed) gateway.refuse(call, allowed.error().code, allowed.error().message);
  return allowed.has_value();
}

bool accept_variables(Gateway& gateway, Gateway::Call call, std::string_view json, JsonDocument& out) {
  auto document = JsonDocument::parse(json);
  if (!document) {
    gateway.refuse(call, Code::kInvalidArgument,
                   "Expected variables to be a valid JSON object, but: " + document.error().message);
    return false;
  }
  out = std::move(*document);
  return true;
}

}  // namespace baton::gateway
