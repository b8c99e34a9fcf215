// A server and a client on one loop in one thread, for the tests of this module.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "gateway/grpc/client.h"
#include "gateway/grpc/server.h"

namespace baton::grpc::testing {

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline std::int64_t now_ns() {
  return SystemClock().boot_ns();
}

class Loopback {
 public:
  explicit Loopback(GrpcServerOptions options = {}) {
    options.port = 0;
    auto made = GrpcServer::listen(loop, options);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    server = std::move(*made);
    server->add_method(
        "/test.Echo/Unary", MethodKind::kUnary,
        {[this](CallId call, const CallInfo&, std::string_view message) { server->reply(call, std::string(message)); },
         {},
         {}});
    client = make_client();
  }
  ~Loopback() { client.reset(); }

  std::unique_ptr<GrpcClient> make_client() {
    GrpcClientOptions client_options;
    client_options.port = server->port();
    return std::make_unique<GrpcClient>(loop, client_options);
  }

  /// Runs the loop until `done` or the limit; true if done.
  bool run_until(const std::function<bool()>& done, std::int64_t limit_ns = 20 * kSecond) {
    const std::int64_t end = now_ns() + limit_ns;
    poll_done_ = false;
    struct Poll {
      Loopback* self;
      const std::function<bool()>& done;
      std::int64_t end;
      void operator()() const {
        self->poll_done_ = done();
        if (self->poll_done_ || now_ns() > end) return self->loop.stop();
        self->loop.run_at(now_ns() + 1'000'000, *this);
      }
    };
    loop.post(Poll{this, done, end});
    loop.run();
    return poll_done_;
  }

  /// One unary call, answered or failed.
  Result<std::string> call(std::string_view path, std::string_view message, const CallOptions& options = {}) {
    Result<std::string> result = fail(Code::kUnknown, "no callback");
    bool done = false;
    client->unary(
        path, message,
        [&](Result<std::string_view> reply) {
          if (reply) {
            result = std::string(*reply);
          } else {
            result = fail(reply.error());
          }
          done = true;
        },
        options);
    EXPECT_TRUE(run_until([&] { return done; }));
    return result;
  }

  http2::EventLoop loop;
  std::unique_ptr<GrpcServer> server;
  std::unique_ptr<GrpcClient> client;

 private:
  bool poll_done_ = false;
};

}  // namespace baton::grpc::testing
