// Who waits for jobs: long polls and streams, by job type. Live knowledge of this process, not state: what is given to
// whom is decided here and journaled as an ActivateJob frame.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace baton::partition {

/// Names a poll or stream; given by the gateway, never 0.
using ConsumerId = std::uint64_t;

struct JobRequest {
  std::string type;
  std::string worker;
  std::int64_t timeout_ms = 0;
  std::vector<std::string> fetch_variables;
  std::vector<std::string> tenants;
};

struct Poll {
  ConsumerId id = 0;
  JobRequest request;
  std::int32_t max_jobs = 1;
  std::int64_t deadline_ns = 0;  // boot clock; in the past: answer at once
  std::int32_t given = 0;        // jobs, so far
  std::size_t bytes = 0;         // of their variables
};

struct Stream {
  ConsumerId id = 0;
  JobRequest request;
  std::uint32_t unfinished = 0;
  bool paused = false;  // the gateway has too much unsent
};

/// Unfinished jobs that a stream may hold.
inline constexpr std::uint32_t kStreamCredits = 256;

class Consumers {
 public:
  void add_poll(Poll poll);
  void add_stream(Stream stream);
  /// Removes a poll or stream; false if it is gone already.
  bool remove(ConsumerId id);
  /// The gateway can take more of this stream, or no more for now.
  /// Returns its type if it may take jobs again.
  std::optional<std::string> set_paused(ConsumerId id, bool paused);

  /// Next stream for a job of `type`, in turn over those with credit; null if there is none. The turn passes with
  /// charge().
  Stream* next_stream(std::string_view type);
  /// The poll that waits longest for `type`; null if there is none.
  Poll* first_poll(std::string_view type);
  /// A poll has jobs already and gets more in the next turn: its deadline no longer counts.
  void keep(const Poll& poll) { deadlines_.erase({poll.deadline_ns, poll.id}); }
  /// A job was given to a stream that next_stream() returned.
  void charge(Stream& stream, Key job);
  /// A job ended or left its worker; returns the type of the stream that got credit back.
  std::optional<std::string> release(Key job);

  /// Removes polls whose deadline has passed and returns them.
  std::vector<ConsumerId> expire(std::int64_t now_ns);
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const {
    return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
  }
  [[nodiscard]] std::size_t poll_count() const { return polls_; }
  [[nodiscard]] std::size_t stream_count() const { return streams_; }
  /// Types that somebody waits for.
  [[nodiscard]] bool anyone_waits(std::string_view type) const { return types_.find(type) != types_.end(); }

 private:
  struct Waiting {
    std::deque<Poll> polls;
    std::vector<Stream> streams;
    std::size_t turn = 0;
  };
  void drop_if_empty(const std::string& type);

  std::map<std::string, Waiting, std::less<>> types_;
  absl::flat_hash_map<ConsumerId, std::string> type_of_;
  absl::flat_hash_map<std::uint64_t, ConsumerId> holder_;  // job -> stream
  absl::btree_set<std::pair<std::int64_t, ConsumerId>> deadlines_;
  std::size_t polls_ = 0;
  std::size_t streams_ = 0;
};

}  // namespace baton::partition
