// What all sessions of one server share: methods, the table of calls, budgets, statistics. Internal to the module.
//
// Nothing here does I/O: a test or a fuzzer makes a ServerCore, a ServerSession, and feeds bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/grpc/compression.h"
#include "gateway/grpc/server_types.h"
#include "gateway/http2/timer_wheel.h"

namespace baton::grpc {

class ServerSession;
class ServerCore;

struct Method {
  std::string path;
  MethodKind kind = MethodKind::kUnary;
  MethodHandlers handlers;
};

/// A message waiting to be framed. The 5-byte prefix is made when its first byte is read.
struct QueuedMessage {
  std::string bytes;
  std::uint64_t tag = 0;
};

/// State of one call, from its first header to the close of its stream. Recycled.
struct ServerCall {
  explicit ServerCall(ServerCore& owner);

  ServerCore& core;
  ServerSession* session = nullptr;
  CallId id;
  std::int32_t stream_id = 0;
  std::size_t index = 0;  // in ServerSession::calls_
  Method* method = nullptr;

  // Request
  Metadata metadata;
  std::size_t header_bytes = 0;
  std::int64_t opened_ns = 0;
  std::int64_t deadline_ns = kNoDeadline;
  std::int64_t progress_ns = 0;  // last byte of the request
  std::string request;           // the message so far, as on the wire (maybe compressed)
  unsigned char prefix[5] = {};
  std::size_t prefix_size = 0;
  std::size_t request_size = 0;  // from the prefix
  Encoding encoding = Encoding::kIdentity;
  bool post = false;
  bool grpc_content_type = false;
  bool bad_timeout = false;
  bool headers_done = false;
  bool discard = false;     // answered or cut: further request bytes are dropped
  bool dispatched = false;  // a handler saw it and is owed on_closed
  bool counted_running = false;

  // Response
  std::vector<QueuedMessage> queue;
  std::size_t queue_head = 0;
  std::size_t head_offset = 0;  // bytes of the head message already written, prefix included
  std::size_t unsent_bytes = 0;
  bool responded = false;  // response headers submitted
  bool deferred = false;   // nghttp2 waits for resume_body()
  bool finished = false;   // nothing will be queued any more
  bool over_mark = false;
  bool notified = false;  // on_closed is on its way, the id is released
  Error status{Code::kOk, {}};

  http2::Timer timer;

  [[nodiscard]] bool request_complete() const { return prefix_size == 5 && request.size() == request_size; }
  void reset();
};

/// Takes the place of the connection for a session.
class SessionHost {
 public:
  /// There is output: flush at the end of the turn.
  virtual void request_flush() = 0;
  /// Close at once.
  virtual void close(std::string reason) = 0;

 protected:
  ~SessionHost() = default;
};

class ServerCore {
 public:
  /// `now` points to the boot-clock time of the present turn; it and `timers` outlive the core.
  ServerCore(const GrpcServerOptions& options, http2::TimerWheel& timers, const std::int64_t* now);
  ~ServerCore();
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;

  void add_method(std::string path, MethodKind kind, MethodHandlers handlers);
  Method* find_method(std::string_view path);

  ServerCall* open_call(ServerSession& session, std::int32_t stream_id);
  /// Returns the object to the pool; its id must be released.
  void recycle(ServerCall* call);
  void release_id(ServerCall& call);
  [[nodiscard]] ServerCall* find(CallId id) const;

  // Notifications wait until no protocol callback is running; deliver() then calls the handlers.
  void note_closed(ServerCall& call, CloseReason reason);
  void note_drained(ServerCall& call);
  void deliver();

  bool send(CallId id, std::string message, std::uint64_t tag);
  bool finish(CallId id, const Status& status);
  bool reply(CallId id, std::string message);

  [[nodiscard]] std::int64_t now_ns() const { return *now_; }

  const GrpcServerOptions options;
  http2::TimerWheel& timers;
  Inflater inflater;
  GrpcServerStats stats;

 private:
  struct Slot {
    ServerCall* call = nullptr;
    std::uint32_t generation = 0;
  };
  struct Note {
    Method* method;
    CallId id;
    bool closed;
    CloseReason reason;
    std::vector<std::uint64_t> unsent;
  };
  struct PathHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const { return std::hash<std::string_view>{}(path); }
  };

  const std::int64_t* now_;
  std::unordered_map<std::string, std::unique_ptr<Method>, PathHash, std::equal_to<>> methods_;
  std::vector<std::unique_ptr<Method>> replaced_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::unique_ptr<ServerCall>> pool_;
  std::vector<Note> notes_;
  bool delivering_ = false;
};

}  // namespace baton::grpc
