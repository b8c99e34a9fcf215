// One client connection of the gRPC server, without I/O: bytes in, handlers called, bytes out. Internal to the module.
//
// Per stream: headers -> checks -> message bytes -> END_STREAM -> dispatch -> queued answers -> trailers -> closed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/grpc/server_core.h"
#include "gateway/http2/connection.h"
#include "gateway/http2/session.h"

namespace baton::grpc {

class ServerSession final : public http2::ByteSession, private http2::SessionEvents {
 public:
  explicit ServerSession(ServerCore& core);
  ~ServerSession() override;

  /// Must be called before the first feed(); `host` outlives the session's use.
  void attach(SessionHost& host, std::string peer);

  // ByteSession
  bool feed(std::string_view bytes) override;
  bool produce(std::string& out, std::size_t limit) override;
  [[nodiscard]] bool finished() const override;
  void deliver() override;
  void disconnected(std::string_view reason) override;

  // For ServerCore
  void queue_message(ServerCall& call, std::string message, std::uint64_t tag);
  void finish(ServerCall& call, Error status);
  void on_call_timer(ServerCall& call);
  void call_stopped() { --running_; }

  /// Starts a graceful end: GOAWAY now, the final one after a round trip.
  void drain();
  /// GOAWAY with `code` and the end of all calls.
  void terminate(http2::ErrorCode code);

  [[nodiscard]] std::size_t open_calls() const { return calls_.size(); }

 private:
  // SessionEvents
  void* on_stream_open(std::int32_t stream_id) override;
  void on_header(void* stream, std::string_view name, std::string_view value) override;
  void on_headers_end(void* stream, bool trailers) override;
  void on_data(void* stream, std::string_view bytes) override;
  void on_end_stream(void* stream) override;
  void on_stream_closed(void* stream, std::uint32_t http2_error) override;
  http2::BodyChunk read_body(void* stream, char* out, std::size_t room) override;
  void on_goaway(std::int32_t, std::uint32_t) override {}
  void on_ping_ack() override;

  // Request side (server_request.cc)
  void take_prefix(ServerCall& call);
  void take_request_bytes(ServerCall& call, std::string_view& bytes);
  void dispatch(ServerCall& call);
  void refuse(ServerCall& call, Code code, std::string message);
  void answer_plain_http(ServerCall& call, std::string_view status);
  void drop_request(ServerCall& call);

  // Response side
  void start_response(ServerCall& call);
  void trailers_only(ServerCall& call);
  void wake(ServerCall& call);
  bool submit_trailers(ServerCall& call);
  void expire(ServerCall& call);
  void arm_call(ServerCall& call);

  // Connection
  void on_timer();
  void arm_connection();
  void check_header_block();

  ServerCore& core_;
  SessionHost* host_ = nullptr;
  std::string peer_;
  http2::Session session_;
  std::vector<ServerCall*> calls_;
  std::vector<std::pair<CallId, int>> begun_;  // calls whose timer is not armed yet, with how often they were looked at
  std::size_t partial_bytes_ = 0;
  std::size_t running_ = 0;
  http2::Timer timer_;
  std::int64_t opened_ns_;
  std::int64_t received_ns_;
  std::int64_t header_block_ns_ = 0;  // since when a header block is incomplete; 0: none is
  std::int64_t ping_sent_ns_ = 0;     // 0: no PING under way
  bool draining_ = false;
  bool gone_ = false;
};

}  // namespace baton::grpc
