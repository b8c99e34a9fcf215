// Finds the rules of a decision table that may match, without looking at each rule.
//
// Per column and kind of value the constants of the cells cut the line of all values into segments: the points
// themselves and the gaps between them. All values of one segment pass the same cells, so a segment has a bit per rule.
// An evaluation looks the segment up in each column and intersects the bits. Cells that are no comparison with constants
// pass here and are evaluated afterwards for the rules that are left.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "feel/expression.h"

namespace baton::dmn {

class TableIndex {
 public:
  using Word = std::uint64_t;

  /// One cell of a column; without tests it must be evaluated.
  using Cell = std::optional<feel::ConstantTests>;
  /// Adds the next column. Values inside the cells are copied as handles: they must outlive the index.
  void add_column(std::span<const Cell> cells);
  void set_rules(std::size_t rules);

  [[nodiscard]] std::size_t words() const { return words_; }
  /// Intersects `alive` with the rules whose cell of this column passes `value` or must be evaluated. False if the
  /// column says nothing about values of this kind: all of its cells must be evaluated.
  bool filter(std::size_t column, const feel::Value& value, std::span<Word> alive) const;
  /// Whether the cell must be evaluated after filter() returned true.
  [[nodiscard]] bool must_evaluate(std::size_t column, std::size_t rule) const {
    const Column& c = columns_[column];
    return c.has_open && (c.open[rule / 64] >> (rule % 64) & 1U) != 0;
  }
  /// Whether any cell of the column may need evaluation after filter() returned true.
  [[nodiscard]] bool has_open(std::size_t column) const { return columns_[column].has_open; }

 private:
  struct Line {  // the values of one kind
    feel::Kind kind = feel::Kind::kNull;
    std::vector<feel::Value> points;  // sorted
    std::vector<Word> bits;           // 2 * points + 1 segments
  };
  struct Column {
    bool trivial = false;  // everything passes
    bool has_open = false;
    std::vector<Word> open;          // rules whose cell must be evaluated
    std::vector<Word> null_bits;     // for null
    std::vector<Word> boolean_bits;  // for false, then true
    std::vector<Word> other_bits;    // for kinds that no cell has a constant of
    std::vector<Line> lines;
    std::uint32_t kinds = 0;  // bit per kind that must be evaluated
  };
  bool add_line(Column& column, feel::Kind kind, std::span<const Cell> cells);

  std::size_t rules_ = 0;
  std::size_t words_ = 0;
  std::size_t bytes_ = 0;
  std::vector<Column> columns_;
};

}  // namespace baton::dmn
