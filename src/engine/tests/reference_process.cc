#include "engine/tests/reference_process.h"

#include <fmt/format.h>

namespace baton::engine::testing::reference {

namespace {

/// Appends blocks: each one is entered at a known node and left at the node that it returns.
class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  Graph generate() {
    graph_.nodes.push_back({Kind::kProcess, "p"});
    fill_scope(0, 3);
    return std::move(graph_);
  }

 private:
  struct Scope {
    int node = 0;
    bool may_throw = true;  // errors and escalations
  };

  Node& at(int index) { return graph_.nodes[static_cast<std::size_t>(index)]; }
  int add(Kind kind, const char* prefix) {
    Node node;
    node.kind = kind;
    node.id = fmt::format("{}{}", prefix, graph_.nodes.size());
    node.scope = scope_.node;
    graph_.nodes.push_back(std::move(node));
    return static_cast<int>(graph_.nodes.size()) - 1;
  }
  int connect(int from, int to) {
    const int flow = static_cast<int>(graph_.flows.size());
    graph_.flows.push_back({from, to});
    at(from).out.push_back(flow);
    at(to).in.push_back(flow);
    return flow;
  }
  int then(int from, int to) {
    connect(from, to);
    return to;
  }
  void add_condition(int flow) {
    Flow& f = graph_.flows[static_cast<std::size_t>(flow)];
    f.variable = static_cast<int>(random_.below(kVariables));
    f.below = random_.one_in(2);
    f.limit = static_cast<int>(random_.below(4));
  }
  const char* code() { return random_.one_in(2) ? "E1" : "E2"; }
  /// Durations differ, so that no two timers are due at once.
  std::int64_t duration() { return 1000 + 37 * static_cast<std::int64_t>(graph_.nodes.size()); }

  void fill_scope(int node, int depth) {
    const Scope outer = std::exchange(scope_, {node, scope_.may_throw});
    at(node).start = add(Kind::kStart, "start");
    end(sequence(at(node).start, depth));
    if (random_.one_in(3)) event_sub_process(depth - 1);
    scope_ = outer;
  }

  void end(int from) {
    const std::uint64_t kind = random_.below(10);
    if (kind == 0) {
      then(from, add(Kind::kTerminateEnd, "terminate"));
    } else if (kind == 1 && scope_.may_throw && scope_.node != 0) {
      const int node = then(from, add(Kind::kErrorEnd, "error"));
      at(node).code = code();
    } else if (kind == 2 && scope_.may_throw) {
      const int node = then(from, add(Kind::kEscalationEnd, "escalationEnd"));
      at(node).code = code();
    } else {
      then(from, add(Kind::kEnd, "end"));
    }
  }

  int sequence(int from, int depth) {
    for (std::uint64_t left = 1 + random_.below(3); left > 0; --left) from = block(from, depth);
    return from;
  }

  int block(int from, int depth) {
    switch (random_.below(depth > 0 ? 14 : 6)) {
      case 0:
        return then(from, add(Kind::kPass, "pass"));
      case 1:
      case 2:
        return job(from, depth);
      case 3:
        return wait(from, Kind::kCatch, random_.one_in(2) ? Trigger::kMessage : Trigger::kTimer);
      case 4:
        return wait(from, Kind::kReceive, Trigger::kMessage);
      case 5:
        return escalation(from);
      case 6:
      case 7:
        return choice(from, depth - 1);
      case 8:
        return fork(from, depth - 1);
      case 9:
        return inclusive(from, depth - 1);
      case 10:
        return race(from, depth - 1);
      default:
        return sub_process(from, depth - 1);
    }
  }

  int wait(int from, Kind kind, Trigger trigger) {
    const int node = then(from, add(kind, kind == Kind::kReceive ? "receive" : "catch"));
    set_trigger(node, trigger);
    return node;
  }

