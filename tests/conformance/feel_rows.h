// Rows of the third-party FEEL tables: an expression, inputs and the expected value, one JSON object a line.
#pragma once

#include <string>
#include <string_view>

namespace baton::conformance {

enum class RowResult { kPassed, kFailed, kSkipped };

struct RowOutcome {
  RowResult result = RowResult::kFailed;
  std::string report;  // of a failure: expression, expected and actual value
};

/// Runs one row, of the DMN TCK's table or of feelin's (told apart by their members). Rows marked as not clean are
/// skipped.
RowOutcome run_feel_row(std::string_view line);

}  // namespace baton::conformance
