// A new file that is written from its beginning to its end, around the file system's cache where that is possible: a
// large file that is copied into the cache is long calls of a kernel that does not preempt itself, and then a burst of
// writes that every sync waits behind.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton::storage {

class DirectFile {
 public:
  /// Creates or replaces the file. Errors as those of File (disk.h), here and below.
  static Result<std::unique_ptr<DirectFile>> create(const std::string& path);
  ~DirectFile();
  DirectFile(const DirectFile&) = delete;
  DirectFile& operator=(const DirectFile&) = delete;

  Status append(std::string_view bytes);
  /// Writes what is left and syncs the file; nothing may follow.
  Status finish();

 private:
  static constexpr std::size_t kBlock = 4096;
  static constexpr std::size_t kPiece = 128U << 10;

  DirectFile(std::string path, int fd, int direct_fd);
  Status write_piece();
  Status write_cached();

  std::string path_;
  int fd_;
  int direct_fd_;  // -1: the file system has nothing of the kind
  std::unique_ptr<char, decltype(&std::free)> piece_;
  std::size_t size_ = 0;  // of what is in the piece
  std::uint64_t at_ = 0;  // bytes written
};

}  // namespace baton::storage
