// A second, obviously correct way to run a process: tokens on a graph, one step at a time, nothing shared with the
// engine. Tests drive both with the same actions and compare which elements are active (architecture.md section 8,
// invariant I4).
//
// It knows what the generator of reference_process.h makes: sub-processes with boundary events and event sub-processes,
// all gateways, messages, timers, errors, escalations, terminate, multi-instance.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace baton::engine::testing::reference {

enum class Kind {
  kProcess,
  kSubProcess,
  kEventSubProcess,
  kStart,
  kEnd,
  kTerminateEnd,
  kErrorEnd,
  kEscalationEnd,
  kEscalationThrow,
  kPass,  // an undefined task
  kJob,
  kReceive,
  kCatch,  // an intermediate catch event
  kExclusive,
  kParallel,
  kInclusive,
  kEventGateway,
  kBoundary,
};

enum class Trigger { kNone, kMessage, kTimer, kError, kEscalation };

enum class Repeat { kOnce, kParallel, kSequential };

/// A node of the graph. Node 0 is the process itself.
struct Node {
  Kind kind = Kind::kPass;
  std::string id;
  int scope = -1;         // the node around it
  std::vector<int> in;    // flows
  std::vector<int> out;   // flows, in document order
  int default_flow = -1;  // of an exclusive or inclusive gateway
  Trigger trigger = Trigger::kNone;
  std::string code;          // of an error or escalation; empty: catches any
  std::int64_t wait_ms = 0;  // of a timer
  bool interrupting = true;
  std::vector<int> boundaries;  // attached to this activity
  std::vector<int> event_subs;  // event sub-processes in this scope
  int start = -1;               // the start event in this scope
  Repeat repeat = Repeat::kOnce;
  int items = 0;  // of a multi-instance activity
};

struct Flow {
  int from = -1;
  int to = -1;
  // Taken if variable v<variable> is below (or not below) `limit`; variable -1: no condition.
  int variable = -1;
  bool below = true;
  int limit = 0;
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<Flow> flows;
};

class Interpreter {
 public:
  /// `variables` are v0, v1, ...; `now` is the time of the first step.
  Interpreter(const Graph& graph, std::vector<int> variables, std::int64_t now_ms);

  // --- what may happen next ---
  struct JobAction {
    std::string element;
    std::size_t ordinal = 0;  // among the active ones of this element, oldest first
    std::vector<std::string> catchable_errors;
  };
  [[nodiscard]] std::vector<JobAction> jobs() const;
  /// Names of messages that somebody waits for; each element has a name of its own.
  [[nodiscard]] std::vector<std::string> messages() const;
  [[nodiscard]] std::optional<std::int64_t> next_due() const;
  [[nodiscard]] bool ended() const { return root_ == nullptr; }
  /// How many instances of each element are active.
  [[nodiscard]] std::map<std::string, int> active() const;

  // --- what happens ---
  void complete_job(const std::string& element, std::size_t ordinal, std::int64_t now_ms);
  void throw_error(const std::string& element, std::size_t ordinal, const std::string& code, std::int64_t now_ms);
  void publish(const std::string& message, std::int64_t now_ms);
  /// Fires the timers that are due, in the order of their due dates.
  void pass_time(std::int64_t now_ms);

 private:
  struct Active;
  using ActivePtr = std::unique_ptr<Active>;
  struct Active {
    std::uint64_t id = 0;  // in order of creation; an address may be given out again
    int node = 0;
    Active* scope = nullptr;
    bool body = false;    // of a multi-instance activity
    bool inner = false;   // one of its instances
    bool closed = false;  // interrupted by an event sub-process: hears no more events
    int created = 0;      // items, of a multi-instance body
    std::list<ActivePtr> children;
    std::map<int, int> arrived;  // flow -> tokens that wait at a join of this scope
  };
  /// Somebody waits: `event` is the node that catches, `owner` the activity, scope or event that it belongs to.
  struct Wait {
    Active* owner = nullptr;
    int event = 0;
    std::int64_t due = 0;
  };
  struct Token {
    int flow = 0;
    Active* scope = nullptr;
  };

  [[nodiscard]] const Node& node(const Active& active) const {
    return graph_.nodes[static_cast<std::size_t>(active.node)];
  }
  [[nodiscard]] const Node& node(int index) const { return graph_.nodes[static_cast<std::size_t>(index)]; }
  [[nodiscard]] bool alive(const Active* active) const;
  [[nodiscard]] Active* find(const std::string& element, std::size_t ordinal) const;
  Active* add(int node, Active* scope);
  void activate(int node, Active* scope);
  void begin(Active* active);
  void begin_body(Active* body);
  void begin_item(Active* body);
  void open_waits(Active* owner, const std::vector<int>& events);
  void open_event_subs(Active* scope);
  void complete(Active* active);
  void leave(Active* active);
  void take(int flow, Active* scope);
  void take_outgoing(int node, Active* scope);
  void arrive(const Token& token);
  void fire_inclusive_joins();
  [[nodiscard]] std::set<int> ways(int from, int join) const;
  [[nodiscard]] bool may_still_arrive(const Active& scope, int join) const;
  [[nodiscard]] bool holds(const Flow& flow) const;
  void choose(Active* gateway, bool all);
  void finish_scope_if_done(Active* scope);
  void terminate(Active* active);
  void terminate_children(Active* scope);
  void trigger(const Wait& wait);
  void trigger_event_sub(Active* scope, int event_sub);
  struct Catch {
    Active* owner = nullptr;
    int event = -1;  // a boundary event, or an event sub-process
  };
  [[nodiscard]] std::optional<Catch> find_catch(Active* from, Trigger kind, const std::string& code) const;
  void raise_error(Active* thrower, const std::string& code);
  /// False if the thrower is gone with what was interrupted.
  bool raise_escalation(Active* thrower, const std::string& code);
  void fire(const Catch& found);
  void run();
  void collect(const Active& active, std::vector<const Active*>& out) const;

  const Graph& graph_;
  std::vector<int> variables_;
  std::int64_t now_;
  ActivePtr root_;
  std::uint64_t last_id_ = 0;
  std::list<Wait> waits_;  // in the order in which they began
  std::deque<Token> tokens_;
};

}  // namespace baton::engine::testing::reference
