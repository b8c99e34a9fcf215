#include "bpmn/rules/rules.h"
#include "bpmn/text_or_expression.h"

namespace baton::bpmn {
namespace {

void check_feel(std::string_view element_id, int line, std::string_view what, std::string_view text, Report& report) {
  const auto compiled = compile_expression(text);
  if (compiled) return;
  report.add(
      element_id, line, "feel-expression",
      fmt::format("{}: failed to parse expression '{}': {}", what, clipped(trimmed(text)), compiled.error().message));
}

}  // namespace

void check_text_or_expression(const RawNode& node, int line, std::string_view what, std::string_view text,
                              Report& report) {
  if (is_expression(text)) check_feel(described(node.id, node.kind, node.line), line, what, text, report);
}

void check_expression(std::string_view element_id, int line, std::string_view what, std::string_view text,
                      Report& report) {
  if (trimmed(text).empty()) {
    report.add(element_id, line, "expression-required", fmt::format("{} must not be empty", what));
  } else if (!is_expression(text)) {
    const std::string shown = clipped(trimmed(text));
    report.add(
        element_id, line, "expression-required",
        fmt::format(
            "{}: expected expression but found static value '{}'. An expression must start with '=' (e.g. '={}')", what,
            shown, shown));
  } else {
    check_feel(element_id, line, what, text, report);
  }
}

}  // namespace baton::bpmn
