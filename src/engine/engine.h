// The deterministic engine: command x state -> events and effects. No I/O, no clock, no randomness, no threads; a
// library that the partition, a test or a simulator calls directly.
//
//   Engine engine(PartitionId(1));
//   engine.process(command, time, frames, effects);   // appends one frame to `frames`
//   other.replay(read_frame(frames));                 // reaches the same state, and checks that it did
#pragma once

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "engine/command.h"
#include "engine/effect.h"
#include "engine/frame.h"
#include "engine/recorder.h"
#include "engine/state/mutator.h"
#include "feel/evaluation.h"

namespace baton::engine {

class LoopItems;

class Engine {
 public:
  explicit Engine(PartitionId partition);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Runs one command as far as it goes and appends its frame to `frames` and its effects to `effects`. A refused
  /// command becomes a rejection frame and an Error reply; a refused internal command leaves nothing, a command that is
  /// too large for a frame gets the reply alone. `time` must not be before the last frame's. True if a frame was
  /// appended. Throws RowsMissing, having done nothing: the caller fetches state().take_wanted() and calls again.
  bool process(const Command& command, TimeMs time, std::string& frames, Effects& effects);

  /// Applies the events of a journaled frame, or nothing of it. Errors: kDataLoss when the frame is malformed, out of
  /// order, or its hash is not that of what it did. Throws RowsMissing as process() does.
  Status replay(const FrameView& frame);

  /// Names the rows that the command or frame is known to need, for a prefetch: look-ups find out the rest.
  void want(const Command& command) const;
  void want(const FrameView& frame) const;

  /// At most one active root instance of a process may have a business id; off by default.
  void set_unique_business_ids(bool unique) { unique_business_ids_ = unique; }

  [[nodiscard]] const StateView& state() const { return state_; }
  /// For checkpoints: between frames, and what State allows on another thread.
  State& stored_state() { return state_; }
  /// The oldest command that an instance sent and nobody carried out yet; false if there is none. It belongs to the
  /// same batch as the frame that sent it: whoever calls process() goes on with these, in counted slices. Throws
  /// RowsMissing.
  bool next_sent(Command& out) const;
  [[nodiscard]] const State& state_for_checkpoint() const { return state_; }
  /// Internal commands for up to `limit` things that are due at `now`. Throws RowsMissing.
  void collect_due(TimeMs now, std::size_t limit, std::vector<Command>& out) const;
  /// Job types that got an activatable job since the last call, in no particular order.
  std::vector<std::string> take_ready_types() { return state_.take_ready_types(); }
  /// The caller of a create-with-result is gone.
  void forget_waiting(std::uint64_t reply_token);

 private:
  bool process_frame(const Command& command, TimeMs time, std::string& frames, Effects& effects);
  Status run(const Command& command, Effects& effects);
  void begin_events(const Command& command);
  void append_success(const Command& command, std::string& frames);
  Status check_request(const Command& command, Effects& effects, bool& repeated);
  void remember_request(const Command& command, const Effects& effects, std::size_t first);
  bool give_up_sent(const Command& command, const Error& error, Effects& effects, std::string& frames);
  [[nodiscard]] Status check_isolation(const Command& command) const;
  Status apply_frame(const FrameView& frame, const CommandBody& body);
  [[nodiscard]] std::size_t room_for_events(const Command& command) const;
  void append_rejection(const Command& command, const Error& error, std::string& frames);
  void fill_header(const Command& command, FrameHeader& header) const;
  void resolve_waiting(const Command& command, Effects& effects, std::size_t first);

  State state_;
  Mutator mutator_;
  Recorder recorder_;
  feel::Evaluation evaluation_;
  std::unique_ptr<LoopItems> loop_items_;
  bool unique_business_ids_ = false;
  std::string command_bytes_;
  std::string principal_bytes_;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> waiting_;  // instance -> reply token of a create-with-result
};

}  // namespace baton::engine
