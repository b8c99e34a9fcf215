#include "dmn/table_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>

#include "feel/operators.h"

namespace baton::dmn {

using feel::Kind;
using feel::Value;

namespace {
constexpr std::size_t kBitsPerWord = 64;
// Columns beyond this one are always tested rule by rule.
constexpr std::size_t kIndexedColumns = 64;
}  // namespace

Value TableEvaluation::fail(std::string message) {
  run_.report(place_, std::move(message), true);
  return {};
}

bool TableEvaluation::passes(const Feel& tests, const Value& value) {
  return run_.evaluate_feel(tests, frame_, &value).is_true();
}

bool TableEvaluation::read_inputs() {
  inputs_ = feel_.allocate_array<Value>(table_.inputs.size());
  if (inputs_ == nullptr) return false;
  for (std::size_t i = 0; i < table_.inputs.size(); ++i) {
    const InputClause& clause = table_.inputs[i];
    Value value = run_.evaluate_feel(clause.expression, frame_, nullptr);
    if (run_.stopped()) return false;
    if (run_.is_standard()) {
      const auto fitted = run_.model_.types.coerce(value, clause.type, feel_);
      if (fitted.conforms) value = fitted.value;
      if (clause.values && !passes(*clause.values, value)) {
        const auto* items = value.is(Kind::kList) ? &value : nullptr;
        const bool each = items != nullptr && std::all_of(items->as_list().begin(), items->as_list().end(),
                                                          [&](const Value& v) { return passes(*clause.values, v); });
        if (!each) {
          run_.report(clause.values->place, "the input is not one of the allowed values", true);
          return false;
        }
      }
    }
    inputs_[i] = value;
  }
  return true;
}

/// Evaluates the cells that the index could not decide.
bool TableEvaluation::matches(std::size_t rule, std::uint64_t direct_columns) {
  const std::size_t columns = table_.inputs.size();
  for (std::size_t i = 0; i < columns; ++i) {
    const bool direct = i >= kIndexedColumns || (direct_columns >> i & 1U) != 0;
    if (!direct && !table_.index.must_evaluate(i, rule)) continue;
    if (!passes(table_.conditions[rule * columns + i], inputs_[i])) return false;
  }
  return true;
}

bool TableEvaluation::find_matches() {
  const std::size_t words = table_.index.words();
  auto* alive = feel_.allocate_array<TableIndex::Word>(words);
  if (alive == nullptr) return false;
  std::fill_n(alive, words, ~TableIndex::Word{0});
  if (table_.rules % kBitsPerWord != 0) alive[words - 1] = (TableIndex::Word{1} << (table_.rules % kBitsPerWord)) - 1;
  std::uint64_t direct = 0;
  const std::size_t columns = table_.inputs.size();
  bool decided = true;
  for (std::size_t i = 0; i < columns && i < kIndexedColumns; ++i) {
    if (!table_.index.filter(i, inputs_[i], {alive, words})) {
      direct |= std::uint64_t{1} << i;
      decided = false;
    } else if (table_.index.has_open(i)) {
      decided = false;
    }
  }
  if (columns > kIndexedColumns) decided = false;
  std::size_t expected = 0;
  for (std::size_t i = 0; i < words; ++i) expected += static_cast<std::size_t>(std::popcount(alive[i]));
  if (!feel_.charge(words + expected)) return false;
  matches_ = feel_.allocate_array<MatchedRule>(expected);
  if (matches_ == nullptr) return false;
  const bool first_only = table_.hit_policy == HitPolicy::kFirst;
  for (std::size_t word = 0; word < words; ++word) {
    for (TableIndex::Word bits = alive[word]; bits != 0; bits &= bits - 1) {
      const std::size_t rule = word * kBitsPerWord + static_cast<std::size_t>(std::countr_zero(bits));
      if (!decided && !matches(rule, direct)) continue;
      if (run_.stopped()) return false;
      matches_[count_++] = {static_cast<std::uint32_t>(rule), {}};
      if (first_only) return true;
    }
  }
  return !run_.stopped();
}

bool TableEvaluation::compute_outputs() {
  const std::size_t columns = table_.outputs.size();
  for (std::size_t m = 0; m < count_; ++m) {
    auto* values = feel_.allocate_array<Value>(columns);
    if (values == nullptr) return false;
    for (std::size_t i = 0; i < columns; ++i) {
      const OutputClause& clause = table_.outputs[i];
      const Feel& cell = table_.results[matches_[m].rule * columns + i];
      values[i] = run_.evaluate_feel(cell, frame_, nullptr);
      if (run_.stopped()) return false;
      if (!run_.is_standard()) continue;
      values[i] = run_.coerced(values[i], clause.type, cell.place);
      if (clause.values && !values[i].is_null() && !passes(*clause.values, values[i]))
        run_.report(cell.place, "the output is not one of the output values");
    }
    matches_[m].outputs = {values, columns};
  }
  return true;
}

/// Place of an output among its output values; what is not among them comes last.
std::size_t TableEvaluation::priority(const MatchedRule& match, std::size_t column) const {
  const auto& priorities = table_.outputs[column].priorities;
  for (std::size_t i = 0; i < priorities.size(); ++i) {
    const feel::Ternary same = feel::passes(match.outputs[column], priorities[i], feel_);
    if (same && *same) return i;
  }
  return priorities.size();
}

void TableEvaluation::order_by_priority() {
  std::stable_sort(matches_, matches_ + count_, [&](const MatchedRule& a, const MatchedRule& b) {
    for (std::size_t i = 0; i < table_.outputs.size(); ++i) {
      const std::size_t x = priority(a, i);
      const std::size_t y = priority(b, i);
      if (x != y) return x < y;
    }
    return false;
  });
}

/// The value of one rule: of its only output, or a context of all.
Value TableEvaluation::hit(const MatchedRule& match) {
  if (match.outputs.size() == 1) return match.outputs[0];
  auto* entries = feel_.allocate_array<feel::ContextEntry>(match.outputs.size());
  if (entries == nullptr) return {};
  for (std::size_t i = 0; i < match.outputs.size(); ++i) entries[i] = {table_.outputs[i].name, match.outputs[i]};
  return feel_.context({entries, match.outputs.size()});
}

Value TableEvaluation::fallback() {
  if (!table_.has_fallback) {
    if (run_.is_standard()) run_.report(place_, "no rule matches");
    return {};
  }
  auto* values = feel_.allocate_array<Value>(table_.outputs.size());
  if (values == nullptr) return {};
  for (std::size_t i = 0; i < table_.outputs.size(); ++i) {
    const auto& entry = table_.outputs[i].fallback;
    values[i] = entry ? run_.evaluate_feel(*entry, frame_, nullptr) : Value();
  }
  return hit({0, {values, table_.outputs.size()}});
}

Value TableEvaluation::aggregate() {
  if (table_.aggregation == Aggregation::kCount) return Value::number(static_cast<std::int64_t>(count_));
  Value result = matches_[0].outputs[0];
  for (std::size_t i = 0; i < count_; ++i) {
    const Value value = matches_[i].outputs[0];
    const bool is_sum = table_.aggregation == Aggregation::kSum;
    const auto sequence = feel::order(value, result);
    const bool fits = is_sum ? value.is(Kind::kNumber) || value.is(Kind::kDuration) || value.is(Kind::kMonths)
                             : sequence.has_value();
    if (!fits) return fail(fmt::format("rule {} gives {}, which cannot be aggregated", matches_[i].rule + 1,
                                       feel::kind_name(value.kind())));
    if (is_sum) {
      if (i > 0) result = feel::add(result, value, feel_);
      if (result.is_null()) return fail("the outputs have no sum");
    } else if (table_.aggregation == Aggregation::kMin ? *sequence < 0 : *sequence > 0) {
      result = value;
    }
  }
  return result;
}

Value TableEvaluation::apply_hit_policy() {
  if (count_ == 0) return fallback();
  switch (table_.hit_policy) {
    case HitPolicy::kUnique:
      if (count_ > 1) {
        std::string rules;
        for (std::size_t i = 0; i < count_ && i < 10; ++i)
          rules += fmt::format("{}{}", i == 0 ? "" : ", ", matches_[i].rule + 1);
        return fail(fmt::format("hit policy UNIQUE: {} rules match: {}", count_, rules));
      }
      return hit(matches_[0]);
    case HitPolicy::kAny: {
      const Value first = hit(matches_[0]);
      for (std::size_t i = 1; i < count_; ++i) {
        const feel::Ternary same = feel::equals(first, hit(matches_[i]), feel_);
        if (!same || !*same) {
          return fail(fmt::format("hit policy ANY: rules {} and {} match with different outputs", matches_[0].rule + 1,
                                  matches_[i].rule + 1));
        }
      }
      return first;
    }
    case HitPolicy::kPriority:
      order_by_priority();
      return hit(matches_[0]);
    case HitPolicy::kFirst:
      return hit(matches_[0]);
    case HitPolicy::kOutputOrder:
      order_by_priority();
      break;
    case HitPolicy::kCollect:
      if (table_.aggregation != Aggregation::kNone) return aggregate();
      break;
    case HitPolicy::kRuleOrder:
      break;
  }
  feel::ListBuilder list(feel_, count_);
  for (std::size_t i = 0; i < count_; ++i) {
    if (!list.push(hit(matches_[i]))) return {};
  }
  return list.list();
}

Value TableEvaluation::run(EvaluatedDecision* record) {
  if (!read_inputs()) return {};
  if (record != nullptr) record->inputs = {inputs_, table_.inputs.size()};
  if (!find_matches() || !compute_outputs()) return {};
  const Value result = apply_hit_policy();
  if (record != nullptr) record->rules = {matches_, count_};
  return result;
}

}  // namespace baton::dmn
