// The operating-system seam of storage: everything a file journal does to a disk, so that a test can lose unsynced
// data, tear writes and fail any call. PosixDisk is the real one, MemoryDisk (memory/memory_disk.h) the test's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::storage {

/// An open file. Errors: kResourceExhausted when the disk is full, else kUnavailable, with path, offset and errno text.
class File {
 public:
  virtual ~File() = default;
  virtual Result<std::uint64_t> size() const = 0;
  /// Reads exactly `size` bytes at `offset`; reading past the end is an error.
  virtual Status read(std::uint64_t offset, std::size_t size, std::string& out) const = 0;
  virtual Status write(std::uint64_t offset, std::string_view bytes) = 0;
  /// Makes what was written durable (fdatasync).
  virtual Status sync() = 0;
};

/// How urgent zeros are. In the background a pause follows each piece: what is urgent hardly notices them.
enum class Haste { kNow, kBackground };

/// Writes zeros to [from, to) of the file at `path` and syncs them. Not only reserving blocks: a later overwrite then
/// changes no file-system metadata. In small synced pieces, so that a live journal beside it never waits behind
/// megabytes of zeros. Errors: as of File.
Status write_zeros(const std::string& path, std::uint64_t from, std::uint64_t to, Haste haste);

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Status make_directory(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& directory) const = 0;
  virtual Result<std::unique_ptr<File>> open(const std::string& path) = 0;
  /// Creates or replaces a file of `size` zero bytes whose blocks are all allocated and written, and syncs it.
  virtual Result<std::unique_ptr<File>> create_zeroed(const std::string& path, std::uint64_t size, Haste haste) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  /// Makes creations, renames and removals in `directory` durable.
  virtual Status sync_directory(const std::string& directory) = 0;
};

/// The file system of this machine.
class PosixDisk final : public Disk {
 public:
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) const override;
  Result<std::unique_ptr<File>> open(const std::string& path) override;
  Result<std::unique_ptr<File>> create_zeroed(const std::string& path, std::uint64_t size, Haste haste) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
};

/// Holds a data directory: one process at a time. Errors: kUnavailable naming the directory when another process has
/// it.
class DirectoryLock {
 public:
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace baton::storage
