// Types that the gRPC server and its users share: call ids, what a handler gets, options with all limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "gateway/grpc/headers.h"
#include "gateway/http2/connection.h"
#include "gateway/http2/session.h"
#include "gateway/http2/tls.h"

namespace baton::grpc {

/// Names one call for as long as it lives; never reused. 0 means none.
using CallId = StrongId<struct CallTag, std::uint64_t>;

enum class MethodKind { kUnary, kServerStreaming };

/// Request metadata in one buffer. Names are lower case; `-bin` values are still base64 (see headers.h).
class Metadata {
 public:
  void add(std::string_view name, std::string_view value);
  void clear();
  /// First value of `name`; nullopt if there is none, an empty view if it is there and empty.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::pair<std::string_view, std::string_view> operator[](std::size_t i) const;

 private:
  struct Entry {
    std::uint32_t at, name_size, value_size;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

/// What a handler may know about a call. Valid only during the handler.
struct CallInfo {
  std::string_view path;                   ///< "/package.Service/Method"
  std::string_view peer;                   ///< "address:port"
  std::int64_t deadline_ns = kNoDeadline;  ///< absolute boot-clock time; the server enforces it
  const Metadata& metadata;
};

enum class CloseReason {
  kFinished,      ///< finish() or reply() was called and everything was written
  kCancelled,     ///< the client cancelled
  kDeadline,      ///< the deadline passed; the client got DEADLINE_EXCEEDED
  kDisconnected,  ///< the connection is gone
};

/// How a method is served. All run on the loop thread and must not block or throw.
struct MethodHandlers {
  /// The request is complete. Answer now or later with send(), finish(), reply(). `message` is valid during the call
  /// only.
  std::function<void(CallId, const CallInfo&, std::string_view message)> on_call;
  /// Once for each call that on_call saw, when it ends for whatever reason; the id is gone already. `unsent` has, in
  /// order, the tags of sent messages that were not fully handed to the connection: take those jobs back. Optional.
  std::function<void(CallId, CloseReason, std::span<const std::uint64_t> unsent)> on_closed;
  /// unsent_bytes() fell to half of the mark after send() had taken it over the mark: go on sending. Optional.
  std::function<void(CallId)> on_drained;
};

/// Address and limits of a server. Sizes in bytes, times in nanoseconds.
struct GrpcServerOptions {
  std::string address = "127.0.0.1";  ///< numeric
  std::uint16_t port = 26500;         ///< 0 takes a free one
  http2::SessionLimits session;
  http2::ConnectionOptions connection;
  std::shared_ptr<http2::TlsContext> tls;                    ///< null: plaintext
  std::size_t max_message_bytes = limits::kMessageBytes;     ///< at the length prefix and after inflating
  std::size_t max_partial_bytes_per_connection = 16U << 20;  ///< incomplete requests held for one connection
  std::size_t max_partial_bytes = 128U << 20;                ///< ... and for all
  std::size_t max_running_calls_per_connection = 1000;       ///< dispatched and not finished
  std::size_t max_running_calls = 100'000;
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_address = 12'000;  ///< behind a proxy or on loopback all share one
  std::size_t stream_output_mark = 1U << 20;         ///< queued on a stream: its producer should pause
  std::int64_t header_timeout_ns = 10'000'000'000;   ///< preface and SETTINGS, or one header block
  std::int64_t message_stall_ns = 30'000'000'000;    ///< no byte of an incomplete request
  std::int64_t ping_interval_ns = 60'000'000'000;    ///< nothing received: ask if the peer lives
  std::int64_t ping_timeout_ns = 20'000'000'000;
  std::int64_t drain_ns = 30'000'000'000;       ///< calls still open after that are cut
  std::int64_t drain_quiet_ns = 5'000'000'000;  ///< connections without a call for that long are cut
};

/// Counters since the start, and gauges ("open", "running", "..._bytes").
struct GrpcServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t calls_started = 0;     ///< request headers seen
  std::uint64_t calls_dispatched = 0;  ///< given to a handler
  std::uint64_t calls_finished = 0;    ///< ended with kFinished
  std::uint64_t calls_cancelled = 0;
  std::uint64_t calls_expired = 0;
  std::uint64_t calls_refused = 0;  ///< answered with an error by this layer before any handler
  std::uint64_t calls_open = 0;
  std::uint64_t calls_running = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t partial_bytes = 0;
};

}  // namespace baton::grpc
