#include "gateway/http2/session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/ensure.h"

namespace baton::http2 {
namespace {

constexpr std::size_t kMaxFields = 64;
// What one request or one DATA frame earns in control frames: two WINDOW_UPDATE per call are normal (libgrpc++), a PING
// or SETTINGS now and then. Generous, so that no well-behaved client comes near the idle-frame limit.
constexpr std::int64_t kIdleFramesPerStream = 8;
constexpr std::int64_t kIdleFramesPerData = 4;

std::uint8_t* bytes_of(std::string_view text) {
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
}

std::size_t to_nv(std::span<const HeaderField> fields, std::array<nghttp2_nv, kMaxFields>& out) {
  ENSURE(fields.size() <= kMaxFields, "too many header fields");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const HeaderField& field = fields[i];
    const auto flags = static_cast<std::uint8_t>(field.secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
    out[i] = {bytes_of(field.name), bytes_of(field.value), field.name.size(), field.value.size(), flags};
  }
  return fields.size();
}

std::string_view view_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

/// The C callbacks of libnghttp2, `self` being the Session.
struct Session::Callbacks {
  static Session& of(void* user) { return *static_cast<Session*>(user); }
  static void* stream_of(nghttp2_session* session, std::int32_t id) {
    return nghttp2_session_get_stream_user_data(session, id);
  }

  static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Session& self = of(user);
    self.in_header_block_ = true;
    if (self.role_ == Role::kServer && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      self.idle_frames_.grant(kIdleFramesPerStream);
      void* stream = self.events_.on_stream_open(frame->hd.stream_id);
      nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
    }
    return 0;
  }

  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                    void* user) {
    if (void* stream = stream_of(session, frame->hd.stream_id)) {
      of(user).events_.on_header(stream, view_of(name, name_size), view_of(value, value_size));
    }
    return 0;
  }

  static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Session& self = of(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS: {
        self.in_header_block_ = false;
        void* stream = stream_of(session, frame->hd.stream_id);
        if (stream == nullptr) break;
        self.events_.on_headers_end(stream, frame->headers.cat == NGHTTP2_HCAT_HEADERS);
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.events_.on_end_stream(stream);
        break;
      }
      case NGHTTP2_DATA:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) break;
        if (void* stream = stream_of(session, frame->hd.stream_id)) self.events_.on_end_stream(stream);
        break;
      case NGHTTP2_RST_STREAM:
        if (self.role_ == Role::kServer && !self.peer_resets_.take(self.now_ns_)) {
          self.terminate(ErrorCode::kEnhanceYourCalm);
        }
        break;
      case NGHTTP2_SETTINGS:
        self.peer_settings_seen_ = true;
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) self.events_.on_ping_ack();
        break;
      case NGHTTP2_GOAWAY:
        self.events_.on_goaway(frame->goaway.last_stream_id, frame->goaway.error_code);
        break;
      default:
        break;
    }
    return 0;
  }

  static int invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS) of(user).in_header_block_ = false;
    return 0;
  }

  static int data_chunk(nghttp2_session* session, std::uint8_t, std::int32_t stream_id, const std::uint8_t* data,
                        std::size_t size, void* user) {
    Session& self = of(user);
    void* stream = stream_of(session, stream_id);
    if (stream != nullptr) self.events_.on_data(stream, view_of(data, size));
    // Also for streams that are answered already: the connection's window must not leak away (checklist 8).
    if (!self.manual_windows_ || stream == nullptr) nghttp2_session_consume(session, stream_id, size);
    return 0;
  }

  static int stream_closed(nghttp2_session* session, std::int32_t stream_id, std::uint32_t code, void* user) {
    void* stream = stream_of(session, stream_id);
    if (stream == nullptr) return 0;
    nghttp2_session_set_stream_user_data(session, stream_id, nullptr);
    of(user).events_.on_stream_closed(stream, code);
    return 0;
  }

  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Session& self = of(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      ++self.resets_by_us_;
      if (self.role_ == Role::kServer && !self.own_resets_.take(self.now_ns_)) {
        self.terminate(ErrorCode::kEnhanceYourCalm);
      }
    } else if (self.role_ == Role::kServer && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
               (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)) {
      // Answered before the client ended its side: tell it to stop sending (RFC 9113 section 8.1).
      if (nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
      }
    } else if (frame->hd.type == NGHTTP2_DATA) {
      self.idle_frames_.grant(kIdleFramesPerData);
    }
    return 0;
  }

  static ssize_t read_data(nghttp2_session* session, std::int32_t stream_id, std::uint8_t* buffer, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    void* stream = stream_of(session, stream_id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const BodyChunk chunk = of(user).events_.read_body(stream, reinterpret_cast<char*>(buffer), room);
    switch (chunk.state) {
      case BodyChunk::State::kMore:
        break;
      case BodyChunk::State::kDeferred:
        return NGHTTP2_ERR_DEFERRED;
      case BodyChunk::State::kEnd:
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        break;
      case BodyChunk::State::kTrailers:
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        break;
    }
    return static_cast<ssize_t>(chunk.size);
  }

  static const nghttp2_session_callbacks* table() {
    static const nghttp2_session_callbacks* const made = [] {
      nghttp2_session_callbacks* callbacks = nullptr;
      ENSURE(nghttp2_session_callbacks_new(&callbacks) == 0, "out of memory");
      nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalid_frame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_chunk);
      nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
      nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
      return callbacks;
    }();
    return made;
  }
};

