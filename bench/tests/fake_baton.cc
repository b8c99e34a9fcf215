// The fake gateway as a program with the command line of `baton start`: put it beside baton-bench under the name
// "baton" to try the whole tool, from starting the server to removing its data, without the product.
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "fake_gateway.h"

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--grpc") == 0)
      port = static_cast<std::uint16_t>(std::atoi(std::strrchr(argv[i + 1], ':') + 1));
  }
  baton::http2::EventLoop loop;
  baton::bench::FakeGateway gateway(loop, port);
  loop.on_signal(SIGTERM, [&] { gateway.server->drain([&] { loop.stop(); }); });
  loop.run();
  return 0;
}
