// Raw bytes after the client preface into a gRPC server session without sockets.
//
// The first byte steers the harness: chunk size, answers at once or later, time steps. Held calls are answered,
// streamed to or left open until the disconnect; afterwards nothing may be left over.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.h"
#include "gateway/grpc/health.h"
#include "gateway/grpc/server_core.h"
#include "gateway/grpc/server_session.h"

namespace baton::grpc {
namespace {

class Host final : public SessionHost {
 public:
  void request_flush() override {}
  void close(std::string) override { closed = true; }
  bool closed = false;
};

void drain_output(ServerSession& session) {
  std::string out;
  for (int i = 0; i < 64; ++i) {
    out.clear();
    if (!session.produce(out, 64U << 10) || out.empty()) break;
  }
  session.deliver();
}

void run(std::string_view input) {
  const std::uint8_t steer = input.empty() ? 0 : static_cast<std::uint8_t>(input[0]);
  if (!input.empty()) input.remove_prefix(1);
  std::int64_t now = 1'000'000'000'000;
  http2::TimerWheel wheel(now);
  GrpcServerOptions options;
  options.max_message_bytes = 64U << 10;
  options.stream_output_mark = 4U << 10;
  ServerCore core(options, wheel, &now);
  HealthService health(core);
  health.set_serving("", true);
  std::vector<CallId> held;
  std::size_t dispatched = 0, closed = 0;
  const MethodHandlers handlers{[&](CallId id, const CallInfo&, std::string_view message) {
                                  ++dispatched;
                                  if ((steer & 1) != 0) {
                                    core.reply(id, std::string(message));
                                  } else {
                                    held.push_back(id);
                                  }
                                },
                                [&](CallId, CloseReason, std::span<const std::uint64_t>) { ++closed; },
                                [&](CallId id) { core.send(id, "drained", 2); }};
  core.add_method("/t/U", MethodKind::kUnary, handlers);
  core.add_method("/t/S", MethodKind::kServerStreaming, handlers);

  Host host;
  auto session = std::make_unique<ServerSession>(core);
  session->attach(host, "fuzz:1");
  bool healthy = session->feed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const std::size_t chunk = (steer & 2) != 0 ? 7 : 1024;
  for (std::size_t at = 0; at < input.size() && healthy && !host.closed; at += chunk) {
    healthy = session->feed(input.substr(at, chunk));
    session->deliver();
    for (std::size_t i = 0; i < held.size(); ++i) {
      if ((steer & 4) != 0) core.send(held[i], std::string(1000, 'x'), i + 1);
      if ((steer & 8) != 0) core.finish(held[i], fail(Code::kAborted, "fuzz"));
    }
    if ((steer & 16) != 0) session->drain();
    drain_output(*session);
    if ((steer & 32) != 0) {
      now += 3'000'000'000;
      wheel.advance(now);
    }
  }
  session.reset();
  ENSURE(core.stats.calls_open == 0, "a call leaked");
  ENSURE(core.stats.calls_running == 0, "running calls are miscounted");
  ENSURE(core.stats.partial_bytes == 0, "partial bytes are miscounted");
  ENSURE(dispatched == closed, "on_closed must follow each on_call exactly once");
}

}  // namespace
}  // namespace baton::grpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  baton::grpc::run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
