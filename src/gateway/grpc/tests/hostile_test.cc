// Peers that break rules: garbage, floods, resets. The session must end the connection, stay bounded and free
// everything.
#include <gmock/gmock.h>

#include <random>

#include "gateway/grpc/tests/session_harness.h"

namespace baton::grpc::testing {
namespace {

std::string request(std::uint32_t id, const std::string& path = "/test/Hold") {
  return frame(kHeaders, kEndHeaders, id, hpack(request_headers(path))) +
         frame(kData, kEndStream, id, grpc_message("x"));
}

/// Error code of the last GOAWAY frame in `bytes`, -1 if there is none.
int goaway_code(const std::string& bytes) {
  int code = -1;
  for (std::size_t at = 0; at + 9 <= bytes.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    const std::size_t size = std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2);
    if (byte(3) == kGoaway) code = byte(9 + 7);
    at += 9 + size;
  }
  return code;
}

TEST(Hostile, BadPreface) {
  for (const std::string bytes :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"}) {
    MemoryServer server;
    server.feed(bytes);
    server.produce();
    EXPECT_TRUE(server.over()) << bytes;
  }
}

TEST(Hostile, RandomBytesAfterThePreface) {
  std::mt19937 random(42);
  for (int round = 0; round < 300; ++round) {
    MemoryServer server;
    server.feed(preface());
    std::string bytes(200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    for (int i = 0; i < 5 && !server.broken; ++i) {
      server.feed(bytes);
      server.produce();
    }
  }
}

TEST(Hostile, MutatedRequests) {
  std::mt19937 random(7);
  const std::string good = request(1, "/test/Echo") + request(3, "/test/Stream") + frame(kPing, 0, 0, "12345678") +
                           frame(kWindowUpdate, 0, 1, u32(100)) + frame(kRst, 0, 3, u32(8)) + request(5, "/test/Echo");
  for (int round = 0; round < 2000; ++round) {
    MemoryServer server;
    std::string bytes = good;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    server.feed(preface() + bytes);
    for (const CallId id : server.held) server.core.reply(id, "answer");
    server.produce();
  }
}

TEST(Hostile, RapidReset) {
  MemoryServer server;
  server.feed(preface());
  std::uint32_t id = 1;
  for (int i = 0; i < 1000; ++i, id += 2) server.feed(request(id) + frame(kRst, 0, id, u32(8)));
  EXPECT_EQ(goaway_code(server.produce()), -1) << "the burst is allowed";
  for (int i = 0; i < 10; ++i, id += 2) server.feed(request(id) + frame(kRst, 0, id, u32(8)));
  const int code = goaway_code(server.produce());
  EXPECT_TRUE(code == 11 || code == 2) << code;
  EXPECT_EQ(server.core.stats.calls_open, 0U);
  EXPECT_TRUE(server.over());
}

TEST(Hostile, CancelsAtAModestRateAreFine) {
  MemoryServer server;
  server.feed(preface());
  std::uint32_t id = 1;
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i < 30; ++i, id += 2) server.feed(request(id) + frame(kRst, 0, id, u32(8)));
    server.advance(kSec);
  }
  // The library's own limiter counts real seconds, ours the given time: only ours is under test beyond its burst.
  EXPECT_EQ(server.closed.size() >= 1000, true);
}

TEST(Hostile, ResetsForcedFromUsAreCounted) {
  MemoryServer server;
  server.feed(preface());
  std::uint32_t id = 1;
  std::string out;
  for (int i = 0; i < 1100 && !server.over(); ++i, id += 2) {
    // content-length says 1, the body has 6 bytes: the library answers with RST_STREAM.
    server.feed(frame(kHeaders, kEndHeaders, id, hpack(request_headers("/test/Hold", {{"content-length", "1"}}))) +
                frame(kData, kEndStream, id, grpc_message("x")));
    out += server.produce();
  }
  EXPECT_EQ(goaway_code(out), 11);
  EXPECT_LE(id, 2 * 1010U);
}

