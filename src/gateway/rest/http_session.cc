#include "gateway/rest/http_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/json.h"

namespace baton::rest {

namespace {
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kContinueLine = "HTTP/1.1 100 Continue\r\n\r\n";

void append_head(std::string& out, const HttpExchange& exchange) {
  const HttpResponse& response = exchange.response;
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nServer: baton\r\n", response.status,
                 status_phrase(response.status));
  if (!response.content_type.empty() && response.status != 204) {
    out.append("Content-Type: ").append(response.content_type).append("\r\n");
  }
  out.append("X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n");
  for (const auto& [name, value] : response.headers) out.append(name).append(": ").append(value).append("\r\n");
  if (exchange.close) out.append("Connection: close\r\n");
  if (response.status != 204) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
  }
  out.append("\r\n");
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const HttpHeader& header : *headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

void HttpReply::operator()(HttpResponse response) const {
  if (exchange_->answered) return;
  exchange_->answered = true;
  exchange_->on_gone = nullptr;
  if (exchange_->session == nullptr) {
    if (response.on_unsent) response.on_unsent();
    return;
  }
  exchange_->response = std::move(response);
  exchange_->session->answered();
}

void HttpReply::on_gone(std::function<void()> gone) const {
  if (exchange_->answered) return;
  if (exchange_->session == nullptr) return gone();
  exchange_->on_gone = std::move(gone);
}

HttpResponse problem(unsigned status, std::string_view title, std::string_view detail, std::string_view instance) {
  return {status, "application/problem+json",
          fmt::format(R"({{"type":"about:blank","title":{},"status":{},"detail":{},"instance":{}}})", json_quote(title),
                      status, json_quote(detail), json_quote(instance))};
}

std::string_view status_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 303:
      return "See Other";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

HttpSession::HttpSession(HttpCore& core)
    : core_(core),
      parser_(core.options.limits),
      timer_([](void* self) { static_cast<HttpSession*>(self)->on_time(); }, this) {}

HttpSession::~HttpSession() {
  core_.buffered_bytes -= accounted_;
}

void HttpSession::attach(HttpSessionHost& host, std::string peer) {
  host_ = &host;
  peer_ = std::move(peer);
  progress_ns_ = *core_.now;
  arm();
}

bool HttpSession::feed(std::string_view bytes) {
  if (last_) return true;  // whatever comes behind the last request is dropped
  if (!parser_.in_request()) begun_ns_ = *core_.now;
  progress_ns_ = *core_.now;
  parser_.feed(bytes);
  parse();
  account();
  if (parser_.buffered() > core_.options.max_unparsed_bytes && !last_) {
    answer_error(503, "Too many requests of this connection wait");
  } else if (core_.buffered_bytes > core_.options.max_buffered_bytes && !last_) {
    answer_error(503, "Too many incomplete requests");
  }
  arm();
  return true;
}

void HttpSession::account() {
  const std::size_t now = last_ ? 0 : parser_.buffered();
  core_.buffered_bytes = core_.buffered_bytes - accounted_ + now;
  accounted_ = now;
}

void HttpSession::parse() {
  if (parsing_) return;  // an answer given inside a handler
  parsing_ = true;
  while (!last_ && exchanges_.size() < core_.options.max_pipelined) {
    const HttpParser::Event event = parser_.next();
    if (event == HttpParser::Event::kNeedMore) break;
    if (event == HttpParser::Event::kContinue) {
      continue_ = true;
      if (host_ != nullptr) host_->request_flush();
    } else if (event == HttpParser::Event::kRequest) {
      continue_ = false;
      dispatch(parser_.request());
      begun_ns_ = *core_.now;
    } else {
      answer_error(parser_.status(), parser_.reason());
    }
  }
  parsing_ = false;
}

void HttpSession::dispatch(const ParsedRequest& request) {
  ++core_.requests;
  auto exchange = std::make_shared<HttpExchange>();
  exchange->session = this;
  exchange->head = request.method == "HEAD";
  exchange->close = !request.keep_alive || core_.stopping;
  last_ = exchange->close;
  exchanges_.push_back(exchange);
  const std::size_t mark = request.target.find('?');
  HttpRequest seen;
  seen.method = request.method;
  seen.path = request.target.substr(0, mark);
  if (mark != std::string_view::npos) seen.query = request.target.substr(mark + 1);
  seen.body = request.body;
  seen.peer = peer_;
  seen.headers = &request.headers;
  core_.serve(seen, HttpReply(std::move(exchange)));
}

/// Answers what is no request (any more) and ends the connection behind it.
void HttpSession::answer_error(unsigned status, std::string_view reason) {
  last_ = true;
  continue_ = false;
  auto exchange = std::make_shared<HttpExchange>();
  exchange->session = this;
  exchange->close = true;
  exchanges_.push_back(exchange);
  HttpReply(std::move(exchange))(problem(status, status_phrase(status), reason, "/"));
}

void HttpSession::answered() {
  if (host_ != nullptr && exchanges_.front()->answered) host_->request_flush();
}

bool HttpSession::produce(std::string& out, std::size_t limit) {
  const std::size_t before = out.size();
  while (out.size() < limit) {
    if (unsent_at_ < unsent_.size()) {
      const std::size_t take = std::min(unsent_.size() - unsent_at_, limit - out.size());
      out.append(unsent_, unsent_at_, take);
      unsent_at_ += take;
      if (unsent_at_ < unsent_.size()) break;
      std::string().swap(unsent_);
      unsent_at_ = 0;
      exchanges_.pop_front();
      continue;
    }
    if (exchanges_.empty() || !exchanges_.front()->answered) break;
    HttpExchange& exchange = *exchanges_.front();
    append_head(out, exchange);
    const bool body = !exchange.head && exchange.response.status != 204;
    if (body && exchange.response.body.size() > limit) {
      unsent_ = std::move(exchange.response.body);
      continue;
    }
    if (body) out.append(exchange.response.body);
    exchange.session = nullptr;
    exchanges_.pop_front();
  }
  if (continue_ && exchanges_.empty()) {
    continue_ = false;
    out.append(kContinueLine);
  }
  if (out.size() != before) {
    progress_ns_ = *core_.now;
    if (!last_ && parser_.buffered() != 0) {
      parse();  // requests that waited for their turn
      account();
    }
    arm();
  }
  return true;
}

bool HttpSession::finished() const {
  return last_ && exchanges_.empty();
}

void HttpSession::disconnected(std::string_view) {
  host_ = nullptr;
  timer_.cancel();
  const auto gone = std::exchange(exchanges_, {});
  for (const auto& exchange : gone) exchange->session = nullptr;
  for (const auto& exchange : gone) {
    if (exchange->answered) {
      if (exchange->response.on_unsent) std::exchange(exchange->response.on_unsent, nullptr)();
    } else if (exchange->on_gone) {
      std::exchange(exchange->on_gone, nullptr)();
    }
  }
}

void HttpSession::drain() {
  if (host_ == nullptr) return;
  if (!exchanges_.empty()) {
    exchanges_.back()->close = true;
  } else if (!parser_.in_request()) {
    host_->close("the server stops");
  }
  last_ = last_ || !exchanges_.empty();
}

/// Sets the timer for what is waited for now. A timer that is due too early only looks again.
void HttpSession::arm() {
  if (host_ == nullptr) return;
  const HttpSessionOptions& options = core_.options;
  std::int64_t due = kNever;
  if (!exchanges_.empty() && exchanges_.front()->answered) due = progress_ns_ + options.stall_timeout_ns;
  if (!last_ && parser_.in_head()) due = std::min(due, begun_ns_ + options.header_timeout_ns);
  if (!last_ && parser_.in_request() && !parser_.in_head()) {
    due = std::min({due, begun_ns_ + options.body_timeout_ns, progress_ns_ + options.stall_timeout_ns});
  }
  if (exchanges_.empty() && !parser_.in_request()) due = progress_ns_ + options.idle_timeout_ns;
  // Requests that wait behind a full pipeline are not late.
  if (exchanges_.size() >= options.max_pipelined && !exchanges_.front()->answered) due = kNever;
  if (due == kNever) return;
  if (!timer_.armed() || timer_.due_ns() > due) core_.timers.arm(timer_, due);
}

void HttpSession::on_time() {
  if (host_ == nullptr) return;
  const HttpSessionOptions& options = core_.options;
  const std::int64_t now = *core_.now;
  const bool stalled = now >= progress_ns_ + options.stall_timeout_ns;
  if (!exchanges_.empty() && exchanges_.front()->answered) {
    if (stalled) return host_->close("the client does not take its answer");
  } else if (exchanges_.empty() && !parser_.in_request()) {
    if (now >= progress_ns_ + options.idle_timeout_ns) return host_->close("idle");
  } else if (!last_ && parser_.in_request() && exchanges_.size() < options.max_pipelined) {
    const bool late = parser_.in_head() ? now >= begun_ns_ + options.header_timeout_ns
                                        : stalled || now >= begun_ns_ + options.body_timeout_ns;
    if (late) answer_error(408, "The request did not arrive in time");
  }
  arm();
}

}  // namespace baton::rest
