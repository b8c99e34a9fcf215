#include "gateway/rest/http_server.h"

#include <unistd.h>

#include <map>
#include <unordered_map>
#include <utility>

#include "gateway/http2/connection.h"

namespace baton::rest {

namespace {

/// A connection with its place in the server.
struct Peer final : HttpSessionHost {
  void request_flush() override { connection->request_flush(); }
  void close(std::string reason) override { connection->close(std::move(reason)); }

  std::string address;
  HttpSession* session = nullptr;  // owned by the connection, below TLS where there is any
  std::unique_ptr<http2::Connection> connection;
};

}  // namespace

struct HttpServer::Impl {
  Impl(http2::EventLoop& event_loop, const HttpServerOptions& server_options)
      : loop(event_loop),
        options(server_options),
        core(options.session, event_loop.timers(), event_loop.now_pointer()),
        drain_timer([](void* self) { static_cast<Impl*>(self)->cut(); }, this) {
    core.serve = [this](const HttpRequest& request, HttpReply reply) { route(request, std::move(reply)); };
  }

  void accept(int fd, std::string_view address) {
    std::size_t& from_address = addresses[std::string(address)];
    if (peers.size() >= options.max_connections || from_address >= options.max_connections_per_address) {
      if (from_address == 0) addresses.erase(std::string(address));
      ++refused;
      ::close(fd);
      return;
    }
    ++from_address;
    auto session = std::make_unique<HttpSession>(core);
    auto peer = std::make_unique<Peer>();
    peer->address = address;
    peer->session = session.get();
    Peer* const raw = peer.get();
    std::unique_ptr<http2::ByteSession> bytes = std::move(session);
    if (options.tls != nullptr) bytes = options.tls->accept(std::move(bytes));
    peer->connection = std::make_unique<http2::Connection>(
        loop, fd, false, std::move(bytes), http2::ConnectionOptions{}, [this, raw](http2::Connection&) { gone(*raw); });
    raw->session->attach(*raw, raw->connection->peer());
    peers.emplace(raw, std::move(peer));
  }

  void gone(Peer& peer) {
    const auto it = addresses.find(peer.address);
    if (--it->second == 0) addresses.erase(it);
    peers.erase(&peer);  // destroys the connection that calls us; it touches nothing afterwards
    if (peers.empty() && drained) {
      drain_timer.cancel();
      std::exchange(drained, nullptr)();
    }
  }

  void cut() {
    for (auto& [raw, peer] : peers) peer->connection->close("drain limit");
  }

  void route(const HttpRequest& request, HttpReply reply) {
    if (auto whole = all_methods.find(request.path); whole != all_methods.end()) {
      return whole->second(request, std::move(reply));
    }
    auto it = routes.find(request.path);
    HttpRequest seen = request;
    const std::string_view path = request.path;
    for (std::size_t slash = path.rfind('/'); it == routes.end() && slash != std::string_view::npos && slash > 0;
         slash = path.rfind('/', slash - 1)) {
      it = routes.find(path.substr(0, slash + 1));
      seen.rest = path.substr(slash + 1);
    }
    if (it == routes.end()) {
      if (fallback) return fallback(request, std::move(reply));
      return reply(problem(404, "Not Found", "There is nothing at this address", path));
    }
    if (request.method != "GET" && request.method != "HEAD") {
      HttpResponse response = problem(405, "Method Not Allowed", "Only GET is possible here", path);
      response.headers.emplace_back("Allow", "GET, HEAD");
      return reply(std::move(response));
    }
    it->second(seen, std::move(reply));
  }

  http2::EventLoop& loop;
  HttpServerOptions options;
  HttpCore core;
  std::map<std::string, HttpHandler, std::less<>> routes;
  std::map<std::string, HttpHandler, std::less<>> all_methods;
  HttpHandler fallback;
  std::unordered_map<std::string, std::size_t> addresses;
  std::unordered_map<Peer*, std::unique_ptr<Peer>> peers;
  std::unique_ptr<http2::Listener> listener;
  std::uint16_t port = 0;
  std::uint64_t refused = 0;
  http2::Timer drain_timer;
  std::function<void()> drained;
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(http2::EventLoop& loop, const HttpServerOptions& options) {
  auto impl = std::make_unique<Impl>(loop, options);
  Impl* const raw = impl.get();
  BATON_ASSIGN(raw->listener,
               http2::Listener::open(loop, options.address, options.port,
                                     [raw](int fd, std::string_view address) { raw->accept(fd, address); }));
  raw->port = raw->listener->port();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->listener.reset();
  for (auto& [raw, peer] : impl_->peers) peer->session->disconnected("server stopped");
  impl_->peers.clear();
}

void HttpServer::get(std::string path, HttpHandler handler) {
  impl_->routes[std::move(path)] = std::move(handler);
}

void HttpServer::any(std::string path, HttpHandler handler) {
  impl_->all_methods[std::move(path)] = std::move(handler);
}

void HttpServer::otherwise(HttpHandler handler) {
  impl_->fallback = std::move(handler);
}

void HttpServer::drain(std::int64_t limit_ns, std::function<void()> done) {
  impl_->listener.reset();
  impl_->core.stopping = true;
  if (impl_->peers.empty()) return done();
  impl_->drained = std::move(done);
  for (auto& [raw, peer] : impl_->peers) peer->session->drain();
  impl_->loop.timers().arm(impl_->drain_timer, impl_->loop.now_ns() + limit_ns);
}

std::uint16_t HttpServer::port() const {
  return impl_->port;
}

HttpServerStats HttpServer::stats() const {
  return {impl_->core.requests, impl_->peers.size(), impl_->refused};
}

}  // namespace baton::rest
