// Rows that are not in memory. The engine does no I/O: a look-up that needs the store notes what it needs and throws
// RowsMissing; whoever called the engine reads the rows, hands them to the loaders, and calls again. So nobody ever
// takes "not in memory" for "not there". A state without a store never misses.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace baton::engine {

/// Thrown by look-ups in a state with a store. The one exception of the engine: a wrong "absent" would be written to
/// the journal, and every caller in between would have to pass the miss on.
struct RowsMissing {};

struct WantedRow {
  std::string key;
  /// Takes the row, or nullopt if the store has none. May run for a row that is in memory by now.
  std::function<Status(std::optional<std::string_view>)> load;
};

using StoredRows = std::vector<std::pair<std::string, std::string>>;

/// Rows from `lower` up to but not including `upper`, at most `limit`.
struct WantedRange {
  std::string lower;
  std::string upper;
  std::size_t limit = 0;
  /// Takes what was found; `more` if the limit cut it.
  std::function<Status(const StoredRows&, bool more)> load;
};

struct Wanted {
  std::vector<WantedRow> rows;
  std::vector<WantedRange> ranges;
  [[nodiscard]] bool empty() const { return rows.empty() && ranges.empty(); }
};

/// What the collections of one state share: whether there is a store below them, and what they need from it.
struct Cold {
  bool has_store = false;
  std::uint32_t epoch = 1;  // counts freezes; what changed since the last one has this number
  Wanted wanted;

  [[noreturn]] void miss(WantedRow row) {
    wanted.rows.push_back(std::move(row));
    throw RowsMissing{};
  }
  [[noreturn]] void miss(WantedRange range) {
    wanted.ranges.push_back(std::move(range));
    throw RowsMissing{};
  }
};

/// Where a checkpoint puts changed rows; called on the checkpoint's thread.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;
  /// Erases every row whose key begins with `prefix`.
  virtual void erase_all(std::string_view prefix) = 0;
};

}  // namespace baton::engine
