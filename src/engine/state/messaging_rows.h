// Rows that belong to the partition rather than to one instance: commands on their way to other instances, timers and
// subscriptions of start events, messages and those who wait for them.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "base/hash.h"
#include "engine/state/rows.h"

namespace baton::engine {

/// A command that one instance sent to another, or to the message side. It is erased by the frame that carries it out.
struct SentCommandRow {
  static constexpr RowKind kKind = RowKind::kSentCommand;
  using Id = std::uint64_t;
  std::uint64_t number = 0;
  Symbol tenant;
  std::uint8_t intent = 0;
  std::string command;  // encoded as in frames
  static void fields(auto& self, auto& io) { io(self.number, self.tenant, self.intent, self.command); }
  [[nodiscard]] Id id() const { return number; }
  [[nodiscard]] std::vector<std::uint64_t> key_parts() const { return {number}; }
};

/// When a timer start event of a definition is due.
struct StartTimerRow {
  static constexpr RowKind kKind = RowKind::kStartTimer;
  using Id = std::pair<std::uint64_t, std::uint32_t>;  // (definition, element)
  Key definition;
  ElementIndex element = kNoElement;
  TimeMs due;
  std::int32_t repetitions = 0;
  std::string cycle;
  static void fields(auto& self, auto& io) {
    io(self.definition, self.element, self.due, self.repetitions, self.cycle);
  }
  [[nodiscard]] Id id() const { return {definition.value(), element.value()}; }
  [[nodiscard]] std::vector<std::uint64_t> key_parts() const { return {definition.value(), element.value()}; }
};

/// A published message that waits to be correlated.
struct MessageRow {
  static constexpr RowKind kKind = RowKind::kMessage;
  using Id = std::uint64_t;
  Key key;
  Symbol tenant;
  std::string name;
  std::string correlation_key;
  std::string message_id;
  TimeMs deadline;
  Value variables;                      // JSON object
  std::vector<std::string> correlated;  // ids of the processes that it went to
  static void fields(auto& self, auto& io) {
    io(self.key, self.tenant, self.name, self.correlation_key, self.message_id, self.deadline, self.variables,
       self.correlated);
  }
  [[nodiscard]] Id id() const { return key.value(); }
  [[nodiscard]] std::vector<std::uint64_t> key_parts() const { return {key.value()}; }
};

/// Message side of a subscription. `order` is the position at which it was opened.
struct MessageSubscriptionRow {
  static constexpr RowKind kKind = RowKind::kMessageSubscription;
  using Id = std::uint64_t;
  Key key;    // of the instance side
  Key owner;  // the element instance that waits
  Symbol tenant;
  std::string name;
  std::string correlation_key;
  std::string process_id;
  Position order;
  Key correlating;  // the message that is on its way to the instance; 0: none
  static void fields(auto& self, auto& io) {
    io(self.key, self.owner, self.tenant, self.name, self.correlation_key, self.process_id, self.order,
       self.correlating);
  }
  [[nodiscard]] Id id() const { return key.value(); }
  [[nodiscard]] std::vector<std::uint64_t> key_parts() const { return {key.value()}; }
};

/// A message or signal that starts instances of a definition.
struct StartSubscriptionRow {
  static constexpr RowKind kKind = RowKind::kStartSubscription;
  using Id = std::pair<std::uint64_t, std::uint32_t>;  // (definition, element)
  Key definition;
  ElementIndex element = kNoElement;
  bpmn::EventType type = bpmn::EventType::kNone;
  Symbol tenant;
  std::string name;
  std::string process_id;
  static void fields(auto& self, auto& io) {
    io(self.definition, self.element, self.type, self.tenant, self.name, self.process_id);
  }
  [[nodiscard]] Id id() const { return {definition.value(), element.value()}; }
  [[nodiscard]] std::vector<std::uint64_t> key_parts() const { return {definition.value(), element.value()}; }
};

/// While the row exists no other message with this correlation key starts an instance of the process.
struct StartLockRow {
  static constexpr RowKind kKind = RowKind::kStartLock;
  using Id = std::tuple<std::string, std::string, std::string>;  // (tenant, process id, correlation key)
  Symbol tenant;
  std::string process_id;
  std::string correlation_key;
  Key message;
  static void fields(auto& self, auto& io) { io(self.tenant, self.process_id, self.correlation_key, self.message); }
  [[nodiscard]] Id id() const { return {std::string(tenant.text()), process_id, correlation_key}; }
  [[nodiscard]] std::vector<std::uint64_t> key_parts() const {
    return {tenant.hash(), hash64(process_id), hash64(correlation_key)};
  }
};

/// The outcome of a command that carried a request id (architecture.md section 4): repeating it repeats the outcome.
struct RequestRow {
  static constexpr RowKind kKind = RowKind::kRequest;
  using Id = std::string;  // SHA-256 of tenant, principal and request id
  std::string request;
  std::string body;   // SHA-256 of the command
  std::string reply;  // encoded (engine/reply_codec.h); empty while the command's answer is still to come
  Position position;
  TimeMs expires;
  static void fields(auto& self, auto& io) { io(self.request, self.body, self.reply, self.position, self.expires); }
  [[nodiscard]] Id id() const { return request; }
  [[nodiscard]] std::vector<std::uint64_t> key_parts() const { return {hash64(request)}; }
};

}  // namespace baton::engine
