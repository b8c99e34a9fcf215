#include "cli/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "cli/server.h"

namespace baton::cli {

namespace {
std::string path_of(std::string_view rpc) {
  return "/gateway_protocol.Gateway/" + std::string(rpc);
}
}  // namespace

Result<std::unique_ptr<BlockingClient>> BlockingClient::connect(std::string_view address) {
  BATON_ASSIGN(const HostPort parsed, parse_address(address));
  grpc::GrpcClientOptions options;
  options.host = parsed.host;
  options.port = parsed.port;
  return std::unique_ptr<BlockingClient>(new BlockingClient(std::move(options)));
}

grpc::CallOptions BlockingClient::options(std::int64_t timeout_ms) const {
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
      options(timeout_ms));
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
      options(timeout_ms));
  loop_.run();
  if (!end) return fail(end.error());
  return messages;
}

Result<std::string> http_get(std::string_view address, std::string_view path) {
  namespace asio = boost::asio;
  namespace http = boost::beast::http;
  BATON_ASSIGN(const HostPort parsed, parse_address(address));
  boost::beast::error_code error;
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  const auto host = asio::ip::make_address(parsed.host, error);
  if (!error) socket.connect({host, parsed.port}, error);
  if (error) return failf(Code::kUnavailable, "cannot reach http://{}: {}", address, error.message());
  http::request<http::empty_body> request(http::verb::get, boost::beast::string_view(path.data(), path.size()), 11);
  request.set(http::field::host, parsed.host);
  http::write(socket, request, error);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  if (!error) http::read(socket, buffer, response, error);
  if (error) return failf(Code::kUnavailable, "http://{}{}: {}", address, path, error.message());
  if (response.result_int() == 404) return failf(Code::kNotFound, "there is nothing active at {}", path);
  if (response.result_int() != 200) return failf(Code::kUnknown, "HTTP {}: {}", response.result_int(), response.body());
  return response.body();
}

}  // namespace baton::cli
