#include "cli/http_client.h"

#include <termios.h>
#include <unistd.h>

#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "base/json.h"
#include "cli/server.h"
#include "gateway/grpc/headers.h"
#include "gateway/http2/connection.h"
#include "gateway/http2/tls.h"

namespace baton::cli {

namespace {

namespace http = boost::beast::http;
constexpr std::int64_t kTimeoutNs = 60'000'000'000;

/// Sends one request and collects the answer.
class OneRequest final : public http2::ByteSession {
 public:
  OneRequest(std::string request, http2::EventLoop& loop, Result<HttpAnswer>& result)
      : request_(std::move(request)), loop_(loop), result_(result) {
    parser_.body_limit(64U << 20);
    parser_.eager(true);
  }

  bool feed(std::string_view bytes) override {
    pending_.append(bytes);
    while (!pending_.empty() && !parser_.is_done()) {
      boost::beast::error_code error;
      const std::size_t used = parser_.put(boost::asio::buffer(pending_), error);
      pending_.erase(0, used);
      if (error == http::error::need_more) break;
      if (error) return false;
    }
    if (parser_.is_done()) finish();
    return true;
  }
  bool produce(std::string& out, std::size_t) override {
    out.append(std::exchange(request_, {}));
    return true;
  }
  [[nodiscard]] bool finished() const override { return done_; }
  void disconnected(std::string_view reason) override {
    if (done_) return;
    result_ = fail(Code::kUnavailable, std::string(reason));
    loop_.stop();
  }

 private:
  void finish() {
    done_ = true;
    result_ = HttpAnswer{parser_.get().result_int(), parser_.get().body()};
    loop_.stop();
  }

  std::string request_;
  std::string pending_;
  http2::EventLoop& loop_;
  Result<HttpAnswer>& result_;
  http::response_parser<http::string_body> parser_;
  bool done_ = false;
};

Code code_of(unsigned status) {
  switch (status) {
    case 400:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kFailedPrecondition;
    case 501:
      return Code::kUnimplemented;
    case 503:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

}  // namespace

/// Asks on the terminal, without showing what is typed.
Result<std::string> ask_password(const std::string& whose) {
  if (isatty(STDIN_FILENO) == 0) {
    return fail(Code::kUnauthenticated, "there is no terminal to ask for the password: set BATON_PASSWORD");
  }
  std::fprintf(stderr, "Password of %s: ", whose.c_str());
  termios old{};
  tcgetattr(STDIN_FILENO, &old);
  termios quiet = old;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  std::string password;
  for (int c = std::getchar(); c != '\n' && c != EOF; c = std::getchar()) password.push_back(static_cast<char>(c));
  tcsetattr(STDIN_FILENO, TCSANOW, &old);
  std::fprintf(stderr, "\n");
  return password;
}

Error problem_error(const HttpAnswer& answer) {
  const Code code = code_of(answer.status);
  const auto problem = JsonDocument::parse(answer.body);
  for (std::size_t i = 0; problem && i < problem->size(); ++i) {
    if ((*problem)[i].name == "detail") return {code, json_unquote((*problem)[i].value)};
  }
  return {code, fmt::format("HTTP {}: {}", answer.status, answer.body)};
}

Result<std::string> authorization(const ClientOptions& options) {
  if (!options.token.empty()) return "Bearer " + options.token;
  if (options.user.empty()) return std::string();
  const char* set = std::getenv("BATON_PASSWORD");
  std::string password = set == nullptr ? std::string() : std::string(set);
  if (set == nullptr) {
    BATON_ASSIGN(password, ask_password(options.user));
  }
  std::string encoded = grpc::base64_encode(options.user + ":" + password);
  while (encoded.size() % 4 != 0) encoded.push_back('=');
  return "Basic " + encoded;
}

Result<HttpAnswer> http_call(const ClientOptions& options, std::string_view method, std::string_view path,
                             std::string_view json) {
  BATON_ASSIGN(const HostPort address, parse_address(options.http));
  BATON_ASSIGN(const std::string credentials, authorization(options));
  BATON_ASSIGN(const int fd, http2::start_connect(address.host, address.port));
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", method, path, address.host);
  if (!credentials.empty()) request += "Authorization: " + credentials + "\r\n";
  if (!json.empty()) request += "Content-Type: application/json\r\n";
  request += fmt::format("Content-Length: {}\r\n\r\n{}", json.size(), json);
  http2::EventLoop loop;
  Result<HttpAnswer> result = fail(Code::kUnavailable, "no answer in time");
  std::unique_ptr<http2::ByteSession> session = std::make_unique<OneRequest>(std::move(request), loop, result);
  std::shared_ptr<http2::TlsContext> tls;
  if (options.tls) {
    BATON_ASSIGN(tls, http2::TlsContext::client({address.host, options.ca, "http/1.1"}));
    session = tls->connect(std::move(session));
  }
  bool gone = false;
  http2::Connection connection(loop, fd, true, std::move(session), {}, [&gone](http2::Connection&) { gone = true; });
  loop.run_at(SystemClock().boot_ns() + kTimeoutNs, [&loop] { loop.stop(); });
  loop.run();
  if (!result) {
    return failf(result.error().code, "cannot reach {}://{}: {}", options.tls ? "https" : "http", options.http,
                 result.error().message);
  }
  return result;
}

Result<std::string> http_get(const ClientOptions& options, std::string_view path) {
  BATON_ASSIGN(HttpAnswer answer, http_call(options, "GET", path));
  if (answer.status != 200) return fail(problem_error(answer));
  return std::move(answer.body);
}

Result<std::string> http_post(const ClientOptions& options, std::string_view path, std::string_view json) {
  BATON_ASSIGN(HttpAnswer answer, http_call(options, "POST", path, json));
  if (answer.status / 100 != 2) return fail(problem_error(answer));
  return std::move(answer.body);
}

}  // namespace baton::cli
