// The rules of gRPC over HTTP/2 on a session in memory: framing, errors, deadlines, timeouts.
#include <gmock/gmock.h>

#include "gateway/grpc/tests/session_harness.h"

namespace baton::grpc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Session, ByteWiseDelivery) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& answer = client.request(request_headers("/test/Echo"), grpc_message("hello"));
  client.pump(1);
  EXPECT_EQ(answer.status(), "0");
  EXPECT_EQ(answer.data, grpc_message("hello"));
  EXPECT_TRUE(answer.closed);
  EXPECT_EQ(server.core.stats.calls_open, 0U);
}

TEST(Session, PaddedDataAndEndOnEmptyData) {
  MemoryServer server;
  const std::string message = grpc_message("padded");
  server.feed(preface() + frame(kHeaders, kEndHeaders, 1, hpack(request_headers("/test/Echo"))));
  for (const char byte : message) {
    server.feed(frame(kData, kPadded, 1, std::string("\3") + byte + std::string(3, '\0')));
  }
  EXPECT_TRUE(server.messages.empty());
  server.feed(frame(kData, kEndStream, 1, ""));
  EXPECT_THAT(server.messages, ElementsAre("padded"));
}

TEST(Session, EndByTrailers) {
  MemoryServer server;
  server.feed(preface() + frame(kHeaders, kEndHeaders, 1, hpack(request_headers("/test/Echo"))) +
              frame(kData, 0, 1, grpc_message("x")) +
              frame(kHeaders, kEndHeaders | kEndStream, 1, hpack({{"late", "1"}})));
  EXPECT_THAT(server.messages, ElementsAre("x"));
}

TEST(Session, EndOnHeadersIsNoMessage) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& answer = client.request(request_headers("/test/Echo"), "");
  client.pump();
  EXPECT_EQ(answer.status(), "13");
  EXPECT_EQ(answer.header_blocks, 1) << "trailers-only";
  EXPECT_EQ(answer.fields[":status"], "200");
  EXPECT_EQ(answer.fields["content-type"], "application/grpc");
}

TEST(Session, BadMessages) {
  struct Case {
    std::string body;
    std::string status;
  };
  const std::string huge = std::string(1, '\0') + u32(static_cast<std::uint32_t>(limits::kMessageBytes + 1));
  const std::vector<Case> cases{
      {grpc_message("abc").substr(0, 6), "13"},              // cut message
      {grpc_message("abc").substr(0, 3), "13"},              // cut prefix
      {grpc_message("abc") + grpc_message("second"), "12"},  // second message
      {grpc_message("abc") + std::string(1, '\0'), "12"},    // begin of a second one
      {grpc_message("abc", 2), "13"},                        // flag
      {grpc_message("abc", 1), "13"},                        // compressed without grpc-encoding
      {huge, "8"},                                           // refused at the prefix
      {std::string(1, '\0') + "\xff\xff\xff\xff", "8"},
  };
  for (const Case& c : cases) {
    MemoryServer server;
    MemoryClient client(server);
    Answer& answer = client.request(request_headers("/test/Echo"), c.body);
    client.pump();
    EXPECT_EQ(answer.status(), c.status);
    EXPECT_TRUE(server.messages.empty());
    EXPECT_EQ(server.core.stats.partial_bytes, 0U);
    Answer& next = client.request(request_headers("/test/Echo"), grpc_message("ok"));
    client.pump();
    EXPECT_EQ(next.status(), "0") << "the connection stays usable";
  }
}

TEST(Session, AnswerBeforeTheEndIsFollowedByReset) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& answer = client.request(request_headers("/test/Echo"), grpc_message("x", 7), false);
  client.pump();
  EXPECT_EQ(answer.status(), "13");
  EXPECT_TRUE(answer.closed);
  EXPECT_EQ(answer.error, 0U) << "RST_STREAM(NO_ERROR)";
  EXPECT_EQ(server.core.stats.calls_open, 0U);
}

