#include "gateway/rest/http_parser.h"

#include <algorithm>
#include <array>

namespace baton::rest {

namespace {

constexpr std::size_t kChunkLineBytes = 256;
constexpr std::size_t kKeptCapacity = 16U << 10;  // an idle connection keeps no more than this

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kToken = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

/// Visible ASCII: what a request target may be made of.
bool is_target(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (equal_ignoring_case(trimmed(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view ParsedRequest::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

void HttpParser::feed(std::string_view bytes) {
  if (state_ == State::kFailed) return;
  buffer_.append(bytes);
}

/// Forgets the request that was handed out.
void HttpParser::release() {
  consumed_ += chunked_ ? cursor_ : head_size_ + request_.body.size();
  if (consumed_ == buffer_.size()) {
    buffer_.clear();
    if (buffer_.capacity() > kKeptCapacity) buffer_.shrink_to_fit();
    consumed_ = 0;
  } else if (consumed_ > kKeptCapacity && consumed_ > buffer_.size() / 2) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  std::string().swap(body_);
  request_.headers.clear();
  request_.body = {};
  headers_.clear();
  scanned_ = head_size_ = body_left_ = cursor_ = overhead_ = 0;
  content_length_.reset();
  http_1_0_ = chunked_ = has_host_ = expects_continue_ = false;
  state_ = State::kHead;
}

HttpParser::Event HttpParser::fail(unsigned status, std::string reason) {
  state_ = State::kFailed;
  status_ = status;
  reason_ = std::move(reason);
  std::string().swap(buffer_);
  std::string().swap(body_);
  consumed_ = 0;
  return Event::kError;
}

HttpParser::Event HttpParser::next() {
  if (state_ == State::kDone) release();
  const Event event = advance();
  // What was taken of a chunked body goes in one step, not chunk by chunk.
  if (event == Event::kNeedMore && cursor_ > head_size_) {
    buffer_.erase(consumed_ + head_size_, cursor_ - head_size_);
    cursor_ = head_size_;
  }
  return event;
}

HttpParser::Event HttpParser::advance() {
  while (true) {
    Event event = Event::kNeedMore;
    const State before = state_;
    switch (state_) {
      case State::kHead:
        event = parse_head();
        break;
      case State::kBody:
        event = parse_body();
        break;
      case State::kChunkSize:
        event = parse_chunk_size();
        break;
      case State::kChunkData:
      case State::kChunkEnd:
        event = parse_chunk_data();
        break;
      case State::kTrailers:
        event = parse_trailers();
        break;
      case State::kDone:
      case State::kFailed:
        return state_ == State::kFailed ? Event::kError : Event::kNeedMore;
    }
    if (event != Event::kNeedMore || state_ == before) return event;
  }
}

HttpParser::Event HttpParser::parse_head() {
  const std::string_view text = rest();
  const std::size_t from = scanned_ < 3 ? 0 : scanned_ - 3;
  const std::size_t end = text.find("\r\n\r\n", from);
  scanned_ = text.size();
  if (!text.empty() && !kToken[static_cast<unsigned char>(text[0])] && text[0] != '\r') {
    return fail(400, "This is no HTTP request");  // TLS on a plaintext port, most likely
  }
  if (text.starts_with("\r\n")) return fail(400, "An empty line stands before the request");
  // First of all, so that the pieces in which the head comes do not decide which error it is. A client that ends lines
  // with LF alone would wait for ever.
  const std::string_view head = text.substr(0, std::min({end, text.size(), limits_.max_header_bytes + 3}));
  for (std::size_t lf = head.find('\n', from); lf != std::string_view::npos; lf = head.find('\n', lf + 1)) {
    if (lf == 0 || head[lf - 1] != '\r') return fail(400, "A line ends without CR");
  }
  if (end == std::string_view::npos) {
    if (text.size() > limits_.max_header_bytes + 3) return fail(431, "The request's headers are too large");
    return Event::kNeedMore;
  }
  if (end > limits_.max_header_bytes) return fail(431, "The request's headers are too large");
  head_size_ = end + 4;
  std::string_view lines = text.substr(0, end + 2);
  const std::size_t first = lines.find("\r\n");
  if (!parse_request_line(lines.substr(0, first))) return Event::kError;
  lines.remove_prefix(first + 2);
  while (!lines.empty()) {
    const std::size_t at = lines.find("\r\n");
    if (!parse_header_line(lines.substr(0, at))) return Event::kError;
    lines.remove_prefix(at + 2);
  }
  if (!finish_head()) return Event::kError;
  // A chunked body leaves the head where it is: the request's views point into it.
  if (expects_continue_ && rest().size() == head_size_) return Event::kContinue;
  return Event::kNeedMore;
}

bool HttpParser::parse_request_line(std::string_view line) {
  const auto bad = [this](unsigned status, const char* reason) {
    fail(status, reason);
    return false;
  };
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad(400, "The request line is malformed");
  const std::string_view method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || method.size() > 32) return bad(400, "The request's method is malformed");
  if (version.size() != 8 || !version.starts_with("HTTP/")) return bad(400, "The request's version is malformed");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return bad(505, "Only HTTP/1.1 is spoken here");
  if (target.size() > limits_.max_target_bytes) return bad(414, "The request's target is too long");
  if (!is_target(target)) return bad(400, "The request's target has characters that must be encoded");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t end = target.find_first_of("/?#", scheme.size());
    // Without a path it is "/": the second one of the scheme, because views must point into the buffer.
    const bool is_root = end == std::string_view::npos || target[end] == '#';
    target = is_root ? target.substr(scheme.size() - 1, 1) : target.substr(end);
  }
  if (!target.starts_with('/')) return bad(400, "The request's target is no path");
  method_ = span_of(method);
  target_ = span_of(target.substr(0, target.find('#')));
  http_1_0_ = version == "HTTP/1.0";
  request_.keep_alive = !http_1_0_;
  return true;
}

bool HttpParser::parse_header_line(std::string_view line) {
  const auto bad = [this](unsigned status, std::string reason) {
    fail(status, std::move(reason));
    return false;
  };
  if (headers_.size() == limits_.max_headers) return bad(431, "The request has too many headers");
  const std::size_t colon = line.find(':');
  // Blanks before the name are a folded line, before the colon an old trick.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return bad(400, "A header's name is malformed, or its line is folded");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value)) return bad(400, "A header's value has control characters");
  headers_.emplace_back(span_of(name), span_of(value));
  if (equal_ignoring_case(name, "content-length")) {
    if (content_length_) return bad(400, "Content-Length is given twice");
    if (value.empty() || value.size() > 15 || value.find_first_not_of("0123456789") != std::string_view::npos) {
      return bad(400, "Content-Length is no number");
    }
    std::size_t length = 0;
    for (const char c : value) length = length * 10 + static_cast<std::size_t>(c - '0');
    content_length_ = length;
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    if (chunked_) return bad(400, "Transfer-Encoding is given twice");
    if (http_1_0_) return bad(400, "Transfer-Encoding does not exist in HTTP/1.0");
    if (!equal_ignoring_case(value, "chunked")) return bad(501, "The only transfer encoding known here is chunked");
    chunked_ = true;
  } else if (equal_ignoring_case(name, "host")) {
    if (has_host_) return bad(400, "Host is given twice");
    has_host_ = true;
  } else if (equal_ignoring_case(name, "connection")) {
    if (has_token(value, "close")) request_.keep_alive = false;
    if (http_1_0_ && has_token(value, "keep-alive")) request_.keep_alive = true;
  } else if (equal_ignoring_case(name, "expect")) {
    if (!equal_ignoring_case(value, "100-continue")) return bad(417, "The only expectation known here is 100-continue");
    expects_continue_ = true;
  }
  return true;
}

/// Checks what the headers say together and how the body comes.
bool HttpParser::finish_head() {
  const auto bad = [this](unsigned status, const char* reason) {
    fail(status, reason);
    return false;
  };
  if (!has_host_ && !http_1_0_) return bad(400, "The header Host is missing");
  if (chunked_ && content_length_) return bad(400, "Content-Length and Transfer-Encoding exclude each other");
  if (content_length_.value_or(0) > limits_.max_body_bytes) {
    return bad(413, "The request's body is larger than this server accepts");
  }
  body_left_ = content_length_.value_or(0);
  expects_continue_ = expects_continue_ && !http_1_0_ && (chunked_ || body_left_ != 0);
  cursor_ = head_size_;
  state_ = chunked_ ? State::kChunkSize : State::kBody;
  return true;
}

HttpParser::Event HttpParser::complete() {
  request_.method = view_of(method_);
  request_.target = view_of(target_);
  for (const auto& [name, value] : headers_) request_.headers.push_back({view_of(name), view_of(value)});
  request_.body = chunked_ ? std::string_view(body_) : rest().substr(head_size_, body_left_);
  state_ = State::kDone;
  return Event::kRequest;
}

HttpParser::Event HttpParser::parse_body() {
  return rest().size() - head_size_ < body_left_ ? Event::kNeedMore : complete();
}

std::optional<std::string_view> HttpParser::take_line(std::size_t limit) {
  const std::string_view text = rest().substr(cursor_);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    if (text.size() > limit) fail(400, "A line of a chunked body is too long");
    return std::nullopt;
  }
  const std::string_view line = text.substr(0, end == 0 ? 0 : end - 1);
  if (end > limit || end == 0 || text[end - 1] != '\r' || line.find('\r') != std::string_view::npos) {
    fail(400, "A line of a chunked body is malformed");
    return std::nullopt;
  }
  cursor_ += end + 1;
  return line;
}

HttpParser::Event HttpParser::parse_chunk_size() {
  const auto line = take_line(kChunkLineBytes);
  if (!line) return state_ == State::kFailed ? Event::kError : Event::kNeedMore;
  std::size_t size = 0;
  std::size_t digits = 0;
  for (; digits < line->size(); ++digits) {
    const char c = lower((*line)[digits]);
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) break;
    if (digits >= 8) return fail(400, "A chunk's size is malformed");
    size = size * 16 + static_cast<std::size_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  const std::string_view extension = line->substr(digits);
  overhead_ += extension.size();
  if (digits == 0 || (!extension.empty() && extension.front() != ';') || !is_field_value(extension)) {
    return fail(400, "A chunk's size is malformed");
  }
  if (overhead_ > limits_.max_header_bytes) return fail(400, "The chunks have too many extensions");
  if (size + body_.size() > limits_.max_body_bytes) {
    return fail(413, "The request's body is larger than this server accepts");
  }
  body_left_ = size;
  state_ = size == 0 ? State::kTrailers : State::kChunkData;
  return Event::kNeedMore;
}

HttpParser::Event HttpParser::parse_chunk_data() {
  const std::string_view text = rest().substr(cursor_);
  if (state_ == State::kChunkData) {
    const std::size_t take = std::min(text.size(), body_left_);
    body_.append(text.substr(0, take));
    cursor_ += take;
    body_left_ -= take;
    if (body_left_ == 0) state_ = State::kChunkEnd;
    return Event::kNeedMore;
  }
  if (!std::string_view("\r\n").starts_with(text.substr(0, 2))) return fail(400, "A chunk has no end");
  if (text.size() < 2) return Event::kNeedMore;
  cursor_ += 2;
  state_ = State::kChunkSize;
  return Event::kNeedMore;
}

/// Trailer lines are checked and dropped; an empty line ends the request.
HttpParser::Event HttpParser::parse_trailers() {
  while (const auto line = take_line(limits_.max_header_bytes)) {
    if (line->empty()) return complete();
    overhead_ += line->size() + 2;
    if (overhead_ > limits_.max_header_bytes) return fail(431, "The request's trailers are too large");
    const std::size_t colon = line->find(':');
    if (colon == std::string_view::npos || !is_token(line->substr(0, colon)) ||
        !is_field_value(line->substr(colon + 1))) {
      return fail(400, "A trailer is malformed");
    }
  }
  return state_ == State::kFailed ? Event::kError : Event::kNeedMore;
}

}  // namespace baton::rest
