#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "cli/client.h"
#include "cli/http_client.h"
#include "cli/json_view.h"
#include "cli/server.h"
#include "gateway_protocol.pb.h"

namespace baton::cli {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "baton-cli-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

ServerOptions options_for(const std::string& data) {
  ServerOptions options;
  options.data = data;
  options.grpc = "127.0.0.1:0";
  options.http = "127.0.0.1:0";
  options.dev = true;
  return options;
}

TEST(Address, PartsAndDefaults) {
  EXPECT_EQ(parse_address("127.0.0.1:26500")->port, 26500);
  EXPECT_EQ(parse_address("localhost:1")->host, "127.0.0.1");
  EXPECT_EQ(parse_address(":8080")->host, "127.0.0.1");
  EXPECT_EQ(parse_address("8080")->port, 8080);
  EXPECT_EQ(parse_address("[::1]:5")->host, "::1");
  for (const auto* bad : {"", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
}

TEST(JsonViews, MembersItemsAndText) {
  const JsonView view(R"({"a":[1,{"b":"x,]\"y"},[2,3]],"c":null})");
  ASSERT_EQ(view["a"].items().size(), 3U);
  EXPECT_EQ(view["a"].items()[1]["b"].text(), "x,]\"y");
  EXPECT_EQ(view["a"].items()[2].raw(), "[2,3]");
  EXPECT_EQ(view["c"].text(), "null");
  EXPECT_TRUE(view["d"].missing());
  EXPECT_TRUE(JsonView("{oops").missing());
  EXPECT_TRUE(JsonView("[]").items().empty());
}

TEST(Start, RefusesWhatItCannotDoSafely) {
  const TemporaryDirectory directory;
  const SystemClock clock;
  http2::EventLoop loop;
  ServerOptions options = options_for(directory.path());
  options.grpc = "0.0.0.0:0";
  auto server = Server::open(loop, clock, options);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Code::kPermissionDenied);
  options.dev = false;
  server = Server::open(loop, clock, options);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("without TLS"), std::string::npos);

  options = options_for(directory.path());
  options.tls_cert = "there-is-none.pem";
  server = Server::open(loop, clock, options);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("belong together"), std::string::npos);
  options.tls_key = "there-is-none.pem";
  server = Server::open(loop, clock, options);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("there-is-none.pem"), std::string::npos);

  options = options_for(directory.path());
  options.storage = "postgres://somewhere";
  server = Server::open(loop, clock, options);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Code::kUnimplemented);
}

TEST(Start, OneServerPerDataDirectory) {
  const TemporaryDirectory directory;
  const SystemClock clock;
  http2::EventLoop loop;
  auto first = Server::open(loop, clock, options_for(directory.path()));
  ASSERT_TRUE(first) << first.error().message;
  auto second = Server::open(loop, clock, options_for(directory.path()));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos);
}

TEST(Start, ServesStopsAndServesAgainOnTheSameData) {
  const TemporaryDirectory directory;
  for (int round = 0; round < 2; ++round) {
    const SystemClock clock;
    http2::EventLoop loop;
    auto server = Server::open(loop, clock, options_for(directory.path()));
    ASSERT_TRUE(server) << server.error().message;
    std::thread serving([&loop] { loop.run(); });
    ClientOptions client_options;
    client_options.grpc = fmt::format("127.0.0.1:{}", (*server)->grpc_port());
    client_options.http = fmt::format("127.0.0.1:{}", (*server)->http_port());
    auto client = BlockingClient::connect(client_options);
    auto topology =
        (*client)->call<gateway_protocol::TopologyResponse>("Topology", gateway_protocol::TopologyRequest());
    EXPECT_TRUE(topology);
    const auto health = http_get(client_options, "/ready");
    EXPECT_TRUE(health);
    client->reset();
    loop.post([&] { (*server)->stop([&loop] { loop.stop(); }); });
    serving.join();
  }
}

}  // namespace
}  // namespace baton::cli
