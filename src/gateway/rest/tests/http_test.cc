// The HTTP side, over a plain socket.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/json.h"
#include "gateway/api/tests/api_support.h"
#include "gateway/rest/rest_api.h"
#include "gateway/rest/system_api.h"

namespace baton::rest {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// A non-blocking client socket.
class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }

  void send(std::string_view bytes) { unsent_ += bytes; }
  /// Writes and reads what can be; true when the server has closed.
  bool pump() {
    while (!unsent_.empty()) {
      const ssize_t n = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      if (n <= 0) break;
      unsent_.erase(0, static_cast<std::size_t>(n));
    }
    char buffer[16384];
    while (!closed_) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (n <= 0) {
        closed_ = true;
      } else {
        received.append(buffer, static_cast<std::size_t>(n));
      }
    }
    return closed_;
  }
  /// Takes one whole answer out of what was received; empty if there is none yet.
  std::string take_answer() {
    const std::size_t head = received.find("\r\n\r\n");
    if (head == std::string::npos) return {};
    std::size_t length = 0;
    if (const std::size_t at = received.find("Content-Length: "); at < head)
      length = std::stoul(received.substr(at + 16));
    if (head_only) length = 0;
    if (received.size() < head + 4 + length) return {};
    std::string answer = received.substr(0, head + 4 + length);
    received.erase(0, answer.size());
    return answer;
  }
  std::string received;
  bool head_only = false;  // answers to HEAD have a length and no body

 private:
  int fd_;
  bool closed_ = false;
  std::string unsent_;
};

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

class HttpTest : public gateway::test::ApiTest {
 protected:
  HttpTest() {
    HttpServerOptions options;
    options.port = 0;
    options.session.limits.max_body_bytes = 1000;
    auto made = HttpServer::listen(loop_, options);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    http_ = std::move(*made);
    serve_system_api(*http_, *gateway_, *partition_, *server_, [](HttpHandler handler) { return handler; });
    api_ = std::make_unique<RestApi>(*gateway_, RestOptions{.dev = true});
    http_->otherwise([this](const HttpRequest& request, HttpReply reply) { api_->serve(request, std::move(reply)); });
  }
  ~HttpTest() override { partition_->stop(); }

  std::string exchange(Socket& socket, std::string_view bytes) {
    socket.send(bytes);
    std::string answer;
    EXPECT_TRUE(run_until([&] {
      const bool closed = socket.pump();
      answer = socket.take_answer();
      return closed || !answer.empty();
    })) << bytes;
    return answer;
  }
  std::string request(std::string_view method, std::string_view path, std::string_view more = "") {
    Socket socket(http_->port());
    return exchange(socket, fmt::format("{} {} HTTP/1.1\r\nHost: x\r\n{}\r\n", method, path, more));
  }
  std::string get(std::string_view path) { return request("GET", path); }

  std::unique_ptr<RestApi> api_;
  std::unique_ptr<HttpServer> http_;
};

void expect_json(const std::string& answer, unsigned status, std::string_view type = "application/json") {
  EXPECT_THAT(answer, StartsWith(fmt::format("HTTP/1.1 {} ", status)));
  EXPECT_THAT(answer, HasSubstr(fmt::format("Content-Type: {}\r\n", type)));
  EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_TRUE(JsonDocument::parse(body_of(answer))) << body_of(answer);
}

TEST_F(HttpTest, Topology) {
  const std::string answer = get("/v2/topology");
  expect_json(answer, 200);
  EXPECT_THAT(answer, HasSubstr(fmt::format(R"("host":"127.0.0.1","port":{})", server_->port())));
  EXPECT_THAT(answer, HasSubstr(R"("role":"leader","health":"healthy")"));
  EXPECT_THAT(answer, HasSubstr(R"("gatewayVersion":"8.9.0")"));
  EXPECT_THAT(answer, HasSubstr(R"("clusterId":"the-cluster")"));
  expect_json(get("/v2/topology?pretty=1"), 200);
}

TEST_F(HttpTest, StatusHealthAndReadiness) {
  EXPECT_THAT(get("/v2/status"), StartsWith("HTTP/1.1 204 "));
  expect_json(get("/health"), 200);
  EXPECT_EQ(body_of(get("/health")), R"({"status":"UP"})");
  expect_json(get("/ready"), 200);
}

TEST_F(HttpTest, NotReadyWhileTheJournalIsStuckButHealthy) {
  ASSERT_TRUE(deploy());
  watch_.close();
  client_->unary(gateway::test::kService + "CreateProcessInstance", creation().SerializeAsString(), [](auto&&) {});
  ASSERT_TRUE(run_until([&] { return partition_->stats().active_instances.load() == 1; }));
  Socket ready(http_->port());
  ready.send("GET /ready HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string answer;
  const auto answered = [&] {
    ready.pump();
    answer = ready.take_answer();
    return !answer.empty();
  };
  EXPECT_FALSE(run_until(answered, 30));
  expect_json(get("/health"), 200);
  watch_.open();
  EXPECT_TRUE(run_until(answered));
  expect_json(answer, 200);
}

TEST_F(HttpTest, MetricsCountWhatHappened) {
  ASSERT_TRUE(deploy());
  create();
  const std::string answer = get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4\r\n"));
  EXPECT_THAT(answer, HasSubstr("# TYPE baton_frames_total counter\nbaton_frames_total 2\n"));
  EXPECT_THAT(answer, HasSubstr("\nbaton_process_instances 1\n"));
  EXPECT_THAT(answer, HasSubstr("\nbaton_jobs 1\n"));
  EXPECT_THAT(answer, HasSubstr("\nbaton_durable_position 2\n"));
  EXPECT_THAT(answer, HasSubstr("\nbaton_disk_full 0\n"));
  EXPECT_THAT(answer, HasSubstr("baton_append_seconds{quantile=\"0.99\"} "));
  EXPECT_THAT(answer, HasSubstr("baton_thread_cpu_seconds_total{thread=\"partition\"} "));
  // Every line is a comment or "name value" or "name{labels} value".
  const std::string text = body_of(answer);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    EXPECT_TRUE(line.starts_with("# HELP baton_") || line.starts_with("# TYPE baton_") ||
                (line.starts_with("baton_") && line.rfind(' ') != std::string::npos))
        << line;
  }
}

