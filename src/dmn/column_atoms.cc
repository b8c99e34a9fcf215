#include "dmn/column_atoms.h"

#include <algorithm>

#include "base/json.h"
#include "feel/temporal.h"
#include "feel/text.h"

namespace baton::dmn {
namespace {

using feel::ConstantTests;
using feel::Kind;
using feel::Value;

bool is_before(const Value& a, const Value& b) {
  if (a.is(Kind::kBoolean)) return !a.as_boolean() && b.as_boolean();
  const auto sequence = feel::order(a, b);
  return sequence && *sequence < 0;
}

template <typename Use>
void each_point(const Value& test, const Use& use) {
  if (test.is(Kind::kList)) {
    for (const Value& item : test.as_list()) each_point(item, use);
  } else if (test.is(Kind::kRange)) {
    if (test.as_range().has_start) use(test.as_range().start);
    if (test.as_range().has_end) use(test.as_range().end);
  } else if (!test.is_null()) {
    use(test);
  }
}

bool is_cuttable(Kind kind) {
  return kind == Kind::kNumber || kind == Kind::kString || kind == Kind::kBoolean || kind == Kind::kDate ||
         kind == Kind::kMonths || kind == Kind::kDuration;
}

/// The number of the whole number or day next to a value, to see whether there is one between two of them.
std::optional<std::int64_t> ordinal(const Value& value, bool up) {
  if (value.is(Kind::kDate)) return feel::days_from_date(value.as_date());
  if (value.is(Kind::kMonths)) return value.as_months();
  if (!value.is(Kind::kNumber)) return std::nullopt;
  const auto whole = value.as_number().truncate_to_int();
  if (!whole) return std::nullopt;
  const auto sequence = compare(feel::Decimal::from_int(*whole), value.as_number());
  if (up && sequence > 0) return *whole - 1;   // the largest not above
  if (!up && sequence < 0) return *whole + 1;  // the smallest not below
  return *whole;
}

std::string literal(const Value& value) {
  std::string text;
  if (value.is(Kind::kString)) {
    json_append_string(text, value.as_string());
    return text;
  }
  if (!feel::append_text(value, text, 1U << 16)) return "?";
  if (value.is(Kind::kNumber) || value.is(Kind::kBoolean)) return text;
  return "@\"" + text + "\"";
}

const Type& resolved(const Types& types, TypeId id) {
  const Type* type = &types[id];
  for (int i = 0; i < limits::kDmnNesting && type->shape == Type::Shape::kAny && !type->parts.empty(); ++i)
    type = &types[type->parts[0]];
  return *type;
}

std::optional<ConstantTests> allowed_values(const InputClause& clause, const Types& types) {
  if (clause.values) return clause.values->expression->constant_tests();
  const Type* type = &types[clause.type];
  for (int i = 0; i < limits::kDmnNesting; ++i) {
    if (type->allowed_values) return type->allowed_values->constant_tests();
    if (type->shape != Type::Shape::kAny || type->parts.empty()) break;
    type = &types[type->parts[0]];
  }
  return std::nullopt;
}

}  // namespace

bool BitSet::none() const {
  return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
}

bool BitSet::intersects(const BitSet& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if ((words_[i] & other.words_[i]) != 0) return true;
  }
  return false;
}

bool BitSet::contains(const BitSet& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if ((other.words_[i] & ~words_[i]) != 0) return false;
  }
  return true;
}

