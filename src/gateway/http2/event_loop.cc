#include "gateway/http2/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <limits>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gateway/http2/asio_context.h"

namespace baton::http2 {
namespace asio = boost::asio;

namespace {
std::int64_t boot_now() {
  return SystemClock().boot_ns();
}

// A slow consumer of hooks must not keep the loop from its descriptors: further rounds wait for the next turn.
constexpr int kTurnEndRounds = 8;
}  // namespace

struct OneShot {
  OneShot(std::function<void()> run, std::list<OneShot>& owner_list)
      : task(std::move(run)), timer([](void* shot) { static_cast<OneShot*>(shot)->fire(); }, this), list(owner_list) {}
  void fire() {
    auto run = std::move(task);
    list.erase(place);
    run();
  }
  std::function<void()> task;
  Timer timer;
  std::list<OneShot>& list;
  std::list<OneShot>::iterator place;
};

struct SignalEntry {
  SignalEntry(asio::io_context& io, std::function<void()> run) : signals(io), task(std::move(run)) {}
  asio::signal_set signals;
  std::function<void()> task;
};

struct EventLoop::Impl {
  explicit Impl(EventLoop& owner) : loop(owner), wakeup(io) {}

  void drain_tasks() {
    Turn turn(loop);
    std::vector<std::function<void()>> batch;
    {
      std::lock_guard lock(mutex);
      batch.swap(tasks);
      scheduled = false;
    }
    for (auto& task : batch) task();
  }

  /// Keeps the one Asio timer at or before the wheel's next due time.
  void schedule_wakeup() {
    const std::int64_t due = loop.timers_.next_due_ns();
    if (due >= wakeup_ns || due == std::numeric_limits<std::int64_t>::max()) return;
    wakeup_ns = due;
    wakeup.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(due - loop.now_ns_, 0)));
    wakeup.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      wakeup_ns = std::numeric_limits<std::int64_t>::max();
      Turn turn(loop);
      loop.timers_.advance(loop.now_ns_);
    });
  }

  EventLoop& loop;
  asio::io_context io{1};
  asio::steady_timer wakeup;
  std::int64_t wakeup_ns = std::numeric_limits<std::int64_t>::max();
  std::vector<TurnEnd*> turn_end;
  std::list<OneShot> one_shots;
  std::list<SignalEntry> signals;

  std::mutex mutex;
  std::vector<std::function<void()>> tasks;
  bool scheduled = false;
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>(*this)), timers_(boot_now()), now_ns_(boot_now()) {
  // A peer that went away must give an error from send(), not end the process.
  std::signal(SIGPIPE, SIG_IGN);
}

EventLoop::~EventLoop() {
  impl_->one_shots.clear();
  impl_.reset();
}

void EventLoop::run() {
  refresh_now();
  {
    const Turn turn(*this);
  }  // flushes what was asked for before run() and schedules the timers
  impl_->io.restart();
  const auto guard = asio::make_work_guard(impl_->io);
  impl_->io.run();
}

void EventLoop::stop() {
  impl_->io.stop();
}

void EventLoop::post(std::function<void()> task) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->tasks.push_back(std::move(task));
    if (std::exchange(impl_->scheduled, true)) return;
  }
  asio::post(impl_->io, [this] { impl_->drain_tasks(); });
}

void EventLoop::on_signal(int signal_number, std::function<void()> task) {
  auto& entry = impl_->signals.emplace_back(impl_->io, std::move(task));
  boost::system::error_code ignored;
  entry.signals.add(signal_number, ignored);
  struct Wait {
    EventLoop* loop;
    SignalEntry* entry;
    void operator()(const boost::system::error_code& error, int) const {
      if (error) return;
      entry->signals.async_wait(*this);
      Turn turn(*loop);
      entry->task();
    }
  };
  entry.signals.async_wait(Wait{this, &entry});
}

void EventLoop::refresh_now() {
  now_ns_ = boot_now();
}

void EventLoop::run_at(std::int64_t due_ns, std::function<void()> task) {
  auto& shot = impl_->one_shots.emplace_back(std::move(task), impl_->one_shots);
  shot.place = std::prev(impl_->one_shots.end());
  timers_.arm(shot.timer, due_ns);
  if (depth_ == 0) impl_->schedule_wakeup();
}

void EventLoop::begin_turn() {
  if (depth_++ == 0) now_ns_ = boot_now();
}

void EventLoop::end_turn() {
  if (depth_ == 1) {
    std::vector<TurnEnd*>& pending = impl_->turn_end;
    for (int round = 0; round < kTurnEndRounds && !pending.empty(); ++round) {
      // Hooks may ask again (for themselves or others) and may be destroyed by others: work on the list in place.
      const std::size_t count = pending.size();
      for (std::size_t i = 0; i < count; ++i) {
        TurnEnd* hook = std::exchange(pending[i], nullptr);
        if (hook == nullptr) continue;
        hook->turn_slot_ = -1;
        hook->on_turn_end();
      }
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(count));
      for (std::size_t i = 0; i < pending.size(); ++i) {
        if (pending[i] != nullptr) pending[i]->turn_slot_ = static_cast<std::int64_t>(i);
      }
    }
    if (!pending.empty()) post([] {});
    impl_->schedule_wakeup();
  }
  --depth_;
}

void EventLoop::request_turn_end(TurnEnd& hook) {
  if (hook.turn_slot_ >= 0) return;
  hook.turn_slot_ = static_cast<std::int64_t>(impl_->turn_end.size());
  impl_->turn_end.push_back(&hook);
  // Outside of a turn nothing would call it: an empty task makes one.
  if (depth_ == 0) post([] {});
}

void EventLoop::cancel_turn_end(TurnEnd& hook) {
  if (hook.turn_slot_ < 0) return;
  impl_->turn_end[static_cast<std::size_t>(hook.turn_slot_)] = nullptr;
  hook.turn_slot_ = -1;
}

/// Outlives the watcher while a wait is under way; `events` is null once the watcher is gone.
struct FdWatcher::State {
  State(EventLoop& owner, int fd, FdEvents& sink) : loop(owner), descriptor(owner.impl().io, fd), events(&sink) {}
  EventLoop& loop;
  asio::posix::stream_descriptor descriptor;
  FdEvents* events;
};

FdWatcher::FdWatcher(EventLoop& loop, int fd, FdEvents& events)
    : state_(std::make_shared<State>(loop, fd, events)), fd_(fd) {}

FdWatcher::~FdWatcher() {
  state_->events = nullptr;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

void FdWatcher::wait_readable() {
  state_->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                [state = state_](const boost::system::error_code& error) {
                                  if (error || state->events == nullptr) return;
                                  EventLoop::Turn turn(state->loop);
                                  state->events->on_readable();
                                });
}

void FdWatcher::wait_writable() {
  state_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                [state = state_](const boost::system::error_code& error) {
                                  if (error || state->events == nullptr) return;
                                  EventLoop::Turn turn(state->loop);
                                  state->events->on_writable();
                                });
}

boost::asio::io_context& asio_context(EventLoop& loop) {
  return loop.impl().io;
}

}  // namespace baton::http2
