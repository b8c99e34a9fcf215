// One HTTP/2 connection without I/O (RFC 9113 over libnghttp2): bytes in, events out; requests and answers in, bytes
// out.
//
//   Session session(Role::kServer, limits, events);
//   session.feed(bytes, now_ns);           // calls events.on_...
//   session.produce(out, 65536, now_ns);   // appends frames, calls events.read_body() for DATA
//
// Every stream has one opaque pointer, chosen by on_stream_open() (server) or submit_request() (client), handed back in
// each event until on_stream_closed(). Destroying the session does *not* report open streams: walk your own list.
// Inside events only the submit_, resume and reset functions may be called, never feed() or produce().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gateway/http2/frame_scanner.h"
#include "gateway/http2/token_bucket.h"

struct nghttp2_session;

namespace baton::http2 {

enum class Role { kServer, kClient };

/// Error codes of RFC 9113 section 7 that this layer uses by name.
enum class ErrorCode : std::uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kRefusedStream = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11,
};

/// What a peer may make one connection do. Sizes in bytes.
struct SessionLimits {
  std::uint32_t max_concurrent_streams = 1000;       ///< SETTINGS_MAX_CONCURRENT_STREAMS told to the peer
  std::uint32_t max_header_list_bytes = 16U << 10;   ///< told in SETTINGS; the owner counts and enforces it
  std::uint32_t stream_window_bytes = 1U << 20;      ///< receive window of a stream
  std::uint32_t connection_window_bytes = 4U << 20;  ///< receive window of the connection
  std::size_t max_outbound_acks = 1000;              ///< SETTINGS and PING acknowledgements waiting to be sent
  std::size_t max_continuations = 8;                 ///< CONTINUATION frames of one header block
  std::int64_t reset_burst = 1000;                   ///< RST_STREAM from the peer, and apart from that by us
  std::int64_t resets_per_second = 33;
  std::int64_t idle_frame_burst =
      10'000;  ///< frames that advance nothing: WINDOW_UPDATE, PING, PRIORITY, empty DATA ...
  std::int64_t idle_frames_per_second = 10'000;
};

struct HeaderField {
  std::string_view name;  ///< lower case
  std::string_view value;
  bool secret = false;  ///< never put into the header compression table (RFC 7541 section 7.1)
};

/// Answer of SessionEvents::read_body().
struct BodyChunk {
  enum class State {
    kMore,      ///< `size` bytes written (at least one), ask again
    kDeferred,  ///< nothing now: resume_body() must follow
    kEnd,       ///< `size` bytes written (maybe 0); the stream ends with them
    kTrailers,  ///< `size` bytes written (maybe 0); trailers were submitted inside the call
  };
  std::size_t size = 0;
  State state = State::kDeferred;
};

class SessionEvents {
 public:
  /// Server: a request starts. The result comes back as `stream` in all further events of it.
  virtual void* on_stream_open(std::int32_t stream_id) = 0;
  /// One header field of the present block, pseudo headers included.
  virtual void on_header(void* stream, std::string_view name, std::string_view value) = 0;
  /// The block is complete. `trailers` if the peer had sent a (final) header block of this stream before.
  virtual void on_headers_end(void* stream, bool trailers) = 0;
  virtual void on_data(void* stream, std::string_view bytes) = 0;
  /// The peer has ended its side, by whichever frame.
  virtual void on_end_stream(void* stream) = 0;
  /// The stream is gone: finished or reset with `http2_error` (of either side). Last event of a stream.
  virtual void on_stream_closed(void* stream, std::uint32_t http2_error) = 0;
  /// The stream may send up to `room` bytes of body.
  virtual BodyChunk read_body(void* stream, char* out, std::size_t room) = 0;
  virtual void on_goaway(std::int32_t last_stream_id, std::uint32_t http2_error) = 0;
  /// A PING sent with submit_ping() was acknowledged.
  virtual void on_ping_ack() = 0;

 protected:
  ~SessionEvents() = default;
};

class Session {
 public:
  Session(Role role, const SessionLimits& limits, SessionEvents& events);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Feeds received bytes. False if the session is broken: what produce() still gives (a GOAWAY) should be sent, then
  /// the connection closed. `now_ns` is boot-clock time for the rate limits.
  bool feed(std::string_view bytes, std::int64_t now_ns);
  /// Appends up to about `limit` bytes (whole frames, so up to 16 KiB more) to `out`. False if the session is broken.
  bool produce(std::string& out, std::size_t limit, std::int64_t now_ns);
  /// True once nothing more is to be read or written: close the connection.
  [[nodiscard]] bool finished() const;
  [[nodiscard]] bool wants_write() const;

  /// Client: starts a request with a body from read_body(). Returns the stream id, negative if the session takes none.
  std::int32_t submit_request(std::span<const HeaderField> fields, void* stream);
  /// Server: answers with headers; `body` false ends the stream with them.
  bool submit_response(std::int32_t stream_id, std::span<const HeaderField> fields, bool body);
  /// Trailers; only inside read_body() that then returns kTrailers.
  bool submit_trailers(std::int32_t stream_id, std::span<const HeaderField> fields);
  /// Takes up a body that read_body() deferred. A forgotten call hangs the stream.
  void resume_body(std::int32_t stream_id);
  void submit_reset(std::int32_t stream_id, ErrorCode code);
  /// No further events for this stream; its data is given back to the windows unread.
  void detach(std::int32_t stream_id);
  void submit_ping();
  /// Gives `size` received body bytes back to the peer's windows (RFC 9113 section 5.2). Without `manual_windows` this
  /// happens by itself after on_data().
  void consume(std::int32_t stream_id, std::size_t size);
  void set_manual_windows(bool manual) { manual_windows_ = manual; }

  /// First step of a graceful end: GOAWAY with the highest id, so that requests under way are still taken (6.8).
  void submit_shutdown_notice();
  /// Second step: GOAWAY with the last stream seen; the session finishes with its last stream.
  void submit_final_goaway();
  /// GOAWAY with an error; finishes as soon as it is sent.
  void terminate(ErrorCode code);

  /// True while a header block has begun and not ended.
  [[nodiscard]] bool in_header_block() const { return in_header_block_; }
  /// True once the peer's first SETTINGS arrived.
  [[nodiscard]] bool peer_settings_seen() const { return peer_settings_seen_; }
  /// RST_STREAM frames sent so far.
  [[nodiscard]] std::uint64_t resets_by_us() const { return resets_by_us_; }

 private:
  struct Callbacks;
  friend struct Callbacks;

  void count_frames(std::string_view bytes);

  nghttp2_session* session_ = nullptr;
  SessionEvents& events_;
  Role role_;
  std::int64_t now_ns_ = 0;
  TokenBucket peer_resets_;
  TokenBucket own_resets_;
  TokenBucket idle_frames_;
  FrameScanner scanner_;
  std::uint64_t resets_by_us_ = 0;
  bool manual_windows_ = false;
  bool in_header_block_ = false;
  bool peer_settings_seen_ = false;
  bool broken_ = false;
};

}  // namespace baton::http2
