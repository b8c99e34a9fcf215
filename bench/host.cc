#include "host.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "histogram.h"

namespace baton::bench {
namespace {

constexpr int kStopPolls = 1000;  // of 10 ms
constexpr std::size_t kSyncBlock = 4096;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Result<ServerProcess> ServerProcess::start(const std::string& program, const std::vector<std::string>& arguments,
                                           const std::string& log_file) {
  if (::access(program.c_str(), X_OK) != 0) return failf(Code::kNotFound, "{}: {}", program, std::strerror(errno));
  const Fd log(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (log.get() < 0) return failf(Code::kInternal, "{}: {}", log_file, std::strerror(errno));
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return failf(Code::kInternal, "fork: {}", std::strerror(errno));
  if (pid == 0) {
    // A group of its own: Ctrl-C reaches the bench only, which then stops the server in order.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(log.get(), STDOUT_FILENO);
    ::dup2(log.get(), STDERR_FILENO);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  return ServerProcess(pid);
}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
  if (this != &other) {
    stop();
    std::swap(pid_, other.pid_);
    exit_code_ = other.exit_code_;
  }
  return *this;
}

namespace {
int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
}  // namespace

void ServerProcess::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int ServerProcess::stop() {
  if (pid_ <= 0) return -1;
  ::kill(pid_, SIGTERM);
  int status = 0;
  for (int i = 0; ::waitpid(pid_, &status, WNOHANG) == 0; ++i) {
    if (i == kStopPolls) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  pid_ = -1;
  return code_of(status);
}

bool ServerProcess::running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  exit_code_ = code_of(status);
  return false;
}

double process_cpu_s(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t end = text.rfind(')');  // the name may contain anything
  if (end == std::string::npos) return 0;
  std::istringstream fields(text.substr(end + 1));
  std::string skip;
  for (int i = 3; i < 14; ++i) fields >> skip;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double process_rss_mb(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("RssAnon:")) return std::strtod(line.c_str() + 8, nullptr) / 1024;
  }
  return 0;
}

double own_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

HostCpu host_cpu() {
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;
  HostCpu cpu;
  for (int i = 0; i < 8; ++i) {  // user nice system idle iowait irq softirq steal
    std::uint64_t value = 0;
    file >> value;
    cpu.total += value;
    if (i == 7) cpu.steal = value;
  }
  return cpu;
}

double steal_percent(const HostCpu& before, const HostCpu& after) {
  const std::uint64_t total = after.total - before.total;
  return total == 0 ? 0 : 100.0 * static_cast<double>(after.steal - before.steal) / static_cast<double>(total);
}

Result<SyncTimes> measure_sync(const std::string& directory, int count) {
  const std::string path = directory + "/sync-probe";
  const Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return failf(Code::kInternal, "{}: {}", path, std::strerror(errno));
  ::unlink(path.c_str());
  // Zero-filled and synced first, so that the measured syncs carry data only, as the journal's do.
  const std::string zeros(kSyncBlock, '\0');
  std::string block(kSyncBlock, '\1');
  for (int i = 0; i < count; ++i) {
    if (::pwrite(file.get(), zeros.data(), kSyncBlock, static_cast<off_t>(i) * 4096) != 4096) {
      return failf(Code::kInternal, "{}: {}", path, std::strerror(errno));
    }
  }
  if (::fsync(file.get()) != 0) return failf(Code::kInternal, "{}: {}", path, std::strerror(errno));
  Histogram times;
  const SystemClock clock;
  for (int i = 0; i < count; ++i) {
    const std::int64_t start = clock.boot_ns();
    if (::pwrite(file.get(), block.data(), kSyncBlock, static_cast<off_t>(i) * 4096) != 4096 ||
        ::fdatasync(file.get()) != 0) {
      return failf(Code::kInternal, "{}: {}", path, std::strerror(errno));
    }
    times.record(static_cast<std::uint64_t>(clock.boot_ns() - start));
  }
  return SyncTimes{static_cast<double>(times.percentile(50)) / 1e3, static_cast<double>(times.percentile(99)) / 1e3};
}

bool is_memory_filesystem(const std::string& directory) {
  struct statfs info{};
  if (::statfs(directory.c_str(), &info) != 0) return false;
  return info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC;
}

std::uint16_t free_port() {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

Result<std::string> http_get(const std::string& address, std::uint16_t port, const std::string& path) {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return failf(Code::kUnavailable, "socket: {}", std::strerror(errno));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1)
    return fail(Code::kInvalidArgument, "not an IPv4 address");
  const timeval limit{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    return failf(Code::kUnavailable, "connect: {}", std::strerror(errno));
  }
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return failf(Code::kUnavailable, "send: {}", std::strerror(errno));
  }
  std::string answer;
  char buffer[16384];
  ssize_t got = 0;
  while ((got = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0 && answer.size() < (16U << 20)) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return fail(Code::kDeadlineExceeded, "no answer in 1 s");
  if (answer.empty()) return fail(Code::kUnavailable, "the connection ended without an answer");
  const std::size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200") || body == std::string::npos)
    return fail(Code::kNotFound, answer.substr(0, 40));
  return answer.substr(body + 4);
}

std::optional<double> prometheus_value(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return std::strtod(line.c_str() + series.size() + 1, nullptr);
  }
  return std::nullopt;
}

}  // namespace baton::bench
