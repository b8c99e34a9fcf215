#include "gateway/grpc/client.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "base/ensure.h"

namespace baton::grpc {
namespace {

/// The gRPC status of a stream that ended without trailers (the mapping of the protocol description).
Code code_of_http2_error(std::uint32_t error) {
  switch (error) {
    case 7:
      return Code::kUnavailable;  // REFUSED_STREAM
    case 8:
      return Code::kCancelled;  // CANCEL
    case 11:
      return Code::kResourceExhausted;  // ENHANCE_YOUR_CALM
    default:
      return Code::kInternal;
  }
}

Code code_of_http_status(std::string_view status) {
  if (status == "400") return Code::kInternal;
  if (status == "401") return Code::kUnauthenticated;
  if (status == "403") return Code::kPermissionDenied;
  if (status == "404") return Code::kUnimplemented;
  if (status == "429" || status == "502" || status == "503" || status == "504") return Code::kUnavailable;
  return Code::kUnknown;
}

Code code_of_text(std::string_view text) {
  int value = 0;
  if (text.empty() || text.size() > 2) return Code::kUnknown;
  for (const char c : text) {
    if (c < '0' || c > '9') return Code::kUnknown;
    value = value * 10 + (c - '0');
  }
  return value <= 16 ? static_cast<Code>(value) : Code::kUnknown;
}

class ClientSession;

struct ClientCall {
  explicit ClientCall(ClientSession* owner)
      : session(owner), timer([](void* self) { static_cast<ClientCall*>(self)->expire(); }, this) {}
  void expire();

  ClientSession* session;
  std::uint64_t handle = 0;
  std::int32_t stream_id = 0;
  GrpcClient::UnaryCallback unary;
  GrpcClient::MessageCallback on_message;
  GrpcClient::EndCallback on_end;
  std::string request;  // framed
  std::size_t request_at = 0;
  bool manual_windows = false;

  std::string incoming;  // answer bytes from the last incomplete message on
  std::string reply;     // unary: the message
  bool has_reply = false;
  std::string http_status;
  bool grpc_content = false;
  Encoding encoding = Encoding::kIdentity;
  bool has_status = false;
  Error status{Code::kUnknown, "The call ended without a status"};
  bool ended = false;  // result decided by us; what still comes is dropped
  http2::Timer timer;
};

/// Shared with the connection: outlives neither.
struct ClientContext {
  http2::EventLoop& loop;
  const GrpcClientOptions& options;
  Inflater& inflater;
  std::size_t& open_calls;
};

class ClientSession final : public http2::ByteSession, private http2::SessionEvents {
 public:
  explicit ClientSession(const ClientContext& context)
      : context_(context), session_(http2::Role::kClient, context.options.session, *this) {
    session_.set_manual_windows(true);
  }
  ~ClientSession() override { context_.open_calls -= calls_.size() + ended_.size(); }

  bool start(std::unique_ptr<ClientCall>& call, std::string_view path, const CallOptions& options);
  bool cancel(std::uint64_t handle, Error why);
  void consume(std::uint64_t handle, std::size_t bytes);
  void end_all(const std::string& reason);
  [[nodiscard]] bool accepts_calls() const { return !going_away_; }
  void set_flush(std::function<void()> flush) { flush_ = std::move(flush); }

  bool feed(std::string_view bytes) override { return session_.feed(bytes, context_.loop.now_ns()); }
  bool produce(std::string& out, std::size_t limit) override {
    return session_.produce(out, limit, context_.loop.now_ns());
  }
  [[nodiscard]] bool finished() const override { return session_.finished(); }
  void deliver() override;
  void disconnected(std::string_view reason) override { end_all(std::string(reason)); }

 private:
  void* on_stream_open(std::int32_t) override { return nullptr; }
  void on_header(void* stream, std::string_view name, std::string_view value) override;
  void on_headers_end(void* stream, bool trailers) override;
  void on_data(void* stream, std::string_view bytes) override;
  void on_end_stream(void*) override {}
  void on_stream_closed(void* stream, std::uint32_t http2_error) override;
  http2::BodyChunk read_body(void* stream, char* out, std::size_t room) override;
  void on_goaway(std::int32_t, std::uint32_t) override { going_away_ = true; }
  void on_ping_ack() override {}

