// Events: their definitions, timers, messages, signals, error and escalation codes (camunda-8-api.md 3.1, 3.4, 3.5).
#include <unordered_map>

#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"
#include "bpmn/text_or_expression.h"
#include "bpmn/timer.h"

namespace baton::bpmn {
namespace {

std::string id_of(const RawNode& node) {
  return described(node.id, node.kind, node.line);
}

bool in_event_sub_process(const NodeView& view) {
  const std::uint32_t parent = view.node.parent;
  return parent != RawNode::kNoParent && view.process.process().nodes[parent].triggered_by_event;
}

std::string_view event_name(EventType type) {
  switch (type) {
    case EventType::kNone:
      return "none";
    case EventType::kTimer:
      return "timer";
    case EventType::kMessage:
      return "message";
    case EventType::kSignal:
      return "signal";
    case EventType::kError:
      return "error";
    case EventType::kEscalation:
      return "escalation";
    case EventType::kTerminate:
      return "terminate";
    case EventType::kLink:
      return "link";
  }
  return "";
}

// A process starts without variables: what its start events wait for is known when it is deployed.
void check_constant(const RawNode& node, int line, std::string_view what, std::string_view text, Report& report) {
  if (!is_expression(text)) return;
  const auto expression = compile_expression(text);
  if (expression && !expression->free_names().empty()) {
    report.add(id_of(node), line, "constant-expression",
               fmt::format("{}: the expression '{}' of a start event must not use variables, but it uses '{}'", what,
                           clipped(trimmed(text)), clipped(expression->free_names().front())));
  }
}

void check_timer_value(const NodeView& view, const RawEvent& event, std::string_view text, Report& report) {
  const RawNode& node = view.node;
  if (trimmed(text).empty()) {
    report.add(id_of(node), event.line, "timer-value", "The definition of a timer must not be empty");
    return;
  }
  if (is_expression(text)) {
    check_text_or_expression(node, event.line, "timer", text, report);
    if (node.spec->type == ElementType::kStartEvent && node.parent == RawNode::kNoParent)
      check_constant(node, event.line, "timer", text, report);
    return;
  }
  const auto problem = [&]() -> std::optional<Error> {
    if (event.timer.duration) {
      const auto value = parse_timer_duration(text);
      return value ? std::nullopt : std::optional(value.error());
    }
    if (event.timer.date) {
      const auto value = parse_timer_date(text);
      return value ? std::nullopt : std::optional(value.error());
    }
    const auto value = parse_timer_cycle(text);
    return value ? std::nullopt : std::optional(value.error());
  }();
  if (problem) report.add(id_of(node), event.line, "timer-value", clipped(problem->message, 600));
}

void check_timer(const NodeView& view, const RawEvent& event, Report& report) {
  const RawNode& node = view.node;
  const RawTimer& timer = event.timer;
  const int count = (timer.duration ? 1 : 0) + (timer.date ? 1 : 0) + (timer.cycle ? 1 : 0);
  if (count != 1) {
    report.add(id_of(node), event.line, "timer-definition",
               fmt::format("A timer must have exactly one of timeDuration, timeDate and timeCycle, but has {}", count));
    return;
  }
  const bool starts_process = node.spec->type == ElementType::kStartEvent && node.parent == RawNode::kNoParent;
  if (starts_process && timer.duration) {
    report.add(id_of(node), event.line, "timer-kind", "The timer of a start event must be a timeCycle or a timeDate");
  } else if (node.spec->type == ElementType::kIntermediateCatchEvent && timer.cycle) {
    report.add(id_of(node), event.line, "timer-kind",
               "The timer of an intermediate catch event must be a timeDuration or a timeDate");
  } else if (!starts_process && timer.cycle && node.interrupting) {
    report.add(id_of(node), event.line, "interrupting-cycle", "An interrupting timer must not be a timeCycle");
  }
  check_timer_value(view, event, timer.duration ? *timer.duration : timer.date ? *timer.date : *timer.cycle, report);
}

const RawEventRoot* find_root(const std::unordered_map<std::string, RawEventRoot>& roots, const std::string& id) {
  const auto found = roots.find(id);
  return found == roots.end() ? nullptr : &found->second;
}

void check_signal(const NodeView& view, const RawEvent& event, const EventRules& rules, Report& report) {
  const RawNode& node = view.node;
  const RawEventRoot* signal =
      event.reference ? find_root(view.process.definitions().signals, *event.reference) : nullptr;
  if (signal == nullptr || signal->name.empty()) {
    report.add(id_of(node), event.line, signal == nullptr ? "signal-required" : "signal-name",
               signal == nullptr ? "Must reference a signal" : "The signal must have a name");
    return;
  }
  check_text_or_expression(node, signal->line, "signal name", signal->name, report);
  if (rules.starts && node.parent == RawNode::kNoParent)
    check_constant(node, signal->line, "signal name", signal->name, report);
}

void check_thrown_message(const NodeView& view, const std::string& reference, Report& report) {
  const RawEventRoot* message = find_root(view.process.definitions().messages, reference);
  if (message != nullptr && message->name.empty())
    report.add(id_of(view.node), message->line, "message-name", "The message must have a name");
}

void check_code(const NodeView& view, const RawEvent& event, const EventRules& rules, Report& report) {
  const RawNode& node = view.node;
  const bool is_error = event.type == EventType::kError;
  const std::string_view what = event_name(event.type);
  const std::string rule = fmt::format("{}-code", what);
  const Definitions& definitions = view.process.definitions();
  const RawEventRoot* root =
      event.reference ? find_root(is_error ? definitions.errors : definitions.escalations, *event.reference) : nullptr;
  if (event.reference && root == nullptr) {
    report.add(id_of(node), event.line, "dangling-reference",
               fmt::format("{}Ref '{}' does not exist", what, clipped(*event.reference)));
  } else if (!rules.waits) {
    if (root == nullptr || trimmed(root->code).empty()) {
      report.add(id_of(node), event.line, rule, fmt::format("Must reference an {} with a code", what));
    } else {
      check_text_or_expression(node, root->line, fmt::format("{} code", what), root->code, report);
    }
  } else if (root != nullptr && is_expression(root->code)) {
    report.add(id_of(node), event.line, rule,
               fmt::format("The code of an {} catch event must be a fixed text, not the expression '{}'", what,
                           clipped(root->code)));
  }
}

void check_interrupting(const NodeView& view, const RawEvent& event, Report& report) {
  if (view.node.interrupting) return;
  const bool at_boundary = view.node.spec->type == ElementType::kBoundaryEvent;
  if (event.type == EventType::kError && (at_boundary || in_event_sub_process(view))) {
    report.add(view.node, "non-interrupting", "An error event must be interrupting");
  }
}

void check_start_type(const NodeView& view, const RawEvent& event, Report& report) {
  const bool waited =
      event.type == EventType::kTimer || event.type == EventType::kMessage || event.type == EventType::kSignal;
  if (view.node.parent == RawNode::kNoParent && !waited) {
    report.add(view.node, "start-event-type",
               fmt::format("A process can be started by a timer, message or signal, not by an {} event",
                           event_name(event.type)));
  }
}

/// What two catch events must not both wait for; empty if they may.
std::string catch_key(const Definitions& definitions, const RawNode& node) {
  if (node.spec == nullptr) return {};
  EventType type = EventType::kMessage;
  const std::optional<std::string>* reference = &node.message;
  if (node.spec->type != ElementType::kReceiveTask) {
    if (node.events.empty()) return {};
    type = node.events.front().type;
    reference = &node.events.front().reference;
  }
  const auto& roots = type == EventType::kMessage  ? definitions.messages
                      : type == EventType::kSignal ? definitions.signals
                      : type == EventType::kError  ? definitions.errors
                                                   : definitions.escalations;
  const bool by_code = type == EventType::kError || type == EventType::kEscalation;
  if (!by_code && type != EventType::kMessage && type != EventType::kSignal) return {};
  const RawEventRoot* root = *reference ? find_root(roots, **reference) : nullptr;
  if (root == nullptr) return by_code && !*reference ? fmt::format("{} events without a code", event_name(type)) : "";
  if (by_code) {
    return root->code.empty() ? fmt::format("{} events without a code", event_name(type))
                              : fmt::format("the {} code '{}'", event_name(type), clipped(root->code));
  }
  return root->name.empty() ? "" : fmt::format("the {} name '{}'", event_name(type), clipped(root->name));
}

}  // namespace

void check_message(const NodeView& view, const std::optional<std::string>& reference, int line, const EventRules& rules,
                   Report& report) {
  const RawNode& node = view.node;
  const RawEventRoot* message = reference ? find_root(view.process.definitions().messages, *reference) : nullptr;
  if (message == nullptr) {
    report.add(id_of(node), line, "message-required", "Must reference a message");
    return;
  }
  if (message->name.empty()) {
    report.add(id_of(node), message->line, "message-name", "The message must have a name");
  } else {
    check_text_or_expression(node, message->line, "message name", message->name, report);
  }
  const bool starts_process = rules.starts && node.parent == RawNode::kNoParent;
  if (starts_process) {
    check_constant(node, message->line, "message name", message->name, report);
  } else if (!message->correlation_key) {
    report.add(
        id_of(node), message->line, "correlation-key",
        fmt::format("The message '{}' must have a zeebe:subscription with a correlationKey", clipped(message->name)));
  } else {
    check_expression(id_of(node), message->line, "correlationKey", *message->correlation_key, report);
  }
}

void check_event(const NodeView& view, const EventRules& rules, Report& report) {
  const RawNode& node = view.node;
  const auto count = static_cast<int>(node.events.size());
  if (count > 1 || (count < rules.least && node.unsupported.empty())) {
    report.add(
        node, "event-definition-count",
        fmt::format("Must have {} one event definition, but has {}", rules.least == 1 ? "exactly" : "at most", count));
    return;
  }
  if (count == 0) return;
  const RawEvent& event = node.events.front();
  if (rules.starts) check_start_type(view, event, report);
  check_interrupting(view, event, report);
  switch (event.type) {
    case EventType::kTimer:
      check_timer(view, event, report);
      break;
    case EventType::kMessage:
      if (rules.waits) {
        check_message(view, event.reference, event.line, rules, report);
      } else if (event.reference) {  // what a job sends needs no message, but one that is there has a name
        check_thrown_message(view, *event.reference, report);
      }
      break;
    case EventType::kSignal:
      check_signal(view, event, rules, report);
      break;
    case EventType::kError:
    case EventType::kEscalation:
      check_code(view, event, rules, report);
      break;
    case EventType::kLink:
      if (event.link.empty()) report.add(id_of(node), event.line, "link-name", "A link must have a name");
      break;
    case EventType::kNone:
    case EventType::kTerminate:
      break;
  }
}

void check_unique_catches(const ProcessView& process, const std::vector<const RawNode*>& events, Report& report) {
  std::unordered_map<std::string, const RawNode*> seen;
  for (const RawNode* node : events) {
    const std::string key = catch_key(process.definitions(), *node);
    if (key.empty()) continue;
    const auto [first, is_new] = seen.try_emplace(key, node);
    if (!is_new) {
      report.add(*node, "catch-unique",
                 fmt::format("Two events that wait side by side must not wait for {}; the other one is '{}' in line {}",
                             key, clipped(first->second->id), first->second->line));
    }
  }
}

}  // namespace baton::bpmn
