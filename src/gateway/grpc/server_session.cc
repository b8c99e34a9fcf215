// The response side of ServerSession and the life of the connection.
#include "gateway/grpc/server_session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace baton::grpc {
namespace {

constexpr http2::HeaderField kStatus200{":status", "200"};
constexpr http2::HeaderField kContentType{"content-type", "application/grpc"};
constexpr http2::HeaderField kAcceptEncoding{"grpc-accept-encoding", kAcceptedEncodings};
// grpc-message may be long and is trimmed, so that an error never exceeds what clients take as headers.
constexpr std::size_t kMaxStatusMessage = 4096;

std::string_view code_text(Code code) {
  static constexpr std::array<std::string_view, 17> kTexts{"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                           "9", "10", "11", "12", "13", "14", "15", "16"};
  const auto value = static_cast<std::size_t>(code);
  return value < kTexts.size() ? kTexts[value] : kTexts[2];
}

}  // namespace

ServerSession::ServerSession(ServerCore& core)
    : core_(core),
      session_(http2::Role::kServer, core.options.session, *this),
      timer_([](void* self) { static_cast<ServerSession*>(self)->on_timer(); }, this),
      opened_ns_(core.now_ns()),
      received_ns_(core.now_ns()) {}

ServerSession::~ServerSession() {
  if (!gone_) disconnected("destroyed");
}

void ServerSession::attach(SessionHost& host, std::string peer) {
  host_ = &host;
  peer_ = std::move(peer);
  arm_connection();
}

bool ServerSession::feed(std::string_view bytes) {
  received_ns_ = core_.now_ns();
  ping_sent_ns_ = 0;
  const bool healthy = session_.feed(bytes, core_.now_ns());
  check_header_block();
  return healthy;
}

bool ServerSession::produce(std::string& out, std::size_t limit) {
  return session_.produce(out, limit, core_.now_ns());
}

bool ServerSession::finished() const {
  return session_.finished();
}

void ServerSession::deliver() {
  // Timers are armed only for calls that outlive the turn they came in: most are answered before.
  std::size_t kept = 0;
  for (auto [id, looks] : begun_) {
    ServerCall* call = core_.find(id);
    if (call == nullptr) continue;
    if (call->finished && looks == 0) {
      begun_[kept++] = {id, 1};  // its answer leaves with the coming flush
    } else {
      arm_call(*call);
    }
  }
  begun_.resize(kept);
  core_.deliver();
}

void ServerSession::disconnected(std::string_view) {
  if (gone_) return;
  gone_ = true;
  timer_.cancel();
  // Deleting the nghttp2 session reports nothing for open streams.
  while (!calls_.empty()) {
    ServerCall* call = calls_.back();
    calls_.pop_back();
    core_.note_closed(*call, CloseReason::kDisconnected);
    drop_request(*call);
    core_.recycle(call);
  }
  core_.deliver();
}

void ServerSession::queue_message(ServerCall& call, std::string message, std::uint64_t tag) {
  call.unsent_bytes += message.size() + 5;
  if (call.unsent_bytes > core_.options.stream_output_mark) call.over_mark = true;
  call.queue.push_back({std::move(message), tag});
  ++core_.stats.messages_sent;
  wake(call);
}

void ServerSession::finish(ServerCall& call, Error status) {
  call.finished = true;
  call.status = std::move(status);
  if (call.status.message.size() > kMaxStatusMessage) call.status.message.resize(kMaxStatusMessage);
  if (call.counted_running) {
    call.counted_running = false;
    --running_;
    --core_.stats.calls_running;
  }
  if (!call.responded && call.queue.empty()) {
    trailers_only(call);
  } else {
    wake(call);
  }
}

void ServerSession::start_response(ServerCall& call) {
  const std::array<http2::HeaderField, 3> fields{kStatus200, kContentType, kAcceptEncoding};
  call.responded = true;
  session_.submit_response(call.stream_id, fields, true);
}

void ServerSession::trailers_only(ServerCall& call) {
  call.responded = true;
  std::string message;
  percent_encode(message, call.status.message);
  // Messages name keys and ids: out of the compression table, where they would push out what repeats.
  const std::array<http2::HeaderField, 5> fields{kStatus200, kContentType,
                                                 http2::HeaderField{"grpc-status", code_text(call.status.code)},
                                                 kAcceptEncoding, http2::HeaderField{"grpc-message", message, true}};
  session_.submit_response(call.stream_id, std::span(fields).first(message.empty() ? 4 : 5), false);
  host_->request_flush();
}

void ServerSession::wake(ServerCall& call) {
  if (!call.responded) {
    start_response(call);
  } else if (call.deferred) {
    call.deferred = false;
    session_.resume_body(call.stream_id);
  }
  host_->request_flush();
}

bool ServerSession::submit_trailers(ServerCall& call) {
  std::string message;
  percent_encode(message, call.status.message);
  const std::array<http2::HeaderField, 2> fields{
      {{"grpc-status", code_text(call.status.code)}, {"grpc-message", message, true}}};
  return session_.submit_trailers(call.stream_id, std::span(fields).first(message.empty() ? 1 : 2));
}

http2::BodyChunk ServerSession::read_body(void* stream, char* out, std::size_t room) {
  using State = http2::BodyChunk::State;
  auto& call = *static_cast<ServerCall*>(stream);
  std::size_t size = 0;
  while (size < room && call.queue_head < call.queue.size()) {
    const std::string& bytes = call.queue[call.queue_head].bytes;
    if (call.head_offset < 5) {
      const auto length = static_cast<std::uint32_t>(bytes.size());
      const char prefix[5] = {0, static_cast<char>(length >> 24), static_cast<char>(length >> 16),
                              static_cast<char>(length >> 8), static_cast<char>(length)};
      const std::size_t take = std::min(room - size, 5 - call.head_offset);
      std::memcpy(out + size, prefix + call.head_offset, take);
      call.head_offset += take;
      size += take;
    }
    if (call.head_offset >= 5) {
      const std::size_t take = std::min(room - size, bytes.size() - (call.head_offset - 5));
      std::memcpy(out + size, bytes.data() + (call.head_offset - 5), take);
      call.head_offset += take;
      size += take;
      if (call.head_offset == bytes.size() + 5) {
        std::string().swap(call.queue[call.queue_head].bytes);
        ++call.queue_head;
        call.head_offset = 0;
      }
    }
  }
  call.unsent_bytes -= size;
  if (call.over_mark && call.unsent_bytes <= core_.options.stream_output_mark / 2) core_.note_drained(call);
  if (call.queue_head < call.queue.size()) return {size, State::kMore};
  call.queue.clear();
  call.queue_head = 0;
  if (call.finished) return {size, submit_trailers(call) ? State::kTrailers : State::kEnd};
  if (size > 0) return {size, State::kMore};
  call.deferred = true;
  return {0, State::kDeferred};
}

void ServerSession::on_stream_closed(void* stream, std::uint32_t http2_error) {
  auto* call = static_cast<ServerCall*>(stream);
  const bool complete = call->finished && call->queue_head == call->queue.size() &&
                        http2_error == static_cast<std::uint32_t>(http2::ErrorCode::kNoError);
  core_.note_closed(*call, complete ? CloseReason::kFinished : CloseReason::kCancelled);
  drop_request(*call);
  calls_[call->index] = calls_.back();
  calls_[call->index]->index = call->index;
  calls_.pop_back();
  core_.recycle(call);
}

void ServerSession::arm_call(ServerCall& call) {
  std::int64_t due = call.deadline_ns;
  if (!call.discard) due = std::min(due, call.progress_ns + core_.options.message_stall_ns);
  if (due != kNoDeadline) core_.timers.arm(call.timer, due);
}

void ServerSession::on_call_timer(ServerCall& call) {
  const std::int64_t now = core_.now_ns();
  if (call.deadline_ns <= now) {
    expire(call);
  } else if (!call.discard && call.progress_ns + core_.options.message_stall_ns <= now) {
    refuse(call, Code::kDeadlineExceeded, "The request did not arrive in time");
  } else {
    arm_call(call);
  }
  core_.deliver();
}

void ServerSession::expire(ServerCall& call) {
  if (!call.dispatched) ++core_.stats.calls_expired;
  core_.note_closed(call, CloseReason::kDeadline);
  call.discard = true;
  drop_request(call);
  if (call.head_offset > 0) {  // in mid-message: trailers would not be understood
    session_.submit_reset(call.stream_id, http2::ErrorCode::kCancel);
    host_->request_flush();
    return;
  }
  call.queue.clear();
  call.queue_head = call.unsent_bytes = 0;
  if (call.finished && call.responded && !call.deferred) {
    // finish() came before, the trailers wait behind flow control: they now say what happened.
    call.status = Error{Code::kDeadlineExceeded, "Deadline exceeded"};
    host_->request_flush();
    return;
  }
  finish(call, Error{Code::kDeadlineExceeded, "Deadline exceeded"});
}

void ServerSession::drain() {
  if (draining_) return;
  draining_ = true;
  session_.submit_shutdown_notice();
  session_.submit_ping();
  host_->request_flush();
}

void ServerSession::on_ping_ack() {
  // Everything the client sent before it saw the notice has arrived: now the last stream id is known.
  if (draining_) session_.submit_final_goaway();
}

void ServerSession::terminate(http2::ErrorCode code) {
  session_.terminate(code);
  host_->request_flush();
}

void ServerSession::check_header_block() {
  if (!session_.in_header_block()) {
    header_block_ns_ = 0;
  } else if (header_block_ns_ == 0) {
    header_block_ns_ = core_.now_ns();
    core_.timers.arm(timer_, std::min(timer_.armed() ? timer_.due_ns() : std::numeric_limits<std::int64_t>::max(),
                                      header_block_ns_ + core_.options.header_timeout_ns));
  }
}

void ServerSession::arm_connection() {
  const GrpcServerOptions& options = core_.options;
  std::int64_t due =
      ping_sent_ns_ != 0 ? ping_sent_ns_ + options.ping_timeout_ns : received_ns_ + options.ping_interval_ns;
  if (!session_.peer_settings_seen()) due = std::min(due, opened_ns_ + options.header_timeout_ns);
  if (header_block_ns_ != 0) due = std::min(due, header_block_ns_ + options.header_timeout_ns);
  core_.timers.arm(timer_, due);
}

void ServerSession::on_timer() {
  const GrpcServerOptions& options = core_.options;
  const std::int64_t now = core_.now_ns();
  if (!session_.peer_settings_seen() && now - opened_ns_ >= options.header_timeout_ns) {
    return host_->close("no HTTP/2 preface in time");
  }
  if (header_block_ns_ != 0 && now - header_block_ns_ >= options.header_timeout_ns) {
    return host_->close("header block not finished in time");
  }
  if (ping_sent_ns_ != 0 && now - ping_sent_ns_ >= options.ping_timeout_ns) return host_->close("PING not answered");
  if (ping_sent_ns_ == 0 && now - received_ns_ >= options.ping_interval_ns) {
    ping_sent_ns_ = now;
    session_.submit_ping();
    host_->request_flush();
  }
  arm_connection();
}

}  // namespace baton::grpc
