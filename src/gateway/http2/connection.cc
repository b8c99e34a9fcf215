#include "gateway/http2/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "gateway/http2/socket_address.h"

namespace baton::http2 {
namespace {

constexpr std::size_t kReadBytes = 128U << 10;

/// One read buffer a thread: bytes are consumed before the next read, so connections need none of their own.
std::string_view read_some(int fd, ssize_t& result) {
  thread_local const auto buffer = std::make_unique<std::array<char, kReadBytes>>();
  do {
    result = ::recv(fd, buffer->data(), buffer->size(), 0);
  } while (result < 0 && errno == EINTR);
  return {buffer->data(), result > 0 ? static_cast<std::size_t>(result) : 0};
}

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace

Connection::Connection(EventLoop& loop, int fd, bool connecting, std::unique_ptr<ByteSession> session,
                       const ConnectionOptions& options, std::function<void(Connection&)> on_gone)
    : loop_(loop),
      options_(options),
      session_(std::move(session)),
      on_gone_(std::move(on_gone)),
      watcher_(loop, fd, *this),
      linger_([](void* self) { static_cast<Connection*>(self)->close("linger"); }, this),
      state_(connecting ? State::kConnecting : State::kOpen) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options_.notsent_lowat != 0) {
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(options_.notsent_lowat));
  }
  if (connecting) {
    waiting_writable_ = true;
    watcher_.wait_writable();
  } else {
    peer_ = peer_of(fd);
    watcher_.wait_readable();
    request_flush();
  }
}

Connection::~Connection() {
  loop_.cancel_turn_end(*this);
}

void Connection::on_readable() {
  std::size_t budget = options_.turn_bytes;
  while (state_ == State::kOpen || state_ == State::kLingering) {
    ssize_t got = 0;
    const std::string_view bytes = read_some(watcher_.fd(), got);
    if (got == 0) return close("closed by the peer");
    if (got < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) return close(std::strerror(errno));
      break;
    }
    if (state_ == State::kOpen && !broken_) {
      broken_ = !session_->feed(bytes);
      request_flush();
    }
    // A short read has emptied the socket; what arrives later makes it readable again.
    if (bytes.size() < kReadBytes) break;
    if (bytes.size() >= budget) break;
    budget -= bytes.size();
  }
  if (state_ == State::kOpen) session_->deliver();
  watcher_.wait_readable();
}

void Connection::on_writable() {
  waiting_writable_ = false;
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(watcher_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return close(std::strerror(error));
    state_ = State::kOpen;
    peer_ = peer_of(watcher_.fd());
    watcher_.wait_readable();
  }
  request_flush();
}

void Connection::on_turn_end() {
  if (state_ == State::kClosed) return drop();
  if (state_ == State::kOpen) flush();
  if (state_ == State::kConnecting) session_->deliver();
}

/// Sends pending_ from pending_at_. True if all of it went.
bool Connection::write_pending() {
  while (pending_at_ < pending_.size()) {
    const ssize_t sent =
        ::send(watcher_.fd(), pending_.data() + pending_at_, pending_.size() - pending_at_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      waiting_writable_ = true;
      watcher_.wait_writable();
      return false;
    }
    if (sent < 0) {
      close(std::strerror(errno));
      return false;
    }
    ++writes_;
    pending_at_ += static_cast<std::size_t>(sent);
  }
  pending_.clear();
  pending_at_ = 0;
  return true;
}

void Connection::flush() {
  if (waiting_writable_) return;
  // The scratch buffer lends its memory to the connection for the turn, so an idle connection owns none.
  thread_local std::string scratch;
  if (pending_.empty()) pending_.swap(scratch);
  pending_.reserve(options_.write_bytes + (32U << 10));
  std::size_t budget = options_.turn_bytes;
  while (write_pending()) {
    if (budget == 0) {
      request_flush();  // others first, then the rest
      break;
    }
    const bool healthy = session_->produce(pending_, options_.write_bytes);
    broken_ = broken_ || !healthy;
    if (pending_.empty()) break;
    budget -= std::min(budget, pending_.size());
  }
  const bool idle = pending_.empty();
  if (idle) pending_.swap(scratch);
  session_->deliver();
  if (state_ != State::kOpen || !idle) return;
  if (broken_ || session_->finished()) begin_linger();
}

void Connection::begin_linger() {
  // Closing with unread input would reset the connection and could destroy the GOAWAY on its way: end the sending side,
  // discard input until the peer closes, at most for a while.
  state_ = State::kLingering;
  ::shutdown(watcher_.fd(), SHUT_WR);
  loop_.timers().arm(linger_, loop_.now_ns() + options_.linger_ns);
  tell_session(broken_ ? "protocol error" : "finished");
}

/// The session hears of its end at once, not when the socket has lingered.
void Connection::tell_session(std::string_view reason) {
  if (std::exchange(told_, true)) return;
  session_->disconnected(reason);
}

void Connection::close(std::string reason) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  close_reason_ = std::move(reason);
  linger_.cancel();
  request_flush();
}

void Connection::drop() {
  if (on_gone_ == nullptr) return;
  tell_session(close_reason_);
  const auto gone = std::move(on_gone_);
  on_gone_ = nullptr;
  gone(*this);
}

}  // namespace baton::http2