TEST_F(HttpTest, InstancesAndOneOfThem) {
  EXPECT_EQ(body_of(get("/baton/instances")), R"({"total":0,"items":[]})");
  ASSERT_TRUE(deploy());
  const std::int64_t key = create(R"({"text":"quote\" and \\ back","n":[1,{"x":null}]})");
  const std::string list = get("/baton/instances");
  expect_json(list, 200);
  EXPECT_THAT(
      list, HasSubstr(fmt::format(R"("total":1,"items":[{{"processInstanceKey":"{}","processDefinitionId":"p")", key)));
  EXPECT_THAT(list, HasSubstr(R"("waitsAt":["a"])"));
  const std::string one = get(fmt::format("/baton/instances/{}", key));
  expect_json(one, 200);
  EXPECT_THAT(one, HasSubstr(R"("elementId":"a")"));
  EXPECT_THAT(one, HasSubstr(R"("type":"work")"));
  EXPECT_THAT(one, HasSubstr(R"("name":"text")"));
  expect_json(get("/baton/instances/4711"), 404, "application/problem+json");
  for (const char* key_text : {"abc", "12x", "", "-1", "99999999999999999999999"}) {
    expect_json(get(fmt::format("/baton/instances/{}", key_text)), 400, "application/problem+json");
  }
}

TEST_F(HttpTest, UnknownAddressesAndMethods) {
  for (const char* path : {"/", "/v2", "/v2/topologyx", "/v2/topology/", "/health/x", "/%00", "/../etc/passwd"}) {
    const std::string answer = get(path);
    expect_json(answer, 404, "application/problem+json");
    EXPECT_THAT(answer, HasSubstr(R"("title":"Not Found","status":404)")) << path;
  }
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    const std::string answer = request(method, "/health", "Content-Length: 0\r\n");
    expect_json(answer, 405, "application/problem+json");
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n")) << method;
  }
}

TEST_F(HttpTest, HeadHasNoBody) {
  Socket socket(http_->port());
  socket.head_only = true;
  const std::string answer = exchange(socket, "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(socket.received.empty());
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(body_of(answer), IsEmpty());
}

TEST_F(HttpTest, GarbageIsABadRequestAndEndsTheConnection) {
  for (const char* garbage :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET /health XTTP/1.1\r\n\r\n", "GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /health HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls hello"}) {
    Socket socket(http_->port());
    const std::string answer = exchange(socket, garbage);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << garbage;
    EXPECT_TRUE(run_until([&] { return socket.pump(); }, 3000)) << garbage;
  }
  expect_json(get("/health"), 200);
}

TEST_F(HttpTest, BodiesUpToTheLimitAreReadAndLargerOnesRefused) {
  const std::string at_limit = request("POST", "/health", "Content-Length: 1000\r\n\r\n" + std::string(998, 'x'));
  EXPECT_THAT(at_limit, StartsWith("HTTP/1.1 405 "));
  Socket socket(http_->port());
  const std::string beyond =
      exchange(socket, "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
  expect_json(beyond, 413, "application/problem+json");
  Socket chunked(http_->port());
  const std::string chunks =
      exchange(chunked, "POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                            std::string(1001, 'x') + "\r\n0\r\n\r\n");
  expect_json(chunks, 413, "application/problem+json");
}

TEST_F(HttpTest, HeadersOverTheLimitAreRefused) {
  const std::string answer = request("GET", "/health", "X: " + std::string(20'000, 'x') + "\r\n");
  expect_json(answer, 431, "application/problem+json");
}

TEST_F(HttpTest, AConnectionIsKeptForMoreRequestsAndClosedOnDemand) {
  Socket socket(http_->port());
  for (int i = 0; i < 3; ++i) expect_json(exchange(socket, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
  // Two at once are answered in their order.
  expect_json(exchange(socket, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nGET /ready HTTP/1.1\r\nHost: x\r\n\r\n"), 404,
              "application/problem+json");
  expect_json(exchange(socket, ""), 200);
  EXPECT_FALSE(socket.pump());
  EXPECT_THAT(exchange(socket, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(run_until([&] { return socket.pump(); }, 3000));
  EXPECT_EQ(http_->stats().requests, 6U);
}

TEST_F(HttpTest, AClientThatLeavesBeforeItsAnswerHarmsNobody) {
  ASSERT_TRUE(deploy());
  watch_.close();
  client_->unary(gateway::test::kService + "CreateProcessInstance", creation().SerializeAsString(), [](auto&&) {});
  ASSERT_TRUE(run_until([&] { return partition_->stats().active_instances.load() == 1; }));
  {
    Socket socket(http_->port());
    socket.send("GET /ready HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(run_until([&] {
      socket.pump();
      return http_->stats().requests == 1;
    }));
  }
  watch_.open();
  expect_json(get("/ready"), 200);
}

}  // namespace
}  // namespace baton::rest
