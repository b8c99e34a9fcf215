// What one gRPC call costs the server's thread: server and client loops on two threads of one process, loopback
// sockets.
//
//   baton-grpc-bench [--conns N] [--inflight N] [--size BYTES] [--seconds N] [--engine] [--gzip]
//   baton-grpc-bench --serve PORT      an echo server for tests with other clients
//
// "server us/call" is the CPU time of the server's thread, kernel included. --engine answers from a third thread in
// batches, as the engine does.
#include <CLI/CLI.hpp>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "gateway/grpc/client.h"
#include "gateway/grpc/server.h"

namespace baton {
namespace {

struct Settings {
  int connections = 8;
  int in_flight = 64;
  int size = 330;
  int seconds = 2;
  bool engine = false;
  bool gzip = false;
  int serve_port = -1;
};

double thread_cpu_us() {
  timespec ts{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return static_cast<double>(ts.tv_sec) * 1e6 + static_cast<double>(ts.tv_nsec) / 1e3;
}

/// Answers calls in batches from a thread of its own, one posted task per batch.
class EngineThread {
 public:
  EngineThread(http2::EventLoop& loop, grpc::GrpcServer& server)
      : loop_(loop), server_(server), thread_([this] { run(); }) {}
  ~EngineThread() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void take(grpc::CallId call, std::string message) {
    {
      std::lock_guard lock(mutex_);
      queue_.emplace_back(call, std::move(message));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (stop_) return;
      std::vector<std::pair<grpc::CallId, std::string>> batch;
      batch.swap(queue_);
      lock.unlock();
      loop_.post([this, batch = std::move(batch)]() mutable {
        for (auto& [call, message] : batch) server_.reply(call, std::move(message));
      });
      lock.lock();
    }
  }
  http2::EventLoop& loop_;
  grpc::GrpcServer& server_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::pair<grpc::CallId, std::string>> queue_;
  bool stop_ = false;
  std::thread thread_;
};

std::unique_ptr<grpc::GrpcServer> make_server(http2::EventLoop& loop, int port, std::unique_ptr<EngineThread>& engine) {
  grpc::GrpcServerOptions options;
  options.port = static_cast<std::uint16_t>(port);
  auto made = grpc::GrpcServer::listen(loop, options);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().to_string().c_str());
    std::exit(1);
  }
  grpc::GrpcServer* const server = made->get();
  server->add_method("/test.Echo/Unary", grpc::MethodKind::kUnary,
                     {[server, &engine](grpc::CallId call, const grpc::CallInfo&, std::string_view message) {
                        if (engine) return engine->take(call, std::string(message));
                        server->reply(call, std::string(message));
                      },
                      {},
                      {}});
  server->add_method("/test.Echo/Hold", grpc::MethodKind::kUnary, {[](auto&&...) {}, {}, {}});
  server->add_method("/test.Echo/Stream", grpc::MethodKind::kServerStreaming,
                     {[server](grpc::CallId call, const grpc::CallInfo&, std::string_view message) {
                        for (int i = 0; i < 100; ++i) server->send(call, std::string(message));
                        server->finish(call);
                      },
                      {},
                      {}});
  return std::move(*made);
}

int serve(int port) {
  http2::EventLoop loop;
  std::unique_ptr<EngineThread> engine;
  auto server = make_server(loop, port, engine);
  std::printf("listening on %d\n", server->port());
  std::fflush(stdout);
  loop.on_signal(SIGTERM, [&] { server->drain([&] { loop.stop(); }); });
  loop.on_signal(SIGINT, [&] { server->drain([&] { loop.stop(); }); });
  loop.run();
  return 0;
}

struct Load {
  std::vector<std::unique_ptr<grpc::GrpcClient>> clients;
  std::string message;
  grpc::CallOptions options;
  std::int64_t end_ns = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  int open = 0;

  void next(http2::EventLoop& loop, std::size_t i) {
    if (loop.now_ns() >= end_ns) {
      if (--open == 0) loop.stop();
      return;
    }
    clients[i]->unary(
        "/test.Echo/Unary", message,
        [this, &loop, i](Result<std::string_view> reply) {
          ++(reply ? done : failed);
          next(loop, i);
        },
        options);
  }
};

int measure(const Settings& settings) {
  http2::EventLoop server_loop, client_loop;
  std::unique_ptr<EngineThread> engine;
  auto server = make_server(server_loop, 0, engine);
  if (settings.engine) engine = std::make_unique<EngineThread>(server_loop, *server);
  double server_us = 0;
  std::thread server_thread([&] {
    const double before = thread_cpu_us();
    server_loop.run();
    server_us = thread_cpu_us() - before;
  });
  Load load;
  load.message = std::string(static_cast<std::size_t>(settings.size), 'x');
  if (settings.gzip) load.options.encoding = grpc::Encoding::kGzip;
  const std::int64_t start = SystemClock().boot_ns();
  load.end_ns = start + std::int64_t{settings.seconds} * 1'000'000'000;
  client_loop.refresh_now();
  for (int c = 0; c < settings.connections; ++c) {
    load.clients.push_back(std::make_unique<grpc::GrpcClient>(
        client_loop, grpc::GrpcClientOptions{.host = "127.0.0.1", .port = server->port()}));
    for (int i = 0; i < settings.in_flight; ++i) {
      ++load.open;
      load.next(client_loop, load.clients.size() - 1);
    }
  }
  client_loop.run();
  const double client_us = thread_cpu_us();
  const double seconds = static_cast<double>(SystemClock().boot_ns() - start) / 1e9;
  server_loop.stop();
  server_thread.join();
  engine.reset();
  const auto calls = static_cast<double>(load.done);
  std::printf("%d x %d%s: %.0f calls/s, server %.2f us/call, client %.2f us/call, %lld failed\n", settings.connections,
              settings.in_flight, settings.engine ? " engine" : "", calls / seconds, server_us / calls,
              client_us / calls, static_cast<long long>(load.failed));
  return load.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  baton::Settings settings;
  CLI::App app{"Cost of a gRPC call"};
  app.add_option("--conns", settings.connections, "connections");
  app.add_option("--inflight", settings.in_flight, "calls in flight per connection");
  app.add_option("--size", settings.size, "request and answer size in bytes");
  app.add_option("--seconds", settings.seconds, "how long");
  app.add_flag("--engine", settings.engine, "answer from another thread");
  app.add_flag("--gzip", settings.gzip, "compress requests");
  app.add_option("--serve", settings.serve_port, "only serve on this port");
  CLI11_PARSE(app, argc, argv);
  return settings.serve_port >= 0 ? baton::serve(settings.serve_port) : baton::measure(settings);
}