  void take_messages(ClientCall& call);
  bool take_message(ClientCall& call, bool compressed, std::string_view bytes);
  void give_up(ClientCall& call, Error why);

  ClientContext context_;
  http2::Session session_;
  std::function<void()> flush_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ClientCall>> calls_;
  std::vector<std::unique_ptr<ClientCall>> ended_;  // wait for deliver(): callbacks run outside protocol callbacks
  bool going_away_ = false;
};

void ClientCall::expire() {
  session->cancel(handle, Error{Code::kDeadlineExceeded, "Deadline exceeded"});
}

/// Takes the call only if it returns true.
bool ClientSession::start(std::unique_ptr<ClientCall>& call, std::string_view path, const CallOptions& options) {
  std::vector<http2::HeaderField> fields{{":method", "POST"},
                                         {":scheme", "http"},
                                         {":path", path},
                                         {":authority", context_.options.host},
                                         {"te", "trailers"},
                                         {"content-type", "application/grpc"},
                                         {"user-agent", context_.options.user_agent},
                                         {"grpc-accept-encoding", kAcceptedEncodings}};
  std::string timeout;
  if (options.deadline_ns != kNoDeadline) {
    timeout = format_timeout(std::max<std::int64_t>(options.deadline_ns - context_.loop.now_ns(), 0));
    fields.push_back({"grpc-timeout", timeout});
  }
  if (options.encoding == Encoding::kGzip) fields.push_back({"grpc-encoding", "gzip"});
  if (options.encoding == Encoding::kDeflate) fields.push_back({"grpc-encoding", "deflate"});
  for (const auto& [name, value] : context_.options.metadata) fields.push_back({name, value, name == "authorization"});
  for (const auto& [name, value] : options.metadata) fields.push_back({name, value, name == "authorization"});
  const std::int32_t stream_id = session_.submit_request(fields, call.get());
  if (stream_id < 0) return false;
  call->stream_id = stream_id;
  if (options.deadline_ns != kNoDeadline) context_.loop.timers().arm(call->timer, options.deadline_ns);
  calls_.emplace(call->handle, std::move(call));
  ++context_.open_calls;
  flush_();
  return true;
}

bool ClientSession::cancel(std::uint64_t handle, Error why) {
  const auto it = calls_.find(handle);
  if (it == calls_.end()) return false;
  give_up(*it->second, std::move(why));
  return true;
}

/// Decides the result here and resets the stream; the callback follows at the end of the turn.
void ClientSession::give_up(ClientCall& call, Error why) {
  call.ended = true;
  call.status = std::move(why);
  call.timer.cancel();
  session_.submit_reset(call.stream_id, http2::ErrorCode::kCancel);
  session_.detach(call.stream_id);
  const auto it = calls_.find(call.handle);
  ended_.push_back(std::move(it->second));
  calls_.erase(it);
  flush_();
}

void ClientSession::consume(std::uint64_t handle, std::size_t bytes) {
  const auto it = calls_.find(handle);
  if (it == calls_.end()) return;
  session_.consume(it->second->stream_id, bytes);
  flush_();
}

void ClientSession::on_header(void* stream, std::string_view name, std::string_view value) {
  auto& call = *static_cast<ClientCall*>(stream);
  if (name == ":status") {
    call.http_status = value;
  } else if (name == "content-type") {
    call.grpc_content = is_grpc_content_type(value);
  } else if (name == "grpc-status") {
    call.has_status = true;
    call.status.code = code_of_text(value);
    if (call.status.message == "The call ended without a status") call.status.message.clear();
  } else if (name == "grpc-message") {
    call.status.message = percent_decode(value);
  } else if (name == "grpc-encoding") {
    call.encoding = encoding_of(value);
  }
}

void ClientSession::on_headers_end(void* stream, bool) {
  auto& call = *static_cast<ClientCall*>(stream);
  if (call.has_status) return;
  if (call.http_status != "200" || !call.grpc_content) {
    give_up(call, Error{code_of_http_status(call.http_status), "HTTP status " + call.http_status});
  }
}

void ClientSession::on_data(void* stream, std::string_view bytes) {
  auto& call = *static_cast<ClientCall*>(stream);
  if (!call.manual_windows) session_.consume(call.stream_id, bytes.size());
  call.incoming.append(bytes);
  take_messages(call);
}

void ClientSession::take_messages(ClientCall& call) {
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(call.incoming[at + i])}; };
  while (!call.ended && call.incoming.size() - at >= 5) {
    const std::size_t size = (byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4);
    if (size > context_.options.max_message_bytes) {
      give_up(call, Error{Code::kResourceExhausted, "The answer is larger than the limit"});
      break;
    }
    if (call.incoming.size() - at < 5 + size) break;
    if (!take_message(call, byte(0) != 0, std::string_view(call.incoming).substr(at + 5, size))) break;
    at += 5 + size;
  }
  call.incoming.erase(0, at);
}

