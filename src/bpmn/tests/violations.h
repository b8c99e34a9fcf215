// What validation says of a file, for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bpmn/tests/bpmn_text.h"
#include "bpmn/validation.h"

namespace baton::bpmn::testing {

/// The violations of a file; one of rule "parse" if it cannot be read.
inline std::vector<Violation> violations_of(std::string_view text) {
  const auto definitions = parse(text);
  if (!definitions) return {{"(file)", 1, "parse", definitions.error().message}};
  return validate(*definitions);
}

inline std::string shown(const std::vector<Violation>& violations) {
  return violations_text("test.bpmn", violations);
}

}  // namespace baton::bpmn::testing
