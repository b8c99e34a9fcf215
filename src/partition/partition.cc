#include "partition/partition.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "base/ensure.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"

namespace baton::partition {

namespace {

constexpr auto kIdleBeforeMarker = std::chrono::milliseconds(50);
constexpr auto kRetrySpace = std::chrono::milliseconds(500);
constexpr int kExitStorage = 74;  // EX_IOERR

std::uint64_t thread_cpu_ns() {
  timespec ts{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(ts.tv_nsec);
}

}  // namespace

Partition::Partition(const Clock& clock, Publisher& publisher, const PartitionOptions& options)
    : clock_(clock),
      publisher_(publisher),
      options_(options),
      engine_(options.id),
      pace_(clock),
      checkpoints_(clock, engine_, stats_, pace_, options.checkpoints, [this] { wake(); }) {}

Partition::~Partition() {
  stop();
}

Status Partition::recover(const OpenJournal& open_journal, std::unique_ptr<storage::StateStore> store) {
  store_ = std::move(store);
  BATON_ASSIGN(stored_, checkpoints_.open(store_.get()));
  BATON_ASSIGN(journal_, open_journal(stored_, [this](const storage::BatchView& batch) { return replay(batch); }));
  if (journal_->next_position().value() != engine_.state().last_position().value() + 1) {
    return failf(Code::kDataLoss,
                 "the state store is at position {}, but the journal ends before position {}: they do not belong "
                 "together, or the journal lost its end",
                 stored_.value(), journal_->next_position().value());
  }
  if (!options_.crash_note_directory.empty()) BATON_TRY(crash_note_.open(options_.crash_note_directory));
  frame_clock_ = std::make_unique<FrameClock>(clock_, engine_.state().last_time());
  stats_.durable_position = engine_.state().last_position().value();
  engine_.take_ready_types();
  look_ahead();
  update_stats();
  return {};
}

Status Partition::replay(const storage::BatchView& batch) {
  // A batch was written only after everything before it was durable.
  BATON_TRY(checkpoints_.while_replaying(batch.epoch));
  const auto in_file = [&batch](const Error& error) {
    return failf(error.code, "{} at offset {}: {}", batch.file, batch.offset, error.message);
  };
  std::vector<engine::FrameView> frames;
  std::string_view rest = batch.frames;
  while (!rest.empty()) {
    const auto frame = engine::read_frame(rest);
    if (!frame) return in_file(frame.error());
    if (frame->header.position <= stored_) continue;  // the store has it
    frames.push_back(*frame);
    engine_.want(*frame);
  }
  checkpoints_.prefetch();
  for (const auto& frame : frames) {
    const Status status = checkpoints_.with_rows([&] { return engine_.replay(frame); });
    if (!status) return in_file(status.error());
  }
  const std::uint64_t end = batch.first.value() + batch.frame_count;
  if (end > stored_.value() + 1 && engine_.state().last_position().value() + 1 != end) {
    return failf(Code::kDataLoss,
                 "{} at offset {}: the batch should end before position {}, its last frame has position {}", batch.file,
                 batch.offset, end, engine_.state().last_position().value());
  }
  return {};
}

void Partition::start() {
  checkpoints_.start(journal_->epoch());
  partition_thread_ = std::thread([this] { run(); });
  journal_thread_ = std::thread([this] { run_journal(); });
  pthread_setname_np(partition_thread_.native_handle(), "partition");
  pthread_setname_np(journal_thread_.native_handle(), "journal");
}

void Partition::stop() {
  if (!partition_thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_partition_.notify_one();
  partition_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    journal_stopping_ = true;
  }
  wake_journal_.notify_one();
  journal_thread_.join();
  checkpoints_.stop();
}

void Partition::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_partition_.notify_one();
}

bool Partition::submit(std::vector<Request>& requests, Urgency urgency) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const bool full = queue_.size() + requests.size() > options_.max_queued || checkpoints_.is_full() ||
                      stats_.journal_full.load(std::memory_order_relaxed);
    if (stopping_ || (full && urgency == Urgency::kNormal)) {
      stats_.rejected_by_backpressure.fetch_add(requests.size(), std::memory_order_relaxed);
      return false;
    }
    if (queue_.empty()) {
      queue_.swap(requests);
    } else {
      queue_.insert(queue_.end(), std::make_move_iterator(requests.begin()), std::make_move_iterator(requests.end()));
      requests.clear();
    }
    pace_.note_waiting(true);
    wake = partition_sleeps_;
  }
  if (wake) wake_partition_.notify_one();
  return true;
}

