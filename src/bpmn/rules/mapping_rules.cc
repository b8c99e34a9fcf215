// zeebe:ioMapping.
#include "base/limits.h"
#include "bpmn/mapping_path.h"
#include "bpmn/rules/rules.h"
#include "bpmn/text_or_expression.h"

namespace baton::bpmn {
namespace {

void check_target(const RawNode& node, const RawMapping& mapping, std::string_view kind, Report& report) {
  if (split_mapping_path(mapping.target)) return;
  report.add(described(node.id, node.kind, node.line), mapping.line, "mapping-target",
             fmt::format("Target '{}' of zeebe:{} must be a variable name or a path of at most {} names with dots, and "
                         "no FEEL keyword",
                         clipped(mapping.target), kind, limits::kMappingPathSegments));
}

}  // namespace

void check_mappings(const RawNode& node, Report& report) {
  if (node.mapping_blocks > 1) report.add(node, "io-mapping-once", "Must have at most one zeebe:ioMapping");
  for (const RawMapping& input : node.inputs) {
    check_target(node, input, "input", report);
    if (input.source) check_text_or_expression(node, input.line, "zeebe:input source", *input.source, report);
  }
  for (const RawMapping& output : node.outputs) {
    check_target(node, output, "output", report);
    check_expression(described(node.id, node.kind, node.line), output.line, "zeebe:output source",
                     output.source.value_or(""), report);
  }
}

}  // namespace baton::bpmn
