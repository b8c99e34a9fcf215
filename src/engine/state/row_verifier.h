// Checks the rows of a stored state as a stream: checksums, fields, counters, and that the index entries and
// the rows of back-offs are exactly those that the other rows have.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/state/instance.h"
#include "engine/state/rows.h"

namespace baton::engine {

class RowVerifier {
 public:
  RowVerifier() = default;
  /// Takes all rows in key order. Errors: kDataLoss.
  Status row(std::string_view key, std::string_view value);
  /// After the last row: compares. Errors: kDataLoss.
  Status finish();
  [[nodiscard]] const TotalsRow& totals() const { return totals_; }

 private:
  /// Sum over rows of one kind, independent of their order.
  struct Entries {
    std::uint64_t count = 0;
    std::uint64_t hash = 0;
    void add(std::string_view key);
    bool operator==(const Entries&) const = default;
  };
  Status instance_row(std::string_view key, std::string_view value);
  template <typename Row>
  Status map_row(std::string_view key, std::string_view value);
  Status end_instance();
  void expect(std::string_view key);
  /// Rows that belong to no instance but to one of its entities.
  template <typename Row>
  void expect_rows_of(const Row&) {}
  void expect_rows_of(const JobRow& job);

  SymbolTable symbols_;  // first: outlives the rows
  std::unique_ptr<Instance> instance_;
  std::map<RowKind, Entries> found_;
  std::map<RowKind, Entries> expected_;
  TotalsRow totals_;
  TotalsRow counted_;
  bool has_totals_ = false;
  bool has_counters_ = false;
};

}  // namespace baton::engine