  void set_trigger(int node, Trigger trigger) {
    at(node).trigger = trigger;
    if (trigger == Trigger::kTimer) at(node).wait_ms = duration();
    if (trigger == Trigger::kError || trigger == Trigger::kEscalation) at(node).code = random_.one_in(3) ? "" : code();
  }

  int escalation(int from) {
    if (!scope_.may_throw) return then(from, add(Kind::kPass, "pass"));
    const int node = then(from, add(Kind::kEscalationThrow, "escalate"));
    at(node).code = code();
    return node;
  }

  int job(int from, int depth) {
    const int node = then(from, add(Kind::kJob, "job"));
    if (random_.one_in(5)) {
      at(node).repeat = random_.one_in(2) ? Repeat::kParallel : Repeat::kSequential;
      at(node).items = static_cast<int>(random_.below(4));
    }
    return with_boundaries(node, depth, 4);
  }

  /// Boundary events, one at most of each kind; their paths end on their own or join behind the activity.
  int with_boundaries(int node, int depth, std::uint64_t one_in) {
    int last = node;
    for (const Trigger trigger : {Trigger::kMessage, Trigger::kTimer, Trigger::kError, Trigger::kEscalation}) {
      if (!random_.one_in(one_in)) continue;
      if (trigger == Trigger::kEscalation && at(node).kind != Kind::kSubProcess) continue;
      const int boundary = add(Kind::kBoundary, "boundary");
      at(boundary).interrupting = trigger == Trigger::kError || random_.one_in(2);
      set_trigger(boundary, trigger);
      at(node).boundaries.push_back(boundary);
      const int path = depth > 0 ? sequence(boundary, depth - 1) : boundary;
      if (at(boundary).interrupting && random_.one_in(2)) {
        if (last == node) last = then(node, add(Kind::kExclusive, "merge"));
        connect(path, last);
      } else {
        then(path, add(Kind::kEnd, "end"));
      }
    }
    return last;
  }

  int sub_process(int from, int depth) {
    const int node = then(from, add(Kind::kSubProcess, "sub"));
    fill_scope(node, depth);
    return with_boundaries(node, depth, 3);
  }

  void event_sub_process(int depth) {
    const int node = add(Kind::kEventSubProcess, "eventSub");
    at(scope_.node).event_subs.push_back(node);
    const Scope outer = std::exchange(scope_, {node, false});
    const int start = add(Kind::kStart, "start");
    at(node).start = start;
    static constexpr Trigger kTriggers[] = {Trigger::kMessage, Trigger::kTimer, Trigger::kError, Trigger::kEscalation};
    const Trigger trigger = kTriggers[random_.below(4)];
    at(start).interrupting = trigger == Trigger::kError || random_.one_in(2);
    set_trigger(start, trigger);
    then(depth > 0 ? sequence(start, depth - 1) : start, add(Kind::kEnd, "end"));
    scope_ = outer;
  }

  int choice(int from, int depth) {
    const int split = then(from, add(Kind::kExclusive, "xor"));
    const int merge = add(Kind::kExclusive, "merge");
    for (std::uint64_t left = 1 + random_.below(2); left > 0; --left) {
      const int first = add(Kind::kPass, "pass");
      add_condition(connect(split, first));
      if (random_.one_in(6)) {
        end(sequence(first, depth));
      } else {
        connect(sequence(first, depth), merge);
      }
    }
    const int other = connect(split, merge);
    at(split).default_flow = other;
    return merge;
  }

  int fork(int from, int depth) {
    const int split = then(from, add(Kind::kParallel, "fork"));
    const int join = add(Kind::kParallel, "join");
    for (std::uint64_t left = 2 + random_.below(2); left > 0; --left) connect(sequence(split, depth), join);
    return join;
  }

