// Who still needs the journal: each registered consumer has a file with the position up to which it is done. Truncation
// goes no further than the least of them, also while a consumer does not run.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/ids.h"
#include "storage/disk.h"

namespace baton::storage {

class JournalConsumers {
 public:
  JournalConsumers(Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}

  /// Registers `name` (letters, digits, '-') or moves it on: it needs nothing at or before `done` any more. Durable
  /// when it returns.
  Status update(const std::string& name, Position done);
  /// It never needs anything again.
  Status remove(const std::string& name);
  /// The least position of all; nothing if there is none. Errors: kDataLoss naming the file.
  Result<std::optional<Position>> least() const;

 private:
  Disk& disk_;
  std::string directory_;
  mutable std::mutex mutex_;
};

}  // namespace baton::storage
