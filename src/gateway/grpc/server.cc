#include "gateway/grpc/server.h"

#include <unistd.h>

#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "gateway/grpc/health.h"
#include "gateway/grpc/server_core.h"
#include "gateway/grpc/server_session.h"
#include "gateway/http2/connection.h"

namespace baton::grpc {
namespace {

constexpr std::int64_t kDrainCheckNs = 100'000'000;

/// A connection with its place in the server.
struct Peer final : SessionHost {
  void request_flush() override { connection->request_flush(); }
  void close(std::string reason) override { connection->close(std::move(reason)); }

  std::string address;
  ServerSession* session = nullptr;  // owned by the connection
  std::unique_ptr<http2::Connection> connection;
};

}  // namespace

struct GrpcServer::Impl {
  Impl(http2::EventLoop& event_loop, const GrpcServerOptions& options)
      : loop(event_loop),
        core(options, event_loop.timers(), event_loop.now_pointer()),
        health(core),
        drain_timer([](void* self) { static_cast<Impl*>(self)->check_drain(); }, this) {}

  void accept(int fd, std::string_view address) {
    const GrpcServerOptions& options = core.options;
    std::size_t& from_address = addresses[std::string(address)];
    if (peers.size() >= options.max_connections || from_address >= options.max_connections_per_address) {
      if (from_address == 0) addresses.erase(std::string(address));
      ++core.stats.connections_refused;
      ::close(fd);
      return;
    }
    ++from_address;
    ++core.stats.connections_accepted;
    ++core.stats.connections_open;
    auto session = std::make_unique<ServerSession>(core);
    auto peer = std::make_unique<Peer>();
    peer->address = address;
    peer->session = session.get();
    Peer* const raw = peer.get();
    std::unique_ptr<http2::ByteSession> bytes = std::move(session);
    if (options.tls != nullptr) bytes = options.tls->accept(std::move(bytes));
    peer->connection = std::make_unique<http2::Connection>(loop, fd, false, std::move(bytes), options.connection,
                                                           [this, raw](http2::Connection&) { gone(*raw); });
    raw->session->attach(*raw, raw->connection->peer());
    peers.emplace(raw, std::move(peer));
  }

  void gone(Peer& peer) {
    --core.stats.connections_open;
    const auto it = addresses.find(peer.address);
    if (--it->second == 0) addresses.erase(it);
    peers.erase(&peer);  // destroys the connection that calls us; it touches nothing afterwards
    if (peers.empty() && drained) {
      drain_timer.cancel();
      std::exchange(drained, nullptr)();
    }
  }

  /// Cuts what is left at the end of the drain, and clients that keep their connections without a call.
  void check_drain() {
    const std::int64_t now = loop.now_ns();
    if (core.stats.calls_open != 0) quiet_since_ns = now;
    if (now >= drain_end_ns || now >= quiet_since_ns + core.options.drain_quiet_ns) return cut();
    loop.timers().arm(drain_timer, now + kDrainCheckNs);
  }

  void cut() {
    for (auto& [raw, peer] : peers) peer->connection->close("drain limit");
  }

  http2::EventLoop& loop;
  ServerCore core;
  HealthService health;
  std::unordered_map<std::string, std::size_t> addresses;
  std::unordered_map<Peer*, std::unique_ptr<Peer>> peers;
  std::unique_ptr<http2::Listener> listener;
  std::uint16_t port = 0;
  http2::Timer drain_timer;
  std::int64_t drain_end_ns = 0;
  std::int64_t quiet_since_ns = 0;
  std::function<void()> drained;
};

Result<std::unique_ptr<GrpcServer>> GrpcServer::listen(http2::EventLoop& loop, const GrpcServerOptions& options) {
  auto impl = std::make_unique<Impl>(loop, options);
  Impl* const raw = impl.get();
  BATON_ASSIGN(raw->listener,
               http2::Listener::open(loop, options.address, options.port,
                                     [raw](int fd, std::string_view address) { raw->accept(fd, address); }));
  raw->port = raw->listener->port();
  raw->health.set_serving("", true);
  raw->health.set_serving("gateway_protocol.Gateway", true);
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() {
  // Handlers may ask the server while they learn that their calls are gone: keep it whole until the last one.
  impl_->listener.reset();
  for (auto& [raw, peer] : impl_->peers) peer->session->disconnected("server stopped");
  impl_->peers.clear();
}

void GrpcServer::add_method(std::string path, MethodKind kind, MethodHandlers handlers) {
  impl_->core.add_method(std::move(path), kind, std::move(handlers));
}

std::uint16_t GrpcServer::port() const {
  return impl_->port;
}

bool GrpcServer::send(CallId call, std::string message, std::uint64_t tag) {
  return impl_->core.send(call, std::move(message), tag);
}

bool GrpcServer::finish(CallId call, const Status& status) {
  return impl_->core.finish(call, status);
}

bool GrpcServer::reply(CallId call, std::string message) {
  return impl_->core.reply(call, std::move(message));
}

std::size_t GrpcServer::unsent_bytes(CallId call) const {
  const ServerCall* found = impl_->core.find(call);
  return found == nullptr ? 0 : found->unsent_bytes;
}

bool GrpcServer::writable(CallId call) const {
  const ServerCall* found = impl_->core.find(call);
  return found != nullptr && !found->finished && found->unsent_bytes <= impl_->core.options.stream_output_mark;
}

bool GrpcServer::alive(CallId call) const {
  return impl_->core.find(call) != nullptr;
}

void GrpcServer::set_serving(std::string_view service, bool serving) {
  impl_->health.set_serving(service, serving);
}

void GrpcServer::drain(std::function<void()> done) {
  impl_->listener.reset();
  if (impl_->peers.empty()) return done();
  impl_->drained = std::move(done);
  for (auto& [raw, peer] : impl_->peers) peer->session->drain();
  impl_->quiet_since_ns = impl_->loop.now_ns();
  impl_->drain_end_ns = impl_->quiet_since_ns + impl_->core.options.drain_ns;
  impl_->check_drain();
}

GrpcServerStats GrpcServer::stats() const {
  return impl_->core.stats;
}

}  // namespace baton::grpc
