// Events of timers, messages, signals and request ids; as event.h.
#pragma once

#include "engine/event.h"
#include "engine/state/messaging_rows.h"

namespace baton::engine {

struct SubscriptionOpened {
  static constexpr EventKind kKind = EventKind::kSubscriptionOpened;
  Key key;
  Key owner;
  ElementIndex element = kNoElement;
  bpmn::EventType type = bpmn::EventType::kNone;
  TimeMs due;
  std::int32_t repetitions = 0;
  std::string cycle;
  Symbol name;
  std::string correlation_key;
  static void fields(auto& self, auto& io) {
    io(self.key, self.owner, self.element, self.type, self.due, self.repetitions, self.cycle, self.name,
       self.correlation_key);
  }
};

using SubscriptionClosed = ElementStep<EventKind::kSubscriptionClosed>;

struct TimerRescheduled {
  static constexpr EventKind kKind = EventKind::kTimerRescheduled;
  Key key;
  TimeMs due;
  std::int32_t repetitions = 0;
  static void fields(auto& self, auto& io) { io(self.key, self.due, self.repetitions); }
};

struct StartTimerSet {
  static constexpr EventKind kKind = EventKind::kStartTimerSet;
  StartTimerRow row;
  static void fields(auto& self, auto& io) { StartTimerRow::fields(self.row, io); }
};

struct StartTimerEnded {
  static constexpr EventKind kKind = EventKind::kStartTimerEnded;
  Key definition;
  ElementIndex element = kNoElement;
  static void fields(auto& self, auto& io) { io(self.definition, self.element); }
};

struct StartSubscriptionOpened {
  static constexpr EventKind kKind = EventKind::kStartSubscriptionOpened;
  StartSubscriptionRow row;
  static void fields(auto& self, auto& io) { StartSubscriptionRow::fields(self.row, io); }
};

struct StartSubscriptionClosed {
  static constexpr EventKind kKind = EventKind::kStartSubscriptionClosed;
  Key definition;
  ElementIndex element = kNoElement;
  static void fields(auto& self, auto& io) { io(self.definition, self.element); }
};

/// Takes the block of keys that begins with `key`. With deadline 0 the message is not buffered.
struct MessagePublished {
  static constexpr EventKind kKind = EventKind::kMessagePublished;
  Key key;
  Symbol tenant;
  Symbol name;
  Symbol correlation_key;
  Symbol message_id;
  TimeMs deadline;
  std::vector<NamedValue> variables;
  static void fields(auto& self, auto& io) {
    io(self.key, self.tenant, self.name, self.correlation_key, self.message_id, self.deadline, self.variables);
  }
};
using MessageExpired = ElementStep<EventKind::kMessageExpired>;

struct MessageSubscriptionOpened {
  static constexpr EventKind kKind = EventKind::kMessageSubscriptionOpened;
  Key key;
  Key owner;
  Symbol tenant;
  Symbol name;
  Symbol correlation_key;
  std::string process_id;
  static void fields(auto& self, auto& io) {
    io(self.key, self.owner, self.tenant, self.name, self.correlation_key, self.process_id);
  }
};
using MessageSubscriptionClosed = ElementStep<EventKind::kMessageSubscriptionClosed>;

/// A message is on its way to an instance of `process_id`: to a subscription, or (0) to a new instance.
struct MessageCorrelating {
  static constexpr EventKind kKind = EventKind::kMessageCorrelating;
  Key message;
  Key subscription;
  std::string process_id;
  bool buffered = false;  // the message has a row
  static void fields(auto& self, auto& io) { io(self.message, self.subscription, self.process_id, self.buffered); }
};
using MessageAcknowledged = ElementStep<EventKind::kMessageAcknowledged>;

struct MessageRejected {
  static constexpr EventKind kKind = EventKind::kMessageRejected;
  Key message;
  std::string process_id;
  static void fields(auto& self, auto& io) { io(self.message, self.process_id); }
};

struct StartLockTaken {
  static constexpr EventKind kKind = EventKind::kStartLockTaken;
  StartLockRow row;
  static void fields(auto& self, auto& io) { StartLockRow::fields(self.row, io); }
};

struct StartLockReleased {
  static constexpr EventKind kKind = EventKind::kStartLockReleased;
  Symbol tenant;
  Symbol process_id;
  Symbol correlation_key;
  static void fields(auto& self, auto& io) { io(self.tenant, self.process_id, self.correlation_key); }
};

/// Takes the block of keys that begins with `key`.
struct SignalBroadcast {
  static constexpr EventKind kKind = EventKind::kSignalBroadcast;
  Key key;
  std::string name;
  static void fields(auto& self, auto& io) { io(self.key, self.name); }
};

struct RequestRemembered {
  static constexpr EventKind kKind = EventKind::kRequestRemembered;
  RequestRow row;
  static void fields(auto& self, auto& io) { RequestRow::fields(self.row, io); }
};

struct RequestForgotten {
  static constexpr EventKind kKind = EventKind::kRequestForgotten;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  static void fields(auto& self, auto& io) { io(self.high, self.low); }
};

}  // namespace baton::engine