Session::Session(Role role, const SessionLimits& limits, SessionEvents& events)
    : events_(events),
      role_(role),
      peer_resets_(limits.reset_burst, limits.resets_per_second),
      own_resets_(limits.reset_burst, limits.resets_per_second),
      idle_frames_(limits.idle_frame_burst, limits.idle_frames_per_second),
      scanner_(NGHTTP2_CLIENT_MAGIC_LEN) {
  nghttp2_option* option = nullptr;
  ENSURE(nghttp2_option_new(&option) == 0, "out of memory");
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_max_outbound_ack(option, limits.max_outbound_acks);
  nghttp2_option_set_max_continuations(option, limits.max_continuations);
  nghttp2_option_set_stream_reset_rate_limit(option, static_cast<std::uint64_t>(limits.reset_burst),
                                             static_cast<std::uint64_t>(limits.resets_per_second));
  const int made = role == Role::kServer ? nghttp2_session_server_new2(&session_, Callbacks::table(), this, option)
                                         : nghttp2_session_client_new2(&session_, Callbacks::table(), this, option);
  nghttp2_option_del(option);
  ENSURE(made == 0, "out of memory");

  // SETTINGS_NO_RFC7540_PRIORITIES would save 5 % of a call, but makes the library forget closed streams: frames on
  // them would be ignored instead of answered with STREAM_CLOSED (checklist 5).
  std::vector<nghttp2_settings_entry> settings{
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.max_header_list_bytes},
  };
  if (role == Role::kServer) {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_concurrent_streams});
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(limits.connection_window_bytes));
}

Session::~Session() {
  nghttp2_session_del(session_);
}

bool Session::feed(std::string_view bytes, std::int64_t now_ns) {
  if (broken_) return false;
  now_ns_ = now_ns;
  count_frames(bytes);
  const ssize_t used =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  // Any negative result is fatal; some (too many CONTINUATION frames, flooding) leave the session looking healthy.
  if (used < 0) {
    broken_ = true;
    terminate(used == NGHTTP2_ERR_FLOODED || used == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS ? ErrorCode::kEnhanceYourCalm
                                                                                        : ErrorCode::kProtocolError);
  }
  return !broken_;
}

void Session::count_frames(std::string_view bytes) {
  if (role_ == Role::kClient) return;
  const FrameScanner::Counts counts = scanner_.scan(bytes);
  idle_frames_.grant(counts.data * kIdleFramesPerData);
  for (std::int64_t i = 0; i < counts.idle; ++i) {
    if (!idle_frames_.take(now_ns_)) return terminate(ErrorCode::kEnhanceYourCalm);
  }
}

bool Session::produce(std::string& out, std::size_t limit, std::int64_t now_ns) {
  now_ns_ = now_ns;
  const std::size_t start = out.size();
  while (out.size() - start < limit) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) {
      broken_ = true;
      return false;
    }
    if (size == 0) break;
    out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
  return true;
}

bool Session::finished() const {
  return nghttp2_session_want_read(session_) == 0 && !wants_write();
}

bool Session::wants_write() const {
  return nghttp2_session_want_write(session_) != 0;
}

std::int32_t Session::submit_request(std::span<const HeaderField> fields, void* stream) {
  std::array<nghttp2_nv, kMaxFields> nv;
  const std::size_t count = to_nv(fields, nv);
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_data;
  return nghttp2_submit_request(session_, nullptr, nv.data(), count, &provider, stream);
}

bool Session::submit_response(std::int32_t stream_id, std::span<const HeaderField> fields, bool body) {
  std::array<nghttp2_nv, kMaxFields> nv;
  const std::size_t count = to_nv(fields, nv);
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_data;
  return nghttp2_submit_response(session_, stream_id, nv.data(), count, body ? &provider : nullptr) == 0;
}

bool Session::submit_trailers(std::int32_t stream_id, std::span<const HeaderField> fields) {
  std::array<nghttp2_nv, kMaxFields> nv;
  return nghttp2_submit_trailer(session_, stream_id, nv.data(), to_nv(fields, nv)) == 0;
}

void Session::resume_body(std::int32_t stream_id) {
  nghttp2_session_resume_data(session_, stream_id);
}

void Session::submit_reset(std::int32_t stream_id, ErrorCode code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_id, static_cast<std::uint32_t>(code));
}

void Session::detach(std::int32_t stream_id) {
  nghttp2_session_set_stream_user_data(session_, stream_id, nullptr);
}

void Session::submit_ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void Session::consume(std::int32_t stream_id, std::size_t size) {
  nghttp2_session_consume(session_, stream_id, size);
}

void Session::submit_shutdown_notice() {
  nghttp2_submit_shutdown_notice(session_);
}

void Session::submit_final_goaway() {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

void Session::terminate(ErrorCode code) {
  nghttp2_session_terminate_session(session_, static_cast<std::uint32_t>(code));
}

}  // namespace baton::http2
