// One thread's event loop: descriptors, timers, tasks from other threads, and the end-of-turn hook that makes writes
// few.
//
// Work happens in *turns*: a readable descriptor, a batch of posted tasks, due timers. Whoever has output to write asks
// for an end-of-turn call; it runs once after everything else of the turn, so frames of a whole batch leave in one
// write.
//
//   EventLoop loop;
//   std::thread engine([&] { loop.post([&] { server.reply(id, bytes); }); });
//   loop.run();
//
// Threads: post() and stop() from any thread, everything else on the thread in run() (or before run() and after it
// ended).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "gateway/http2/timer_wheel.h"

namespace baton::http2 {

/// Called once at the end of a turn in which request_turn_end() was called for it.
class TurnEnd {
 public:
  virtual ~TurnEnd() = default;
  virtual void on_turn_end() = 0;

 private:
  friend class EventLoop;
  std::int64_t turn_slot_ = -1;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs until stop(). Can be called again afterwards.
  void run();
  /// Makes run() return after the present turn. Any thread.
  void stop();
  /// Runs `task` on the loop thread. Any thread; tasks keep their order; all tasks queued meanwhile share one turn.
  void post(std::function<void()> task);
  /// Runs `task` each time the signal arrives; replaces the default action. Before run() or on the loop thread.
  void on_signal(int signal_number, std::function<void()> task);

  /// Boot-clock time of the present turn, in nanoseconds. Taken once per turn.
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }
  /// Where now_ns() lives, for parts that should not know the loop.
  [[nodiscard]] const std::int64_t* now_pointer() const { return &now_ns_; }
  /// Takes the time again; for code outside run().
  void refresh_now();
  /// Timers of this loop; loop thread only.
  TimerWheel& timers() { return timers_; }
  /// Runs `task` once at `due_ns` (boot clock). Cannot be cancelled; use a Timer for that.
  void run_at(std::int64_t due_ns, std::function<void()> task);

  void request_turn_end(TurnEnd& hook);
  void cancel_turn_end(TurnEnd& hook);

  /// Scope of a turn: the outermost one runs the end-of-turn hooks when it ends.
  class Turn {
   public:
    explicit Turn(EventLoop& loop) : loop_(loop) { loop_.begin_turn(); }
    ~Turn() { loop_.end_turn(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    EventLoop& loop_;
  };

  struct Impl;
  /// For the module's own .cc files.
  Impl& impl() { return *impl_; }

 private:
  void begin_turn();
  void end_turn();

  std::unique_ptr<Impl> impl_;
  TimerWheel timers_;
  std::int64_t now_ns_ = 0;
  int depth_ = 0;
};

/// Readiness of one descriptor.
class FdEvents {
 public:
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;

 protected:
  ~FdEvents() = default;
};

/// Owns a non-blocking descriptor registered with a loop and closes it. One-shot waits: each wait gives one callback.
/// The watcher may be destroyed inside its callbacks.
class FdWatcher {
 public:
  FdWatcher(EventLoop& loop, int fd, FdEvents& events);
  ~FdWatcher();
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;

  void wait_readable();
  void wait_writable();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  int fd_;
};

}  // namespace baton::http2