bool ClientSession::take_message(ClientCall& call, bool compressed, std::string_view bytes) {
  if (compressed) {
    auto inflated = context_.inflater.inflate(bytes, context_.options.max_message_bytes);
    if (!inflated) {
      give_up(call, inflated.error());
      return false;
    }
    bytes = *inflated;
  }
  if (call.unary) {
    if (call.has_reply) {
      give_up(call, Error{Code::kInternal, "More than one answer to a unary call"});
      return false;
    }
    call.reply = bytes;
    call.has_reply = true;
  } else {
    call.on_message(bytes);
  }
  return true;
}

http2::BodyChunk ClientSession::read_body(void* stream, char* out, std::size_t room) {
  auto& call = *static_cast<ClientCall*>(stream);
  const std::size_t size = std::min(room, call.request.size() - call.request_at);
  std::memcpy(out, call.request.data() + call.request_at, size);
  call.request_at += size;
  const bool end = call.request_at == call.request.size();
  return {size, end ? http2::BodyChunk::State::kEnd : http2::BodyChunk::State::kMore};
}

void ClientSession::on_stream_closed(void* stream, std::uint32_t http2_error) {
  auto& call = *static_cast<ClientCall*>(stream);
  if (!call.has_status) {
    call.status = Error{code_of_http2_error(http2_error), "The stream was reset"};
  } else if (call.status.code == Code::kOk && !call.incoming.empty()) {
    call.status = Error{Code::kInternal, "The answer is cut off"};
  }
  const auto it = calls_.find(call.handle);
  ended_.push_back(std::move(it->second));
  calls_.erase(it);
}

void ClientSession::deliver() {
  while (!ended_.empty()) {
    std::vector<std::unique_ptr<ClientCall>> batch;
    batch.swap(ended_);
    context_.open_calls -= batch.size();
    for (const auto& call : batch) {
      call->timer.cancel();
      const bool ok = call->status.code == Code::kOk;
      if (call->unary) {
        if (ok && call->has_reply) {
          call->unary(std::string_view(call->reply));
        } else if (ok) {
          call->unary(fail(Code::kInternal, "OK without an answer"));
        } else {
          call->unary(fail(call->status));
        }
      } else {
        call->on_end(ok ? Status{} : Status{fail(call->status)});
      }
    }
  }
}

void ClientSession::end_all(const std::string& reason) {
  going_away_ = true;
  for (auto& [handle, call] : calls_) {
    call->status = Error{Code::kUnavailable, "Connection lost: " + reason};
    ended_.push_back(std::move(call));
  }
  calls_.clear();
  deliver();
}

}  // namespace

struct GrpcClient::Impl {
  Impl(http2::EventLoop& event_loop, GrpcClientOptions settings) : loop(event_loop), options(std::move(settings)) {}

  Status ensure_connection() {
    if (current != nullptr && session->accepts_calls()) return {};
    BATON_ASSIGN(const int fd, http2::start_connect(options.host, options.port));
    auto made = std::make_unique<ClientSession>(ClientContext{loop, options, inflater, open_calls});
    session = made.get();
    std::unique_ptr<http2::ByteSession> bytes = std::move(made);
    if (options.tls != nullptr) bytes = options.tls->connect(std::move(bytes));
    auto connection = std::make_unique<http2::Connection>(loop, fd, true, std::move(bytes), options.connection,
                                                          [this](http2::Connection& gone) { forget(gone); });
    current = connection.get();
    session->set_flush([raw = current] { raw->request_flush(); });
    // An earlier connection that is going away stays until its calls have ended.
    connections.push_back({std::move(connection), session});
    return {};
  }

