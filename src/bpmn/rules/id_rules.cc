#include "bpmn/rules/rules.h"

namespace baton::bpmn {

void check_ids(const Definitions& definitions, Report& report) {
  for (const DuplicateId& duplicate : definitions.duplicate_ids) {
    const bool both_processes = duplicate.first.kind == "process" && duplicate.second.kind == "process";
    report.add(duplicate.id, duplicate.second.line, both_processes ? "process-id-unique" : "duplicate-id",
               fmt::format("The id is used twice: by a {} in line {} and by a {} in line {}", words(clipped(duplicate.first.kind)),
                           duplicate.first.line, words(clipped(duplicate.second.kind)), duplicate.second.line));
  }
  for (const RawProcess& process : definitions.processes) {
    if (!process.is_executable) continue;
    if (process.id.empty()) report.add(described({}, "process", process.line), process.line, "missing-id", "A process must have an id");
    for (const RawNode& node : process.nodes) {
      if (node.id.empty() && node.spec != nullptr) report.add(node, "missing-id", "A flow node must have an id");
    }
    for (const RawFlow& flow : process.flows) {
      if (flow.id.empty()) report.add(flow, "missing-id", "A sequence flow must have an id");
    }
  }
}

}  // namespace baton::bpmn