// --- the partition's thread ---

// Before anything else that could crash again.
void Partition::isolate_crashing_instance() {
  const CrashNote::Content note = crash_note_.content();
  if (note.crashes < kCrashesBeforeIsolation) return;
  crash_note_.clear();
  now_ = frame_clock_->now();
  engine::Command command;
  command.principal.kind = engine::Principal::Kind::kEngine;
  command.body = engine::IsolateInstance{
      note.entity,
      fmt::format("The engine crashed {} times in a row on a command for entity {}. The process instance was "
                  "isolated; resolve this incident to let it go on, or cancel it.",
                  note.crashes, note.entity.value())};
  const std::uint32_t before = open_.frame_count;
  process(command);
  log::error(
      "the engine crashed {} times in a row on command {} for entity {} at position {}: {}", note.crashes, note.intent,
      note.entity.value(), note.position.value(),
      open_.frame_count > before ? "its instance is isolated with an incident" : "there is no instance to isolate");
}

void Partition::run() {
  isolate_crashing_instance();
  while (true) {
    const bool last = wait_for_work();
    const std::int64_t begin = clock_.boot_ns();
    if (open_.empty()) open_.begun_ns = begin;
    now_ = frame_clock_->now();
    const bool had_requests = !taken_.empty();
    handle_requests();
    dispatch(std::exchange(more_to_dispatch_, {}));
    expire_polls();
    pace_.note_requests_ns(clock_.boot_ns() - begin);
    if (!may_ride_along()) hand_over();  // who waits for an answer does not wait for what follows
    take_due();
    dispatch({});
    trimming_is_left_ = checkpoints_.turn();
    look_ahead();
    update_stats();
    if (!may_ride_along()) hand_over();
    const std::int64_t turn_ns = clock_.boot_ns() - begin;
    stats_.turn_ns.add(static_cast<std::uint64_t>(turn_ns));
    rest_ns_ = options_.rests && !had_requests && !due_is_left_ ? pace_.rest_after(turn_ns) : 0;
    if (batch_is_full()) wait_until_handed_over();
    if (last && taken_.empty()) break;
    hold_back(checkpoints_.rest_after(turn_ns));
  }
  wait_until_handed_over();
}

/// Takes no requests for a while, or until a checkpoint is written.
void Partition::hold_back(std::int64_t ns) {
  if (ns <= 0) return;
  std::unique_lock lock(mutex_);
  wake_partition_.wait_for(lock, std::chrono::nanoseconds(ns), [this] { return stopping_ || woken_; });
}

void Partition::handle_requests() {
  if (!taken_.empty()) pace_.note_request();
  const std::size_t end = std::min(taken_.size(), handled_ + options_.turn_requests);
  prefetch(std::span(taken_).subspan(handled_, end - handled_));
  while (handled_ < end && !batch_is_full()) handle(taken_[handled_++]);
  if (handled_ < taken_.size()) return pace_.note_waiting(true);
  taken_.clear();
  handled_ = 0;
}

/// One look into the store for what all these commands are known to need.
void Partition::prefetch(std::span<const Request> requests) {
  if (!checkpoints_.has_store()) return;
  for (const Request& request : requests) {
    if (const auto* command = std::get_if<engine::Command>(&request)) engine_.want(*command);
  }
  checkpoints_.prefetch();
}

