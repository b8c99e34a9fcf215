// An HTTP/1.1 server on the event loop, with TLS where a certificate is given.
//
//   auto server = HttpServer::listen(loop, {.port = 8080});
//   (*server)->get("/health", [](const HttpRequest&, HttpReply reply) { reply({200, "application/json", "{}"}); });
//   (*server)->otherwise([](const HttpRequest& request, HttpReply reply) { ... });   // everything without a route
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/http2/event_loop.h"
#include "gateway/http2/tls.h"
#include "gateway/rest/http_session.h"

namespace baton::rest {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 takes a free one
  HttpSessionOptions session;
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_address = 12'000;  ///< behind a proxy or on loopback all share one
  std::shared_ptr<http2::TlsContext> tls;            ///< null: plaintext
};

struct HttpServerStats {
  std::uint64_t requests = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t connections_refused = 0;
};

class HttpServer {
 public:
  /// Errors: kInvalidArgument for the address, kUnavailable if it cannot be bound.
  static Result<std::unique_ptr<HttpServer>> listen(http2::EventLoop& loop, const HttpServerOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Serves GET and HEAD of `path`; a path that ends with '/' serves everything below it.
  void get(std::string path, HttpHandler handler);
  /// Serves every method of `path`.
  void any(std::string path, HttpHandler handler);
  /// Serves what no get() route matches; without it that is answered with 404.
  void otherwise(HttpHandler handler);
  /// Stops accepting; idle connections end, others after the answers under way. `done` runs when all are gone or have
  /// been cut after `limit_ns`.
  void drain(std::int64_t limit_ns, std::function<void()> done);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] HttpServerStats stats() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::rest
