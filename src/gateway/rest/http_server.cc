#include "gateway/rest/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <map>
#include <optional>

#include "base/json.h"
#include "base/log.h"
#include "gateway/http2/asio_context.h"

namespace baton::rest {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(asio::io_context& context, HttpServerOptions server_options)
      : io(context), options(std::move(server_options)), acceptor(io) {}

  void accept();
  void route(const http::request<http::string_body>& request, HttpReply reply);

  asio::io_context& io;
  HttpServerOptions options;
  tcp::acceptor acceptor;
  std::map<std::string, HttpHandler, std::less<>> routes;
  std::size_t connections = 0;
  std::uint64_t requests = 0;
  bool closed = false;
};

namespace {

/// One keep-alive connection: reads a request, waits for its answer, writes it, reads the next.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Route = std::function<void(const http::request<http::string_body>&, HttpReply)>;
  Connection(tcp::socket socket, const HttpServerOptions& options, Route route, std::function<void()> on_end)
      : stream_(std::move(socket)), options_(options), route_(std::move(route)), on_end_(std::move(on_end)) {}
  ~Connection() { on_end_(); }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
    parser_->body_limit(options_.max_body_bytes);
    stream_.expires_after(std::chrono::seconds(options_.read_timeout_s));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

 private:
  void on_read(beast::error_code error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout ||
        error == asio::error::connection_reset || error == asio::error::operation_aborted ||
        error == http::error::partial_message) {
      return;
    }
    if (error) {
      keep_alive_ = false;
      const bool large = error == http::error::body_limit || error == http::error::header_limit;
      write(large ? problem(413, "Payload Too Large", "The request is larger than this server accepts", "/")
                  : problem(400, "Bad Request", "The request is not valid HTTP: " + error.message(), "/"));
      return;
    }
    stream_.expires_never();
    const auto request = parser_->release();
    keep_alive_ = request.keep_alive();
    head_ = request.method() == http::verb::head;
    // The reply holds the connection until the handler has answered or dropped it.
    route_(request, [self = shared_from_this()](HttpResponse response) { self->write(std::move(response)); });
  }

  void write(HttpResponse response) {
    response_ = http::response<http::string_body>(static_cast<http::status>(response.status), 11);
    response_.set(http::field::server, "baton");
    response_.set(http::field::content_type, response.content_type);
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set(http::field::cache_control, "no-store");
    if (response.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(keep_alive_);
    if (!head_) response_.body() = std::move(response.body);
    response_.prepare_payload();
    stream_.expires_after(std::chrono::seconds(options_.read_timeout_s));
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error && self->keep_alive_) {
        self->read();
        return;
      }
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  const HttpServerOptions options_;
  Route route_;
  std::function<void()> on_end_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool keep_alive_ = false;
  bool head_ = false;
};

}  // namespace

void HttpServer::Impl::route(const http::request<http::string_body>& request, HttpReply reply) {
  ++requests;
  const std::string target(request.target());
  const std::string path = target.substr(0, target.find('?'));
  const std::string method(request.method_string());
  auto it = routes.find(path);
  std::string_view rest;
  for (std::size_t slash = path.rfind('/'); it == routes.end() && slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    it = routes.find(path.substr(0, slash + 1));
    rest = std::string_view(path).substr(slash + 1);
  }
  if (it == routes.end()) {
    reply(problem(404, "Not Found", "There is nothing at this address", path));
  } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
    reply(problem(405, "Method Not Allowed", "Only GET is possible here", path));
  } else {
    it->second({method, path, rest}, std::move(reply));
  }
}

void HttpServer::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](beast::error_code error, tcp::socket socket) {
    if (self->closed) return;
    if (!error && self->connections < self->options.max_connections) {
      ++self->connections;
      auto connection = std::make_shared<Connection>(
          std::move(socket), self->options,
          [weak = self->weak_from_this()](const auto& request, HttpReply reply) {
            if (auto server = weak.lock()) server->route(request, std::move(reply));
          },
          [weak = self->weak_from_this()] {
            if (auto server = weak.lock()) --server->connections;
          });
      connection->read();
    }
    if (error && error != asio::error::connection_aborted) {
      // Out of descriptors, most likely: try again when some are free.
      auto timer = std::make_shared<asio::steady_timer>(self->io, std::chrono::milliseconds(100));
      timer->async_wait([self, timer](beast::error_code) {
        if (!self->closed) self->accept();
      });
      return;
    }
    self->accept();
  });
}

HttpResponse problem(unsigned status, std::string_view title, std::string_view detail, std::string_view instance) {
  return {status, "application/problem+json",
          fmt::format(R"({{"type":"about:blank","title":{},"status":{},"detail":{},"instance":{}}})", json_quote(title),
                      status, json_quote(detail), json_quote(instance))};
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(http2::EventLoop& loop, const HttpServerOptions& options) {
  auto impl = std::make_shared<Impl>(http2::asio_context(loop), options);
  beast::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return failf(Code::kInvalidArgument, "'{}' is not an IP address", options.address);
  const tcp::endpoint endpoint(address, options.port);
  impl->acceptor.open(endpoint.protocol(), error);
  if (!error) impl->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return failf(Code::kUnavailable, "cannot listen on {}:{} for HTTP: {}", options.address, options.port,
                 error.message());
  }
  impl->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  impl_->closed = true;
  beast::error_code ignored;
  impl_->acceptor.close(ignored);
}

void HttpServer::get(std::string path, HttpHandler handler) {
  impl_->routes[std::move(path)] = std::move(handler);
}

std::uint16_t HttpServer::port() const {
  beast::error_code error;
  return impl_->acceptor.local_endpoint(error).port();
}

std::uint64_t HttpServer::requests() const {
  return impl_->requests;
}

}  // namespace baton::rest