/// What the state knows about the time after this turn, so that sleeping needs no look-ups.
void Partition::look_ahead() {
  const engine::StateView& state = engine_.state();
  checkpoints_.with_rows([&] {
    steps_are_left_ = false;
    sent_is_left_ = state.oldest_sent() != nullptr;
    state.instances_with_deferred_steps(1, [this](Key) { steps_are_left_ = true; });
    next_due_ = state.next_due();
  });
}

/// Something of the last turn was put off: requests, a type to dispatch, or steps that go on.
bool Partition::work_is_left() const {
  return !taken_.empty() || !more_to_dispatch_.empty() || trimming_is_left_ ||
         ((sent_is_left_ || steps_are_left_) && !due_is_stuck_);
}

/// At most a second.
std::chrono::milliseconds Partition::time_to_next_due() const {
  auto wait = std::chrono::milliseconds(1000);
  if (next_due_ && !due_is_stuck_) {
    wait = std::min(
        wait, std::chrono::milliseconds(std::max<std::int64_t>(0, next_due_->value() - frame_clock_->now().value())));
  }
  if (const auto deadline = consumers_.next_deadline()) {
    const std::int64_t ms = (*deadline - clock_.boot_ns()) / 1'000'000 + 1;
    wait = std::min(wait, std::chrono::milliseconds(std::max<std::int64_t>(0, ms)));
  }
  return wait;
}

/// Sleeps until there is something to do and takes it; true when nothing more will come.
bool Partition::wait_for_work() {
  std::unique_lock lock(mutex_);
  const auto ready = [this] {
    return !queue_.empty() || stopping_ || woken_ || (!open_.empty() && handed_ == nullptr && !committing_);
  };
  const auto take = [this] {
    woken_ = false;
    if (taken_.empty()) taken_.swap(queue_);
    pace_.note_waiting(!queue_.empty());
    return stopping_ && queue_.empty();
  };
  const bool rests = rest_ns_ != 0 && taken_.empty();
  if ((work_is_left() && !rests) || ready()) return take();
  const std::chrono::nanoseconds wait = work_is_left() ? std::chrono::nanoseconds(rest_ns_) : time_to_next_due();
  partition_sleeps_ = true;
  wake_partition_.wait_for(lock, wait, ready);
  partition_sleeps_ = false;
  return take();
}

void Partition::take_due() {
  std::vector<engine::Command> due;
  due_is_left_ = false;
  due_is_stuck_ = checkpoints_.is_crowded() || stats_.journal_full.load(std::memory_order_relaxed);
  if (due_is_stuck_) return;  // until there is room again
  checkpoints_.with_rows([&] {
    due.clear();
    engine_.collect_due(now_, options_.due_slice, due);
  });
  constexpr std::size_t kReadAtOnce = 4;  // reading what they need may take longer than running them
  const std::uint32_t before = open_.frame_count;
  const Pace::Slice slice = pace_.slice(options_.due_slice_ns);
  std::size_t i = 0;
  for (; i < due.size(); ++i) {
    if (batch_is_full() || (i != 0 && slice.is_over())) break;  // what is left is still due
    if (i % kReadAtOnce == 0) {
      for (std::size_t k = i; k < std::min(due.size(), i + kReadAtOnce); ++k) engine_.want(due[k]);
      checkpoints_.prefetch();
    }
    auto* go_on = std::get_if<engine::Continue>(&due[i].body);
    if (go_on != nullptr && pace_.is_busy()) go_on->most_steps = options_.busy_steps;
    process(due[i]);
  }
  due_is_left_ = i < due.size() || due.size() == options_.due_slice;
  // Refused by the engine, all of it: trying again at once would only spin.
  due_is_stuck_ = !due.empty() && open_.frame_count == before && !batch_is_full();
}

