// What is a request, what is refused, and that nothing can be read in two ways.
#include "gateway/rest/http_parser.h"

#include <gmock/gmock.h>

namespace baton::rest {
namespace {

using Event = HttpParser::Event;

struct Outcome {
  std::vector<std::string> requests;  // "METHOD target|body"
  unsigned status = 0;
  std::string reason;
  bool operator==(const Outcome&) const = default;
};

Outcome parse(std::string_view input, std::size_t chunk, HttpLimits limits = {}) {
  HttpParser parser(limits);
  Outcome out;
  for (std::size_t at = 0; at < input.size() && out.status == 0; at += chunk) {
    parser.feed(input.substr(at, chunk));
    while (true) {
      const Event event = parser.next();
      if (event == Event::kRequest) {
        const ParsedRequest& request = parser.request();
        out.requests.push_back(std::string(request.method) + " " + std::string(request.target) + "|" +
                               std::string(request.body));
      } else if (event == Event::kError) {
        out.status = parser.status();
        out.reason = parser.reason();
        break;
      } else if (event == Event::kNeedMore) {
        break;
      }
    }
  }
  return out;
}

/// The same, whatever the pieces are in which the bytes come.
Outcome parse(const std::string& input, HttpLimits limits = {}) {
  const Outcome whole = parse(input, input.size(), limits);
  for (const std::size_t chunk : {1, 2, 3, 7, 64}) {
    EXPECT_EQ(parse(input, chunk, limits).requests, whole.requests) << chunk << ": " << input;
    EXPECT_EQ(parse(input, chunk, limits).status, whole.status) << chunk << ": " << input;
  }
  return whole;
}

const std::string kHost = "Host: x\r\n";

TEST(HttpParser, RequestsOneBehindTheOther) {
  const Outcome out =
      parse("GET /a?b=c HTTP/1.1\r\n" + kHost + "\r\nPOST /b HTTP/1.1\r\nhost:y\r\nContent-Length: 3\r\n\r\nxyz" +
            "GET http://h:1/c HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_EQ(out.status, 0U) << out.reason;
  EXPECT_THAT(out.requests, testing::ElementsAre("GET /a?b=c|", "POST /b|xyz", "GET /c|"));
}

TEST(HttpParser, AbsoluteTargets) {
  const auto target_of = [](const std::string& target) {
    return parse("GET " + target + " HTTP/1.1\r\n" + kHost + "\r\n").requests;
  };
  EXPECT_THAT(target_of("http://h"), testing::ElementsAre("GET /|"));
  EXPECT_THAT(target_of("https://h:1#part"), testing::ElementsAre("GET /|"));
  EXPECT_THAT(target_of("http://h/?a=/b"), testing::ElementsAre("GET /?a=/b|"));
  EXPECT_THAT(target_of("http://h?a=/b"), testing::IsEmpty());  // refused, not taken for the path /b
}

TEST(HttpParser, ChunkedBodies) {
  const std::string head = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  const Outcome out = parse(
      head + "3\r\nabc\r\n0A;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /n HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_EQ(out.status, 0U) << out.reason;
  EXPECT_THAT(out.requests, testing::ElementsAre("POST /|abc0123456789", "GET /n|"));
  for (const char* bad :
       {"x\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n", "3 \r\nabc\r\n", "\r\n", "-1\r\n", "fffffffff\r\n",
        "1;a\x01\r\n", "3\r\nabc\n0\r\n\r\n", "0\r\nno colon\r\n\r\n", "0\r\n : x\r\n\r\n"}) {
    EXPECT_EQ(parse(head + bad).status, 400U) << bad;
  }
}

TEST(HttpParser, ManySmallChunksAreCheap) {
  HttpParser parser(HttpLimits{});
  std::string input = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1'000'000; ++i) input += "1\r\nx\r\n";
  input += "0\r\n\r\n";
  parser.feed(input);
  ASSERT_EQ(parser.next(), Event::kRequest);
  EXPECT_EQ(parser.request().body.size(), 1'000'000U);
}

// Request smuggling: everything that a proxy in front could read differently.
TEST(HttpParser, AmbiguousFramingIsRefused) {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  for (const std::string& bad : {
           post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
           post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
           post + "Content-Length: 3, 3\r\n\r\nabc",
           post + "Content-Length: +3\r\n\r\nabc",
           post + "Content-Length: 0x3\r\n\r\nabc",
           post + "Content-Length: \r\n\r\n",
           post + "Content-Length: 99999999999999999999\r\n\r\n",
           post + "Content-Length : 3\r\n\r\nabc",
           post + " Content-Length: 3\r\n\r\nabc",
           post + "X: a\r\n\tfolded\r\n\r\n",
           post + "X: a\r\n Content-Length: 3\r\n\r\nabc",
           post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           post + "X: a\nY: b\r\n\r\n",
           post + "X: a\rY: b\r\n\r\n",
           post + "X: a" + std::string(1, '\0') + "\r\n\r\n",
           std::string("GET / HTTP/1.1\nHost: x\n\n"),
           std::string("GET / HTTP/1.1\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
           std::string("GET /\r\nX: / HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET /\xC3\xA4 HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET * HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("G\tT / HTTP/1.1\r\nHost: x\r\n\r\n"),
       }) {
    const Outcome out = parse(bad);
    EXPECT_EQ(out.status, 400U) << bad;
    EXPECT_TRUE(out.requests.empty()) << bad;
  }
  EXPECT_EQ(parse(post + "Transfer-Encoding: gzip, chunked\r\n\r\n").status, 501U);
  EXPECT_EQ(parse(post + "Expect: 200-ok\r\n\r\n").status, 417U);
  EXPECT_EQ(parse("GET / HTTP/2.0\r\n" + kHost + "\r\n").status, 505U);
  // Which of two errors it is does not depend on the pieces either.
  EXPECT_EQ(parse("GET / HTTP/2.0\r\nX: a\nb\r\n\r\n").status, 400U);
  HttpLimits small;
  small.max_header_bytes = 20;
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nX: a\nb\r\n\r\n", small).status, 400U);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nX: abcdef\nb\r\n\r\n", small).status, 431U);
}

TEST(HttpParser, Limits) {
  HttpLimits limits;
  limits.max_header_bytes = 200;
  limits.max_headers = 5;
  limits.max_target_bytes = 50;
  limits.max_body_bytes = 10;
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  EXPECT_EQ(parse("GET /" + std::string(49, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n", limits).status, 0U);
  EXPECT_EQ(parse("GET /" + std::string(50, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n", limits).status, 414U);
  EXPECT_EQ(parse(post + "Content-Length: 10\r\n\r\n0123456789", limits).status, 0U);
  EXPECT_EQ(parse(post + "Content-Length: 11\r\n\r\n0123456789a", limits).status, 413U);
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(parse(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits).status, 0U);
  EXPECT_EQ(parse(chunked + "5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n", limits).status, 413U);
  EXPECT_EQ(parse(post + "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n", limits).status, 0U);
  EXPECT_EQ(parse(post + "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n\r\n", limits).status, 431U);
  const std::size_t room = 200 - (post + "A: ").size();
  EXPECT_EQ(parse(post + "A: " + std::string(room, 'x') + "\r\n\r\n", limits).status, 0U);
  EXPECT_EQ(parse(post + "A: " + std::string(room + 1, 'x') + "\r\n\r\n", limits).status, 431U);
  EXPECT_EQ(parse(post + "A: " + std::string(5000, 'x'), limits).status, 431U) << "without an end";
  EXPECT_EQ(parse(chunked + "1;" + std::string(150, 'x') + "\r\na\r\n1;" + std::string(100, 'x') + "\r\nb\r\n0\r\n\r\n",
                  limits)
                .status,
            400U);
  EXPECT_EQ(parse(chunked + "0\r\nA: " + std::string(300, 'x') + "\r\n\r\n", limits).status, 400U);
}

TEST(HttpParser, KeepAliveAndContinue) {
  HttpParser parser(HttpLimits{});
  parser.feed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(parser.next(), Event::kContinue);
  EXPECT_EQ(parser.next(), Event::kNeedMore);
  parser.feed("ab");
  ASSERT_EQ(parser.next(), Event::kRequest);
  EXPECT_TRUE(parser.request().keep_alive);
  parser.feed("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n");
  ASSERT_EQ(parser.next(), Event::kRequest);
  EXPECT_FALSE(parser.request().keep_alive);
  parser.feed("GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(parser.next(), Event::kRequest);
  EXPECT_FALSE(parser.request().keep_alive);
}

}  // namespace
}  // namespace baton::rest
