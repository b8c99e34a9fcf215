// A whole Baton node in one object: data directory, partition, gRPC and HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/http2/event_loop.h"

namespace baton::cli {

struct ServerOptions {
  std::string data = "baton-data";
  std::string http = "127.0.0.1:8080";
  std::string grpc = "127.0.0.1:26500";
  std::string storage = "files";
  std::uint64_t memory_mb = 256;  // for rows of the state
  std::uint64_t checkpoint_frames = 100'000;
  std::int64_t checkpoint_ms = 30'000;              // the longest time between checkpoints
  std::int64_t retention_ms = 30LL * 86'400'000;    // of the journal; -1: for ever
  std::int64_t copy_interval_ms = 6LL * 3'600'000;  // of the state store; 0: none
  std::int64_t housekeeping_ms = 60'000;
  bool dev = false;
  std::string tls_cert;  // PEM files; empty: plaintext
  std::string tls_key;
  bool behind_proxy = false;  // a proxy ends TLS
};

/// "host:port" in two parts; an IPv6 host stands in brackets. Errors: kInvalidArgument.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostPort> parse_address(std::string_view text);

class Server {
 public:
  /// Opens the data directory, recovers, and listens. Errors say what to do about them.
  static Result<std::unique_ptr<Server>> open(http2::EventLoop& loop, const Clock& clock, const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Ends cleanly: no new calls, open ones finish or are cut, everything queued becomes durable. `done` runs on the
  /// loop.
  void stop(std::function<void()> done);
  [[nodiscard]] std::uint16_t grpc_port() const;
  [[nodiscard]] std::uint16_t http_port() const;
  /// "gRPC HOST:PORT, HTTP URL"
  [[nodiscard]] std::string ready_text() const;
  /// Where the first user is created; empty if there is one, or authentication is off.
  [[nodiscard]] std::string setup_link() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Runs a server until SIGTERM or SIGINT; the exit code of the process.
int run_server(const ServerOptions& options);

}  // namespace baton::cli
