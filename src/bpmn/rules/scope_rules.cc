// What must hold among the elements of one scope: start events, event sub-processes, links, boundary events.
#include <algorithm>
#include <unordered_map>

#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {
namespace {

bool is(const RawNode& node, const ElementSpec& spec) {
  return node.spec == &spec;
}

bool has_event(const RawNode& node, EventType type) {
  return !node.events.empty() && node.events.front().type == type;
}

std::vector<const RawNode*> starts_of(const ProcessView& process, std::uint32_t parent) {
  std::vector<const RawNode*> starts;
  for (const std::uint32_t index : process.inside(parent)) {
    const RawNode& node = process.process().nodes[index];
    if (is(node, kStartEventSpec)) starts.push_back(&node);
  }
  return starts;
}

void check_links(const ProcessView& process, std::uint32_t parent, Report& report) {
  std::unordered_map<std::string_view, const RawNode*> catches;
  for (const std::uint32_t index : process.inside(parent)) {
    const RawNode& node = process.process().nodes[index];
    if (!is(node, kIntermediateCatchEventSpec) || !has_event(node, EventType::kLink)) continue;
    const auto [first, is_new] = catches.try_emplace(node.events.front().link, &node);
    if (!is_new) {
      report.add(node, "link-name-unique",
                 fmt::format("The link name '{}' is caught twice in one scope, the first time by '{}' in line {}",
                             clipped(node.events.front().link), clipped(first->second->id), first->second->line));
    }
  }
  for (const std::uint32_t index : process.inside(parent)) {
    const RawNode& node = process.process().nodes[index];
    if (!is(node, kIntermediateThrowEventSpec) || !has_event(node, EventType::kLink)) continue;
    if (!node.events.front().link.empty() && !catches.contains(node.events.front().link)) {
      report.add(node, "link-catch-required",
                 fmt::format("The link '{}' has no catch event in the same scope", clipped(node.events.front().link)));
    }
  }
}

/// Start events of event sub-processes wait side by side, and so do those of the process.
void check_starts(const ProcessView& process, std::uint32_t parent, Report& report) {
  std::vector<const RawNode*> waiting;
  if (parent == RawNode::kNoParent) waiting = starts_of(process, parent);
  check_unique_catches(process, waiting, report);
  waiting.clear();
  for (const std::uint32_t index : process.inside(parent)) {
    const RawNode& node = process.process().nodes[index];
    if (!is(node, kSubProcessSpec) || !node.triggered_by_event) continue;
    for (const RawNode* start : starts_of(process, index)) waiting.push_back(start);
  }
  check_unique_catches(process, waiting, report);
}

void check_boundary_events(const ProcessView& process, std::uint32_t index, Report& report) {
  std::vector<const RawNode*> events;
  const RawNode& host = process.process().nodes[index];
  if (is(host, kReceiveTaskSpec)) events.push_back(&host);
  for (const std::uint32_t attached : process.attached(index)) events.push_back(&process.process().nodes[attached]);
  if (events.size() > 1) check_unique_catches(process, events, report);
}

}  // namespace

void check_sub_process(const NodeView& view, Report& report) {
  const RawNode& node = view.node;
  const auto starts = starts_of(view.process, view.index);
  if (node.triggered_by_event) {
    if (!view.incoming().empty() || !view.outgoing().empty())
      report.add(node, "event-sub-process-flow", "An event sub-process must not have sequence flows");
    const bool good = starts.size() == 1 && (!starts[0]->events.empty() || !starts[0]->unsupported.empty());
    if (!good) {
      report.add(node, "event-sub-process-start",
                 "An event sub-process must have exactly one start event, of type message, timer, error, signal or "
                 "escalation");
    }
    return;
  }
  const bool good = starts.size() == 1 && starts[0]->events.empty();
  if (!good)
    report.add(node, "sub-process-start",
               "A sub-process must have exactly one start event, which is a none start event");
}

void check_scopes(const ProcessView& process, Report& report) {
  const auto count = static_cast<std::uint32_t>(process.process().nodes.size());
  check_links(process, RawNode::kNoParent, report);
  check_starts(process, RawNode::kNoParent, report);
  for (std::uint32_t i = 0; i < count; ++i) {
    const RawNode& node = process.process().nodes[i];
    if (is(node, kSubProcessSpec)) {
      check_links(process, i, report);
      check_starts(process, i, report);
    }
    check_boundary_events(process, i, report);
  }
}

}  // namespace baton::bpmn
