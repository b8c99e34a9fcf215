// Rows of the third-party FEEL tables: an expression, inputs and the expected value, one JSON object a line.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "feel/expression.h"

namespace baton::conformance {

enum class RowResult { kPassed, kFailed, kSkipped };

struct RowOutcome {
  RowResult result = RowResult::kFailed;
  std::string report;  // of a failure: expression, expected and actual value
};

/// Runs one row, of the DMN TCK's table or of feelin's (told apart by their members). Rows marked as not clean are
/// skipped.
RowOutcome run_feel_row(std::string_view line);

/// What a row evaluates, for comparing evaluators; valid during the call.
struct FeelSource {
  std::string_view source;
  bool unary = false;  // the cell of a decision table
  const feel::CompileOptions& options;
  const feel::Variables& variables;
};
/// Calls `visit` with what the row evaluates, if it is readable.
void visit_feel_row(std::string_view line, const std::function<void(const FeelSource&)>& visit);

}  // namespace baton::conformance