TEST(Hostile, IdleFrameFloods) {
  const std::vector<std::pair<std::string, std::string>> floods{
      {"WINDOW_UPDATE", frame(kWindowUpdate, 0, 0, u32(1))},
      {"empty DATA", frame(kData, 0, 1, "")},
      {"PRIORITY", frame(kPriority, 0, 1, std::string("\0\0\0\0\1", 5))},
      {"unknown", frame(0xEE, 0, 0, "?")},
      {"SETTINGS", frame(kSettings, 0, 0, "")},
      {"PING", frame(kPing, 0, 0, "12345678")},
  };
  for (const auto& [name, one] : floods) {
    MemoryServer server;
    server.feed(preface() + frame(kHeaders, kEndHeaders, 1, hpack(request_headers())));
    std::string out = server.produce();
    int sent = 0;
    for (; sent < 11'000 && !server.over(); ++sent) {
      server.feed(one);
      if (sent % 100 == 0) out += server.produce();  // the peer reads our acknowledgements
    }
    out += server.produce();
    EXPECT_EQ(goaway_code(out), 11) << name;
    EXPECT_GE(sent, 9'900) << name;
  }
}

TEST(Hostile, AcknowledgementsWithoutReadingAreBounded) {
  MemoryServer server;
  server.feed(preface());
  std::string pings;
  for (int i = 0; i < 1500; ++i) pings += frame(kPing, 0, 0, "12345678");
  server.feed(pings);
  server.produce();
  EXPECT_TRUE(server.over());
}

TEST(Hostile, WindowUpdatesOfBusyClientsAreFine) {
  MemoryServer server;
  MemoryClient client(server);
  client.pump();
  for (int i = 0; i < 20'000; ++i) {  // 20,000 calls in no time, two WINDOW_UPDATE each, as libgrpc++ sends
    Answer& answer = client.request(request_headers("/test/Echo"), grpc_message("x"));
    client.pump();
    ASSERT_EQ(answer.status(), "0") << i;
    server.feed(frame(kWindowUpdate, 0, 0, u32(1)) + frame(kWindowUpdate, 0, 0, u32(1)));
  }
  EXPECT_FALSE(server.over());
}

TEST(Hostile, ContinuationFlood) {
  MemoryServer server;
  server.feed(preface() + frame(kHeaders, 0, 1, hpack(request_headers())));
  for (int i = 0; i < 9; ++i) server.feed(frame(kContinuation, 0, 1, hpack({{"a", "b"}})));
  server.produce();
  EXPECT_TRUE(server.over());
}

TEST(Hostile, HeaderBomb) {
  // One large entry in the compression table, then referenced by one byte each: 60 KB of list from 4 KB.
  MemoryServer server;
  std::string block = hpack(request_headers());
  block += std::string("\x40\x01z\x7f\xd1\x1e", 6) +
           std::string(4000 + 64 + 0, 'x').substr(0, 127 + 0xd1 - 0x80 + (0x1e << 7));
  for (int i = 0; i < 40; ++i) block += '\xbe';
  server.feed(preface() + frame(kHeaders, kEndHeaders, 1, block) + frame(kData, kEndStream, 1, grpc_message("x")));
  EXPECT_TRUE(server.held.empty());
}

TEST(Hostile, EndlessStreamToAStalledReaderStaysBounded) {
  MemoryServer server;
  MemoryClient client(server);
  client.session.set_manual_windows(true);
  client.request(request_headers("/test/Stream"), grpc_message("x"));
  client.pump();
  const CallId id = server.held.at(0);
  for (int i = 0; i < 10'000; ++i) {
    const ServerCall* call = server.core.find(id);
    if (call->unsent_bytes > server.core.options.stream_output_mark) break;
    server.core.send(id, std::string(1000, 'x'), 0);
    client.pump();
  }
  EXPECT_LE(server.core.find(id)->unsent_bytes, server.core.options.stream_output_mark + 1005);
}

}  // namespace
}  // namespace baton::grpc::testing
