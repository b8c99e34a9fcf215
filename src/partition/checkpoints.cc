#include "partition/checkpoints.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/fault.h"
#include "base/log.h"
#include "base/thread.h"

namespace baton::partition {

namespace {

constexpr int kExitStorage = 74;   // EX_IOERR
constexpr std::size_t kSlice = 8;  // entries of a layer between two looks at the clock
constexpr std::int64_t kSliceNs = 150'000;
constexpr std::chrono::seconds kRetry{1};
constexpr std::size_t kMuchBytes = 1U << 20;  // changed, of a server that will need room in the store
constexpr std::uint64_t kRoomStep = 128U << 10;
constexpr std::chrono::milliseconds kRoomPause{2};  // between two steps, which nobody waits for

[[noreturn]] void end_process(const Error& error) {
  log::error("state store: {}; the process ends, the journal has everything that was acknowledged", error.message);
  std::_Exit(kExitStorage);
}

/// Hands rows to a transaction and keeps the first error.
class Sink final : public engine::RowSink {
 public:
  explicit Sink(storage::StoreWriter& writer) : writer_(writer) {}
  void put(std::string_view key, std::string_view value) override {
    if (status_) status_ = writer_.put(key, value);
  }
  void erase(std::string_view key) override {
    if (status_) status_ = writer_.erase(key);
  }
  void erase_all(std::string_view prefix) override {
    if (status_) status_ = writer_.erase_all(prefix);
  }
  Status status() { return status_; }

 private:
  storage::StoreWriter& writer_;
  Status status_;
};

}  // namespace

Checkpoints::Checkpoints(const Clock& clock, engine::Engine& engine, PartitionStats& stats, const Pace& pace,
                         const CheckpointOptions& options, std::function<void()> wake)
    : clock_(clock), engine_(engine), stats_(stats), pace_(pace), options_(options), wake_(std::move(wake)) {}

Checkpoints::~Checkpoints() {
  stop();
}

Result<Position> Checkpoints::open(storage::StateStore* store) {
  store_ = store;
  last_ns_ = clock_.boot_ns();
  if (store_ == nullptr) return Position(0);
  BATON_ASSIGN(snapshot_, store_->snapshot());
  BATON_ASSIGN(const storage::StoreMark mark, store_->mark());
  const auto read = [this](std::string_view key) -> Result<std::optional<std::string>> {
    std::optional<std::string> found;
    BATON_TRY(snapshot_->get_many(std::span(&key, 1), [&found](std::size_t, auto value) -> Status {
      if (value) found.emplace(*value);
      return {};
    }));
    return found;
  };
  BATON_TRY(engine_.stored_state().open(read));
  if (engine_.state().last_position() != mark.position) {
    return failf(Code::kDataLoss, "the state store's mark names position {}, its totals position {}",
                 mark.position.value(), engine_.state().last_position().value());
  }
  BATON_TRY(ask_what_is_stored());
  stored_ = mark.position;
  update_stats();
  return stored_;
}

// --- reading ---

Status Checkpoints::ask_what_is_stored() {
  return engine_.stored_state().ask_what_is_stored([this](std::string_view prefix) -> Result<bool> {
    bool found = false;
    BATON_TRY(snapshot_->scan(std::string(prefix), engine::prefix_end(std::string(prefix)), 1,
                              [&found](std::string_view, std::string_view) -> Status {
                                found = true;
                                return {};
                              }));
    return found;
  });
}

Status Checkpoints::fetch() {
  for (engine::Wanted wanted = engine_.state().take_wanted(); !wanted.empty(); wanted = engine_.state().take_wanted()) {
    std::vector<std::string_view> keys;
    keys.reserve(wanted.rows.size());
    for (const auto& row : wanted.rows) keys.emplace_back(row.key);
    BATON_TRY(snapshot_->get_many(keys, [&wanted](std::size_t i, auto value) { return wanted.rows[i].load(value); }));
    for (const auto& range : wanted.ranges) {
      engine::StoredRows rows;
      BATON_ASSIGN(const bool more, snapshot_->scan(range.lower, range.upper, range.limit,
                                                    [&rows](std::string_view key, std::string_view value) -> Status {
                                                      rows.emplace_back(key, value);
                                                      return {};
                                                    }));
      BATON_TRY(range.load(rows, more));
    }
    stats_.rows_read.fetch_add(wanted.rows.size(), std::memory_order_relaxed);
  }
  return {};
}

void Checkpoints::fetch_or_exit() {
  if (const Status status = fetch(); !status) end_process(status.error());
}

// --- writing ---

Status Checkpoints::write() {
  const auto changes = [this](storage::StoreWriter& writer) -> Status {
    Sink sink(writer);
    engine_.state_for_checkpoint().write_frozen(sink);
    return sink.status();
  };
  BATON_TRY(store_->make_room(frozen_bytes_, UINT64_MAX));
  return store_->commit(changes, position_, epoch_, stored_);
}

Status Checkpoints::write_until_there_is_space() {
  bool told = false;
  while (true) {
    const Status status = write();
    if (status || status.error().code != Code::kResourceExhausted) return status;
    if (!std::exchange(told, true)) log::warn("{}; trying again every second", status.error().message);
    std::unique_lock lock(mutex_);
    if (wake_thread_.wait_for(lock, kRetry, [this] { return stopping_; })) return status;
  }
}

Status Checkpoints::while_replaying(Epoch epoch) {
  if (store_ == nullptr) return {};
  engine::State& state = engine_.stored_state();
  // Later than in operation: a start that has not more than that to replay leaves it to the checkpoint's thread.
  if (state.changed_bytes() >= options_.memory_bytes / 2) {
    epoch_ = epoch;
    BATON_TRY(write_all());
  }
  while (state.bytes() > options_.memory_bytes && state.evict(options_.memory_bytes / 2, kSlice)) continue;
  return {};
}

/// A whole checkpoint, here and now.
Status Checkpoints::write_all() {
  begin();
  engine_.stored_state().settle(SIZE_MAX);
  BATON_TRY(write());
  end();
  engine_.stored_state().drop(SIZE_MAX);
  phase_ = Phase::kIdle;
  return {};
}

void Checkpoints::start(Epoch epoch) {
  epoch_ = epoch;
  last_ns_ = clock_.boot_ns();
  durable_ = engine_.state().last_position();
  if (store_ == nullptr) return;
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "checkpoint");
}