TEST(Session, DiscardedUploadsDoNotEatTheConnectionWindow) {
  MemoryServer server;
  MemoryClient client(server);
  for (int i = 0; i < 8; ++i) {
    Answer& answer = client.request(request_headers("/test/Echo"), grpc_message(std::string(5 << 20, 'x')));
    client.pump();
    EXPECT_EQ(answer.status(), "8") << i;
  }
}

TEST(Session, WrongMethodAndContentTypeArePlainHttp) {
  MemoryServer server;
  MemoryClient client(server);
  auto fields = request_headers("/test/Echo");
  fields[0].second = "GET";
  Answer& method = client.request(fields, "");
  for (const std::string type : {"application/json", "application/grpc-web", "application/grpcx", "text/plain"}) {
    fields = request_headers("/test/Echo");
    fields[5].second = type;
    Answer& answer = client.request(fields, grpc_message("x"));
    client.pump();
    EXPECT_EQ(answer.fields[":status"], "415") << type;
    EXPECT_EQ(answer.status(), "none");
  }
  EXPECT_EQ(method.fields[":status"], "405");
  for (const std::string type : {"application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"}) {
    fields = request_headers("/test/Echo");
    fields[5].second = type;
    Answer& answer = client.request(fields, grpc_message("x"));
    client.pump();
    EXPECT_EQ(answer.status(), "0") << type;
  }
  fields = request_headers("/test/Echo");
  fields.erase(fields.begin() + 4);  // no te
  Answer& answer = client.request(fields, grpc_message("x"));
  client.pump();
  EXPECT_EQ(answer.status(), "0");
}

TEST(Session, HeaderListAtAndBeyondTheLimit) {
  MemoryServer server;
  MemoryClient client(server);
  auto fields = request_headers("/test/Echo", {{"pad", ""}});
  std::size_t used = 0;
  for (const auto& [name, value] : fields) used += name.size() + value.size() + 32;
  fields.back().second = std::string((16U << 10) - used, 'x');
  Answer& at = client.request(fields, grpc_message("x"));
  client.pump();
  EXPECT_EQ(at.status(), "0");
  fields.back().second += 'x';
  Answer& beyond = client.request(fields, grpc_message("x"));
  client.pump();
  EXPECT_EQ(beyond.status(), "8");
}

TEST(Session, Timeouts) {
  for (const auto& [text, status] : std::vector<std::pair<std::string, std::string>>{
           {"123456789S", "13"}, {"S", "13"}, {"5", "13"}, {"5x", "13"}, {"-5S", "13"}, {"0S", "4"}, {"0n", "4"}}) {
    MemoryServer server;
    MemoryClient client(server);
    Answer& answer = client.request(request_headers("/test/Hold", {{"grpc-timeout", text}}), grpc_message("x"));
    client.pump();
    EXPECT_EQ(answer.status(), status) << text;
    EXPECT_TRUE(server.held.empty());
  }
}

TEST(Session, DeadlineEndsACallWithTrailers) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& unary = client.request(request_headers("/test/Hold", {{"grpc-timeout", "1487m"}}), grpc_message("x"));
  Answer& far = client.request(request_headers("/test/Hold", {{"grpc-timeout", "99999999H"}}), grpc_message("x"));
  client.pump();
  ASSERT_EQ(server.held.size(), 2U);
  EXPECT_EQ(server.deadlines[0], server.now + 1487'000'000);
  server.advance(1487'000'000 - 10'000'000);
  client.pump();
  EXPECT_FALSE(unary.closed);
  server.advance(20'000'000);
  ASSERT_EQ(server.closed.size(), 1U);
  EXPECT_EQ(server.closed[0].id, server.held[0]);
  EXPECT_EQ(server.closed[0].reason, CloseReason::kDeadline);
  EXPECT_FALSE(server.core.reply(server.held[0], "late"));
  client.pump();
  EXPECT_EQ(unary.status(), "4");
  EXPECT_TRUE(unary.closed);
  EXPECT_FALSE(far.closed);
  EXPECT_EQ(server.closed.size(), 1U) << "closed is reported once";
}

