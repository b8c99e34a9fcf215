// Judges a BPMN file before it is deployed: every rule has a short stable name, every violation an element id and a
// line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bpmn/definitions.h"

namespace baton::bpmn {

/// One reason why a file is refused.
struct Violation {
  std::string element_id;  // or a description in parentheses if the element has no id
  int line = 0;
  std::string rule;  // stable short name, e.g. "exclusive-gateway-condition"; listed in README.md
  std::string message;
  bool operator==(const Violation&) const = default;
};

/// Checks everything that this version knows about; empty means deployable. Processes that are not executable are not
/// looked at. FEEL expressions are compiled to find their errors. Cost is linear in the file. In file order; of a
/// hostile file with more than limits::kViolations only that many are given.
std::vector<Violation> validate(const Definitions& definitions);

/// The text that deployment answers carry, in the shape Camunda 8 users know:
///   'order.bpmn': - Element: Gateway_1
///       - ERROR: Must have a condition or be default flow (line 12, rule exclusive-gateway-condition)
/// At most limits::kViolationTextBytes; the last line says how many violations did not fit.
std::string violations_text(std::string_view resource_name, const std::vector<Violation>& violations);

}  // namespace baton::bpmn
