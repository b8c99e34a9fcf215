// An engine with a clock moved by hand, a second one that replays its frames, and a record of which elements ended:
// what conformance runners drive.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace baton::conformance {

class EngineDriver {
 public:
  /// Runs a command and everything that follows from it at once: commands to other instances, what is due. False if it
  /// was refused; error() says why.
  bool run(engine::CommandBody body);
  /// Moves the clock and runs what falls due.
  void pass_to(TimeMs time);
  [[nodiscard]] TimeMs now() const { return now_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  template <typename T>
  [[nodiscard]] const T* reply() const {
    return reply_ ? std::get_if<T>(&*reply_) : nullptr;
  }
  [[nodiscard]] const engine::StateView& state() const { return live_.state(); }
  /// False once a replayed frame led to another state: the engine is broken.
  [[nodiscard]] bool sound() const { return sound_; }

  /// An element instance that completed or was terminated.
  struct Ended {
    Key instance;
    std::string element;
    bpmn::ElementType type = bpmn::ElementType::kTask;
    bool completed = false;
    bool item = false;  // of a multi-instance loop, whose body has the same id
  };
  /// Those since the last call, in order.
  std::vector<Ended> take_ended() { return std::exchange(ended_, {}); }

 private:
  bool process(const engine::Command& command);
  void process_sent();
  void process_due();
  void record(std::string_view frames);
  void record_event(std::string_view event, Key instance);

  engine::Engine live_{PartitionId(1)};
  engine::Engine replayed_{PartitionId(1)};
  TimeMs now_{1'704'067'200'000};  // 2024-01-01T00:00:00Z
  std::optional<engine::ReplyBody> reply_;
  std::optional<Error> error_;
  bool sound_ = true;
  std::vector<Ended> ended_;
  std::map<std::uint64_t, const bpmn::ProcessModel*> models_;                              // by instance
  std::map<std::uint64_t, std::pair<const bpmn::ProcessModel*, std::uint32_t>> elements_;  // by element instance
};

}  // namespace baton::conformance
