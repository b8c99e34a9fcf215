// Keeps a data directory in bounds, on a thread of its own: verified copies of the state store, compressed journal
// segments, truncation of what nobody needs any more. Long work is done in small pieces with rests between them
// (breather.h), and given up when the server stops.
//
//   DATA/journal/*.seg[.zst]   DATA/state/state.mdb   DATA/state/copies/<position>.mdb   DATA/consumers/<name>
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
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
  /// One look, at wall time `now_ms`: at most one copy, one segment compressed, what is due truncated.
  Status look(std::int64_t now_ms);
  /// Writes and verifies a copy now. Its position.
  Result<Position> copy();
  JournalConsumers& consumers() { return consumers_; }

 private:
  void run();
  Breather breather();
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
  std::thread thread_;
};

/// The positions of the copies in a data directory, oldest first.
Result<std::vector<Position>> list_copies(const Disk& disk, const std::string& data);
/// Path of a copy.
std::string copy_path(const std::string& data, Position position);

}  // namespace baton::storage
