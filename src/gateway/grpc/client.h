// A gRPC client over one plaintext HTTP/2 connection: unary and server-streaming calls, many in flight.
//
//   GrpcClient client(loop, {.host = "127.0.0.1", .port = 26500});
//   client.unary("/gateway_protocol.Gateway/Topology", request_bytes,
//                [](Result<std::string_view> reply) { ... });
//   loop.run();
//
// The connection is made with the first call (calls wait for it) and made again with the first call after it was lost;
// calls that were open then end with UNAVAILABLE. Calls made in one turn of the loop leave in one write. Use several
// clients to spread load over connections. Loop thread only; callbacks never run inside the call that started them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "gateway/grpc/compression.h"
#include "gateway/grpc/headers.h"
#include "gateway/http2/connection.h"
#include "gateway/http2/event_loop.h"
#include "gateway/http2/session.h"
#include "gateway/http2/tls.h"

namespace baton::grpc {

struct GrpcClientOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 26500;
  http2::SessionLimits session;
  http2::ConnectionOptions connection;
  std::shared_ptr<http2::TlsContext> tls;                     ///< null: plaintext
  std::vector<std::pair<std::string, std::string>> metadata;  ///< sent with every call
  std::size_t max_message_bytes = 64U << 20;  ///< of an answer; larger ones end the call with RESOURCE_EXHAUSTED
  std::string user_agent = "baton-cpp/0.1";
};

struct CallOptions {
  /// Absolute boot-clock time; sent as grpc-timeout and enforced here too.
  std::int64_t deadline_ns = kNoDeadline;
  /// Extra metadata. "authorization" is kept out of the header compression table.
  std::vector<std::pair<std::string, std::string>> metadata;
  /// How the request message is compressed.
  Encoding encoding = Encoding::kIdentity;
  /// Streams: messages keep their share of the receive windows until consume() gives it back.
  bool manual_windows = false;
};

class GrpcClient {
 public:
  /// Names a call of this client; 0 is none.
  using CallHandle = std::uint64_t;
  /// The answer, valid during the callback, or the call's error.
  using UnaryCallback = std::function<void(Result<std::string_view>)>;
  using MessageCallback = std::function<void(std::string_view)>;
  using EndCallback = std::function<void(const Status&)>;

  GrpcClient(http2::EventLoop& loop, GrpcClientOptions options);
  /// Closes the connection; open calls end without a callback.
  ~GrpcClient();
  GrpcClient(const GrpcClient&) = delete;
  GrpcClient& operator=(const GrpcClient&) = delete;

  /// Calls a unary method. `callback` runs exactly once unless the client is destroyed before.
  CallHandle unary(std::string_view path, std::string_view message, UnaryCallback callback, const CallOptions& = {});
  /// Calls a server-streaming method: `on_message` for each message, then `on_end` exactly once.
  CallHandle server_stream(std::string_view path, std::string_view message, MessageCallback on_message,
                           EndCallback on_end, const CallOptions& = {});
  /// Cancels: the call ends with CANCELLED. False if it is over already.
  bool cancel(CallHandle call);
  /// Gives the windows of `bytes` message bytes (prefixes included: 5 each) back; see CallOptions::manual_windows.
  void consume(CallHandle call, std::size_t bytes);
  /// Closes the connection; open calls end with UNAVAILABLE in a later turn.
  void close();

  [[nodiscard]] bool connected() const;
  [[nodiscard]] std::size_t open_calls() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::grpc
