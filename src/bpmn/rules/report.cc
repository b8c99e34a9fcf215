#include "base/limits.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {

std::string clipped(std::string_view text, std::size_t max) {
  if (text.size() <= max) return std::string(text);
  std::size_t cut = max;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // not within a character
  return std::string(text.substr(0, cut)) + "...";
}

std::string described(std::string_view id, std::string_view kind, int line) {
  if (!id.empty()) return std::string(id);
  return fmt::format("({} in line {})", words(clipped(kind)), line);
}

void Report::add(std::string_view element_id, int line, std::string_view rule, std::string message) {
  if (violations_.size() >= limits::kViolations) return;
  violations_.push_back({clipped(element_id, limits::kBpmnIdBytes), line, std::string(rule), std::move(message)});
}

void Report::add(const RawNode& node, std::string_view rule, std::string message) {
  add(described(node.id, node.kind, node.line), node.line, rule, std::move(message));
}

void Report::add(const RawFlow& flow, std::string_view rule, std::string message) {
  add(described(flow.id, "sequenceFlow", flow.line), flow.line, rule, std::move(message));
}

}  // namespace baton::bpmn
