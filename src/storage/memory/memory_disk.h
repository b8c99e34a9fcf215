// A disk in memory that remembers what was synced, for tests: crash() loses the rest, faults make chosen calls fail.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "storage/disk.h"

namespace baton::storage {

class MemoryDisk final : public Disk {
 public:
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) const override;
  Result<std::unique_ptr<File>> open(const std::string& path) override;
  Result<std::unique_ptr<File>> create_zeroed(const std::string& path, std::uint64_t size, Haste haste) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;

  /// What a power cut leaves: synced bytes, and names as of the last sync of their directory. `keep_unsynced` decides
  /// per 512-byte sector, by its number, whether an unsynced write reached the disk all the same.
  void crash(std::uint64_t keep_unsynced_seed = 0);
  /// The `n`-th write or sync from now fails (1: the next one); 0 turns it off.
  void fail_after(int writes, int syncs) {
    fail_write_ = writes;
    fail_sync_ = syncs;
  }
  /// New files fail with kResourceExhausted while all together would take more than `bytes`; 0: no limit. Any thread.
  void limit(std::uint64_t bytes) { limit_ = bytes; }
  /// The present bytes of a file, for cutting and flipping; nullptr if there is none.
  std::string* bytes(const std::string& path);
  /// Copies names and present bytes, all synced.
  [[nodiscard]] std::unique_ptr<MemoryDisk> copy() const;

 private:
  struct Node {
    std::string present;
    std::string synced;
  };
  class Handle;
  mutable std::mutex mutex_;  // of the names: the next segment is prepared on a thread of its own
  std::map<std::string, std::shared_ptr<Node>> names_;
  std::map<std::string, std::shared_ptr<Node>> synced_names_;
  int fail_write_ = 0;
  int fail_sync_ = 0;
  std::atomic<std::uint64_t> limit_{0};
};

}  // namespace baton::storage
