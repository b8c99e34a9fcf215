// Keeps a data directory in bounds, on a thread of its own: verified copies of the state store, compressed journal
// segments, truncation of what nobody needs any more. Long work has a core when nothing else wants one, is done in
// small pieces with rests between them (breather.h), and given up when the server stops. Where that does not suffice,
// it takes a small share of the processor for certain and does not rest.
//
//   DATA/journal/*.seg[.zst]   DATA/state/state.mdb   DATA/state/copies/<position>.mdb   DATA/consumers/<name>
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/disk.h"
#include "storage/files/consumers.h"
#include "storage/state_store.h"

namespace baton::storage {

struct HousekeepingOptions {
  std::string data;
  /// How long the journal is kept beyond what is needed, in ms; negative: for ever.
  std::int64_t retention_ms = 30LL * 86'400'000;
  /// Time between copies of the state store in ms; 0: no copies.
  std::int64_t copy_interval_ms = 6 * 3'600'000;
  std::size_t copies = 2;
  /// Time between two looks.
  std::int64_t interval_ms = 60'000;
};

class Housekeeping {
 public:
  /// `disk` and `store` must outlive this.
  Housekeeping(Disk& disk, const StateStore& store, HousekeepingOptions options);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  void start();
  void stop();
  /// One look, at wall time `now_ms`: at most one copy, some segments compressed, what is due truncated.
  Status look(std::int64_t now_ms);
  /// True if the time that others leave does not suffice: copies are made at half their rate or less, or much of the
  /// journal is still to be compressed.
  [[nodiscard]] Result<bool> is_behind(std::int64_t now_ms) const;
  /// Writes and verifies a copy now. Its position.
  Result<Position> copy();
  JournalConsumers& consumers() { return consumers_; }

 private:
  void run();
  void look_and_report();
  Breather breather();
  /// Time since the last copy in ms, if there was one; -1 if there is nothing new to copy.
  [[nodiscard]] Result<std::optional<std::int64_t>> copy_age(std::int64_t now_ms) const;
  Status look_after_copies(std::int64_t now_ms);
  Status look_after_journal(std::int64_t now_ms);

  Disk& disk_;
  const StateStore& store_;
  HousekeepingOptions options_;
  JournalConsumers consumers_;
  std::int64_t last_copy_ms_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  bool hurried_ = false;   // without rests; set between looks
  std::thread thread_;
};

/// The positions of the copies in a data directory, oldest first.
Result<std::vector<Position>> list_copies(const Disk& disk, const std::string& data);
/// Path of a copy.
std::string copy_path(const std::string& data, Position position);

}  // namespace baton::storage
