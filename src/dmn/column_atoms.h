// The values of one input column, cut into atoms: all values of an atom pass the same cells. For dmn check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dmn/model.h"

namespace baton::dmn {

/// Flags by number, for atoms and rules.
class BitSet {
 public:
  BitSet() = default;
  explicit BitSet(std::size_t size, bool value = false)
      : size_(size), words_((size + 63) / 64, value ? ~std::uint64_t{0} : 0) {
    if (value && size % 64 != 0) words_.back() = (std::uint64_t{1} << (size % 64)) - 1;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool test(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1U) != 0; }
  void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  [[nodiscard]] bool none() const;
  [[nodiscard]] bool intersects(const BitSet& other) const;
  [[nodiscard]] bool contains(const BitSet& other) const;
  BitSet& operator&=(const BitSet& other);
  bool operator==(const BitSet&) const = default;

 private:
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

class ColumnAtoms {
 public:
  /// Cuts column `column` of the table. What the column's type or values do not allow has no atom.
  ColumnAtoms(const Table& table, std::size_t column, const Types& types);

  [[nodiscard]] std::size_t size() const { return atoms_.size(); }
  /// The atoms that a rule's cell accepts; empty optional if the cell is no comparison with constants.
  [[nodiscard]] const std::optional<BitSet>& cell(std::size_t rule) const { return cells_[rule]; }
  /// A set of atoms as FEEL unary tests, "-" for all.
  [[nodiscard]] std::string text(const BitSet& atoms) const;

 private:
  struct Atom {
    std::uint32_t segment;  // 2i+1: point i, 2i: before point i
  };
  void collect_points(const std::vector<std::optional<feel::ConstantTests>>& tests,
                      const std::optional<feel::ConstantTests>& allowed);
  [[nodiscard]] bool accepts(const feel::ConstantTests& tests, std::uint32_t segment) const;
  [[nodiscard]] bool accepts(const feel::Value& test, std::uint32_t segment) const;
  [[nodiscard]] bool has_values(std::uint32_t segment) const;
  [[nodiscard]] std::string run_text(std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] std::uint32_t point_segment(const feel::Value& value) const;

  feel::Kind kind_ = feel::Kind::kNull;  // null: unknown, one atom
  bool whole_numbers_ = false;
  std::vector<feel::Value> points_;
  std::vector<Atom> atoms_;
  std::vector<std::optional<BitSet>> cells_;
};

}  // namespace baton::dmn
