// A TCP connection that moves bytes between a socket and a ByteSession, with few system calls.
//
// One turn reads what is there (bounded), feeds the session, and at the end of the turn gathers output up to 64 KiB a
// write. What the kernel does not take waits for writability; meanwhile nothing more is gathered, so a slow reader
// holds its producers back instead of filling memory. The end of the peer's sending side (EOF) counts as a disconnect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/http2/event_loop.h"

namespace baton::http2 {

/// A protocol session without I/O, driven by a Connection.
class ByteSession {
 public:
  virtual ~ByteSession() = default;
  /// Takes received bytes. False: broken; send what produce() gives, then close.
  virtual bool feed(std::string_view bytes) = 0;
  /// Appends up to about `limit` bytes of output to `out`; nothing appended means nothing to send now. False: broken.
  virtual bool produce(std::string& out, std::size_t limit) = 0;
  /// True if the session is over once its output is sent.
  [[nodiscard]] virtual bool finished() const = 0;
  /// After each feed and each flush, outside of any protocol callback: the place to tell others what happened.
  virtual void deliver() {}
  /// The connection is over; called exactly once, no feed() or produce() afterwards.
  virtual void disconnected(std::string_view reason) = 0;
};

struct ConnectionOptions {
  std::size_t write_bytes = 64U << 10;       ///< gathered for one write
  std::size_t turn_bytes = 512U << 10;       ///< read, and written, in one turn before others get theirs
  std::uint32_t notsent_lowat = 128U << 10;  ///< TCP_NOTSENT_LOWAT: bounds what an urgent frame queues behind; 0: off
  std::int64_t linger_ns = 1'000'000'000;    ///< after an error: how long to wait for the peer to read the last words
};

class Connection final : private FdEvents, private TurnEnd {
 public:
  /// Takes over a connected (or, with `connecting`, just connecting) non-blocking socket and the session. `on_gone`
  /// runs once, after ByteSession::disconnected(); it may destroy the connection.
  Connection(EventLoop& loop, int fd, bool connecting, std::unique_ptr<ByteSession> session,
             const ConnectionOptions& options, std::function<void(Connection&)> on_gone);
  ~Connection() override;

  /// Asks for a flush at the end of the turn. Cheap to repeat.
  void request_flush() { loop_.request_turn_end(*this); }
  /// Closes at the end of the turn, without waiting for output.
  void close(std::string reason);
  /// "address:port" of the other side.
  [[nodiscard]] const std::string& peer() const { return peer_; }
  ByteSession& session() { return *session_; }
  /// Number of write calls that moved bytes, for tests and statistics.
  [[nodiscard]] std::uint64_t writes() const { return writes_; }

 private:
  enum class State { kConnecting, kOpen, kLingering, kClosed };

  void on_readable() override;
  void on_writable() override;
  void on_turn_end() override;
  void flush();
  bool write_pending();
  void begin_linger();
  void tell_session(std::string_view reason);
  void drop();

  EventLoop& loop_;
  ConnectionOptions options_;
  std::unique_ptr<ByteSession> session_;
  std::function<void(Connection&)> on_gone_;
  FdWatcher watcher_;
  Timer linger_;
  std::string peer_;
  std::string pending_;  // gathered, not yet taken by the kernel
  std::size_t pending_at_ = 0;
  std::string close_reason_;
  std::uint64_t writes_ = 0;
  State state_;
  bool waiting_writable_ = false;
  bool broken_ = false;
  bool told_ = false;
};

/// Accepts connections on one address.
class Listener final : private FdEvents {
 public:
  /// Takes each accepted non-blocking socket; `peer_address` is without the port.
  using Accept = std::function<void(int fd, std::string_view peer_address)>;
  /// `address` is numeric IPv4 or IPv6; port 0 takes a free one. Errors: bad address, address in use.
  static Result<std::unique_ptr<Listener>> open(EventLoop& loop, const std::string& address, std::uint16_t port,
                                                Accept accept);
  Listener(EventLoop& loop, int fd, std::uint16_t port, Accept accept);
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void on_readable() override;
  void on_writable() override {}

  EventLoop& loop_;
  FdWatcher watcher_;
  Timer retry_;
  std::uint16_t port_;
  Accept accept_;
};

/// Starts connecting to `host`:`port`; the socket is non-blocking and reports writable when done. A name is resolved
/// with getaddrinfo() on the calling thread; numeric addresses never block.
Result<int> start_connect(const std::string& host, std::uint16_t port);

}  // namespace baton::http2
