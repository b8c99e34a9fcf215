#include "partition/consumers.h"

#include <algorithm>

namespace baton::partition {

void Consumers::add_poll(Poll poll) {
  type_of_[poll.id] = poll.request.type;
  deadlines_.insert({poll.deadline_ns, poll.id});
  types_[poll.request.type].polls.push_back(std::move(poll));
  ++polls_;
}

void Consumers::add_stream(Stream stream) {
  type_of_[stream.id] = stream.request.type;
  types_[stream.request.type].streams.push_back(std::move(stream));
  ++streams_;
}

bool Consumers::remove(ConsumerId id) {
  auto it = type_of_.find(id);
  if (it == type_of_.end()) return false;
  const std::string type = std::move(it->second);
  type_of_.erase(it);
  Waiting& waiting = types_[type];
  polls_ -= std::erase_if(waiting.polls, [this, id](const Poll& poll) {
    if (poll.id == id) deadlines_.erase({poll.deadline_ns, id});
    return poll.id == id;
  });
  const std::size_t removed = std::erase_if(waiting.streams, [id](const Stream& s) { return s.id == id; });
  streams_ -= removed;
  if (removed != 0) absl::erase_if(holder_, [id](const auto& entry) { return entry.second == id; });
  drop_if_empty(type);
  return true;
}

void Consumers::drop_if_empty(const std::string& type) {
  auto it = types_.find(type);
  if (it != types_.end() && it->second.polls.empty() && it->second.streams.empty()) types_.erase(it);
}

std::optional<std::string> Consumers::set_paused(ConsumerId id, bool paused) {
  auto it = type_of_.find(id);
  if (it == type_of_.end()) return std::nullopt;
  for (Stream& stream : types_[it->second].streams) {
    if (stream.id == id) stream.paused = paused;
  }
  return paused ? std::nullopt : std::optional(it->second);
}

Stream* Consumers::next_stream(std::string_view type) {
  auto it = types_.find(type);
  if (it == types_.end()) return nullptr;
  Waiting& waiting = it->second;
  for (std::size_t i = 0; i < waiting.streams.size(); ++i) {
    Stream& stream = waiting.streams[(waiting.turn + i) % waiting.streams.size()];
    if (stream.paused || stream.unfinished >= kStreamCredits) continue;
    return &stream;
  }
  return nullptr;
}

Poll* Consumers::first_poll(std::string_view type) {
  auto it = types_.find(type);
  return it == types_.end() || it->second.polls.empty() ? nullptr : &it->second.polls.front();
}

void Consumers::charge(Stream& stream, Key job) {
  Waiting& waiting = types_[stream.request.type];
  waiting.turn = static_cast<std::size_t>(&stream - waiting.streams.data()) + 1;
  ++stream.unfinished;
  holder_[job.value()] = stream.id;
}

std::optional<std::string> Consumers::release(Key job) {
  auto holder = holder_.find(job.value());
  if (holder == holder_.end()) return std::nullopt;
  const ConsumerId id = holder->second;
  holder_.erase(holder);
  auto type = type_of_.find(id);
  if (type == type_of_.end()) return std::nullopt;
  for (Stream& stream : types_[type->second].streams) {
    if (stream.id != id || stream.unfinished == 0) continue;
    // Only the step from "no credit" to "one credit" can set a waiting job free.
    if (stream.unfinished-- == kStreamCredits) return type->second;
  }
  return std::nullopt;
}

std::vector<ConsumerId> Consumers::expire(std::int64_t now_ns) {
  std::vector<ConsumerId> expired;
  for (const auto& [deadline, id] : deadlines_) {
    if (deadline > now_ns) break;
    expired.push_back(id);
  }
  for (const ConsumerId id : expired) remove(id);
  return expired;
}

}  // namespace baton::partition
