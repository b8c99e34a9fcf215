// Looks for mistakes in decision tables without running them: input combinations that no rule covers, rules that
// overlap, repeat each other or can never decide. Input ranges are given as FEEL unary tests.
#pragma once

#include <string>
#include <vector>

#include "dmn/decision_model.h"

namespace baton::dmn {

struct Finding {
  enum class Kind : std::uint8_t {
    kGap,          // no rule matches in these ranges
    kOverlap,      // two rules match in these ranges, and the hit policy does not want that
    kUnreachable,  // the rule never decides
    kDuplicate,    // the rule has the conditions of an earlier one
    kNotAnalysed,  // cells that are no comparison with constants; what depends on them is not reported
  };
  Kind kind = Kind::kGap;
  std::string decision;               // id
  std::vector<std::uint32_t> rules;   // from 1
  std::vector<std::string> ranges;    // one per input column
  int line = 0;
  std::string message;
};

std::string_view finding_kind_name(Finding::Kind kind);

/// Findings of every decision table that is a decision's own logic, in the order of the file. At most
/// `limit` per table.
std::vector<Finding> check_tables(const DecisionModel& model, std::size_t limit = 100);

}  // namespace baton::dmn
