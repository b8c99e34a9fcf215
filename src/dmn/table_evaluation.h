// One evaluation of a decision table: inputs, matching rules, hit policy (DMN 8.2.8 to 8.2.11).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "dmn/evaluator.h"

namespace baton::dmn {

class TableEvaluation {
 public:
  TableEvaluation(Run& run, const Table& table, const Place& place, const Frame* frame)
      : run_(run), table_(table), place_(place), frame_(frame), feel_(run.feel_) {}

  /// The table's result; notes inputs and matched rules in `record` if there is one.
  feel::Value run(EvaluatedDecision* record);

 private:
  bool read_inputs();
  bool find_matches();
  [[nodiscard]] bool matches(std::size_t rule, std::uint64_t direct_columns);
  bool passes(const Feel& tests, const feel::Value& value);
  bool compute_outputs();
  void order_by_priority();
  feel::Value apply_hit_policy();
  feel::Value fallback();
  feel::Value aggregate();
  feel::Value hit(const MatchedRule& match);
  [[nodiscard]] std::size_t priority(const MatchedRule& match, std::size_t column) const;
  feel::Value fail(std::string message);

  Run& run_;
  const Table& table_;
  const Place& place_;
  const Frame* frame_;
  feel::Evaluation& feel_;
  feel::Value* inputs_ = nullptr;
  MatchedRule* matches_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace baton::dmn
