#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "gateway/http2/connection.h"
#include "gateway/http2/socket_address.h"

namespace baton::http2 {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsPerTurn = 64;
// Out of descriptors or memory: the queue waits until connections have gone, instead of spinning on accept().
constexpr std::int64_t kAcceptPauseNs = 100'000'000;

struct AddressInfo {
  ~AddressInfo() {
    if (list != nullptr) ::freeaddrinfo(list);
  }
  addrinfo* list = nullptr;
};

Status resolve(const std::string& host, std::uint16_t port, int flags, AddressInfo& out) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &out.list);
  if (error != 0) return failf(Code::kInvalidArgument, "Cannot resolve '{}': {}", host, ::gai_strerror(error));
  return {};
}

}  // namespace

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "unknown";
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  }
  return text;
}

int port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

std::string peer_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  const std::string text = address_text(address);
  const std::string port = std::to_string(port_of(address));
  return address.ss_family == AF_INET6 ? "[" + text + "]:" + port : text + ":" + port;
}

Result<std::unique_ptr<Listener>> Listener::open(EventLoop& loop, const std::string& address, std::uint16_t port,
                                                 Accept accept) {
  AddressInfo info;
  BATON_TRY(resolve(address, port, AI_PASSIVE | AI_NUMERICHOST, info));
  const int fd = ::socket(info.list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failf(Code::kUnavailable, "Cannot create a socket: {}", std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::bind(fd, info.list->ai_addr, info.list->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    const int error = errno;
    ::close(fd);
    return failf(Code::kUnavailable, "Cannot listen on {}:{}: {}", address, port, std::strerror(error));
  }
  return std::make_unique<Listener>(loop, fd, static_cast<std::uint16_t>(port_of(bound)), std::move(accept));
}

Listener::Listener(EventLoop& loop, int fd, std::uint16_t port, Accept accept)
    : loop_(loop),
      watcher_(loop, fd, *this),
      retry_([](void* self) { static_cast<Listener*>(self)->watcher_.wait_readable(); }, this),
      port_(port),
      accept_(std::move(accept)) {
  watcher_.wait_readable();
}

void Listener::on_readable() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = ::accept4(watcher_.fd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      accept_(fd, address_text(address));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::warn("gRPC listener: accept pauses: {}", std::strerror(errno));
      loop_.timers().arm(retry_, loop_.now_ns() + kAcceptPauseNs);
      return;
    }
    // ECONNABORTED and the like concern one connection only.
  }
  watcher_.wait_readable();
}

Result<int> start_connect(const std::string& host, std::uint16_t port) {
  AddressInfo info;
  BATON_TRY(resolve(host, port, 0, info));
  int error = EADDRNOTAVAIL;
  for (const addrinfo* at = info.list; at != nullptr; at = at->ai_next) {
    const int fd = ::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      error = errno;
      continue;
    }
    if (::connect(fd, at->ai_addr, at->ai_addrlen) == 0 || errno == EINPROGRESS) return fd;
    error = errno;
    ::close(fd);
  }
  return failf(Code::kUnavailable, "Cannot connect to {}:{}: {}", host, port, std::strerror(error));
}

}  // namespace baton::http2
