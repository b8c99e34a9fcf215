// A partition: one thread that takes what is queued, runs it through the engine and collects frames, and one thread
// that makes batches of frames durable and publishes what follows from them.
//
// While a batch is being synced the next one is being run, so every sync carries all that arrived meanwhile (group
// commit). Nothing leaves before the last position appended when it was computed is durable.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "engine/engine.h"
#include "partition/checkpoints.h"
#include "partition/crash_note.h"
#include "partition/frame_clock.h"
#include "partition/intake.h"
#include "partition/pace.h"
#include "partition/stats.h"
#include "storage/journal.h"
#include "storage/state_store.h"

namespace baton::partition {

struct PartitionOptions {
  PartitionId id{1};
  std::size_t max_queued = 20'000;  // requests; more are refused
  std::size_t max_batch_bytes = 1U << 20;
  std::size_t max_batch_frames = 4096;
  // What one turn does at most, so that none of these makes the others wait for long. The rest goes on in the next.
  std::size_t turn_requests = 32;       // of clients
  std::size_t turn_jobs = 64;           // given to workers, for each type
  std::size_t due_slice = 64;           // due jobs, timers and continuations
  std::int64_t due_slice_ns = 300'000;  // time that these take; one is always done
  std::uint32_t busy_steps = 16;        // of an instance that goes on while requests come
  // While requests come, steps of instances that go on and a checkpoint's slices take a quarter of the time between
  // them: where cores are scarce the other threads that serve a request need it (journal, gateway, and who calls).
  bool rests = std::thread::hardware_concurrency() < 4;
  CheckpointOptions checkpoints;
  std::string crash_note_directory;  // empty: crashes are not noted
};

class Partition {
 public:
  /// Opens the journal and visits its batches behind the position `after`; it is called once by recover().
  using OpenJournal =
      std::function<Result<std::unique_ptr<storage::Journal>>(Position after, const storage::BatchVisitor&)>;

  Partition(const Clock& clock, Publisher& publisher, const PartitionOptions& options);
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  /// Takes over the state that `store` has (without one everything stays in memory), opens the journal and replays it
  /// from there, comparing every frame's hash. Before start().
  Status recover(const OpenJournal& open_journal, std::unique_ptr<storage::StateStore> store = nullptr);
  /// Starts both threads.
  void start();
  /// Runs what is queued, makes it durable, writes the closing marker and ends both threads.
  void stop();

  /// Urgent requests are taken although the queue is full: what ends or releases work, so that load drains.
  enum class Urgency { kNormal, kUrgent };
  /// Queues requests, all or none; false when the queue is full (RESOURCE_EXHAUSTED) or the partition stops. Any
  /// thread. `requests` is emptied if they were taken.
  bool submit(std::vector<Request>& requests, Urgency urgency = Urgency::kNormal);

  [[nodiscard]] const PartitionStats& stats() const { return stats_; }
  [[nodiscard]] PartitionId id() const { return options_.id; }
  /// Lets `visit` look at the state, with whatever rows it needs; it may be called again and must bear that. For a
  /// caller that knows that the threads do not run.
  void look(const std::function<void(const engine::StateView&)>& visit) {
    checkpoints_.with_rows([&] { visit(engine_.state()); });
  }
  /// The state without a store, for a caller that knows that the threads do not run.
  [[nodiscard]] const engine::StateView& state() const { return engine_.state(); }

 private:
  struct Batch {
    std::uint32_t frame_count = 0;
    std::string frames;
    Publications publications;
    std::int64_t begun_ns = 0;  // boot clock, of the turn that began it
    [[nodiscard]] bool empty() const { return frame_count == 0 && publications.empty(); }
  };

  // The partition's thread.
  void run();
  bool wait_for_work();
  Status replay(const storage::BatchView& batch);
  void isolate_crashing_instance();
  void take_due();
  void handle_requests();
  void prefetch(std::span<const Request> requests);
  void prefetch_jobs(const JobRequest& request, std::size_t most);
  void handle(Request& request);
  void process(const engine::Command& command);
  void process_one(const engine::Command& command);
  void dispatch(std::vector<std::string> types);
  void dispatch_type(const std::string& type);
  bool fill(Poll& poll, std::size_t& left);
  bool give(Key job, const JobRequest& request, ConsumerId consumer);
  void expire_polls();
  [[nodiscard]] Key next_job(const JobRequest& request);
  [[nodiscard]] bool batch_is_full() const;
  [[nodiscard]] bool work_is_left() const;
  [[nodiscard]] std::chrono::milliseconds time_to_next_due() const;
  [[nodiscard]] bool may_ride_along() const;
  void hand_over();
  void wait_until_handed_over();
  void hold_back(std::int64_t ns);
  void look_ahead();
  void wake();
  void update_stats();

  // The journal's thread.
  void run_journal();
  void commit(Batch& batch);

  const Clock& clock_;
  Publisher& publisher_;
  PartitionOptions options_;
  engine::Engine engine_;
  std::unique_ptr<storage::Journal> journal_;
  std::unique_ptr<storage::StateStore> store_;
  PartitionStats stats_;
  Pace pace_;
  Checkpoints checkpoints_;
  CrashNote crash_note_;

  Position stored_;  // what the state store had at the start

  // The partition's thread only.
  std::unique_ptr<FrameClock> frame_clock_;
  Consumers consumers_;
  std::vector<Request> taken_;  // from the queue
  std::size_t handled_ = 0;     // of taken_
  engine::Effects effects_;
  Batch open_;
  TimeMs now_;
  std::int64_t rest_ns_ = 0;  // for which to wait for requests before going on
  bool due_is_stuck_ = false;
  bool due_is_left_ = false;        // the last turn's slice ended before the due work
  bool sent_is_left_ = false;       // a command between instances is not carried out yet
  bool steps_are_left_ = false;     // some instance has deferred steps
  bool trimming_is_left_ = false;   // memory to free
  std::optional<TimeMs> next_due_;  // as of the end of the last turn
  std::vector<std::string> more_to_dispatch_;

  std::mutex mutex_;
  std::condition_variable wake_partition_;
  std::condition_variable wake_journal_;
  std::vector<Request> queue_;     // guarded by mutex_
  std::unique_ptr<Batch> handed_;  // guarded by mutex_; null: the journal's thread can take one
  bool committing_ = false;        // guarded by mutex_
  bool stopping_ = false;          // guarded by mutex_
  bool journal_stopping_ = false;  // guarded by mutex_
  bool partition_sleeps_ = false;  // guarded by mutex_
  bool woken_ = false;             // guarded by mutex_; a checkpoint was written

  std::thread partition_thread_;
  std::thread journal_thread_;
};

}  // namespace baton::partition
