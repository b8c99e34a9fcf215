#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/ensure.h"
#include "base/fault.h"
#include "storage/disk.h"
#include "storage/files/errno_failure.h"

namespace baton::storage {

namespace {

class PosixFile final : public File {
 public:
  PosixFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override {
    if (fd_ >= 0) ::close(fd_);
  }

  Result<std::uint64_t> size() const override {
    struct stat info{};
    if (::fstat(fd_, &info) != 0) return errno_failure("stat", path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }

  Status read(std::uint64_t offset, std::size_t size, std::string& out) const override {
    out.resize(size);
    std::size_t done = 0;
    while (done < size) {
      const ssize_t n = ::pread(fd_, out.data() + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno_failure("read", path_, errno);
      if (n == 0)
        return failf(Code::kDataLoss, "'{}' ends at offset {}, expected {} more bytes", path_, offset + done,
                     size - done);
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Status write(std::uint64_t offset, std::string_view bytes) override {
    if (fault_point("disk.write") == Fault::kError) return errno_failure("write", path_, EIO);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno_failure("write", path_, errno);
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Status sync() override {
    if (fault_point("disk.sync") == Fault::kError) return errno_failure("sync", path_, EIO);
    if (::fdatasync(fd_) != 0) return errno_failure("sync", path_, errno);
    return {};
  }

 private:
  std::string path_;
  int fd_;
};

void pause(Haste haste) {
  constexpr std::chrono::microseconds kPause{500};
  if (haste == Haste::kBackground) std::this_thread::sleep_for(kPause);
}

}  // namespace

// Around the file system's cache, where that is possible. Copying to it is work for a processor, and a kernel that does
// not preempt itself keeps every thread that is due there waiting for the whole of a call.
Status write_zeros(const std::string& path, std::uint64_t from, std::uint64_t to, Haste haste) {
  constexpr std::uint64_t kBlock = 4096;
  constexpr std::uint64_t kPiece = 128U << 10;
  if (from >= to) return {};
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno_failure("open", path, errno);
  PosixFile file(path, fd);
  const int direct_fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_DIRECT);
  const PosixFile direct(path, direct_fd);
  bool is_direct = direct_fd >= 0 && from % kBlock == 0;
  const std::unique_ptr<char, decltype(&std::free)> zeros(static_cast<char*>(std::aligned_alloc(kBlock, kPiece)),
                                                          &std::free);
  ENSURE(zeros != nullptr, "there is memory");
  std::memset(zeros.get(), 0, kPiece);
  for (std::uint64_t at = from; at < to;) {
    const std::uint64_t size = std::min(kPiece, to - at);
    if (is_direct && size % kBlock == 0) {
      if (fault_point("disk.write") == Fault::kError) return errno_failure("write", path, EIO);
      // A refusal, or only a part: the file says what is wrong, if anything is.
      is_direct = ::pwrite(direct_fd, zeros.get(), size, static_cast<off_t>(at)) == static_cast<ssize_t>(size);
      if (!is_direct) continue;
    } else {
      BATON_TRY(file.write(at, std::string_view(zeros.get(), size)));
    }
    BATON_TRY(file.sync());
    at += size;
    pause(haste);
  }
  return {};
}

Status PosixDisk::make_directory(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), 0700) == 0) {
      // The new name is as much a part of the data as what will stand below it.
      const std::size_t slash = part.rfind('/');
      BATON_TRY(sync_directory(slash == std::string::npos ? "." : slash == 0 ? "/" : part.substr(0, slash)));
    } else if (errno != EEXIST) {
      return errno_failure("create directory", part, errno);
    }
  }
  return {};
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& directory) const {
  DIR* dir = ::opendir(directory.c_str());
  if (dir == nullptr) return errno_failure("list", directory, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return errno_failure("open", path, errno);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(path, fd));
}

Result<std::unique_ptr<File>> PosixDisk::create_zeroed(const std::string& path, std::uint64_t size, Haste haste) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return errno_failure("create", path, errno);
  auto file = std::make_unique<PosixFile>(path, fd);
  // Whether there is space is known now, not when the last piece is written: a live journal fills its segment
  // meanwhile.
  if (::fallocate(fd, 0, 0, static_cast<off_t>(size)) != 0 && (errno == ENOSPC || errno == EDQUOT))
    return errno_failure("write", path, errno);
  BATON_TRY(write_zeros(path, 0, size, haste));
  return std::unique_ptr<File>(std::move(file));
}

Status PosixDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return errno_failure("rename", from, errno);
  return {};
}

Status PosixDisk::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errno_failure("remove", path, errno);
  return {};
}

Status PosixDisk::sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno_failure("open", directory, errno);
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (result != 0) return errno_failure("sync", directory, error);
  return {};
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return errno_failure("create", path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return failf(Code::kUnavailable, "the data directory '{}' is in use by another process", directory);
  }
  return DirectoryLock(fd);
}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace baton::storage
