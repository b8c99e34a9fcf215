// A server session in memory, driven by raw frames or by a scripted HTTP/2 client, with a clock moved by hand.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/grpc/health.h"
#include "gateway/grpc/server_core.h"
#include "gateway/grpc/server_session.h"

namespace baton::grpc::testing {

inline constexpr std::int64_t kSec = 1'000'000'000;

// Frame types and flags of RFC 9113 section 6.
enum FrameType : int {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRst = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9
};
inline constexpr int kEndStream = 1, kEndHeaders = 4, kPadded = 8, kAck = 1;

inline std::string u32(std::uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}
inline std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  std::string out = u32(static_cast<std::uint32_t>(payload.size())).substr(1);
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  return out + u32(stream) + std::string(payload);
}
inline std::string preface() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kSettings, 0, 0, "");
}
/// A gRPC message with its prefix.
inline std::string grpc_message(std::string_view bytes, char flag = 0) {
  return std::string(1, flag) + u32(static_cast<std::uint32_t>(bytes.size())) + std::string(bytes);
}
/// HPACK literals without indexing; names and values below 127 bytes.
inline std::string hpack(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out.push_back(0);
    out.push_back(static_cast<char>(name.size()));
    out += name;
    out.push_back(static_cast<char>(value.size()));
    out += value;
  }
  return out;
}
inline std::vector<std::pair<std::string, std::string>> request_headers(
    std::string path = "/test/Hold", std::vector<std::pair<std::string, std::string>> more = {}) {
  std::vector<std::pair<std::string, std::string>> fields{
      {":method", "POST"}, {":scheme", "http"}, {":path", std::move(path)},
      {":authority", "x"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

struct Closed {
  CallId id;
  CloseReason reason;
  std::vector<std::uint64_t> unsent;
};

/// The server side. Methods: /test/Echo answers at once, /test/Hold keeps the call, /test/Stream keeps it as a stream.
class MemoryServer final : public SessionHost {
 public:
  explicit MemoryServer(const GrpcServerOptions& options = {})
      : wheel(1000 * kSec), core(options, wheel, &now), health(core), session(std::make_unique<ServerSession>(core)) {
    const auto closed_handler = [this](CallId id, CloseReason reason, std::span<const std::uint64_t> unsent) {
      closed.push_back({id, reason, {unsent.begin(), unsent.end()}});
    };
    health.set_serving("", true);
    core.add_method("/test/Echo", MethodKind::kUnary,
                    {[this](CallId id, const CallInfo&, std::string_view message) {
                       messages.emplace_back(message);
                       core.reply(id, std::string(message));
                     },
                     closed_handler,
                     {}});
    const auto hold = [this](CallId id, const CallInfo& info, std::string_view message) {
      held.push_back(id);
      deadlines.push_back(info.deadline_ns);
      messages.emplace_back(message);
    };
    const auto drained_handler = [this](CallId id) { drained.push_back(id); };
    core.add_method("/test/Hold", MethodKind::kUnary, {hold, closed_handler, drained_handler});
    core.add_method("/test/Stream", MethodKind::kServerStreaming, {hold, closed_handler, drained_handler});
    session->attach(*this, "test:1");
  }
  ~MemoryServer() { session.reset(); }

  void request_flush() override { flush_wanted = true; }
  void close(std::string reason) override { close_reason = std::move(reason); }

  /// Feeds bytes as one read; returns false once the session is broken.
  bool feed(std::string_view bytes) {
    const bool healthy = session->feed(bytes);
    broken = broken || !healthy;
    session->deliver();
    return healthy;
  }
  std::string produce() {
    std::string out;
    for (;;) {
      const std::size_t before = out.size();
      if (!session->produce(out, 64 << 10) || out.size() == before) break;
    }
    session->deliver();
    flush_wanted = false;
    return out;
  }
  void advance(std::int64_t ns) {
    now += ns;
    wheel.advance(now);
    core.deliver();
  }
  /// Over as the transport sees it: would now close.
  [[nodiscard]] bool over() const { return broken || session->finished() || !close_reason.empty(); }

  std::int64_t now = 1000 * kSec;
  http2::TimerWheel wheel;
  ServerCore core;
  HealthService health;
  std::unique_ptr<ServerSession> session;
  std::vector<CallId> held;
  std::vector<std::int64_t> deadlines;
  std::vector<std::string> messages;
  std::vector<Closed> closed;
  std::vector<CallId> drained;
  std::string close_reason;
  bool broken = false;
  bool flush_wanted = false;
};

/// What a stream gave to the client.
struct Answer {
  std::map<std::string, std::string> fields;  // headers and trailers
  std::string data;
  int header_blocks = 0;
  bool ended = false;
  bool closed = false;
  std::uint32_t error = 0;
  // The request body: sent as long as there is some; END_STREAM when `end`.
  std::string body;
  bool end = true;
  std::int32_t id = 0;
  [[nodiscard]] std::string status() const {
    const auto it = fields.find("grpc-status");
    return it == fields.end() ? "none" : it->second;
  }
};

/// A scripted client on http2::Session.
class MemoryClient final : private http2::SessionEvents {
 public:
  explicit MemoryClient(MemoryServer& server, const http2::SessionLimits& limits = {})
      : server_(server), session(http2::Role::kClient, limits, *this) {}

  Answer& request(const std::vector<std::pair<std::string, std::string>>& fields, std::string body, bool end = true) {
    auto& answer = *answers_.emplace_back(std::make_unique<Answer>());
    answer.body = std::move(body);
    answer.end = end;
    std::vector<http2::HeaderField> list;
    for (const auto& [name, value] : fields) list.push_back({name, value});
    answer.id = session.submit_request(list, &answer);
    return answer;
  }
  void send_more(Answer& answer, std::string body, bool end) {
    answer.body += body;
    answer.end = end;
    session.resume_body(answer.id);
  }
  /// Moves bytes both ways until nothing moves. `step` bytes a read, 0: all at once.
  void pump(std::size_t step = 0) {
    for (int idle = 0; idle < 2;) {
      std::string out;
      session.produce(out, 1 << 20, server_.now);
      const std::string_view view = out;
      for (std::size_t at = 0; at < view.size(); at += step == 0 ? view.size() : step) {
        server_.feed(view.substr(at, step == 0 ? view.size() : step));
      }
      const std::string back = server_.produce();
      if (!back.empty()) session.feed(back, server_.now);
      idle = out.empty() && back.empty() ? idle + 1 : 0;
    }
  }

 private:
  void* on_stream_open(std::int32_t) override { return nullptr; }
  void on_header(void* stream, std::string_view name, std::string_view value) override {
    static_cast<Answer*>(stream)->fields[std::string(name)] = value;
  }
  void on_headers_end(void* stream, bool) override { ++static_cast<Answer*>(stream)->header_blocks; }
  void on_data(void* stream, std::string_view bytes) override { static_cast<Answer*>(stream)->data += bytes; }
  void on_end_stream(void* stream) override { static_cast<Answer*>(stream)->ended = true; }
  void on_stream_closed(void* stream, std::uint32_t error) override {
    static_cast<Answer*>(stream)->closed = true;
    static_cast<Answer*>(stream)->error = error;
  }
  http2::BodyChunk read_body(void* stream, char* out, std::size_t room) override {
    auto& answer = *static_cast<Answer*>(stream);
    const std::size_t size = std::min(room, answer.body.size());
    answer.body.copy(out, size);
    answer.body.erase(0, size);
    if (answer.body.empty() && answer.end) return {size, http2::BodyChunk::State::kEnd};
    if (size == 0) return {0, http2::BodyChunk::State::kDeferred};
    return {size, http2::BodyChunk::State::kMore};
  }
  void on_goaway(std::int32_t last, std::uint32_t error) override { goaways.emplace_back(last, error); }
  void on_ping_ack() override { ++ping_acks; }

  MemoryServer& server_;
  std::vector<std::unique_ptr<Answer>> answers_;

 public:
  http2::Session session;
  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways;
  int ping_acks = 0;
};

}  // namespace baton::grpc::testing
