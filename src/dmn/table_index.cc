#include "dmn/table_index.h"

#include <algorithm>

#include "base/limits.h"
#include "feel/operators.h"

namespace baton::dmn {
namespace {

using feel::ConstantTests;
using feel::Kind;
using feel::Value;

constexpr std::size_t kBitsPerWord = 64;

std::uint32_t bit_of(Kind kind) {
  return 1U << static_cast<unsigned>(kind);
}

/// Kinds whose values stand on one line, so that constants cut it into segments.
bool has_line(Kind kind) {
  return kind == Kind::kNumber || kind == Kind::kString || kind == Kind::kDate || kind == Kind::kMonths ||
         kind == Kind::kDuration;
}

/// Kinds that are tested otherwise than by order and equality.
bool is_compound(Kind kind) {
  return kind >= Kind::kRange;
}

bool is_before(const Value& a, const Value& b) {
  const auto sequence = feel::order(a, b);
  return sequence && *sequence < 0;
}

bool is_same(const Value& a, const Value& b) {
  const auto sequence = feel::order(a, b);
  return sequence && *sequence == 0;
}

/// Calls `use` with each end point or single value of a test.
template <typename Use>
void each_point(const Value& test, const Use& use) {
  if (test.is(Kind::kList)) {
    for (const Value& item : test.as_list()) {
      if (!item.is(Kind::kList)) each_point(item, use);
    }
  } else if (test.is(Kind::kRange)) {
    if (test.as_range().has_start) use(test.as_range().start);
    if (test.as_range().has_end) use(test.as_range().end);
  } else {
    use(test);
  }
}

/// Cells that the index understands: no negation of null, ranges and lists, no lists in lists.
bool is_indexable(const ConstantTests& cell) {
  return std::all_of(cell.tests.begin(), cell.tests.end(), [](const ConstantTests::Test& test) {
    if (test.negated) return !is_compound(test.value.kind()) && !test.value.is_null();
    if (!test.value.is(Kind::kList)) return true;
    const auto items = test.value.as_list();
    return std::none_of(items.begin(), items.end(), [](const Value& item) { return item.is(Kind::kList); });
  });
}

/// Which segments of a line pass a test, as flags.
class Segments {
 public:
  explicit Segments(std::span<const Value> points) : points_(points), hits_(2 * points.size() + 1) {}

  void clear(bool value) { std::fill(hits_.begin(), hits_.end(), value ? 1 : 0); }
  [[nodiscard]] std::span<const std::uint8_t> hits() const { return hits_; }
  void invert() {
    for (auto& hit : hits_) hit ^= 1U;
  }

  void mark(const ConstantTests::Test& test, Kind kind) {
    if (test.negated) {
      if (!test.value.is(kind)) return;
      const std::size_t at = segment_of(test.value);
      for (std::size_t i = 0; i < hits_.size(); ++i) {
        if (i != at) hits_[i] = 1;
      }
      return;
    }
    mark(test.value, kind);
  }

 private:
  void mark(const Value& test, Kind kind) {
    if (test.is(kind)) {
      hits_[segment_of(test)] = 1;
    } else if (test.is(Kind::kList)) {
      for (const Value& item : test.as_list()) mark(item, kind);
    } else if (test.is(Kind::kRange)) {
      mark_range(test.as_range(), kind);
    }
  }

  void mark_range(const feel::RangeData& range, Kind kind) {
    if ((range.has_start && !range.start.is(kind)) || (range.has_end && !range.end.is(kind))) return;
    std::size_t first = 0;
    std::size_t last = hits_.size() - 1;
    if (range.has_start) first = segment_of(range.start) + (range.start_included ? 0 : 1);
    if (range.has_end) last = segment_of(range.end) - (range.end_included ? 0 : 1);
    for (std::size_t i = first; i <= last && i < hits_.size(); ++i) hits_[i] = 1;
  }

  [[nodiscard]] std::size_t segment_of(const Value& point) const {
    const auto at = std::lower_bound(points_.begin(), points_.end(), point, is_before);
    return 2 * static_cast<std::size_t>(at - points_.begin()) + 1;
  }

