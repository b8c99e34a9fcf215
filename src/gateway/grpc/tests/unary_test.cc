// Unary calls: answers, errors, many at once, limits of size, headers.
#include <gmock/gmock.h>

#include "gateway/grpc/tests/test_support.h"

namespace baton::grpc {
namespace {

using testing::Loopback;
constexpr std::string_view kEcho = "/test.Echo/Unary";

TEST(Unary, AnswersAndReusesTheConnection) {
  Loopback net;
  for (int i = 0; i < 3; ++i) {
    const auto reply = net.call(kEcho, "hello " + std::to_string(i));
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(*reply, "hello " + std::to_string(i));
  }
  EXPECT_EQ(net.server->stats().connections_accepted, 1U);
  EXPECT_EQ(net.server->stats().calls_open, 0U);
}

TEST(Unary, EmptyMessage) {
  Loopback net;
  const auto reply = net.call(kEcho, "");
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(*reply, "");
}

TEST(Unary, ErrorCarriesCodeAndMessage) {
  Loopback net;
  net.server->add_method("/test.Echo/Fail", MethodKind::kUnary,
                         {[&](CallId call, const CallInfo&, std::string_view) {
                            net.server->finish(call, fail(Code::kNotFound, "no such job: 100 % \"ünïcode\"\n"));
                          },
                          {},
                          {}});
  const auto reply = net.call("/test.Echo/Fail", "x");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kNotFound);
  EXPECT_EQ(reply.error().message, "no such job: 100 % \"ünïcode\"\n");
}

TEST(Unary, UnknownMethodIsUnimplemented) {
  Loopback net;
  const auto reply = net.call("/test.Echo/Nothing", "x");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kUnimplemented);
  EXPECT_THAT(reply.error().message, ::testing::HasSubstr("/test.Echo/Nothing"));
}

TEST(Unary, ThousandConcurrentOnOneConnection) {
  Loopback net;
  std::vector<CallId> waiting;
  net.server->add_method("/test.Echo/Hold", MethodKind::kUnary,
                         {[&](CallId call, const CallInfo&, std::string_view message) {
                            waiting.push_back(call);
                            if (waiting.size() < 1000) return;
                            for (const CallId id : waiting) EXPECT_TRUE(net.server->reply(id, std::string(message)));
                          },
                          {},
                          {}});
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    net.client->unary("/test.Echo/Hold", std::string(300, 'x'), [&](Result<std::string_view> reply) {
      EXPECT_TRUE(reply);
      ++answered;
    });
  }
  EXPECT_TRUE(net.run_until([&] { return answered == 1000; }));
  EXPECT_EQ(net.server->stats().calls_running, 0U);
}

TEST(Unary, MessageAtTheLimitPassesAndBeyondIsRefused) {
  Loopback net;
  const std::size_t limit = limits::kMessageBytes;
  const auto at = net.call(kEcho, std::string(limit, 'a'));
  ASSERT_TRUE(at) << at.error().to_string();
  EXPECT_EQ(at->size(), limit);
  for (const std::size_t size : {limit + 1, std::size_t{5} << 20, std::size_t{20} << 20}) {
    const auto beyond = net.call(kEcho, std::string(size, 'a'));
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, Code::kResourceExhausted);
  }
  EXPECT_TRUE(net.call(kEcho, "still usable"));
  EXPECT_EQ(net.server->stats().connections_accepted, 1U);
  EXPECT_EQ(net.server->stats().partial_bytes, 0U);
}

