// Streams, cancel, deadlines, drain and compression over real sockets.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/grpc/tests/test_support.h"

namespace baton::grpc {
namespace {

using testing::kSecond;
using testing::Loopback;
using testing::now_ns;

/// /test.Echo/Stream keeps the call; everything reported about it is recorded.
struct StreamFixture {
  explicit StreamFixture(GrpcServerOptions options = {}) : net(options) {
    net.server->add_method("/test.Echo/Stream", MethodKind::kServerStreaming,
                           {[this](CallId id, const CallInfo&, std::string_view) { calls.push_back(id); },
                            [this](CallId id, CloseReason reason, std::span<const std::uint64_t> tags) {
                              closed.emplace_back(id, reason);
                              unsent.insert(unsent.end(), tags.begin(), tags.end());
                            },
                            [this](CallId id) {
                              ++drained;
                              if (on_drained) on_drained(id);
                            }});
  }
  GrpcClient::CallHandle open(const CallOptions& options = {}) {
    return net.client->server_stream(
        "/test.Echo/Stream", "subscribe", [this](std::string_view message) { received.emplace_back(message); },
        [this](const Status& status) { ends.push_back(status ? Error{Code::kOk, ""} : status.error()); }, options);
  }
  bool wait_calls(std::size_t count) {
    return net.run_until([&] { return calls.size() == count; });
  }
  std::vector<CallId> calls;
  std::vector<std::pair<CallId, CloseReason>> closed;
  std::vector<std::uint64_t> unsent;
  std::vector<std::string> received;
  std::vector<Error> ends;
  int drained = 0;
  std::function<void(CallId)> on_drained;
  Loopback net;
};

TEST(Stream, DeliversInOrderAndEnds) {
  StreamFixture s;
  s.open();
  ASSERT_TRUE(s.wait_calls(1));
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(s.net.server->send(s.calls[0], std::to_string(i)));
  s.net.server->finish(s.calls[0]);
  EXPECT_FALSE(s.net.server->send(s.calls[0], "after the end"));
  ASSERT_TRUE(s.net.run_until([&] { return !s.ends.empty(); }));
  EXPECT_EQ(s.ends[0].code, Code::kOk);
  ASSERT_EQ(s.received.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(s.received[static_cast<std::size_t>(i)], std::to_string(i));
  ASSERT_EQ(s.closed.size(), 1U);
  EXPECT_EQ(s.closed[0].second, CloseReason::kFinished);
}

TEST(Stream, ErrorAfterMessages) {
  StreamFixture s;
  s.open();
  ASSERT_TRUE(s.wait_calls(1));
  s.net.server->send(s.calls[0], "one");
  s.net.server->finish(s.calls[0], fail(Code::kResourceExhausted, "enough"));
  ASSERT_TRUE(s.net.run_until([&] { return !s.ends.empty(); }));
  EXPECT_THAT(s.received, ::testing::ElementsAre("one"));
  EXPECT_EQ(s.ends[0], (Error{Code::kResourceExhausted, "enough"}));
}

TEST(Stream, CancelReachesTheServer) {
  StreamFixture s;
  const auto handle = s.open();
  ASSERT_TRUE(s.wait_calls(1));
  EXPECT_TRUE(s.net.client->cancel(handle));
  EXPECT_FALSE(s.net.client->cancel(handle));
  ASSERT_TRUE(s.net.run_until([&] { return s.closed.size() == 1; }));
  EXPECT_EQ(s.closed[0], std::make_pair(s.calls[0], CloseReason::kCancelled));
  EXPECT_EQ(s.ends.at(0).code, Code::kCancelled);
  EXPECT_FALSE(s.net.server->send(s.calls[0], "x"));
  EXPECT_FALSE(s.net.server->alive(s.calls[0]));
}

TEST(Stream, DeadlineEndsBothSides) {
  StreamFixture s;
  CallOptions options;
  options.deadline_ns = now_ns() + kSecond / 10;
  s.open(options);
  ASSERT_TRUE(s.net.run_until([&] { return !s.ends.empty() && !s.closed.empty(); }));
  EXPECT_EQ(s.ends[0].code, Code::kDeadlineExceeded);
  EXPECT_GE(now_ns(), options.deadline_ns);
  EXPECT_LT(now_ns(), options.deadline_ns + kSecond);
}

TEST(Stream, SlowReaderPausesTheProducer) {
  StreamFixture s;
  CallOptions options;
  options.manual_windows = true;
  const auto handle = s.open(options);
  ASSERT_TRUE(s.wait_calls(1));
  constexpr int kTotal = 20'000;
  int produced = 0;
  std::size_t most = 0;
  const auto produce = [&](CallId id) {
    while (produced < kTotal && s.net.server->writable(id)) {
      s.net.server->send(id, std::string(1000, 'j'));
      ++produced;
      most = std::max(most, s.net.server->unsent_bytes(id));
    }
  };
  s.on_drained = produce;
  produce(s.calls[0]);
  s.net.run_until([] { return false; }, kSecond / 5);
  EXPECT_LT(produced, 4000) << "1 MiB of window and 1 MiB of queue";
  EXPECT_LE(most, (1U << 20) + 1005);
  std::size_t given = 0;
  EXPECT_TRUE(s.net.run_until([&] {
    s.net.client->consume(handle, (s.received.size() - given) * 1005);
    given = s.received.size();
    return s.received.size() == kTotal;
  }));
  EXPECT_GT(s.drained, 5);
}

TEST(Stream, ConnectionLossReportsEveryCallWithItsTags) {
  StreamFixture s;
  CallOptions options;
  options.manual_windows = true;
  for (int i = 0; i < 10; ++i) s.open(options);
  ASSERT_TRUE(s.wait_calls(10));
  for (std::uint64_t tag = 1; tag <= 3; ++tag) s.net.server->send(s.calls[0], std::string(2 << 20, 'x'), tag);
  s.net.run_until([] { return false; }, kSecond / 10);
  s.net.client->close();
  ASSERT_TRUE(s.net.run_until([&] { return s.closed.size() == 10; }));
  for (const auto& [id, reason] : s.closed) EXPECT_EQ(reason, CloseReason::kDisconnected);
  EXPECT_THAT(s.unsent, ::testing::ElementsAre(1U, 2U, 3U));
  EXPECT_EQ(s.ends.size(), 10U);
  EXPECT_EQ(s.ends[0].code, Code::kUnavailable);
  EXPECT_EQ(s.net.server->stats().connections_open, 0U);
  EXPECT_TRUE(s.net.call("/test.Echo/Unary", "a new connection is made"));
}

TEST(Stream, DrainFinishesRunningCallsAndRefusesNewOnes) {
  StreamFixture s;
  s.open();
  ASSERT_TRUE(s.wait_calls(1));
  bool drained = false;
  s.net.server->drain([&] { drained = true; });
  s.net.run_until([] { return false; }, kSecond / 10);
  EXPECT_FALSE(drained);
  s.net.server->send(s.calls[0], "last words");
  s.net.server->finish(s.calls[0]);
  ASSERT_TRUE(s.net.run_until([&] { return drained; }));
  EXPECT_THAT(s.received, ::testing::ElementsAre("last words"));
  EXPECT_EQ(s.ends.at(0).code, Code::kOk);
  const auto refused = s.net.call("/test.Echo/Unary", "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
}

TEST(Stream, DrainCutsAtItsLimit) {
  GrpcServerOptions options;
  options.drain_ns = kSecond / 5;
  StreamFixture s(options);
  s.open();
  ASSERT_TRUE(s.wait_calls(1));
  bool drained = false;
  s.net.server->drain([&] { drained = true; });
  ASSERT_TRUE(s.net.run_until([&] { return drained; }));
  EXPECT_EQ(s.closed.size(), 1U);
  EXPECT_TRUE(s.net.run_until([&] { return s.ends.size() == 1; }));
}

TEST(Stream, DestroyingTheServerReportsOpenCalls) {
  StreamFixture s;
  for (int i = 0; i < 5; ++i) s.open();
  ASSERT_TRUE(s.wait_calls(5));
  s.net.server.reset();
  EXPECT_EQ(s.closed.size(), 5U);
}

TEST(Stream, CompressedRequests) {
  Loopback net;
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    CallOptions options;
    options.encoding = encoding;
    for (const std::size_t size : {std::size_t{0}, std::size_t{3000}, limits::kMessageBytes}) {
      const std::string text(size, 'z');
      EXPECT_EQ(net.call("/test.Echo/Unary", text, options).value_or("failed"), text);
    }
    const auto bomb = net.call("/test.Echo/Unary", std::string(limits::kMessageBytes + 1, 'z'), options);
    ASSERT_FALSE(bomb);
    EXPECT_EQ(bomb.error().code, Code::kResourceExhausted);
  }
}

TEST(Stream, RefusedConnectionFailsTheCall) {
  http2::EventLoop loop;
  GrpcClient client(loop, {.host = "127.0.0.1", .port = 1});
  Code code = Code::kOk;
  client.unary("/x/Y", "", [&](Result<std::string_view> reply) {
    code = reply ? Code::kOk : reply.error().code;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(code, Code::kUnavailable);
}

TEST(Stream, ConnectionLimits) {
  GrpcServerOptions options;
  options.max_connections_per_address = 2;
  Loopback net(options);
  ASSERT_TRUE(net.call("/test.Echo/Unary", "1"));
  auto second = net.make_client(), third = net.make_client();
  std::vector<bool> results;
  for (GrpcClient* client : {second.get(), third.get()}) {
    client->unary("/test.Echo/Unary", "x",
                  [&](Result<std::string_view> reply) { results.push_back(reply.has_value()); });
    ASSERT_TRUE(net.run_until([&, want = results.size() + 1] { return results.size() == want; }));
  }
  EXPECT_THAT(results, ::testing::ElementsAre(true, false));
  second.reset();
  net.run_until([] { return false; }, kSecond / 20);
  EXPECT_TRUE(net.call("/test.Echo/Unary", "1"));
  EXPECT_EQ(net.server->stats().connections_refused, 1U);
}

TEST(Stream, ConnectionsOfTheServerAreBounded) {
  GrpcServerOptions options;
  options.max_connections = 1;
  Loopback net(options);
  ASSERT_TRUE(net.call("/test.Echo/Unary", "1"));
  auto second = net.make_client();
  bool failed = false;
  second->unary("/test.Echo/Unary", "x", [&](Result<std::string_view> reply) { failed = !reply; });
  EXPECT_TRUE(net.run_until([&] { return failed; }));
  EXPECT_TRUE(net.call("/test.Echo/Unary", "1"));
}

TEST(Stream, AcceptPausesWithoutDescriptorsAndGoesOn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan's vptr check needs descriptors of its own";
#endif
  Loopback net;
  ASSERT_TRUE(net.call("/test.Echo/Unary", "1"));
  auto second = net.make_client();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};  // one more: the client's own socket
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  int answered = 0;
  second->unary("/test.Echo/Unary", "x", [&](Result<std::string_view> reply) { answered += reply ? 1 : 100; });
  net.run_until([] { return false; }, kSecond / 4);
  EXPECT_EQ(answered, 0);
  EXPECT_EQ(net.server->stats().connections_accepted, 1U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(net.run_until([&] { return answered == 1; }));
}

/// A TCP peer that sends `bytes` and is then read until the server closes; what the server sent.
std::string raw_exchange(Loopback& net, const std::string& bytes) {
  const auto fd = http2::start_connect("127.0.0.1", net.server->port());
  EXPECT_TRUE(fd);
  std::string received;
  bool closed = false, sent = false;
  EXPECT_TRUE(net.run_until([&] {
    if (!sent) sent = ::send(*fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    char buffer[4096];
    const ssize_t got = sent ? ::recv(*fd, buffer, sizeof buffer, MSG_DONTWAIT) : -1;
    if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
    closed = got == 0;
    return closed;
  }));
  ::close(*fd);
  return received;
}

TEST(Stream, GarbageOnTheSocketIsAnsweredWithTheEnd) {
  Loopback net;
  raw_exchange(net, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  raw_exchange(net, std::string(1000, '\xff'));
  const std::string preface = std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string("\0\0\0\4\0\0\0\0\0", 9);
  // DATA on stream 0 is a connection error (RFC 9113 section 6.1): GOAWAY, then the end.
  const std::string answer = raw_exchange(net, preface + std::string("\0\0\1\0\0\0\0\0\0x", 10));
  const std::string goaway("\7\0\0\0\0\0\0\0\0\0\0\0\0\1", 14);  // type, flags, stream 0, last stream 0, PROTOCOL_ERROR
  EXPECT_NE(answer.find(goaway), std::string::npos);
  EXPECT_TRUE(net.run_until([&] { return net.server->stats().connections_open == 0; }));
  EXPECT_TRUE(net.call("/test.Echo/Unary", "x"));
}

}  // namespace
}  // namespace baton::grpc