TEST(Session, DeadlineCountsWhileTheBodyIsMissing) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& answer =
      client.request(request_headers("/test/Hold", {{"grpc-timeout", "1S"}}), grpc_message("abc").substr(0, 6), false);
  client.pump();
  server.advance(kSec + 10'000'000);
  client.pump();
  EXPECT_EQ(answer.status(), "4");
  EXPECT_TRUE(server.held.empty());
  EXPECT_TRUE(server.closed.empty()) << "no handler saw it";
  EXPECT_EQ(server.core.stats.partial_bytes, 0U);
}

TEST(Session, DeadlineInMidMessageResets) {
  MemoryServer server;
  http2::SessionLimits limits;
  limits.stream_window_bytes = 65'535;
  MemoryClient client(server, limits);
  client.session.set_manual_windows(true);
  Answer& answer = client.request(request_headers("/test/Stream", {{"grpc-timeout", "1S"}}), grpc_message("x"));
  client.pump();
  ASSERT_EQ(server.held.size(), 1U);
  server.core.send(server.held[0], std::string(10, 'a'), 7);
  server.core.send(server.held[0], std::string(100'000, 'b'), 8);
  server.core.send(server.held[0], std::string(10, 'c'), 9);
  client.pump();
  EXPECT_EQ(answer.data.size(), 65'535U);
  server.advance(kSec + 10'000'000);
  client.pump();
  EXPECT_EQ(answer.status(), "none");
  EXPECT_EQ(answer.error, 8U);
  ASSERT_EQ(server.closed.size(), 1U);
  EXPECT_THAT(server.closed[0].unsent, ElementsAre(8U, 9U));
}

TEST(Session, StalledRequestIsCut) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& answer = client.request(request_headers("/test/Hold"), grpc_message("abc").substr(0, 6), false);
  client.pump();
  server.advance(29 * kSec);
  client.send_more(answer, "b", false);
  client.pump();
  server.advance(29 * kSec);
  client.pump();
  EXPECT_EQ(answer.status(), "none") << "progress counts";
  server.advance(2 * kSec);
  client.pump();
  EXPECT_EQ(answer.status(), "4");
}

TEST(Session, CancelReportsUnsentTags) {
  MemoryServer server;
  MemoryClient client(server);
  client.session.set_manual_windows(true);  // the stream window is 1 MiB
  Answer& answer = client.request(request_headers("/test/Stream"), grpc_message("x"));
  client.pump();
  ASSERT_EQ(server.held.size(), 1U);
  for (std::uint64_t tag = 1; tag <= 5; ++tag) server.core.send(server.held[0], std::string(400'000, 'j'), tag);
  server.core.finish(server.held[0], {});
  client.pump();
  EXPECT_TRUE(server.closed.empty());
  client.session.submit_reset(answer.id, http2::ErrorCode::kCancel);
  client.pump();
  ASSERT_EQ(server.closed.size(), 1U);
  EXPECT_EQ(server.closed[0].reason, CloseReason::kCancelled);
  EXPECT_THAT(server.closed[0].unsent, ElementsAre(3U, 4U, 5U));
}

TEST(Session, DrainedIsToldAtHalfTheMark) {
  MemoryServer server;
  MemoryClient client(server);
  client.session.set_manual_windows(true);
  Answer& answer = client.request(request_headers("/test/Stream"), grpc_message("x"));
  client.pump();
  const CallId id = server.held.at(0);
  for (int i = 0; i < 5; ++i) server.core.send(id, std::string(500'000, 'j'), 0);
  client.pump();
  EXPECT_GT(server.core.find(id)->unsent_bytes, 1U << 20);
  EXPECT_TRUE(server.drained.empty());
  client.session.consume(answer.id, answer.data.size());
  client.pump();
  EXPECT_THAT(server.drained, ElementsAre(id));
  server.core.send(id, "more", 0);
  client.session.consume(answer.id, 1 << 20);
  client.pump();
  EXPECT_EQ(answer.data.size(), 5 * 500'005U + 9);
  EXPECT_EQ(server.drained.size(), 1U);
}

TEST(Session, ResumeAfterDeferral) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& answer = client.request(request_headers("/test/Stream"), grpc_message("x"));
  client.pump();
  for (int i = 0; i < 5; ++i) {
    server.core.send(server.held.at(0), "m" + std::to_string(i), 0);
    client.pump();
    EXPECT_EQ(answer.data.size(), 7U * static_cast<std::size_t>(i + 1));
  }
  server.core.finish(server.held.at(0), {});
  client.pump();
  EXPECT_EQ(answer.status(), "0");
  EXPECT_EQ(server.closed.at(0).reason, CloseReason::kFinished);
}

TEST(Session, DisconnectReportsEveryOpenCall) {
  MemoryServer server;
  MemoryClient client(server);
  for (int i = 0; i < 50; ++i) client.request(request_headers("/test/Hold"), grpc_message("x"));
  client.request(request_headers("/test/Hold"), grpc_message("x").substr(0, 5), false);  // never dispatched
  client.pump();
  ASSERT_EQ(server.held.size(), 50U);
  server.session->disconnected("gone");
  EXPECT_EQ(server.closed.size(), 50U);
  for (const Closed& closed : server.closed) EXPECT_EQ(closed.reason, CloseReason::kDisconnected);
  EXPECT_EQ(server.core.stats.calls_open, 0U);
  EXPECT_EQ(server.core.stats.calls_running, 0U);
  EXPECT_EQ(server.core.stats.partial_bytes, 0U);
  for (const CallId id : server.held) EXPECT_FALSE(server.core.reply(id, ""));
}

TEST(Session, DrainIsTwoGoaways) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& open = client.request(request_headers("/test/Hold"), grpc_message("x"));
  client.pump();
  server.session->drain();
  Answer& crossing = client.request(request_headers("/test/Echo"), grpc_message("x"));
  client.pump();
  ASSERT_EQ(client.goaways.size(), 2U);
  EXPECT_EQ(client.goaways[0].first, 0x7fffffff);
  EXPECT_EQ(client.goaways[1].first, crossing.id);
  EXPECT_EQ(crossing.status(), "0") << "a call that crossed the notice is served";
  EXPECT_FALSE(server.session->finished());
  server.core.reply(server.held.at(0), "y");
  client.pump();
  EXPECT_EQ(open.status(), "0");
  EXPECT_TRUE(server.session->finished());
}

TEST(Session, PartialBytesAreBoundedPerConnectionAndServer) {
  GrpcServerOptions options;
  options.max_partial_bytes_per_connection = 100'000;
  MemoryServer server(options);
  MemoryClient client(server);
  std::vector<Answer*> answers;
  for (int i = 0; i < 10; ++i) {
    answers.push_back(&client.request(request_headers("/test/Echo"),
                                      grpc_message(std::string(10'001, 'x')).substr(0, 10'005), false));
  }
  client.pump();
  EXPECT_EQ(server.core.stats.partial_bytes, 100'000U);
  Answer& beyond = client.request(request_headers("/test/Echo"), grpc_message("xy").substr(0, 6), false);
  client.pump();
  EXPECT_EQ(beyond.status(), "8");
  for (Answer* answer : answers) client.send_more(*answer, "", true);
  client.pump();
  EXPECT_EQ(server.core.stats.partial_bytes, 0U);
}

TEST(Session, PartialBytesOfTheServerAreBounded) {
  GrpcServerOptions options;
  options.max_partial_bytes = 1000;
  MemoryServer server(options);
  MemoryClient client(server);
  Answer& at = client.request(request_headers("/test/Echo"), grpc_message(std::string(1000, 'x')));
  client.pump();
  EXPECT_EQ(at.status(), "0");
  Answer& beyond = client.request(request_headers("/test/Echo"), grpc_message(std::string(1001, 'x')));
  client.pump();
  EXPECT_EQ(beyond.status(), "8");
}

TEST(Session, RunningCallsOfTheServerAreBounded) {
  GrpcServerOptions options;
  options.max_running_calls = 2;
  MemoryServer server(options);
  MemoryClient client(server);
  std::vector<Answer*> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(&client.request(request_headers("/test/Hold"), grpc_message("x")));
  client.pump();
  EXPECT_EQ(server.held.size(), 2U);
  EXPECT_EQ(answers[2]->status(), "8");
  server.core.reply(server.held[0], "");
  client.pump();
  client.request(request_headers("/test/Hold"), grpc_message("x"));
  client.pump();
  EXPECT_EQ(server.held.size(), 3U);
}

TEST(Session, PeerThatSaysNothingIsClosed) {
  MemoryServer server;
  server.produce();
  server.advance(9 * kSec);
  EXPECT_EQ(server.close_reason, "");
  server.advance(2 * kSec);
  EXPECT_THAT(server.close_reason, HasSubstr("preface"));
}

TEST(Session, UnfinishedHeaderBlockIsClosed) {
  MemoryServer server;
  server.feed(preface() + frame(kHeaders, 0, 1, hpack(request_headers())));
  server.advance(9 * kSec);
  EXPECT_EQ(server.close_reason, "");
  server.advance(2 * kSec);
  EXPECT_THAT(server.close_reason, HasSubstr("header block"));
}

TEST(Session, KeepaliveAsksAndThenCloses) {
  MemoryServer server;
  MemoryClient client(server);
  client.pump();
  server.advance(61 * kSec);
  const std::string ping = server.produce();
  EXPECT_EQ(ping.size(), 17U);
  server.feed(frame(kPing, kAck, 0, std::string(8, '\0')));
  server.advance(61 * kSec);
  EXPECT_EQ(server.produce().size(), 17U);
  server.advance(21 * kSec);
  EXPECT_THAT(server.close_reason, HasSubstr("PING"));
}

TEST(Session, HealthWatchFollowsTheStatus) {
  MemoryServer server;
  MemoryClient client(server);
  Answer& answer = client.request(request_headers("/grpc.health.v1.Health/Watch"), grpc_message(""));
  Answer& unknown = client.request(request_headers("/grpc.health.v1.Health/Watch"), grpc_message("\x0a\x01x"));
  client.pump();
  EXPECT_EQ(answer.data, grpc_message("\x08\x01"));
  EXPECT_EQ(unknown.data, grpc_message("\x08\x03"));
  server.health.set_serving("", false);
  client.pump();
  EXPECT_EQ(answer.data, grpc_message("\x08\x01") + grpc_message("\x08\x02"));
}

TEST(Session, RequestsBeyondTheStreamLimitAreRefused) {
  GrpcServerOptions options;
  options.session.max_concurrent_streams = 2;
  MemoryServer server(options);
  // A client that ignores SETTINGS_MAX_CONCURRENT_STREAMS: stream 5 is one too many.
  server.feed(preface());
  server.produce();
  server.feed(frame(kSettings, kAck, 0, ""));
  for (const std::uint32_t id : {1U, 3U, 5U}) {
    server.feed(frame(kHeaders, kEndHeaders, id, hpack(request_headers())) +
                frame(kData, kEndStream, id, grpc_message("x")));
  }
  EXPECT_EQ(server.held.size(), 2U);
}

}  // namespace
}  // namespace baton::grpc::testing
