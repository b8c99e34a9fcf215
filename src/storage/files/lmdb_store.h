// The state store in an LMDB file. The map is reserved at open; a commit is durable before it returns. Never with
// MDB_NOSYNC (a crash of the system could leave a file that is no B-tree) and never with MDB_WRITEMAP (a full disk
// would be a bus error instead of an error).
#pragma once

#include <memory>
#include <string>

#include "storage/state_store.h"

struct MDB_env;

namespace baton::storage {

struct LmdbOptions {
  std::string path;  // of the file; its directory exists
  /// Address space; the file grows as needed and cannot grow beyond it.
  std::uint64_t map_bytes = 1ULL << 40;
  bool read_only = false;
  bool read_ahead = false;  // for who reads all of it in order
};

class LmdbStore final : public StateStore {
 public:
  /// Opens or creates the file. Errors: kDataLoss if it is no state store or damaged, kUnavailable.
  static Result<std::unique_ptr<LmdbStore>> open(const LmdbOptions& options);
  ~LmdbStore() override;
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;

  Result<StoreMark> mark() const override;
  Result<std::unique_ptr<StoreSnapshot>> snapshot() const override;
  Status commit(const Changes& changes, Position position, Epoch epoch, Position previous) override;
  Result<bool> make_room(std::uint64_t bytes, std::uint64_t step) override;
  [[nodiscard]] std::uint64_t bytes() const override;
  Result<StoreMark> copy(const std::string& path, Breather& breather) const override;

  /// Reads everything and compares with the mark: every row, found again by its key, their number and hash.
  /// Errors: kDataLoss.
  Status verify(const StoreSnapshot::VisitRow& visit) const;

 private:
  explicit LmdbStore(LmdbOptions options) : options_(std::move(options)) {}

  std::uint64_t used_bytes() const;

  LmdbOptions options_;
  MDB_env* env_ = nullptr;
  unsigned dbi_ = 0;
  std::uint64_t largest_growth_ = 0;  // bytes that one commit has added to what is used of the file
};

}  // namespace baton::storage
