// A strict HTTP/1.1 request parser without I/O (RFC 9112). What two parsers could read in two ways is refused: bare CR
// or LF, folded lines, blanks before a colon, Content-Length beside Transfer-Encoding, repeated Content-Length or Host.
//
//   HttpParser parser(limits);
//   parser.feed(bytes);                       // as they come
//   while (parser.next() == HttpParser::Event::kRequest) serve(parser.request());
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::rest {

struct HttpLimits {
  std::size_t max_header_bytes = 16U << 10;  ///< request line and header lines together; also trailers
  std::size_t max_headers = 100;
  std::size_t max_target_bytes = 8U << 10;
  std::size_t max_body_bytes = 4U << 20;
};

struct HttpHeader {
  std::string_view name;  // as sent
  std::string_view value;
};

/// A parsed request. All views are valid until the parser is called again.
struct ParsedRequest {
  std::string_view method;
  std::string_view target;  // origin form: path and query
  std::vector<HttpHeader> headers;
  std::string_view body;
  bool keep_alive = true;
  /// The value of the first header of this name, compared without case; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

class HttpParser {
 public:
  enum class Event {
    kNeedMore,  ///< nothing complete yet
    kContinue,  ///< the client waits for "100 Continue" before it sends the body; reported once
    kRequest,   ///< request() is complete
    kError,     ///< status() and reason() say why; nothing more is parsed
  };

  explicit HttpParser(const HttpLimits& limits) : limits_(limits) {}

  /// Appends received bytes.
  void feed(std::string_view bytes);
  /// Goes on parsing; call it until it gives kNeedMore or kError.
  Event next();
  [[nodiscard]] const ParsedRequest& request() const { return request_; }
  [[nodiscard]] unsigned status() const { return status_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Bytes held for an incomplete request, or for requests that were not asked for yet.
  [[nodiscard]] std::size_t buffered() const { return buffer_.size() - consumed_ + body_.size(); }
  /// True between the first byte of a request and its end.
  [[nodiscard]] bool in_request() const { return state_ != State::kHead || consumed_ < buffer_.size(); }
  /// True while header lines are incomplete.
  [[nodiscard]] bool in_head() const { return state_ == State::kHead && consumed_ < buffer_.size(); }

 private:
  enum class State { kHead, kBody, kChunkSize, kChunkData, kChunkEnd, kTrailers, kDone, kFailed };

  Event fail(unsigned status, std::string reason);
  Event parse_head();
  bool parse_request_line(std::string_view line);
  bool parse_header_line(std::string_view line);
  bool finish_head();
  Event parse_body();
  Event parse_chunk_size();
  Event parse_chunk_data();
  Event parse_trailers();
  Event advance();
  Event complete();
  void release();
  /// Takes the next line of a chunked body, without its CRLF; nullopt if it is incomplete or malformed (then kFailed).
  std::optional<std::string_view> take_line(std::size_t limit);
  [[nodiscard]] std::string_view rest() const { return std::string_view(buffer_).substr(consumed_); }

  // The buffer moves while the body comes: places in the head are kept as offsets until the request is complete.
  struct Span {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  [[nodiscard]] Span span_of(std::string_view part) const {
    return {static_cast<std::uint32_t>(part.data() - rest().data()), static_cast<std::uint32_t>(part.size())};
  }
  [[nodiscard]] std::string_view view_of(Span span) const { return rest().substr(span.at, span.size); }

  HttpLimits limits_;
  State state_ = State::kHead;
  std::string buffer_;
  std::size_t consumed_ = 0;
  std::size_t scanned_ = 0;  // behind consumed_: no end of the head before it
  std::string body_;         // of a chunked request
  std::size_t body_left_ = 0;
  ParsedRequest request_;
  Span method_, target_;
  std::vector<std::pair<Span, Span>> headers_;
  std::size_t head_size_ = 0;
  std::size_t cursor_ = 0;    // of a chunked body, behind consumed_
  std::size_t overhead_ = 0;  // bytes of chunk extensions and trailers
  std::optional<std::size_t> content_length_;
  bool http_1_0_ = false;
  bool chunked_ = false;
  bool has_host_ = false;
  bool expects_continue_ = false;
  unsigned status_ = 0;
  std::string reason_;
};

/// Compares header names and tokens without regard to ASCII case.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace baton::rest