void Partition::handle(Request& request) {
  struct Visitor {
    Partition& p;
    void operator()(engine::Command& command) const { p.process(command); }
    void operator()(Poll& poll) const {
      p.more_to_dispatch_.push_back(poll.request.type);
      p.consumers_.add_poll(std::move(poll));
    }
    void operator()(Stream& stream) const {
      p.more_to_dispatch_.push_back(stream.request.type);
      p.consumers_.add_stream(std::move(stream));
    }
    void operator()(const RemoveConsumer& remove) const { p.consumers_.remove(remove.id); }
    void operator()(const PauseStream& pause) const {
      if (auto type = p.consumers_.set_paused(pause.id, pause.paused)) p.more_to_dispatch_.push_back(std::move(*type));
    }
    void operator()(Read& read) const {
      std::string answer = p.checkpoints_.with_rows([&] { return read.ask(p.engine_.state()); });
      p.open_.publications.emplace_back(ReadReply{read.token, std::move(answer)});
    }
    void operator()(const PinClock& pin) const {
      engine::Reply reply{pin.token, engine::EmptyReply{}};
      if (!pin.time) {
        p.frame_clock_->unpin();
      } else if (const Status pinned = p.frame_clock_->pin(*pin.time); !pinned) {
        reply.body = pinned.error();
      }
      p.now_ = p.frame_clock_->now();
      p.take_due();  // what has become due, before anybody hears that the clock stands there
      p.open_.publications.emplace_back(std::move(reply));
    }
    void operator()(const ForgetReply& forget) const { p.engine_.forget_waiting(forget.token); }
  };
  std::visit(Visitor{*this}, request);
}

/// Runs a command and what it sends to other instances, in this batch. What is left after a counted number of those
/// goes on as due work, so that instances that answer each other for ever do not stop the rest.
void Partition::process(const engine::Command& command) {
  constexpr int kMostSent = 256;
  process_one(command);
  engine::Command sent;
  const auto next_sent = [&] { return checkpoints_.with_rows([&] { return engine_.next_sent(sent); }); };
  for (int i = 0; i < kMostSent && !batch_is_full() && next_sent(); ++i) {
    if (checkpoints_.has_store()) {
      engine_.want(sent);
      checkpoints_.prefetch();
    }
    process_one(sent);
  }
}

void Partition::process_one(const engine::Command& command) {
  effects_.clear();
  crash_note_.working_on(engine::subject_of(command.body), Position(engine_.state().last_position().value() + 1),
                         command.body.index() + 1);
  const bool is_completion = std::holds_alternative<engine::CompleteJob>(command.body);
  ENSURE(!is_completion || fault_point("partition.complete_job") == Fault::kNone, "a fault point ends the process");
  const bool appended = checkpoints_.with_rows([&] { return engine_.process(command, now_, open_.frames, effects_); });
  crash_note_.done();
  if (appended) ++open_.frame_count;
  for (engine::Effect& effect : effects_) {
    if (auto* reply = std::get_if<engine::Reply>(&effect)) {
      open_.publications.emplace_back(std::move(*reply));
    } else if (auto* push = std::get_if<engine::JobPush>(&effect)) {
      open_.publications.emplace_back(std::move(*push));
    } else if (auto* identity = std::get_if<engine::IdentityChanged>(&effect)) {
      open_.publications.emplace_back(std::move(*identity));
    } else if (const auto* released = std::get_if<engine::JobReleased>(&effect)) {
      if (auto type = consumers_.release(released->job)) more_to_dispatch_.push_back(std::move(*type));
    }
  }
}

Key Partition::next_job(const JobRequest& request) {
  // Tenants take turns through the order in which their oldest jobs became ready.
  for (const std::string& tenant : request.tenants) {
    const Key job = checkpoints_.with_rows([&] { return engine_.state().oldest_job(request.type, tenant); });
    if (job.value() != 0) return job;
  }
  return Key(0);
}

/// One look into the store for the jobs that are given next.
void Partition::prefetch_jobs(const JobRequest& request, std::size_t most) {
  if (!checkpoints_.has_store()) return;
  checkpoints_.with_rows([&] {
    for (const std::string& tenant : request.tenants) {
      for (const Key job : engine_.state().oldest_jobs(request.type, tenant, most))
        engine_.state().want_instance_of(job);
    }
  });
  checkpoints_.prefetch();
}

