// The state store: an ordered map of rows as of one journal position. Written by checkpoints, each of them one atomic,
// synced transaction that is fenced by epoch and position; read through snapshots.
//
// Threads: commit() and copy() from one thread at a time each; snapshots belong to the thread that uses them and may be
// read while the next commit runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "storage/breather.h"

namespace baton::storage {

/// What a store holds. `rows` and `hash` (the sum of hashes of all rows) are kept up to date by each commit.
struct StoreMark {
  Position position;
  Epoch epoch;
  std::uint64_t rows = 0;
  std::uint64_t hash = 0;
  bool operator==(const StoreMark&) const = default;
};

/// Hash of one row, as it is summed up in StoreMark::hash.
std::uint64_t row_hash(std::string_view key, std::string_view value);

/// The rows as of one commit. Views are valid while the snapshot lives. Should not outlive the next commit: the store
/// cannot reuse space that a snapshot sees.
class StoreSnapshot {
 public:
  virtual ~StoreSnapshot() = default;
  /// Calls `visit(index in keys, value or nullopt)` for every key, in key order.
  using VisitValue = std::function<Status(std::size_t, std::optional<std::string_view>)>;
  virtual Status get_many(std::span<const std::string_view> keys, const VisitValue& visit) const = 0;
  /// Calls `visit(key, value)` for rows from `lower` up to but not including `upper` ("": the end), in order, at most
  /// `limit`. True if the limit cut it.
  using VisitRow = std::function<Status(std::string_view, std::string_view)>;
  virtual Result<bool> scan(std::string_view lower, std::string_view upper, std::size_t limit,
                            const VisitRow& visit) const = 0;
};

/// Takes the changes of one commit.
class StoreWriter {
 public:
  virtual ~StoreWriter() = default;
  virtual Status put(std::string_view key, std::string_view value) = 0;
  /// No effect if there is no such row.
  virtual Status erase(std::string_view key) = 0;
  /// Erases every row whose key begins with `prefix`.
  virtual Status erase_all(std::string_view prefix) = 0;
};

class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual Result<StoreMark> mark() const = 0;
  virtual Result<std::unique_ptr<StoreSnapshot>> snapshot() const = 0;
  /// Commits what `changes` writes, as the state at `position`, all or nothing, and makes it durable. Errors:
  /// kFailedPrecondition if the store is not at `previous` or was written by a later epoch, kResourceExhausted if there
  /// is no space (nothing happened, may be tried again), else the store must not be used any more.
  using Changes = std::function<Status(StoreWriter&)>;
  virtual Status commit(const Changes& changes, Position position, Epoch epoch, Position previous) = 0;
  /// Gets ready for a commit of rows that take about `bytes`, so that it does not have to ask the file system for
  /// blocks while it is synced; takes at most `step` bytes from it, and is true if more is to be taken. Commits need no
  /// such call. From the thread that commits. Errors: as commit().
  virtual Result<bool> make_room(std::uint64_t bytes, std::uint64_t step) = 0;
  /// Bytes that the store takes, 0 if it takes none on a disk.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  /// Writes a compact copy of the store to `path`, syncs it, reads it back and compares rows and hash with its mark.
  /// Errors: kCancelled if `breather` gives up, kResourceExhausted, kDataLoss; what is at `path` then is no copy.
  virtual Result<StoreMark> copy(const std::string& path, Breather& breather) const = 0;
};

}  // namespace baton::storage
