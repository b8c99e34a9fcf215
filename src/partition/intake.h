// What the gateway sends to a partition, and what comes back once it is durable.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/command.h"
#include "engine/effect.h"
#include "engine/state/view.h"
#include "partition/consumers.h"

namespace baton::partition {

struct RemoveConsumer {
  ConsumerId id = 0;
};
struct PauseStream {
  ConsumerId id = 0;
  bool paused = false;
};
/// A question about the live state; `ask` runs on the partition's thread and must be quick. It runs again from the
/// start when it needs rows that are not in memory.
struct Read {
  std::uint64_t token = 0;
  std::function<std::string(const engine::StateView&)> ask;
};
/// Stops the partition's clock at a time, or (without one) gives it back to the wall clock; answered with an Error or
/// an EmptyReply. For tests of processes.
struct PinClock {
  std::uint64_t token = 0;
  std::optional<TimeMs> time;
};
/// The caller of a create-with-result is gone.
struct ForgetReply {
  std::uint64_t token = 0;
};

using Request = std::variant<engine::Command, Poll, Stream, RemoveConsumer, PauseStream, Read, ForgetReply, PinClock>;

struct ReadReply {
  std::uint64_t token = 0;
  std::string answer;
};
/// A poll is over; its jobs were published before it.
struct PollEnded {
  ConsumerId id = 0;
};

/// Everything that leaves together, in order.
using Publication = std::variant<engine::Reply, engine::JobPush, PollEnded, ReadReply, engine::IdentityChanged>;
using Publications = std::vector<Publication>;

/// Takes what is durable to the outside. Called on the journal's thread or the partition's, never both at once.
class Publisher {
 public:
  virtual ~Publisher() = default;
  virtual void publish(Publications publications) = 0;
};

}  // namespace baton::partition
