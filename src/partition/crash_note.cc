#include "partition/crash_note.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/ensure.h"
#include "base/hash.h"

namespace baton::partition {

namespace {

constexpr std::array kSignals = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr std::uint64_t kMagic = 0x45544F4E48535243;  // "CRSHNOTE"

/// The file: as it is in memory, on one machine only; nothing else depends on it.
struct Record {
  std::uint64_t magic = kMagic;
  std::uint64_t crashes = 0;
  std::uint64_t entity = 0;
  std::uint64_t position = 0;
  std::uint64_t intent = 0;
  std::uint64_t sum = 0;
  [[nodiscard]] std::uint64_t expected_sum() const {
    return mix64(mix64(mix64(mix64(magic, crashes), entity), position), intent);
  }
};

// What the handler may touch: plain memory and one descriptor.
struct Watched {
  int fd = -1;
  Record last;  // as it is in the file
  volatile std::sig_atomic_t working = 0;
  volatile std::uint64_t entity = 0;
  volatile std::uint64_t position = 0;
  volatile std::uint64_t intent = 0;
};
Watched watched;

void on_crash(int signal) {
  if (watched.working != 0 && watched.fd >= 0) {
    Record record;
    record.entity = watched.entity;
    record.position = watched.position;
    record.intent = watched.intent;
    const bool again = watched.last.entity == record.entity && watched.last.intent == record.intent;
    record.crashes = again ? watched.last.crashes + 1 : 1;
    record.sum = record.expected_sum();
    if (::pwrite(watched.fd, &record, sizeof record, 0) == sizeof record) ::fsync(watched.fd);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

CrashNote::~CrashNote() {
  if (fd_ < 0) return;
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  watched.fd = -1;
  ::close(fd_);
}

Status CrashNote::open(const std::string& directory) {
  const std::string path = directory + "/crash-note";
  ENSURE(watched.fd < 0, "two crash notes in one process");
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) return failf(Code::kUnavailable, "cannot open '{}': {}", path, std::strerror(errno));
  Record record;
  // Damaged or empty: no note. It decides about isolation only, never about data.
  const bool whole = ::pread(fd_, &record, sizeof record, 0) == sizeof record && record.magic == kMagic &&
                     record.sum == record.expected_sum();
  if (!whole) record = Record{};
  content_ = {record.crashes, Key(record.entity), Position(record.position), record.intent};
  watched.last = record;
  watched.fd = fd_;
  for (const int signal : kSignals) std::signal(signal, on_crash);
  return {};
}

void CrashNote::clear() {
  if (fd_ < 0 || content_.crashes == 0) return;
  content_ = {};
  watched.last = Record{};
  Record record;
  record.sum = record.expected_sum();
  (void)!::pwrite(fd_, &record, sizeof record, 0);
}

void CrashNote::working_on(Key entity, Position position, std::uint64_t intent) {
  watched.entity = entity.value();
  watched.position = position.value();
  watched.intent = intent;
  watched.working = 1;
}

void CrashNote::done() {
  watched.working = 0;
  if (content_.crashes == 0) return;
  if (content_.entity.value() == watched.entity && content_.intent == watched.intent) clear();
}

}  // namespace baton::partition
