#include "storage/files/lmdb_copy.h"

#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <thread>

#include "storage/files/direct_file.h"
#include "storage/files/errno_failure.h"
#include "storage/files/lmdb_error.h"

namespace baton::storage {

namespace {

constexpr std::size_t kPiece = 64U << 10;  // what a pipe holds
// Short ones: while pages are read the store cannot use the ones of before again.
constexpr int kRests = 1;

/// Everything that comes out of the pipe goes into the file.
Status write_out(int pipe, const std::string& path, Breather& breather) {
  BATON_ASSIGN(const auto file, DirectFile::create(path));
  std::string piece(kPiece, '\0');
  while (true) {
    const ssize_t n = ::read(pipe, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_failure("read what is copied to", path, errno);
    if (n == 0) return file->finish();
    BATON_TRY(file->append(std::string_view(piece).substr(0, static_cast<std::size_t>(n))));
    BATON_TRY(breather.breathe(kRests));
  }
}

}  // namespace

// LMDB writes to a descriptor as fast as it can. A pipe makes it wait for whoever writes the file.
Status copy_environment(MDB_env* env, const std::string& from, const std::string& path, Breather& breather) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_failure("copy to", path, errno);
  int rc = 0;
  std::thread reader([&rc, env, to = ends[1]] {
    rc = ::mdb_env_copyfd2(env, to, MDB_CP_COMPACT);
    ::close(to);
  });
  const Status written = write_out(ends[0], path, breather);
  ::close(ends[0]);  // if it was given up: LMDB's next write fails and ends the copy; it takes the SIGPIPE itself
  reader.join();
  BATON_TRY(written);
  if (rc != 0) return lmdb_failure(rc, "copy", from);
  return {};
}

}  // namespace baton::storage
