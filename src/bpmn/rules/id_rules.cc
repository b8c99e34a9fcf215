#include "base/limits.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {
namespace {

// BPMN leaves ids optional; here events and rows refer to elements by id.
void check_id(std::string_view id, std::string_view kind, int line, Report& report) {
  if (id.empty()) {
    report.add(described(id, kind, line), line, "missing-id", fmt::format("A {} must have an id", words(kind)));
  } else if (id.size() > limits::kBpmnIdBytes) {
    report.add(id, line, "id-length", fmt::format("The id must not be longer than {} bytes", limits::kBpmnIdBytes));
  }
}

}  // namespace

void check_ids(const Definitions& definitions, Report& report) {
  for (const DuplicateId& duplicate : definitions.duplicate_ids) {
    const bool both_processes = duplicate.first.kind == "process" && duplicate.second.kind == "process";
    report.add(duplicate.id, duplicate.second.line, both_processes ? "process-id-unique" : "duplicate-id",
               fmt::format("The id is used twice: by a {} in line {} and by a {} in line {}",
                           words(clipped(duplicate.first.kind)), duplicate.first.line,
                           words(clipped(duplicate.second.kind)), duplicate.second.line));
  }
  for (const RawProcess& process : definitions.processes) {
    if (!process.is_executable) continue;
    check_id(process.id, "process", process.line, report);
    for (const RawNode& node : process.nodes) {
      if (node.spec != nullptr) check_id(node.id, node.kind, node.line, report);
    }
    for (const RawFlow& flow : process.flows) check_id(flow.id, "sequenceFlow", flow.line, report);
  }
}

}  // namespace baton::bpmn