TEST(Unary, MetadataReachesTheHandler) {
  Loopback net;
  std::string authorization, peer, binary;
  net.server->add_method("/test.Echo/Meta", MethodKind::kUnary,
                         {[&](CallId call, const CallInfo& info, std::string_view) {
                            authorization = info.metadata.find("authorization").value_or("none");
                            binary = base64_decode(info.metadata.find("trace-bin").value_or("")).value_or("bad");
                            EXPECT_FALSE(info.metadata.find("nothing"));
                            EXPECT_EQ(info.path, "/test.Echo/Meta");
                            EXPECT_EQ(info.deadline_ns, kNoDeadline);
                            peer = info.peer;
                            net.server->reply(call, "");
                          },
                          {},
                          {}});
  CallOptions options;
  options.metadata = {{"authorization", "Bearer abc"}, {"trace-bin", base64_encode(std::string("\0\1\2\xff", 4))}};
  ASSERT_TRUE(net.call("/test.Echo/Meta", "", options));
  EXPECT_EQ(authorization, "Bearer abc");
  EXPECT_EQ(binary, std::string("\0\1\2\xff", 4));
  EXPECT_THAT(peer, ::testing::StartsWith("127.0.0.1:"));
}

TEST(Unary, MetadataBelowAndAboveTheLimit) {
  Loopback net;
  CallOptions options;
  options.metadata = {{"big", std::string(6 * 1024, 'x')}};
  EXPECT_TRUE(net.call(kEcho, "x", options));
  options.metadata = {{"big", std::string(17 * 1024, 'x')}};
  const auto beyond = net.call(kEcho, "x", options);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(net.call(kEcho, "x"));
}

TEST(Unary, RepliesFromAnotherThreadShareWrites) {
  Loopback net;
  std::vector<CallId> waiting;
  net.server->add_method("/test.Echo/Engine", MethodKind::kUnary,
                         {[&](CallId call, const CallInfo&, std::string_view) { waiting.push_back(call); }, {}, {}});
  int answered = 0;
  for (int i = 0; i < 64; ++i) {
    net.client->unary("/test.Echo/Engine", "x", [&](Result<std::string_view> reply) { answered += reply ? 1 : 0; });
  }
  ASSERT_TRUE(net.run_until([&] { return waiting.size() == 64; }));
  std::thread engine([&] {
    net.loop.post([&] {
      for (const CallId id : waiting) EXPECT_TRUE(net.server->reply(id, "done"));
    });
  });
  EXPECT_TRUE(net.run_until([&] { return answered == 64; }));
  engine.join();
  for (const CallId id : waiting) EXPECT_FALSE(net.server->reply(id, "late"));
}

TEST(Unary, RunningCallsAreBounded) {
  GrpcServerOptions options;
  options.max_running_calls_per_connection = 3;
  Loopback net(options);
  std::vector<CallId> held;
  net.server->add_method("/test.Echo/Hold", MethodKind::kUnary,
                         {[&](CallId call, const CallInfo&, std::string_view) { held.push_back(call); }, {}, {}});
  int ok = 0, refused = 0;
  for (int i = 0; i < 4; ++i) {
    net.client->unary("/test.Echo/Hold", "", [&](Result<std::string_view> reply) {
      if (reply) {
        ++ok;
      } else {
        EXPECT_EQ(reply.error().code, Code::kResourceExhausted);
        ++refused;
      }
    });
  }
  ASSERT_TRUE(net.run_until([&] { return refused == 1; }));
  for (const CallId id : held) net.server->reply(id, "");
  EXPECT_TRUE(net.run_until([&] { return ok == 3; }));
  EXPECT_TRUE(net.call(kEcho, "x"));
}

TEST(Unary, HealthCheck) {
  Loopback net;
  const std::string gateway = std::string("\x0a\x18") + "gateway_protocol.Gateway";
  EXPECT_EQ(net.call("/grpc.health.v1.Health/Check", "").value_or("failed"), "\x08\x01");
  EXPECT_EQ(net.call("/grpc.health.v1.Health/Check", gateway).value_or("failed"), "\x08\x01");
  net.server->set_serving("gateway_protocol.Gateway", false);
  EXPECT_EQ(net.call("/grpc.health.v1.Health/Check", gateway).value_or("failed"), "\x08\x02");
  const auto unknown = net.call("/grpc.health.v1.Health/Check", "\x0a\x01x");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace baton::grpc
