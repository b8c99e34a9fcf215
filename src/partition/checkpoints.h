// The partition's side of the state store: reads rows that the engine misses, and writes checkpoints on a thread of its
// own.
//
// A checkpoint: between two turns the state's live layer is frozen at position P and settled in the next turns; the
// thread waits until P is durable in the journal, writes the frozen layer in one synced transaction, fenced by epoch
// and previous position; at the next turn the partition switches to the new snapshot, and drops the frozen layer in the
// turns after it. No turn has more to do than a slice.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "engine/engine.h"
#include "partition/pace.h"
#include "partition/stats.h"
#include "storage/state_store.h"

namespace baton::partition {

struct CheckpointOptions {
  /// Memory for rows. If changed ones take the whole of it, new work is refused.
  std::size_t memory_bytes = 256U << 20;
  /// Changed rows that trigger a checkpoint, at most half the memory. While more is synced, the journal's syncs wait
  /// behind it: 100 ms at four times as much, on the same disk.
  std::size_t changed_bytes = 32U << 20;
  /// Frames that a start may have to replay.
  std::uint64_t max_frames = 100'000;
  /// The longest time without a checkpoint if anything changed.
  std::int64_t interval_ms = 30'000;
};

class Checkpoints {
 public:
  /// `wake` is called on the checkpoint's thread when turn() has something to do. Everything must outlive this.
  Checkpoints(const Clock& clock, engine::Engine& engine, PartitionStats& stats, const Pace& pace,
              const CheckpointOptions& options, std::function<void()> wake);
  ~Checkpoints();
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  /// Takes over the stored state; the position that it is at. Without a store everything stays in memory.
  Result<Position> open(storage::StateStore* store);
  /// While the journal is replayed: writes a checkpoint here and now if changes take half the memory. What was replayed
  /// so far is durable.
  Status while_replaying(Epoch epoch);
  void start(Epoch epoch);
  /// Ends the thread and writes a last checkpoint. Everything appended is durable.
  void stop();

  /// Runs `f` and reads what it misses until it has what it needs. On the partition's thread.
  template <typename F>
  auto with_rows(F&& f) {
    while (true) {
      try {
        return f();
      } catch (const engine::RowsMissing&) {
        fetch_or_exit();
      }
    }
  }
  /// Reads what was named for a prefetch.
  void prefetch() {
    if (store_ != nullptr) fetch_or_exit();
  }
  [[nodiscard]] bool has_store() const { return store_ != nullptr; }

  /// Between two turns: ends a checkpoint that was written, begins one that is due, frees and evicts a little. True if
  /// it should be called again at once.
  bool turn();
  /// For how long the partition leaves its core to the checkpoint's thread after a turn of `turn_ns`: that thread has
  /// more to write than it gets written beside the turns, and a start would have as much to replay.
  [[nodiscard]] std::int64_t rest_after(std::int64_t turn_ns) const;
  /// The journal is durable up to `position`. On the journal's thread.
  void note_durable(Position position);
  /// No memory for new work. Any thread.
  [[nodiscard]] bool is_full() const { return full_.load(std::memory_order_relaxed); }
  /// Hardly any: what is only due has to wait, so that clients are not refused because of it. On the partition's
  /// thread.
  [[nodiscard]] bool is_crowded() const { return crowded_; }

 private:
  void run();
  Status fetch();
  void fetch_or_exit();
  Status write();
  Status write_until_there_is_space();
  void begin();
  void end();
  void go_on();
  bool evict();
  static bool for_a_while(const Pace::Slice& slice, const std::function<bool()>& step);
  Status ask_what_is_stored();
  [[nodiscard]] bool is_much() const;
  [[nodiscard]] std::size_t bytes_of_one() const;
  void ask_for_room();
  bool make_room();
  Status write_all();
  [[nodiscard]] bool is_due() const;
  void update_stats();

  const Clock& clock_;
  engine::Engine& engine_;
  PartitionStats& stats_;
  const Pace& pace_;
  CheckpointOptions options_;
  std::function<void()> wake_;
  storage::StateStore* store_ = nullptr;

  // The partition's thread only.
  std::unique_ptr<storage::StoreSnapshot> snapshot_;
  enum class Phase { kIdle, kSettling, kWriting, kDropping };
  Phase phase_ = Phase::kIdle;
  bool crowded_ = false;
  std::int64_t last_ns_ = 0;
  std::size_t frozen_bytes_ = 0;
  std::size_t frozen_changes_ = 0;  // what is written now, in changed_bytes()
  Position stored_;                 // also read by the checkpoint's thread while it writes

  // What is being written; set by begin() before the thread is told.
  Position position_;
  Epoch epoch_;

  std::mutex mutex_;
  std::condition_variable wake_thread_;
  bool asked_ = false;       // guarded by mutex_
  bool written_ = false;     // guarded by mutex_
  bool wants_room_ = false;  // guarded by mutex_; changed by the partition's thread only
  bool stopping_ = false;    // guarded by mutex_
  Position durable_;         // guarded by mutex_
  std::atomic<bool> full_{false};
  std::thread thread_;
};

}  // namespace baton::partition
