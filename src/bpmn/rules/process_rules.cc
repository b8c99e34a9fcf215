#include <algorithm>
#include <unordered_map>
#include <utility>

#include "bpmn/elements/element_spec.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {
namespace {

// Start events that are refused because of their event definition still count as start events, but not as none ones.
bool is_none(const RawNode& node) {
  return node.events.empty() && std::none_of(node.unsupported.begin(), node.unsupported.end(), [](const auto& u) {
           return u.what.find("event definition") != std::string::npos;
         });
}

void check_start_events(const RawProcess& process, Report& report) {
  const RawNode* none_start = nullptr;
  bool has_start = false;
  for (const RawNode& node : process.nodes) {
    if (node.kind != kStartEventSpec.xml_name || node.parent != RawNode::kNoParent) continue;
    has_start = true;
    if (!is_none(node)) continue;
    if (none_start != nullptr) {
      report.add(node, "single-none-start",
                 fmt::format("Multiple none start events are not allowed; the first one is '{}' in line {}",
                             clipped(none_start->id), none_start->line));
    } else {
      none_start = &node;
    }
  }
  if (!has_start) {
    report.add(described(process.id, "process", process.line), process.line, "start-event-required",
               "Must have at least one start event");
  }
}

/// A message starts at most one process of a file. Within a process the names of start events differ anyway.
void check_start_messages(const Definitions& definitions, Report& report) {
  std::unordered_map<std::string_view, std::pair<const RawProcess*, const RawNode*>> first;
  for (const RawProcess& process : definitions.processes) {
    if (!process.is_executable) continue;
    for (const RawNode& node : process.nodes) {
      if (node.spec != &kStartEventSpec || node.parent != RawNode::kNoParent || node.events.empty()) continue;
      const RawEvent& event = node.events.front();
      if (event.type != EventType::kMessage || !event.reference) continue;
      const auto [seen, is_new] = first.try_emplace(*event.reference, &process, &node);
      const auto& [other_process, other] = seen->second;
      if (is_new || other_process == &process) continue;
      report.add(node, "message-start-once",
                 fmt::format("A message may be that of only one start event of a file; '{}' is also that of '{}' in "
                             "line {}",
                             clipped(*event.reference), clipped(other->id), other->line));
    }
  }
}

}  // namespace

void check_processes(const Definitions& definitions, Report& report) {
  const bool any = std::any_of(definitions.processes.begin(), definitions.processes.end(),
                               [](const RawProcess& process) { return process.is_executable; });
  if (!any) {
    report.add(described(definitions.id, "definitions", definitions.line), definitions.line,
               "executable-process-required", "Must contain at least one executable process (isExecutable=\"true\")");
  }
  for (const RawProcess& process : definitions.processes) {
    if (process.is_executable) check_start_events(process, report);
  }
  check_start_messages(definitions, report);
}

namespace {

// "u" is left out: BPMN's words with it begin like "user task".
std::string with_article(std::string_view words) {
  const bool vowel = !words.empty() && std::string_view("aeio").find(words.front()) != std::string_view::npos;
  return fmt::format("{} {}", vowel ? "An" : "A", words);
}

/// Names what is refused: the element itself ("A user task ..."), or a part of it ("A start event with timer ...").
void refuse(std::string_view id, std::string_view kind, int line, const std::vector<Unsupported>& unsupported,
            Report& report) {
  const std::string owner = words(clipped(kind));
  for (const Unsupported& found : unsupported) {
    const std::string what = clipped(found.what);
    const std::string subject = with_article(what == owner ? owner : fmt::format("{} with {}", owner, what));
    report.add(described(id, kind, line), found.line, "not-supported", subject + " is not supported by this version");
  }
}

}  // namespace

void check_supported(const Definitions& definitions, Report& report) {
  refuse(definitions.id, "file", definitions.line, definitions.unsupported, report);
  for (const RawProcess& process : definitions.processes) {
    if (!process.is_executable) continue;
    refuse(process.id, "process", process.line, process.unsupported, report);
    for (const RawNode& node : process.nodes) refuse(node.id, node.kind, node.line, node.unsupported, report);
    for (const RawFlow& flow : process.flows) refuse(flow.id, "sequenceFlow", flow.line, flow.unsupported, report);
  }
}

}  // namespace baton::bpmn
