#include "storage/files/direct_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/ensure.h"
#include "base/fault.h"
#include "storage/files/errno_failure.h"

namespace baton::storage {

Result<std::unique_ptr<DirectFile>> DirectFile::create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return errno_failure("create", path, errno);
  const int direct_fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_DIRECT);
  return std::unique_ptr<DirectFile>(new DirectFile(path, fd, direct_fd));
}

DirectFile::DirectFile(std::string path, int fd, int direct_fd)
    : path_(std::move(path)),
      fd_(fd),
      direct_fd_(direct_fd),
      piece_(static_cast<char*>(std::aligned_alloc(kBlock, kPiece)), &std::free) {
  ENSURE(piece_ != nullptr, "there is memory");
}

DirectFile::~DirectFile() {
  ::close(fd_);
  if (direct_fd_ >= 0) ::close(direct_fd_);
}

Status DirectFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), kPiece - size_);
    std::memcpy(piece_.get() + size_, bytes.data(), part);
    size_ += part;
    bytes.remove_prefix(part);
    if (size_ == kPiece) BATON_TRY(write_piece());
  }
  return {};
}

Status DirectFile::write_piece() {
  if (direct_fd_ < 0) {
    BATON_TRY(write_cached());
    // Not more at once than a live journal can wait behind.
    if (::fdatasync(fd_) != 0) return errno_failure("sync", path_, errno);
    return {};
  }
  if (fault_point("disk.write") == Fault::kError) return errno_failure("write", path_, EIO);
  if (::pwrite(direct_fd_, piece_.get(), size_, static_cast<off_t>(at_)) == static_cast<ssize_t>(size_)) {
    at_ += size_;
    size_ = 0;
    return {};
  }
  // A refusal, or only a part: the cached way says what is wrong, if anything is.
  ::close(std::exchange(direct_fd_, -1));
  return write_piece();
}

Status DirectFile::write_cached() {
  if (fault_point("disk.write") == Fault::kError) return errno_failure("write", path_, EIO);
  std::size_t done = 0;
  while (done < size_) {
    const ssize_t n = ::pwrite(fd_, piece_.get() + done, size_ - done, static_cast<off_t>(at_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_failure("write", path_, errno);
    done += static_cast<std::size_t>(n);
  }
  at_ += size_;
  size_ = 0;
  return {};
}

Status DirectFile::finish() {
  BATON_TRY(write_cached());  // what is left is no whole block
  if (fault_point("disk.sync") == Fault::kError) return errno_failure("sync", path_, EIO);
  if (::fsync(fd_) != 0) return errno_failure("sync", path_, errno);
  return {};
}

}  // namespace baton::storage
