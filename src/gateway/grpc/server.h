// The gRPC server: unary and server-streaming methods over plaintext HTTP/2, one event loop.
//
//   EventLoop loop;
//   auto server = GrpcServer::listen(loop, options);            // Result
//   (*server)->add_method("/pkg.Service/Echo", MethodKind::kUnary,
//                         {.on_call = [&](CallId id, const CallInfo&, std::string_view m) { (*server)->reply(id,
//                         std::string(m)); }});
//   loop.run();
//
// Answers may come at any later time, on the loop thread only. An engine thread collects its answers and posts *one*
// task that applies them all (EventLoop::post); what they queue on a connection leaves in one write at the end of that
// turn. A call is named by its id: when it is gone, every function below does nothing and returns false.
//
// Ownership: the loop outlives the server; the server owns its connections. Destroying it closes them at once and
// reports on_closed for every open call: what the handlers use must still be there, and they must not call the server
// then.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/grpc/server_types.h"
#include "gateway/http2/event_loop.h"

namespace baton::grpc {

class GrpcServer {
 public:
  /// Binds and listens; connections are accepted once the loop runs. The health service is there from the start,
  /// serving. Errors: kInvalidArgument for the address, kUnavailable if it cannot be bound.
  static Result<std::unique_ptr<GrpcServer>> listen(http2::EventLoop& loop, const GrpcServerOptions& options);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// Serves `path` ("/package.Service/Method"). Add all before the loop runs; a path added twice is replaced.
  void add_method(std::string path, MethodKind kind, MethodHandlers handlers);
  [[nodiscard]] std::uint16_t port() const;

  /// Queues one message of a streaming call. `tag` comes back in on_closed() if the message was not written; 0: no tag.
  /// Messages are taken also above the mark: look at unsent_bytes() or writable() and wait for on_drained().
  bool send(CallId call, std::string message, std::uint64_t tag = 0);
  /// Ends a call after what is queued: OK, or an error with its code and message (grpc-status, grpc-message).
  bool finish(CallId call, const Status& status = {});
  /// Answers a unary call: one message and OK.
  bool reply(CallId call, std::string message);
  /// Bytes queued on a call, length prefixes included; 0 if it is gone.
  [[nodiscard]] std::size_t unsent_bytes(CallId call) const;
  /// True if the call is there and below the output mark.
  [[nodiscard]] bool writable(CallId call) const;
  [[nodiscard]] bool alive(CallId call) const;

  /// Status of grpc.health.v1.Health for `service` ("" is the server as a whole); watchers are told. Unknown names are
  /// answered as the health protocol says. "" and "gateway_protocol.Gateway" are set to serving by listen().
  void set_serving(std::string_view service, bool serving);

  /// Stops accepting, tells clients to go elsewhere (GOAWAY), lets open calls finish, cuts them after drain_ns. `done`
  /// runs once, when the last connection is gone.
  void drain(std::function<void()> done);
  [[nodiscard]] GrpcServerStats stats() const;

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::grpc
