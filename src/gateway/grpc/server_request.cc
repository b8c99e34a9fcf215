// The request side of ServerSession: headers, message bytes, dispatch.
#include <algorithm>
#include <array>
#include <cstring>

#include "gateway/grpc/server_session.h"

namespace baton::grpc {
namespace {

constexpr std::size_t kHeaderOverhead = 32;  // RFC 9113 section 6.5.2

std::uint32_t big_endian(const unsigned char* bytes) {
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) | (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

}  // namespace

void* ServerSession::on_stream_open(std::int32_t stream_id) {
  ServerCall* call = core_.open_call(*this, stream_id);
  call->index = calls_.size();
  calls_.push_back(call);
  begun_.emplace_back(call->id, 0);
  return call;
}

void ServerSession::on_header(void* stream, std::string_view name, std::string_view value) {
  auto& call = *static_cast<ServerCall*>(stream);
  call.header_bytes += name.size() + value.size() + kHeaderOverhead;
  if (call.headers_done || call.header_bytes > core_.options.session.max_header_list_bytes) return;
  if (name.empty()) return;
  switch (name[0]) {
    case ':':
      if (name == ":path") {
        call.method = core_.find_method(value);
        call.metadata.add(name, value);
      } else if (name == ":method") {
        call.post = value == "POST";
      }
      return;
    case 'c':
      if (name != "content-type") break;
      call.grpc_content_type = is_grpc_content_type(value);
      return;
    case 't':
      if (name == "te") return;
      break;
    case 'g':
      if (name == "grpc-timeout") {
        const auto timeout = parse_timeout(value);
        call.bad_timeout = !timeout;
        if (timeout) call.deadline_ns = call.opened_ns + *timeout;
        return;
      }
      if (name == "grpc-encoding") {
        call.encoding = encoding_of(value);
        return;
      }
      if (name == "grpc-accept-encoding") return;
      break;
    default:
      break;
  }
  call.metadata.add(name, value);
}

void ServerSession::on_headers_end(void* stream, bool trailers) {
  auto& call = *static_cast<ServerCall*>(stream);
  if (trailers) return;  // request trailers carry nothing gRPC knows; END_STREAM follows
  call.headers_done = true;
  const GrpcServerOptions& options = core_.options;
  if (call.header_bytes > options.session.max_header_list_bytes) {
    return refuse(
        call, Code::kResourceExhausted,
        fmt::format("Request metadata is larger than the limit of {} bytes", options.session.max_header_list_bytes));
  }
  if (!call.post) return answer_plain_http(call, "405");
  if (!call.grpc_content_type) return answer_plain_http(call, "415");
  if (call.method == nullptr) {
    return refuse(call, Code::kUnimplemented,
                  "Method not found: " + std::string(call.metadata.find(":path").value_or("")));
  }
  if (call.bad_timeout) return refuse(call, Code::kInternal, "Malformed grpc-timeout");
  if (call.encoding == Encoding::kUnknown) {
    return refuse(call, Code::kUnimplemented, "The message encoding is not supported");
  }
  if (call.deadline_ns <= core_.now_ns()) {
    ++core_.stats.calls_expired;
    return refuse(call, Code::kDeadlineExceeded, "Deadline exceeded");
  }
}

void ServerSession::on_data(void* stream, std::string_view bytes) {
  auto& call = *static_cast<ServerCall*>(stream);
  call.progress_ns = core_.now_ns();
  while (!bytes.empty() && !call.discard) {
    if (call.prefix_size < 5) {
      const std::size_t take = std::min(bytes.size(), 5 - call.prefix_size);
      std::memcpy(call.prefix + call.prefix_size, bytes.data(), take);
      call.prefix_size += take;
      bytes.remove_prefix(take);
      if (call.prefix_size == 5) take_prefix(call);
    } else if (call.request.size() < call.request_size) {
      take_request_bytes(call, bytes);
    } else {
      return refuse(call, Code::kUnimplemented, "The method takes exactly one message");
    }
  }
}

void ServerSession::take_prefix(ServerCall& call) {
  call.request_size = big_endian(call.prefix + 1);
  if (call.prefix[0] > 1) return refuse(call, Code::kInternal, "Malformed message prefix");
  if (call.prefix[0] == 1 && call.encoding == Encoding::kIdentity) {
    return refuse(call, Code::kInternal, "A compressed message without grpc-encoding");
  }
  if (call.request_size > core_.options.max_message_bytes) {
    return refuse(
        call, Code::kResourceExhausted,
        fmt::format("The message has {} bytes, the limit is {}", call.request_size, core_.options.max_message_bytes));
  }
}

void ServerSession::take_request_bytes(ServerCall& call, std::string_view& bytes) {
  const std::size_t take = std::min(bytes.size(), call.request_size - call.request.size());
  if (partial_bytes_ + take > core_.options.max_partial_bytes_per_connection ||
      core_.stats.partial_bytes + take > core_.options.max_partial_bytes) {
    return refuse(call, Code::kResourceExhausted, "Too many incomplete requests");
  }
  call.request.append(bytes.data(), take);
  partial_bytes_ += take;
  core_.stats.partial_bytes += take;
  bytes.remove_prefix(take);
}

void ServerSession::on_end_stream(void* stream) {
  auto& call = *static_cast<ServerCall*>(stream);
  if (call.discard || call.dispatched) return;
  if (call.prefix_size == 0) return refuse(call, Code::kInternal, "The request has no message");
  if (!call.request_complete()) return refuse(call, Code::kInternal, "The message is cut off");
  dispatch(call);
}

void ServerSession::dispatch(ServerCall& call) {
  const GrpcServerOptions& options = core_.options;
  if (running_ >= options.max_running_calls_per_connection || core_.stats.calls_running >= options.max_running_calls) {
    return refuse(call, Code::kResourceExhausted, "Too many calls are running");
  }
  std::string_view message = call.request;
  if (call.prefix[0] == 1) {
    const auto inflated = core_.inflater.inflate(message, options.max_message_bytes);
    if (!inflated) return refuse(call, inflated.error().code, inflated.error().message);
    message = *inflated;
  }
  call.dispatched = call.counted_running = true;
  call.discard = true;  // whatever might still come
  ++running_;
  ++core_.stats.calls_running;
  ++core_.stats.calls_dispatched;
  const CallInfo info{call.method->path, peer_, call.deadline_ns, call.metadata};
  call.method->handlers.on_call(call.id, info, message);
  drop_request(call);
}

/// Gives back the memory and the budget of the request's bytes.
void ServerSession::drop_request(ServerCall& call) {
  partial_bytes_ -= call.request.size();
  core_.stats.partial_bytes -= call.request.size();
  if (call.request.capacity() > (4U << 10)) {
    std::string().swap(call.request);
  } else {
    call.request.clear();
  }
  call.request_size = 0;
}

void ServerSession::refuse(ServerCall& call, Code code, std::string message) {
  ++core_.stats.calls_refused;
  call.discard = true;
  drop_request(call);
  finish(call, Error{code, std::move(message)});
}

void ServerSession::answer_plain_http(ServerCall& call, std::string_view status) {
  ++core_.stats.calls_refused;
  call.discard = call.finished = call.responded = true;
  const std::array<http2::HeaderField, 2> fields{{{":status", status}, {"content-length", "0"}}};
  session_.submit_response(call.stream_id, fields, false);
  host_->request_flush();
}

}  // namespace baton::grpc