  int inclusive(int from, int depth) {
    const int split = then(from, add(Kind::kInclusive, "or"));
    const int join = add(Kind::kInclusive, "orJoin");
    for (std::uint64_t left = 2 + random_.below(2); left > 0; --left) {
      const int first = add(Kind::kPass, "pass");
      add_condition(connect(split, first));
      connect(sequence(first, depth), join);
    }
    at(split).default_flow = connect(split, join);
    return join;
  }

  int race(int from, int depth) {
    const int gateway = then(from, add(Kind::kEventGateway, "race"));
    const int merge = add(Kind::kExclusive, "merge");
    const std::uint64_t count = 2 + random_.below(2);
    for (std::uint64_t i = 0; i < count; ++i) {
      const int event = then(gateway, add(Kind::kCatch, "event"));
      set_trigger(event, i == 0 ? Trigger::kTimer : Trigger::kMessage);
      connect(depth > 0 && random_.one_in(2) ? sequence(event, depth - 1) : event, merge);
    }
    return merge;
  }

  Random& random_;
  Graph graph_;
  Scope scope_;
};

class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph) {}

  std::string file() {
    std::string process;
    write_scope(0, process);
    return fmt::format(
        R"(<?xml version="1.0"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL")"
        R"( xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">)"
        R"(<bpmn:error id="err_E1" errorCode="E1"/><bpmn:error id="err_E2" errorCode="E2"/>)"
        R"(<bpmn:escalation id="esc_E1" escalationCode="E1"/><bpmn:escalation id="esc_E2" escalationCode="E2"/>)"
        R"({}<bpmn:process id="p" isExecutable="true">{}</bpmn:process></bpmn:definitions>)",
        messages_, process);
  }

 private:
  [[nodiscard]] const Node& node(int index) const { return graph_.nodes[static_cast<std::size_t>(index)]; }

  void write_scope(int scope, std::string& out) {
    for (int i = 1; i < static_cast<int>(graph_.nodes.size()); ++i) {
      if (node(i).scope == scope) write_node(i, out);
    }
    for (std::size_t i = 0; i < graph_.flows.size(); ++i) {
      const Flow& flow = graph_.flows[i];
      if (node(flow.from).scope != scope) continue;
      const std::string condition =
          flow.variable < 0 ? ""
                            : fmt::format(R"(<bpmn:conditionExpression>= v{} {} {}</bpmn:conditionExpression>)",
                                          flow.variable, flow.below ? "&lt;" : "&gt;=", flow.limit);
      out += fmt::format(R"(<bpmn:sequenceFlow id="f{}" sourceRef="{}" targetRef="{}">{}</bpmn:sequenceFlow>)", i,
                         node(flow.from).id, node(flow.to).id, condition);
    }
  }

  std::string definition(const Node& n) {
    const auto reference = [&](const char* kind, const char* prefix) {
      if (n.code.empty()) return fmt::format("<bpmn:{}EventDefinition/>", kind);
      return fmt::format(R"(<bpmn:{0}EventDefinition {0}Ref="{1}_{2}"/>)", kind, prefix, n.code);
    };
    switch (n.trigger) {
      case Trigger::kMessage:
        add_message(n);
        return fmt::format(R"(<bpmn:messageEventDefinition messageRef="msg_{}"/>)", n.id);
      case Trigger::kTimer:
        return fmt::format(
            R"(<bpmn:timerEventDefinition><bpmn:timeDuration>PT{}.{:03}S</bpmn:timeDuration></bpmn:timerEventDefinition>)",
            n.wait_ms / 1000, n.wait_ms % 1000);
      case Trigger::kError:
        return reference("error", "err");
      case Trigger::kEscalation:
        return reference("escalation", "esc");
      case Trigger::kNone:
        break;
    }
    if (n.kind == Kind::kTerminateEnd) return "<bpmn:terminateEventDefinition/>";
    if (n.kind == Kind::kErrorEnd) return reference("error", "err");
    if (n.kind == Kind::kEscalationEnd || n.kind == Kind::kEscalationThrow) return reference("escalation", "esc");
    return "";
  }

  void add_message(const Node& n) {
    messages_ += fmt::format(R"(<bpmn:message id="msg_{0}" name="{0}"><bpmn:extensionElements><zeebe:subscription)"
                             R"( correlationKey="=&quot;k&quot;"/></bpmn:extensionElements></bpmn:message>)",
                             n.id);
  }

  void write_node(int index, std::string& out) {
    const Node& n = node(index);
    const auto tag = [&](std::string_view name, std::string_view attributes, std::string_view body) {
      out += fmt::format(R"(<bpmn:{0} id="{1}"{2}>{3}</bpmn:{0}>)", name, n.id, attributes, body);
    };
    const std::string by_default = n.default_flow < 0 ? "" : fmt::format(R"( default="f{}")", n.default_flow);
    std::string inner;
    switch (n.kind) {
      case Kind::kProcess:
        return;
      case Kind::kSubProcess:
        write_scope(index, inner);
        tag("subProcess", "", inner);
        write_boundaries(n, out);
        return;
      case Kind::kEventSubProcess:
        write_scope(index, inner);
        tag("subProcess", R"( triggeredByEvent="true")", inner);
        return;
      case Kind::kStart:
        tag("startEvent", n.interrupting ? "" : R"( isInterrupting="false")", definition(n));
        return;
      case Kind::kEnd:
      case Kind::kTerminateEnd:
      case Kind::kErrorEnd:
      case Kind::kEscalationEnd:
        tag("endEvent", "", definition(n));
        return;
      case Kind::kEscalationThrow:
        tag("intermediateThrowEvent", "", definition(n));
        return;
      case Kind::kPass:
        tag("task", "", "");
        return;
      case Kind::kJob:
        tag("serviceTask", "",
            R"(<bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>)" + repeat(n));
        write_boundaries(n, out);
        return;
      case Kind::kReceive:
        add_message(n);
        tag("receiveTask", fmt::format(R"( messageRef="msg_{}")", n.id), "");
        return;
      case Kind::kCatch:
        tag("intermediateCatchEvent", "", definition(n));
        return;
      case Kind::kExclusive:
        tag("exclusiveGateway", by_default, "");
        return;
      case Kind::kParallel:
        tag("parallelGateway", "", "");
        return;
      case Kind::kInclusive:
        tag("inclusiveGateway", by_default, "");
        return;
      case Kind::kEventGateway:
        tag("eventBasedGateway", "", "");
        return;
      case Kind::kBoundary:
        return;  // beside its activity
    }
  }

  static std::string repeat(const Node& n) {
    if (n.repeat == Repeat::kOnce) return "";
    // Not a range: in FEEL `1..0` counts down and has two items.
    const std::string items =
        fmt::format("= [{}]", fmt::join(std::vector<int>(static_cast<std::size_t>(n.items), 7), ","));
    return fmt::format(
        R"(<bpmn:multiInstanceLoopCharacteristics isSequential="{}"><bpmn:extensionElements><zeebe:loopCharacteristics)"
        R"( inputCollection="{}" inputElement="item"/></bpmn:extensionElements>)"
        R"(</bpmn:multiInstanceLoopCharacteristics>)",
        n.repeat == Repeat::kSequential, items);
  }

  void write_boundaries(const Node& activity, std::string& out) {
    for (const int index : activity.boundaries) {
      const Node& n = node(index);
      out += fmt::format(R"(<bpmn:boundaryEvent id="{}" attachedToRef="{}"{}>{}</bpmn:boundaryEvent>)", n.id,
                         activity.id, n.interrupting ? "" : R"( cancelActivity="false")", definition(n));
    }
  }

  const Graph& graph_;
  std::string messages_;
};

}  // namespace

Graph random_graph(Random& random) {
  return Generator(random).generate();
}

std::string to_bpmn(const Graph& graph) {
  return Writer(graph).file();
}

}  // namespace baton::engine::testing::reference
