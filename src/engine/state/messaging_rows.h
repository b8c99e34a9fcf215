// Rows that belong to the partition rather than to one instance: commands on their way to other instances, timers and
// subscriptions of start events, messages and those who wait for them, request ids.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "engine/state/rows.h"

namespace baton::engine {

/// A command that one instance sent to another, or to the message side. It is erased by the frame that carries it out.
struct SentCommandRow {
  static constexpr RowKind kKind = RowKind::kSentCommand;
  std::uint64_t number = 0;
  Symbol tenant;
  std::uint8_t intent = 0;
  std::string command;  // encoded as in frames
  static void fields(auto& self, auto& io) { io(self.number, self.tenant, self.intent, self.command); }
  [[nodiscard]] std::tuple<std::uint64_t> id() const { return {number}; }
};

/// When a timer start event of a definition is due.
struct StartTimerRow {
  static constexpr RowKind kKind = RowKind::kStartTimer;
  Key definition;
  ElementIndex element = kNoElement;
  TimeMs due;
  std::int32_t repetitions = 0;
  std::string cycle;
  static void fields(auto& self, auto& io) {
    io(self.definition, self.element, self.due, self.repetitions, self.cycle);
  }
  [[nodiscard]] std::tuple<Key, ElementIndex> id() const { return {definition, element}; }
};

/// A published message that waits to be correlated.
struct MessageRow {
  static constexpr RowKind kKind = RowKind::kMessage;
  Key key;
  Symbol tenant;
  Symbol name;
  Symbol correlation_key;
  Symbol message_id;
  TimeMs deadline;
  Value variables;                      // JSON object
  std::vector<std::string> correlated;  // ids of the processes that it went to
  static void fields(auto& self, auto& io) {
    io(self.key, self.tenant, self.name, self.correlation_key, self.message_id, self.deadline, self.variables,
       self.correlated);
  }
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
};

/// Message side of a subscription. `order` is the position at which it was opened.
struct MessageSubscriptionRow {
  static constexpr RowKind kKind = RowKind::kMessageSubscription;
  Key key;    // of the instance side
  Key owner;  // the element instance that waits
  Symbol tenant;
  Symbol name;
  Symbol correlation_key;
  std::string process_id;
  Position order;
  Key correlating;  // the message that is on its way to the instance; 0: none
  static void fields(auto& self, auto& io) {
    io(self.key, self.owner, self.tenant, self.name, self.correlation_key, self.process_id, self.order,
       self.correlating);
  }
  [[nodiscard]] std::tuple<Key> id() const { return {key}; }
};

/// A message or signal that starts instances of a definition.
struct StartSubscriptionRow {
  static constexpr RowKind kKind = RowKind::kStartSubscription;
  Key definition;
  ElementIndex element = kNoElement;
  bpmn::EventType type = bpmn::EventType::kNone;
  Symbol tenant;
  Symbol name;
  std::string process_id;
  static void fields(auto& self, auto& io) {
    io(self.definition, self.element, self.type, self.tenant, self.name, self.process_id);
  }
  [[nodiscard]] std::tuple<Key, ElementIndex> id() const { return {definition, element}; }
};

/// While the row exists no other message with this correlation key starts an instance of the process.
struct StartLockRow {
  static constexpr RowKind kKind = RowKind::kStartLock;
  Symbol tenant;
  Symbol process_id;
  Symbol correlation_key;
  Key message;
  static void fields(auto& self, auto& io) { io(self.tenant, self.process_id, self.correlation_key, self.message); }
  [[nodiscard]] std::tuple<Symbol, Symbol, Symbol> id() const { return {tenant, process_id, correlation_key}; }
};

/// The outcome of a command that carried a request id: repeating the command repeats the answer. Found by a hash of
/// tenant, principal and request id.
struct RequestRow {
  static constexpr RowKind kKind = RowKind::kRequest;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::string body;   // SHA-256 of the command
  std::string reply;  // encoded (engine/reply_codec.h)
  Position position;
  TimeMs expires;
  static void fields(auto& self, auto& io) {
    io(self.high, self.low, self.body, self.reply, self.position, self.expires);
  }
  [[nodiscard]] std::tuple<std::uint64_t, std::uint64_t> id() const { return {high, low}; }
};

}  // namespace baton::engine