BitSet& BitSet::operator&=(const BitSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

ColumnAtoms::ColumnAtoms(const Table& table, std::size_t column, const Types& types) {
  const InputClause& clause = table.inputs[column];
  const Type& type = resolved(types, clause.type);
  whole_numbers_ = type.name == "integer" || type.name == "long";
  std::vector<std::optional<ConstantTests>> tests(table.rules);
  for (std::size_t rule = 0; rule < table.rules; ++rule) {
    const Feel& cell = table.conditions[rule * table.inputs.size() + column];
    if (cell.expression) tests[rule] = cell.expression->constant_tests();
  }
  const auto allowed = allowed_values(clause, types);
  if (type.shape == Type::Shape::kKind && is_cuttable(type.kind)) kind_ = type.kind;
  collect_points(tests, allowed);
  const auto segments = static_cast<std::uint32_t>(2 * points_.size() + 1);
  for (std::uint32_t segment = 0; segment < segments; ++segment) {
    if (!has_values(segment)) continue;
    if (allowed && !allowed->any && !accepts(*allowed, segment)) continue;
    atoms_.push_back({segment});
  }
  for (const auto& cell : tests) {
    auto& bits = cells_.emplace_back();
    // Without a known kind only "-" can be judged.
    if (!cell || (!cell->any && kind_ == Kind::kNull)) continue;
    bits.emplace(atoms_.size(), cell->any);
    for (std::size_t i = 0; i < atoms_.size() && !cell->any; ++i) {
      if (accepts(*cell, atoms_[i].segment)) bits->set(i);
    }
  }
}

void ColumnAtoms::collect_points(const std::vector<std::optional<ConstantTests>>& tests,
                                 const std::optional<ConstantTests>& allowed) {
  bool mixed = false;
  const auto add = [&](const ConstantTests& cell) {
    for (const auto& test : cell.tests) {
      each_point(test.value, [&](const Value& point) {
        if (kind_ == Kind::kNull && is_cuttable(point.kind())) kind_ = point.kind();
        if (point.is(kind_)) {
          points_.push_back(point);
        } else {
          mixed = true;
        }
      });
    }
  };
  for (const auto& cell : tests) {
    if (cell) add(*cell);
  }
  if (allowed) add(*allowed);
  if (kind_ == Kind::kBoolean) points_ = {Value::boolean(false), Value::boolean(true)};
  if (mixed) {
    kind_ = Kind::kNull;
    points_.clear();
  }
  std::sort(points_.begin(), points_.end(), is_before);
  points_.erase(std::unique(points_.begin(), points_.end(),
                            [](const Value& a, const Value& b) { return !is_before(a, b) && !is_before(b, a); }),
                points_.end());
}

/// Gaps between neighbouring whole numbers, days or truth values hold nothing.
bool ColumnAtoms::has_values(std::uint32_t segment) const {
  if (segment % 2 == 1 || kind_ == Kind::kNull) return true;
  if (kind_ == Kind::kBoolean) return false;
  const std::size_t point = segment / 2;
  const bool discrete = kind_ == Kind::kDate || kind_ == Kind::kMonths || (kind_ == Kind::kNumber && whole_numbers_);
  if (!discrete || point == 0 || point == points_.size()) return true;
  const auto low = ordinal(points_[point - 1], true);
  const auto high = ordinal(points_[point], false);
  return !low || !high || *high - *low > 1;
}

std::uint32_t ColumnAtoms::point_segment(const Value& value) const {
  const auto at = std::lower_bound(points_.begin(), points_.end(), value, is_before);
  return static_cast<std::uint32_t>(2 * (at - points_.begin()) + 1);
}

bool ColumnAtoms::accepts(const Value& test, std::uint32_t segment) const {
  if (test.is(Kind::kList)) {
    const auto items = test.as_list();
    return std::any_of(items.begin(), items.end(), [&](const Value& item) { return accepts(item, segment); });
  }
  if (test.is(Kind::kRange)) {
    const feel::RangeData& range = test.as_range();
    if ((range.has_start && !range.start.is(kind_)) || (range.has_end && !range.end.is(kind_))) return false;
    if (range.has_start && segment < point_segment(range.start) + (range.start_included ? 0 : 1)) return false;
    return !range.has_end || segment <= point_segment(range.end) - (range.end_included ? 0 : 1);
  }
  return test.is(kind_) && point_segment(test) == segment;
}

bool ColumnAtoms::accepts(const ConstantTests& tests, std::uint32_t segment) const {
  const bool any = std::any_of(tests.tests.begin(), tests.tests.end(), [&](const ConstantTests::Test& test) {
    return accepts(test.value, segment) != test.negated;
  });
  return any != tests.negated;
}

/// Neighbouring segments as one unary test.
std::string ColumnAtoms::run_text(std::uint32_t first, std::uint32_t last) const {
  const bool low_open = first % 2 == 0;
  const bool high_open = last % 2 == 0;
  const std::size_t end = 2 * points_.size();
  if (first == last && !low_open) return literal(points_[first / 2]);
  const std::string low = first == 0 ? "" : literal(points_[(first - 1) / 2]);
  const std::string high = last == end ? "" : literal(points_[last / 2]);
  if (first == 0 && last == end) return "-";
  if (first == 0) return (high_open ? "< " : "<= ") + high;
  if (last == end) return (low_open ? "> " : ">= ") + low;
  return fmt::format("{}{}..{}{}", low_open ? '(' : '[', low, high, high_open ? ')' : ']');
}

std::string ColumnAtoms::text(const BitSet& set) const {
  std::vector<std::uint32_t> in;
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < atoms_.size(); ++i) (set.test(i) ? in : out).push_back(atoms_[i].segment);
  if (out.empty()) return "-";
  // Strings are seldom meant as ranges: those that are named, or all others.
  const bool gaps = std::any_of(in.begin(), in.end(), [](std::uint32_t s) { return s % 2 == 0; });
  const bool all_gaps = std::none_of(out.begin(), out.end(), [](std::uint32_t s) { return s % 2 == 0; });
  std::string text;
  if (kind_ == Kind::kString && gaps && all_gaps) {
    for (const std::uint32_t segment : out) text += (text.empty() ? "" : ", ") + literal(points_[segment / 2]);
    return "not(" + text + ")";
  }
  for (std::size_t i = 0; i < in.size();) {
    std::size_t last = i;
    // Segments without values do not interrupt a run.
    while (last + 1 < in.size()) {
      bool joined = true;
      for (std::uint32_t s = in[last] + 1; s < in[last + 1]; ++s) joined = joined && !has_values(s);
      if (!joined || kind_ == Kind::kBoolean || kind_ == Kind::kString) break;
      ++last;
    }
    text += (text.empty() ? "" : ", ") + run_text(in[i], in[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace baton::dmn