  std::span<const Value> points_;
  std::vector<std::uint8_t> hits_;
};

void set_bit(std::span<TableIndex::Word> bits, std::size_t rule) {
  bits[rule / kBitsPerWord] |= TableIndex::Word{1} << (rule % kBitsPerWord);
}

}  // namespace

void TableIndex::set_rules(std::size_t rules) {
  rules_ = rules;
  words_ = (rules + kBitsPerWord - 1) / kBitsPerWord;
}

bool TableIndex::add_line(Column& column, Kind kind, std::span<const Cell> cells) {
  Line line;
  line.kind = kind;
  for (const Cell& cell : cells) {
    if (!cell || !is_indexable(*cell)) continue;
    for (const auto& test : cell->tests) {
      each_point(test.value, [&](const Value& point) {
        if (point.is(kind)) line.points.push_back(point);
      });
    }
  }
  std::sort(line.points.begin(), line.points.end(), is_before);
  line.points.erase(std::unique(line.points.begin(), line.points.end(), is_same), line.points.end());
  const std::size_t words = (2 * line.points.size() + 1) * words_;
  if (bytes_ + words * sizeof(Word) > limits::kDmnIndexBytes) return false;
  bytes_ += words * sizeof(Word);
  line.bits.assign(words, 0);
  Segments segments(line.points);
  for (std::size_t rule = 0; rule < cells.size(); ++rule) {
    const Cell& cell = cells[rule];
    if (!cell || !is_indexable(*cell) || cell->any) {
      segments.clear(true);
    } else {
      segments.clear(false);
      for (const auto& test : cell->tests) segments.mark(test, kind);
      if (cell->negated) segments.invert();
    }
    const auto hits = segments.hits();
    for (std::size_t i = 0; i < hits.size(); ++i) {
      if (hits[i] != 0) set_bit(std::span(line.bits).subspan(i * words_, words_), rule);
    }
  }
  column.lines.push_back(std::move(line));
  return true;
}

void TableIndex::add_column(std::span<const Cell> cells) {
  Column column;
  column.trivial = std::all_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell && cell->any; });
  if (column.trivial) {
    columns_.push_back(std::move(column));
    return;
  }
  column.open.assign(words_, 0);
  column.null_bits.assign(words_, 0);
  column.boolean_bits.assign(2 * words_, 0);
  column.other_bits.assign(words_, 0);
  feel::Evaluation scratch(TimeMs(0));
  std::uint32_t kinds = 0;
  for (std::size_t rule = 0; rule < cells.size(); ++rule) {
    const Cell& cell = cells[rule];
    const bool open = !cell || !is_indexable(*cell);
    const auto passes = [&](const Value& value) {
      if (open || cell->any) return true;
      const bool one = std::any_of(cell->tests.begin(), cell->tests.end(), [&](const ConstantTests::Test& test) {
        const feel::Ternary result = feel::passes(value, test.value, scratch);
        return result && *result != test.negated;
      });
      return one != cell->negated;
    };
    if (open) {
      set_bit(column.open, rule);
      column.has_open = true;
    }
    if (passes(Value())) set_bit(column.null_bits, rule);
    if (passes(Value::boolean(false))) set_bit(std::span(column.boolean_bits).first(words_), rule);
    if (passes(Value::boolean(true))) set_bit(std::span(column.boolean_bits).last(words_), rule);
    if (open || cell->any || cell->negated) set_bit(column.other_bits, rule);
    if (open) continue;
    for (const auto& test : cell->tests)
      each_point(test.value, [&](const Value& point) { kinds |= bit_of(point.kind()); });
    scratch.reset(TimeMs(0));
  }
  for (unsigned k = 0; k <= static_cast<unsigned>(Kind::kFunction); ++k) {
    const auto kind = static_cast<Kind>(k);
    if (kind == Kind::kNull || kind == Kind::kBoolean) continue;
    if (is_compound(kind)) column.kinds |= bit_of(kind);
    if ((kinds & bit_of(kind)) == 0 || is_compound(kind)) continue;
    if (!has_line(kind) || !add_line(column, kind, cells)) column.kinds |= bit_of(kind);
  }
  columns_.push_back(std::move(column));
}

bool TableIndex::filter(std::size_t column_index, const Value& value, std::span<Word> alive) const {
  const Column& column = columns_[column_index];
  if (column.trivial) return true;
  if ((column.kinds & bit_of(value.kind())) != 0) return false;
  const Word* bits = column.other_bits.data();
  if (value.is_null()) {
    bits = column.null_bits.data();
  } else if (value.is(Kind::kBoolean)) {
    bits = column.boolean_bits.data() + (value.as_boolean() ? words_ : 0);
  } else {
    for (const Line& line : column.lines) {
      if (line.kind != value.kind()) continue;
      const auto at = std::lower_bound(line.points.begin(), line.points.end(), value, is_before);
      auto segment = 2 * static_cast<std::size_t>(at - line.points.begin());
      if (at != line.points.end() && is_same(*at, value)) ++segment;
      bits = line.bits.data() + segment * words_;
    }
  }
  for (std::size_t i = 0; i < words_; ++i) alive[i] &= bits[i];
  return true;
}

}  // namespace baton::dmn