void Checkpoints::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_thread_.notify_one();
  thread_.join();
  Status status;
  engine::State& state = engine_.stored_state();
  if (phase_ == Phase::kSettling) state.settle(SIZE_MAX);
  if (phase_ == Phase::kSettling || phase_ == Phase::kWriting) {
    if (!written_) status = write();
    if (status) end();
  }
  if (phase_ == Phase::kDropping) {
    state.drop(SIZE_MAX);
    phase_ = Phase::kIdle;
    if (state.last_position() != stored_) status = write_all();
  } else if (phase_ == Phase::kIdle && state.last_position() != stored_) {
    status = write_all();
  }
  if (!status) log::warn("state store: no last checkpoint: {}", status.error().message);
  snapshot_.reset();
}

/// What changed is enough for a checkpoint.
bool Checkpoints::is_much() const {
  return engine_.state_for_checkpoint().changed_bytes() >= bytes_of_one();
}

std::size_t Checkpoints::bytes_of_one() const {
  return std::min(options_.memory_bytes / 2, options_.changed_bytes);
}

std::int64_t Checkpoints::rest_after(std::int64_t turn_ns) const {
  // As a rule a checkpoint is written before the next one has come together. Without a limit a late one makes the next
  // one larger and later: 90,000 frames to replay were seen, 29,000 with it, at the same rate of creates.
  constexpr double kUsual = 2, kSlope = 2, kMost = 8;
  constexpr double kLongestNs = 2e6;
  if (phase_ != Phase::kWriting) return 0;
  const std::size_t changes = frozen_changes_ + engine_.state_for_checkpoint().changed_bytes();
  const double behind = static_cast<double>(changes) / static_cast<double>(bytes_of_one()) - kUsual;
  if (behind <= 0) return 0;
  return static_cast<std::int64_t>(
      std::min(static_cast<double>(turn_ns) * std::min(behind * kSlope, kMost), kLongestNs));
}

bool Checkpoints::is_due() const {
  const engine::State& state = engine_.state_for_checkpoint();
  const std::uint64_t frames = state.last_position().value() - stored_.value();
  if (frames == 0) return false;
  return frames >= options_.max_frames || clock_.boot_ns() - last_ns_ >= options_.interval_ms * 1'000'000 || is_much();
}

void Checkpoints::begin() {
  fault_point("checkpoint.before_freeze");
  engine::State& state = engine_.stored_state();
  frozen_bytes_ = state.dirty_bytes();
  frozen_changes_ = state.changed_bytes();
  state.freeze();
  position_ = state.last_position();
  phase_ = Phase::kSettling;
  last_ns_ = clock_.boot_ns();
}

void Checkpoints::end() {
  fault_point("checkpoint.before_switch");
  auto snapshot = store_->snapshot();
  if (!snapshot) end_process(snapshot.error());
  snapshot_ = std::move(*snapshot);
  engine_.stored_state().drop_frozen();
  if (const Status status = ask_what_is_stored(); !status) end_process(status.error());
  stored_ = position_;
  phase_ = Phase::kDropping;
  frozen_bytes_ = 0;
  stats_.checkpoints.fetch_add(1, std::memory_order_relaxed);
  stats_.store_bytes.store(store_->bytes(), std::memory_order_relaxed);
  fault_point("checkpoint.after_switch");
}

