#include "cli/client.h"

#include "cli/http_client.h"
#include "cli/server.h"

namespace baton::cli {

namespace {
std::string path_of(std::string_view rpc) {
  return "/gateway_protocol.Gateway/" + std::string(rpc);
}
}  // namespace

Result<std::unique_ptr<BlockingClient>> BlockingClient::connect(const ClientOptions& options) {
  BATON_ASSIGN(const HostPort parsed, parse_address(options.grpc));
  BATON_ASSIGN(std::string credentials, authorization(options));
  grpc::GrpcClientOptions made;
  made.host = parsed.host;
  made.port = parsed.port;
  if (!credentials.empty()) made.metadata.emplace_back("authorization", std::move(credentials));
  if (options.tls) {
    BATON_ASSIGN(made.tls, http2::TlsContext::client({parsed.host, options.ca, "h2"}));
  }
  return std::unique_ptr<BlockingClient>(new BlockingClient(std::move(made)));
}

grpc::CallOptions BlockingClient::call_options(std::int64_t timeout_ms) const {
  grpc::CallOptions call;
  call.deadline_ns = clock_.boot_ns() + timeout_ms * 1'000'000;
  return call;
}

Result<std::string> BlockingClient::call_bytes(std::string_view rpc, const std::string& request,
                                               std::int64_t timeout_ms) {
  Result<std::string> result = fail(Code::kInternal, "no answer");
  client_.unary(
      path_of(rpc), request,
      [&](Result<std::string_view> reply) {
        result = reply ? Result<std::string>(std::string(*reply)) : Result<std::string>(fail(reply.error()));
        loop_.stop();
      },
      call_options(timeout_ms));
  loop_.run();
  return result;
}

Result<std::vector<std::string>> BlockingClient::collect(std::string_view rpc, const std::string& request,
                                                         std::int64_t timeout_ms) {
  std::vector<std::string> messages;
  Status end;
  client_.server_stream(
      path_of(rpc), request, [&](std::string_view message) { messages.emplace_back(message); },
      [&](const Status& status) {
        end = status;
        loop_.stop();
      },
      call_options(timeout_ms));
  loop_.run();
  if (!end) return fail(end.error());
  return messages;
}

}  // namespace baton::cli