/// Activates `job` for a consumer; false if it became an incident instead.
bool Partition::give(Key job, const JobRequest& request, ConsumerId consumer) {
  engine::Command command;
  command.principal.kind = engine::Principal::Kind::kEngine;
  command.body = engine::ActivateJob{job, request.worker, request.timeout_ms, request.fetch_variables, consumer};
  const std::size_t before = open_.publications.size();
  process(command);
  return open_.publications.size() > before;
}

/// Gives jobs of these types, and of those that have become ready, to who waits for them.
void Partition::dispatch(std::vector<std::string> types) {
  std::vector<std::string> ready = engine_.take_ready_types();
  types.insert(types.end(), std::make_move_iterator(ready.begin()), std::make_move_iterator(ready.end()));
  std::sort(types.begin(), types.end());  // the order must not depend on a hash table
  types.erase(std::unique(types.begin(), types.end()), types.end());
  for (const std::string& type : types) dispatch_type(type);
}

/// Gives jobs to who waits for them; what is left after a counted number goes on in the next turn. Streams and polls
/// are counted apart: streams that finish as fast as they are given would leave nothing to a poll that has begun.
void Partition::dispatch_type(const std::string& type) {
  std::size_t left = options_.turn_jobs;
  while (Stream* stream = consumers_.next_stream(type)) {
    const Key job = next_job(stream->request);
    if (job.value() == 0) break;
    if (left-- == 0 || batch_is_full()) {
      more_to_dispatch_.push_back(type);
      break;
    }
    if (give(job, stream->request, stream->id)) consumers_.charge(*stream, job);
  }
  left = options_.turn_jobs;
  while (Poll* poll = consumers_.first_poll(type)) {
    if (!fill(*poll, left)) {
      if (poll->given != 0) consumers_.keep(*poll);
      more_to_dispatch_.push_back(type);
      return;
    }
    if (poll->given == 0) return;  // it goes on waiting
    open_.publications.emplace_back(PollEnded{poll->id});
    consumers_.remove(poll->id);
  }
}

/// Gives a poll what there is for it, `left` jobs at most; false if it may get more in the next turn.
bool Partition::fill(Poll& poll, std::size_t& left) {
  const std::size_t most = limits::kMessageBytes - limits::kBatchMarginBytes;
  prefetch_jobs(poll.request, std::min(left, static_cast<std::size_t>(std::max(0, poll.max_jobs - poll.given))));
  while (poll.given < poll.max_jobs && poll.bytes < most) {
    const Key job = next_job(poll.request);
    if (job.value() == 0) break;
    if (left == 0 || batch_is_full()) return false;
    --left;
    if (!give(job, poll.request, poll.id)) continue;
    poll.bytes += std::get<engine::JobPush>(open_.publications.back()).job.variables.size();
    ++poll.given;
  }
  return true;
}

void Partition::expire_polls() {
  for (const ConsumerId id : consumers_.expire(clock_.boot_ns())) open_.publications.emplace_back(PollEnded{id});
}

bool Partition::batch_is_full() const {
  return open_.frames.size() >= options_.max_batch_bytes || open_.frame_count >= options_.max_batch_frames;
}

/// In the midst of a burst of due work frames that nobody waits for go with the next ones that somebody does: on their
/// own they would keep the journal busy with syncs for which those had to wait.
bool Partition::may_ride_along() const {
  constexpr std::size_t kBytes = 64U << 10;
  constexpr std::int64_t kNs = 2'000'000;
  return due_is_left_ && open_.publications.empty() && open_.frames.size() < kBytes &&
         clock_.boot_ns() - open_.begun_ns < kNs;
}

/// Gives the open batch to the journal's thread if it is free; else the batch stays open and grows.
void Partition::hand_over() {
  if (open_.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (handed_ != nullptr || committing_) return;
    update_stats();  // before what it counts is published
    handed_ = std::make_unique<Batch>(std::move(open_));
  }
  wake_journal_.notify_one();
  open_ = Batch{};
  open_.begun_ns = clock_.boot_ns();
}

