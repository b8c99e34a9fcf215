#include "power_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

namespace baton::crash {

namespace {

/// Runs a program to its end; its output goes where ours goes.
Status run_program(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  if (const int error = ::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ); error != 0)
    return failf(Code::kInternal, "cannot run {}: {}", words[0], std::strerror(error));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return failf(Code::kInternal, "'{}' failed with status {}", fmt::join(words, " "), status);
  return {};
}

}  // namespace

PowerDisk::~PowerDisk() {
  if (!mounted_) return;
  if (const Status gone = run_program({"umount", directory_}); !gone)
    std::fprintf(stderr, "%s\n", gone.error().to_string().c_str());
}

Status PowerDisk::mount() {
  if (!made_) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    const int fd = ::open(image_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool sized = fd >= 0 && ::ftruncate(fd, static_cast<off_t>(bytes_)) == 0;
    if (fd >= 0) ::close(fd);
    if (!sized) return failf(Code::kInternal, "cannot make '{}': {}", image_, std::strerror(errno));
    BATON_TRY(run_program({"mkfs.ext4", "-q", "-F", image_}));
    made_ = true;
  }
  if (std::exchange(mounted_, false)) BATON_TRY(run_program({"umount", directory_}));
  BATON_TRY(run_program({"mount", "-o", "loop", image_, directory_}));
  mounted_ = true;
  return {};
}

Status PowerDisk::cut() {
  constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);  // FS_IOC_SHUTDOWN
  std::uint32_t without_log_flush = 2;
  const int fd = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool cut = fd >= 0 && ::ioctl(fd, kShutdown, &without_log_flush) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!cut) return failf(Code::kInternal, "cannot shut '{}' down: {}", directory_, std::strerror(error));
  return {};
}

}  // namespace baton::crash
