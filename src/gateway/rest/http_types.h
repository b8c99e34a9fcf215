// What the HTTP server and its handlers share: requests, answers, the handle that answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/rest/http_parser.h"

namespace baton::rest {

/// A request as a handler gets it. Views are valid during the handler only.
struct HttpRequest {
  std::string_view method;
  std::string_view path;   // without the query, as sent (percent-encoded)
  std::string_view query;  // without '?'
  std::string_view rest;   // what follows the prefix of a prefix route
  std::string_view body;
  std::string_view peer;  // "address:port"
  const std::vector<HttpHeader>* headers = nullptr;

  /// The first header of this name; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// Runs if the answer was not handed to the connection whole; for what must be taken back.
  std::function<void()> on_unsent = {};
};

class HttpSession;

/// One request under way. Held by its session (in the order of the requests) and by whoever is going to answer.
struct HttpExchange {
  HttpSession* session = nullptr;  // null once the connection is gone
  bool answered = false;
  bool head = false;   // HEAD: no body in the answer
  bool close = false;  // the last answer of the connection
  HttpResponse response;
  std::function<void()> on_gone;
};

/// Answers a request; call it once, on the loop, at any later time. It may outlive connection and server.
class HttpReply {
 public:
  explicit HttpReply(std::shared_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}
  void operator()(HttpResponse response) const;
  /// `gone` runs once if the connection ends before there is an answer.
  void on_gone(std::function<void()> gone) const;
  /// False when nobody waits for the answer any more.
  [[nodiscard]] bool alive() const { return exchange_->session != nullptr && !exchange_->answered; }

 private:
  std::shared_ptr<HttpExchange> exchange_;
};

using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

/// RFC 9457 problem details.
HttpResponse problem(unsigned status, std::string_view title, std::string_view detail, std::string_view instance);
/// The standard phrase of a status, e.g. "Not Found".
std::string_view status_phrase(unsigned status);

}  // namespace baton::rest
