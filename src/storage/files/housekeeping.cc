#include "storage/files/housekeeping.h"

#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/fault.h"
#include "base/log.h"
#include "storage/files/segments.h"

namespace baton::storage {

namespace {

constexpr std::string_view kCopyEnd = ".mdb";
constexpr int kSegmentsPerLook = 4;

std::string copies_directory(const std::string& data) {
  return data + "/state/copies";
}

std::int64_t wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Time of the last write in ms; 0 if the file is gone.
std::int64_t written_ms(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1000 : 0;
}

}  // namespace

std::string copy_path(const std::string& data, Position position) {
  return fmt::format("{}/{:020}{}", copies_directory(data), position.value(), kCopyEnd);
}

Result<std::vector<Position>> list_copies(const Disk& disk, const std::string& data) {
  BATON_ASSIGN(const auto names, disk.list(copies_directory(data)));
  std::vector<Position> positions;
  for (const auto& name : names) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (error == std::errc{} && std::string_view(end, name.data() + name.size()) == kCopyEnd)
      positions.emplace_back(value);
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

Housekeeping::Housekeeping(Disk& disk, const StateStore& store, HousekeepingOptions options)
    : disk_(disk), store_(store), options_(std::move(options)), consumers_(disk, options_.data + "/consumers") {}

Housekeeping::~Housekeeping() {
  stop();
}

void Housekeeping::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "housekeeping");
}

void Housekeeping::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Housekeeping::run() {
  // Nobody waits for it: it has a core when nothing else wants one. Whoever wakes up finds that core free; beside a
  // thread that is only nice it would look for another.
  const sched_param none{};
  ::pthread_setschedparam(::pthread_self(), SCHED_IDLE, &none);
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, std::chrono::milliseconds(options_.interval_ms), [this] { return stopping_; })) return;
    }
    // What fails here is tried again with the next look; nothing that was acknowledged depends on it.
    const Status status = look(wall_ms());
    if (!status && status.error().code != Code::kCancelled) log::warn("housekeeping: {}", status.error().message);
  }
}

/// Between pieces of work of one look, as long as stop() is not called.
Breather Housekeeping::breather() {
  return Breather([this](std::chrono::nanoseconds rest) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, rest, [this] { return stopping_; });
  });
}

Status Housekeeping::look(std::int64_t now_ms) {
  BATON_TRY(look_after_copies(now_ms));
  return look_after_journal(now_ms);
}

Result<Position> Housekeeping::copy() {
  BATON_TRY(disk_.make_directory(copies_directory(options_.data)));
  const std::string temporary = copies_directory(options_.data) + "/copy.tmp";
  Breather breather = this->breather();
  const Result<StoreMark> mark = store_.copy(temporary, breather);
  if (!mark) {
    BATON_TRY(disk_.remove(temporary));
    return fail(mark.error());
  }
  fault_point("state.before_copy_rename");
  BATON_TRY(disk_.rename(temporary, copy_path(options_.data, mark->position)));
  BATON_TRY(disk_.sync_directory(copies_directory(options_.data)));
  return mark->position;
}

Status Housekeeping::look_after_copies(std::int64_t now_ms) {
  if (options_.copy_interval_ms <= 0) return {};
  BATON_TRY(disk_.make_directory(copies_directory(options_.data)));
  BATON_ASSIGN(auto copies, list_copies(disk_, options_.data));
  const std::int64_t last =
      copies.empty() ? 0 : std::max(last_copy_ms_, written_ms(copy_path(options_.data, copies.back())));
  BATON_ASSIGN(const StoreMark mark, store_.mark());
  const bool changed = mark.position.value() != 0 && (copies.empty() || copies.back() != mark.position);
  if (changed && now_ms - last >= options_.copy_interval_ms) {
    BATON_ASSIGN(const Position position, copy());
    log::info("housekeeping: a verified copy of the state at position {}", position.value());
    last_copy_ms_ = now_ms;
    copies.push_back(position);
  }
  while (copies.size() > options_.copies) {
    BATON_TRY(disk_.remove(copy_path(options_.data, copies.front())));
    copies.erase(copies.begin());
  }
  return {};
}

// The journal is needed from the oldest copy of the state on (or the state itself, if there are no copies), and by
// every consumer; beyond that for the time of its retention.
Status Housekeeping::look_after_journal(std::int64_t now_ms) {
  const std::string directory = options_.data + "/journal";
  BATON_ASSIGN(const StoreMark mark, store_.mark());
  Position needed = mark.position;
  const auto copies = list_copies(disk_, options_.data);
  if (copies && !copies->empty()) needed = std::min(needed, copies->front());
  BATON_ASSIGN(const auto consumer, consumers_.least());
  if (consumer) needed = std::min(needed, *consumer);
  Breather breather = this->breather();
  for (int i = 0; i < kSegmentsPerLook; ++i) {
    // Compressed segments are read like others; only a start after a crash should find plain ones.
    BATON_ASSIGN(const bool compressed, compress_one_segment(disk_, directory, mark.position, breather));
    if (!compressed) break;
  }
  if (options_.retention_ms < 0) return {};
  BATON_ASSIGN(const auto segments, list_segments(disk_, directory));
  std::optional<Position> old;  // everything up to here was written long enough ago
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    if (now_ms - written_ms(directory + "/" + segments[i].name) < options_.retention_ms) break;
    BATON_ASSIGN(const SegmentHeader next, read_segment_header(disk_, directory, segments[i + 1]));
    old = Position(next.first.value() - 1);
  }
  if (!old) return {};
  BATON_ASSIGN(const std::size_t removed, truncate_segments(disk_, directory, std::min(needed, *old)));
  if (removed != 0) log::info("housekeeping: {} journal segments removed", removed);
  return {};
}

}  // namespace baton::storage