  void forget(http2::Connection& gone) {
    if (&gone == current) {
      current = nullptr;
      session = nullptr;
    }
    const auto it = std::find_if(connections.begin(), connections.end(),
                                 [&](const Entry& entry) { return entry.connection.get() == &gone; });
    connections.erase(it);
  }

  CallHandle start(std::string_view path, std::string_view message, const CallOptions& call_options,
                   std::unique_ptr<ClientCall> call) {
    const CallHandle handle = call->handle = next_handle++;
    call->manual_windows = call_options.manual_windows;
    const bool compressed = call_options.encoding == Encoding::kGzip || call_options.encoding == Encoding::kDeflate;
    const std::string packed = compressed ? compress(call_options.encoding, message) : std::string();
    const std::string_view body = compressed ? std::string_view(packed) : message;
    const auto size = static_cast<std::uint32_t>(body.size());
    call->request.reserve(5 + body.size());
    call->request.push_back(compressed ? '\1' : '\0');
    for (const int shift : {24, 16, 8, 0}) call->request.push_back(static_cast<char>(size >> shift));
    call->request.append(body);

    Status ready = ensure_connection();
    if (ready) {
      call->session = session;
      if (session->start(call, path, call_options)) return handle;
      ready = fail(Code::kUnavailable, "The connection takes no more calls");
    }
    return fail_later(std::move(ready), std::move(call->unary), std::move(call->on_end));
  }

  CallHandle fail_later(Status why, UnaryCallback unary, EndCallback on_end) {
    loop.post([alive = std::weak_ptr<int>(token), why = std::move(why), unary = std::move(unary),
               on_end = std::move(on_end)] {
      if (alive.expired()) return;
      if (unary) {
        unary(fail(why.error()));
      } else {
        on_end(why);
      }
    });
    return 0;
  }

  struct Entry {
    std::unique_ptr<http2::Connection> connection;
    ClientSession* session;
  };
  http2::EventLoop& loop;
  GrpcClientOptions options;
  Inflater inflater;
  std::size_t open_calls = 0;
  std::vector<Entry> connections;
  http2::Connection* current = nullptr;
  ClientSession* session = nullptr;
  CallHandle next_handle = 1;
  std::shared_ptr<int> token = std::make_shared<int>(0);
};

GrpcClient::GrpcClient(http2::EventLoop& loop, GrpcClientOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}

GrpcClient::~GrpcClient() = default;

GrpcClient::CallHandle GrpcClient::unary(std::string_view path, std::string_view message, UnaryCallback callback,
                                         const CallOptions& options) {
  auto call = std::make_unique<ClientCall>(nullptr);
  call->unary = std::move(callback);
  return impl_->start(path, message, options, std::move(call));
}

GrpcClient::CallHandle GrpcClient::server_stream(std::string_view path, std::string_view message,
                                                 MessageCallback on_message, EndCallback on_end,
                                                 const CallOptions& options) {
  auto call = std::make_unique<ClientCall>(nullptr);
  call->on_message = std::move(on_message);
  call->on_end = std::move(on_end);
  return impl_->start(path, message, options, std::move(call));
}

bool GrpcClient::cancel(CallHandle call) {
  for (const auto& entry : impl_->connections) {
    if (entry.session->cancel(call, Error{Code::kCancelled, "Cancelled by the caller"})) return true;
  }
  return false;
}

void GrpcClient::consume(CallHandle call, std::size_t bytes) {
  for (const auto& entry : impl_->connections) entry.session->consume(call, bytes);
}

void GrpcClient::close() {
  for (const auto& entry : impl_->connections) entry.connection->close("closed by the client");
}

bool GrpcClient::connected() const {
  return impl_->current != nullptr && impl_->current->peer() != "";
}

std::size_t GrpcClient::open_calls() const {
  return impl_->open_calls;
}

}  // namespace baton::grpc
