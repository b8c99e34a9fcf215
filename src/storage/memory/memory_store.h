// A state store in memory, for tests and simulation. Commits can be made to fail.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "storage/state_store.h"

namespace baton::storage {

class MemoryStore final : public StateStore {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  Result<StoreMark> mark() const override;
  Result<std::unique_ptr<StoreSnapshot>> snapshot() const override;
  Status commit(const Changes& changes, Position position, Epoch epoch, Position previous) override;
  Result<bool> make_room(std::uint64_t, std::uint64_t) override { return false; }
  [[nodiscard]] std::uint64_t bytes() const override { return 0; }
  Result<StoreMark> copy(const std::string& path, Breather& breather) const override;

  /// The next commit fails with this and changes nothing.
  void fail_next(Error error);
  /// The rows of the last commit.
  [[nodiscard]] std::shared_ptr<const Rows> rows() const;
  /// Replaces a row's value, for tests of damage.
  void damage(const std::string& key, std::string value);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Rows> rows_ = std::make_shared<Rows>();
  StoreMark mark_;
  std::optional<Error> fail_next_;
};

}  // namespace baton::storage
