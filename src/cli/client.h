// Blocking calls for the command line: one server, one call at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/commands.h"
#include "gateway/grpc/client.h"
#include "gateway/http2/event_loop.h"

namespace baton::cli {

class BlockingClient {
 public:
  static constexpr std::int64_t kTimeoutMs = 30'000;

  /// Connects to the gRPC address of `options` with its credentials.
  static Result<std::unique_ptr<BlockingClient>> connect(const ClientOptions& options);

  /// Calls `rpc` of the gateway service with a protobuf request and parses the answer.
  template <typename Response, typename Request>
  Result<Response> call(std::string_view rpc, const Request& request, std::int64_t timeout_ms = kTimeoutMs) {
    BATON_ASSIGN(const std::string bytes, call_bytes(rpc, request.SerializeAsString(), timeout_ms));
    Response response;
    if (!response.ParseFromString(bytes)) return fail(Code::kInternal, "the server's answer is malformed");
    return response;
  }
  /// Calls a streaming rpc and collects its messages.
  Result<std::vector<std::string>> collect(std::string_view rpc, const std::string& request, std::int64_t timeout_ms);

 private:
  explicit BlockingClient(grpc::GrpcClientOptions options) : client_(loop_, std::move(options)) {}
  Result<std::string> call_bytes(std::string_view rpc, const std::string& request, std::int64_t timeout_ms);
  [[nodiscard]] grpc::CallOptions call_options(std::int64_t timeout_ms) const;

  SystemClock clock_;
  http2::EventLoop loop_;
  grpc::GrpcClient client_;
};

}  // namespace baton::cli
