#include "storage/memory/memory_store.h"

#include <algorithm>
#include <vector>

namespace baton::storage {

namespace {

class MemorySnapshot final : public StoreSnapshot {
 public:
  explicit MemorySnapshot(std::shared_ptr<const MemoryStore::Rows> rows) : rows_(std::move(rows)) {}

  Status get_many(std::span<const std::string_view> keys, const VisitValue& visit) const override {
    std::vector<std::size_t> order(keys.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&keys](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
    for (const std::size_t i : order) {
      const auto it = rows_->find(keys[i]);
      BATON_TRY(visit(i, it == rows_->end() ? std::nullopt : std::optional<std::string_view>(it->second)));
    }
    return {};
  }

  Result<bool> scan(std::string_view lower, std::string_view upper, std::size_t limit,
                    const VisitRow& visit) const override {
    for (auto it = rows_->lower_bound(lower); it != rows_->end(); ++it) {
      if (!upper.empty() && it->first >= upper) return false;
      if (limit-- == 0) return true;
      BATON_TRY(visit(it->first, it->second));
    }
    return false;
  }

 private:
  std::shared_ptr<const MemoryStore::Rows> rows_;
};

class Writer final : public StoreWriter {
 public:
  explicit Writer(MemoryStore::Rows& rows) : rows_(rows) {}
  Status put(std::string_view key, std::string_view value) override {
    rows_.insert_or_assign(std::string(key), std::string(value));
    return {};
  }
  Status erase(std::string_view key) override {
    if (const auto it = rows_.find(key); it != rows_.end()) rows_.erase(it);
    return {};
  }
  Status erase_all(std::string_view prefix) override {
    for (auto it = rows_.lower_bound(prefix); it != rows_.end() && it->first.starts_with(prefix);) it = rows_.erase(it);
    return {};
  }

 private:
  MemoryStore::Rows& rows_;
};

}  // namespace

Result<StoreMark> MemoryStore::mark() const {
  const std::lock_guard lock(mutex_);
  return mark_;
}

Result<std::unique_ptr<StoreSnapshot>> MemoryStore::snapshot() const {
  return std::unique_ptr<StoreSnapshot>(std::make_unique<MemorySnapshot>(rows()));
}

std::shared_ptr<const MemoryStore::Rows> MemoryStore::rows() const {
  const std::lock_guard lock(mutex_);
  return rows_;
}

Status MemoryStore::commit(const Changes& changes, Position position, Epoch epoch, Position previous) {
  auto next = std::make_shared<Rows>(*rows());
  Writer writer(*next);
  BATON_TRY(changes(writer));
  const std::lock_guard lock(mutex_);
  if (fail_next_) return fail(*std::exchange(fail_next_, std::nullopt));
  if (mark_.position != previous || mark_.epoch > epoch) {
    return failf(Code::kFailedPrecondition, "the state store is at position {} of epoch {}", mark_.position.value(),
                 mark_.epoch.value());
  }
  mark_ = {position, epoch, next->size(), 0};
  for (const auto& [key, value] : *next) mark_.hash += row_hash(key, value);
  rows_ = std::move(next);
  return {};
}

Result<StoreMark> MemoryStore::copy(const std::string&, Breather&) const {
  return fail(Code::kUnimplemented, "a state store in memory has no copies");
}

void MemoryStore::fail_next(Error error) {
  const std::lock_guard lock(mutex_);
  fail_next_ = std::move(error);
}

void MemoryStore::damage(const std::string& key, std::string value) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Rows>(*rows_);
  (*next)[key] = std::move(value);
  rows_ = std::move(next);
}

}  // namespace baton::storage