bool Checkpoints::turn() {
  if (store_ == nullptr) return false;
  if (phase_ == Phase::kIdle && is_due()) begin();
  go_on();
  engine::State& state = engine_.stored_state();
  const std::size_t pinned = state.dirty_bytes() + frozen_bytes_;
  full_.store(pinned >= options_.memory_bytes, std::memory_order_relaxed);
  crowded_ = pinned >= options_.memory_bytes / 4 * 3;
  if (!wants_room_ && state.dirty_bytes() >= kMuchBytes) ask_for_room();
  const bool evicting = evict();
  update_stats();
  return evicting || phase_ == Phase::kSettling || phase_ == Phase::kDropping;
}

/// From now on the store has room for a checkpoint before it begins.
void Checkpoints::ask_for_room() {
  {
    const std::lock_guard lock(mutex_);
    wants_room_ = true;
  }
  wake_thread_.notify_one();
}

/// A slice of freeing rows that the store has; true if there are more of them than half the memory.
bool Checkpoints::evict() {
  engine::State& state = engine_.stored_state();
  std::int64_t most_ns = kSliceNs, least_ns = 0;
  if (state.bytes() > options_.memory_bytes) {
    // The cap is a promise: far above it requests have to wait for the memory.
    const bool is_far = state.bytes() / 9 * 8 > options_.memory_bytes;
    most_ns = 8 * kSliceNs;
    least_ns = is_far ? most_ns : 2 * kSliceNs;
  }
  return for_a_while(pace_.slice(most_ns, least_ns), [&] { return state.evict(options_.memory_bytes / 2, kSlice); });
}

/// Calls `step` while it has more to do and until the slice is over; true if it has not done everything.
bool Checkpoints::for_a_while(const Pace::Slice& slice, const std::function<bool()>& step) {
  while (step()) {
    if (slice.is_over()) return true;
  }
  return false;
}

/// One slice of the checkpoint that is under way.
void Checkpoints::go_on() {
  engine::State& state = engine_.stored_state();
  if (phase_ == Phase::kSettling && !for_a_while(pace_.slice(kSliceNs), [&] { return state.settle(kSlice); })) {
    phase_ = Phase::kWriting;
    {
      const std::lock_guard lock(mutex_);
      asked_ = true;
    }
    wake_thread_.notify_one();
  } else if (phase_ == Phase::kWriting) {
    std::unique_lock lock(mutex_);
    if (!std::exchange(written_, false)) return;
    lock.unlock();
    end();
  } else if (phase_ == Phase::kDropping && !for_a_while(pace_.slice(kSliceNs), [&] { return state.drop(kSlice); })) {
    phase_ = Phase::kIdle;
  }
}

void Checkpoints::update_stats() {
  const engine::State& state = engine_.state_for_checkpoint();
  stats_.stored_position.store(stored_.value(), std::memory_order_relaxed);
  stats_.instances_in_memory.store(state.instances_in_memory(), std::memory_order_relaxed);
  stats_.row_bytes.store(state.bytes(), std::memory_order_relaxed);
}

void Checkpoints::note_durable(Position position) {
  if (store_ == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    durable_ = position;
    if (!asked_) return;
  }
  wake_thread_.notify_one();
}

// --- the checkpoint's thread ---

/// A step towards room for the next checkpoint; true if there is more to do.
bool Checkpoints::make_room() {
  const Result<bool> more = store_->make_room(bytes_of_one(), kRoomStep);
  if (more) return *more;
  if (more.error().code != Code::kResourceExhausted) end_process(more.error());
  return false;
}

void Checkpoints::run() {
  // Where cores are scarce the work of clients goes first. A checkpoint that takes longer costs memory, which is
  // limited: new work is refused in the end, and then this thread has the core.
  give_way();
  bool has_room = false;
  while (true) {
    bool writes = false;
    {
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return stopping_ || (asked_ && durable_ >= position_); };
      const auto grows = [&] { return wants_room_ && !has_room; };
      if (grows()) {
        wake_thread_.wait_for(lock, kRoomPause, ready);
      } else {
        wake_thread_.wait(lock, [&] { return ready() || grows(); });
      }
      writes = asked_ && durable_ >= position_;
      if (stopping_ && !writes) return;
    }
    if (!writes) {
      has_room = !make_room();
      continue;
    }
    has_room = false;
    fault_point("checkpoint.durable");
    const std::int64_t begin = clock_.boot_ns();
    const Status status = write_until_there_is_space();
    if (!status) {
      if (status.error().code == Code::kResourceExhausted) return;  // stopping: the journal has it
      end_process(status.error());
    }
    stats_.checkpoint_ns.add(static_cast<std::uint64_t>(clock_.boot_ns() - begin));
    {
      const std::lock_guard lock(mutex_);
      asked_ = false;
      written_ = true;
    }
    wake_();
  }
}

}  // namespace baton::partition