void Partition::wait_until_handed_over() {
  if (open_.empty()) return;
  {
    std::unique_lock lock(mutex_);
    partition_sleeps_ = true;
    wake_partition_.wait(lock, [this] { return handed_ == nullptr && !committing_; });
    partition_sleeps_ = false;
  }
  hand_over();
}

void Partition::update_stats() {
  const auto relaxed = std::memory_order_relaxed;
  const engine::StateView& state = engine_.state();
  stats_.last_position.store(state.last_position().value(), relaxed);
  stats_.active_instances.store(state.instance_count(), relaxed);
  stats_.active_jobs.store(state.job_count(), relaxed);
  stats_.active_incidents.store(state.incident_count(), relaxed);
  stats_.waiting_polls.store(consumers_.poll_count(), relaxed);
  stats_.open_streams.store(consumers_.stream_count(), relaxed);
  stats_.clock_offset_ms.store(frame_clock_->offset_ms(), relaxed);
  stats_.partition_cpu_ns.store(thread_cpu_ns(), relaxed);
}

// --- the journal's thread ---

void Partition::run_journal() {
  ask_for_short_turns();
  bool marked = false;
  while (true) {
    std::unique_ptr<Batch> batch;
    bool idle = false;
    {
      std::unique_lock lock(mutex_);
      committing_ = false;
      if (partition_sleeps_) wake_partition_.notify_one();
      const auto ready = [this] { return handed_ != nullptr || journal_stopping_; };
      if (marked && journal_->is_full()) {
        wake_journal_.wait_for(lock, kRetrySpace, ready);
        if (handed_ == nullptr && !journal_stopping_) {
          lock.unlock();
          journal_->keep_reserve();
          stats_.journal_full.store(journal_->is_full(), std::memory_order_relaxed);
          continue;
        }
      } else if (marked) {
        wake_journal_.wait(lock, ready);
      } else {
        idle = !wake_journal_.wait_for(lock, kIdleBeforeMarker, ready);
      }
      if (!idle && handed_ == nullptr) break;
      batch = std::move(handed_);
      committing_ = batch != nullptr || idle;
    }
    marked = batch == nullptr;
    if (batch != nullptr) {
      commit(*batch);
    } else if (auto status = journal_->mark(); !status) {
      log::error("journal: {}; the process ends, nothing unacknowledged is claimed", status.error().message);
      std::_Exit(kExitStorage);
    }
    stats_.journal_cpu_ns.store(thread_cpu_ns(), std::memory_order_relaxed);
  }
  if (auto status = journal_->mark(); !status) log::error("journal: {}", status.error().message);
}

void Partition::commit(Batch& batch) {
  if (batch.frame_count != 0) {
    const std::int64_t begin = clock_.boot_ns();
    if (auto status = journal_->append(batch.frame_count, batch.frames); !status) {
      // What is on the disk is unknown now: end, and find out at the next start. A sync is never tried again.
      log::error("journal: {}; the process ends, nothing unacknowledged is claimed", status.error().message);
      std::_Exit(kExitStorage);
    }
    stats_.append_ns.add(static_cast<std::uint64_t>(clock_.boot_ns() - begin));
    stats_.batches.fetch_add(1, std::memory_order_relaxed);
    stats_.frames.fetch_add(batch.frame_count, std::memory_order_relaxed);
    stats_.journal_bytes.store(journal_->bytes_appended(), std::memory_order_relaxed);
    stats_.journal_full.store(journal_->is_full(), std::memory_order_relaxed);
    stats_.durable_position.store(journal_->next_position().value() - 1, std::memory_order_relaxed);
    checkpoints_.note_durable(Position(journal_->next_position().value() - 1));
  }
  fault_point("partition.before_publish");
  if (!batch.publications.empty()) publisher_.publish(std::move(batch.publications));
}

}  // namespace baton::partition
