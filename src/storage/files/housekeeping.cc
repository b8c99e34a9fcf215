#include "storage/files/housekeeping.h"

#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/fault.h"
#include "base/log.h"
#include "base/thread.h"
#include "storage/files/segments.h"

namespace baton::storage {

namespace {

constexpr std::string_view kCopyEnd = ".mdb";
constexpr int kSegmentsPerLook = 4;
constexpr std::ptrdiff_t kMostPlainSegments = 64;

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
  give_way();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, std::chrono::milliseconds(options_.interval_ms), [this] { return stopping_; })) return;
    }
    const auto behind = is_behind(wall_ms());
    hurried_ = behind && *behind;
    if (hurried_) {
      look_and_report();
      continue;
    }
    // Whoever wakes up finds this core free; beside a thread that is only nice it would look for another. A thread
    // cannot leave that class again without a privilege.
    std::thread idle([this] {
      const sched_param none{};
      ::pthread_setschedparam(::pthread_self(), SCHED_IDLE, &none);
      ::pthread_setname_np(::pthread_self(), "housekeeping");
      look_and_report();
    });
    idle.join();
  }
}

// What fails is tried again with the next look; nothing that was acknowledged depends on it.
void Housekeeping::look_and_report() {
  const Status status = look(wall_ms());
  if (!status && status.error().code != Code::kCancelled) log::warn("housekeeping: {}", status.error().message);
}

/// Between pieces of work of one look, as long as stop() is not called.
Breather Housekeeping::breather() {
  return Breather([this](std::chrono::nanoseconds rest) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, hurried_ ? std::chrono::nanoseconds(0) : rest, [this] { return stopping_; });
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

Result<std::optional<std::int64_t>> Housekeeping::copy_age(std::int64_t now_ms) const {
  BATON_ASSIGN(const auto copies, list_copies(disk_, options_.data));
  BATON_ASSIGN(const StoreMark mark, store_.mark());
  if (mark.position.value() == 0 || (!copies.empty() && copies.back() == mark.position)) return std::optional(-1L);
  if (copies.empty()) return std::optional<std::int64_t>();
  return std::optional(now_ms - std::max(last_copy_ms_, written_ms(copy_path(options_.data, copies.back()))));
}

Result<bool> Housekeeping::is_behind(std::int64_t now_ms) const {
  if (options_.copy_interval_ms > 0) {
    BATON_TRY(disk_.make_directory(copies_directory(options_.data)));
    BATON_ASSIGN(const auto age, copy_age(now_ms));
    if (age && *age >= 2 * options_.copy_interval_ms) return true;
  }
  BATON_ASSIGN(const auto segments, list_segments(disk_, options_.data + "/journal"));
  const auto plain =
      std::count_if(segments.begin(), segments.end(), [](const SegmentFile& s) { return !s.compressed; });
  return plain > kMostPlainSegments;
}

Status Housekeeping::look_after_copies(std::int64_t now_ms) {
  if (options_.copy_interval_ms <= 0) return {};
  BATON_TRY(disk_.make_directory(copies_directory(options_.data)));
  BATON_ASSIGN(const auto age, copy_age(now_ms));
  BATON_ASSIGN(auto copies, list_copies(disk_, options_.data));
  if (!age || *age >= options_.copy_interval_ms) {
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
    if (const auto behind = is_behind(wall_ms()); !hurried_ && behind && *behind) break;  // the next look hurries
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
