// A small HTTP/1.1 server on the event loop: exact GET routes that answer at once or later.
//
//   auto server = HttpServer::listen(loop, {.port = 8080});
//   (*server)->get("/health", [](const HttpRequest&, HttpReply reply) { reply({200, "application/json", "{}"}); });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/http2/event_loop.h"

namespace baton::rest {

struct HttpRequest {
  std::string_view method;
  std::string_view path;  // without the query
  std::string_view rest;  // what follows the prefix of a prefix route
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// Answers a request; call it once, on the loop. It may outlive the connection.
using HttpReply = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 takes a free one
  std::size_t max_connections = 10'000;
  std::size_t max_header_bytes = 16U << 10;
  std::size_t max_body_bytes = 4U << 20;
  int read_timeout_s = 30;
};

/// RFC 9457 problem details.
HttpResponse problem(unsigned status, std::string_view title, std::string_view detail, std::string_view instance);

class HttpServer {
 public:
  /// Errors: kInvalidArgument for the address, kUnavailable if it cannot be bound.
  static Result<std::unique_ptr<HttpServer>> listen(http2::EventLoop& loop, const HttpServerOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Serves GET `path`; a path that ends with '/' serves everything below it.
  void get(std::string path, HttpHandler handler);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::uint64_t requests() const;

 private:
  struct Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace baton::rest
