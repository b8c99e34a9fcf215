// One HTTP/1.1 connection without I/O: bytes in, requests to a handler, answers out in the order of the requests.
//
// Pipelined requests are handed over as they come, so that a client with much to do needs one connection and each
// turn's answers leave in one write; the order of what they do is the order in which they were sent.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/http2/connection.h"
#include "gateway/http2/timer_wheel.h"
#include "gateway/rest/http_types.h"

namespace baton::rest {

struct HttpSessionOptions {
  HttpLimits limits;
  std::size_t max_pipelined = 256;                  ///< requests of one connection under way
  std::size_t max_unparsed_bytes = 8U << 20;        ///< behind them: more closes the connection
  std::size_t max_buffered_bytes = 128U << 20;      ///< incomplete requests of all connections
  std::int64_t header_timeout_ns = 10'000'000'000;  ///< from the first byte of a request to the end of its headers
  std::int64_t body_timeout_ns = 60'000'000'000;    ///< for a whole body
  std::int64_t stall_timeout_ns = 15'000'000'000;   ///< no byte of a body, or none taken of an answer
  std::int64_t idle_timeout_ns = 120'000'000'000;   ///< between requests
};

/// What all connections of a server share.
struct HttpCore {
  HttpCore(const HttpSessionOptions& session_options, http2::TimerWheel& wheel, const std::int64_t* clock)
      : options(session_options), timers(wheel), now(clock) {}
  HttpSessionOptions options;
  http2::TimerWheel& timers;
  const std::int64_t* now;
  /// Serves one request.
  std::function<void(const HttpRequest&, HttpReply)> serve;
  std::uint64_t requests = 0;
  std::size_t buffered_bytes = 0;
  bool stopping = false;
};

/// What a session needs of its connection.
class HttpSessionHost {
 public:
  virtual void request_flush() = 0;
  virtual void close(std::string reason) = 0;

 protected:
  ~HttpSessionHost() = default;
};

class HttpSession final : public http2::ByteSession {
 public:
  explicit HttpSession(HttpCore& core);
  ~HttpSession() override;
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void attach(HttpSessionHost& host, std::string peer);
  bool feed(std::string_view bytes) override;
  bool produce(std::string& out, std::size_t limit) override;
  [[nodiscard]] bool finished() const override;
  void disconnected(std::string_view reason) override;

  /// Ends the connection as soon as nothing is under way.
  void drain();
  /// An exchange of this session has its answer.
  void answered();

 private:
  void parse();
  void dispatch(const ParsedRequest& request);
  void answer_error(unsigned status, std::string_view reason);
  void arm();
  void on_time();
  void account();

  HttpCore& core_;
  HttpSessionHost* host_ = nullptr;
  std::string peer_;
  HttpParser parser_;
  std::deque<std::shared_ptr<HttpExchange>> exchanges_;
  std::string unsent_;  // of an answer larger than one write
  std::size_t unsent_at_ = 0;
  http2::Timer timer_;
  std::int64_t progress_ns_ = 0;  // last byte received or handed over
  std::int64_t begun_ns_ = 0;     // the incomplete request's first byte
  std::size_t accounted_ = 0;
  bool continue_ = false;  // "100 Continue" is to be sent
  bool last_ = false;      // no further request is read
  bool parsing_ = false;
};

}  // namespace baton::rest
