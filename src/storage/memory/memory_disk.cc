#include "storage/memory/memory_disk.h"

#include <algorithm>

#include "base/hash.h"

namespace baton::storage {

namespace {

/// Counts down to a call that fails; 0 never comes.
bool is_hit(int& left) {
  if (left == 0) return false;
  --left;
  return left == 0;
}

}  // namespace

class MemoryDisk::Handle final : public File {
 public:
  Handle(MemoryDisk& disk, std::shared_ptr<Node> node) : disk_(disk), node_(std::move(node)) {}
  Result<std::uint64_t> size() const override { return node_->present.size(); }
  Status read(std::uint64_t offset, std::size_t size, std::string& out) const override {
    if (offset + size > node_->present.size()) return fail(Code::kDataLoss, "read past the end");
    out = node_->present.substr(offset, size);
    return {};
  }
  Status write(std::uint64_t offset, std::string_view bytes) override {
    if (is_hit(disk_.fail_write_)) return fail(Code::kUnavailable, "cannot write: injected");
    if (offset + bytes.size() > node_->present.size()) node_->present.resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), node_->present.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  Status sync() override {
    if (is_hit(disk_.fail_sync_)) return fail(Code::kUnavailable, "cannot sync: injected");
    node_->synced = node_->present;
    return {};
  }

 private:
  MemoryDisk& disk_;
  std::shared_ptr<Node> node_;
};

Status MemoryDisk::make_directory(const std::string&) {
  return {};
}

Result<std::vector<std::string>> MemoryDisk::list(const std::string& directory) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [path, node] : names_) {
    if (path.starts_with(directory + "/")) names.push_back(path.substr(directory.size() + 1));
  }
  return names;
}

Result<std::unique_ptr<File>> MemoryDisk::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto it = names_.find(path);
  if (it == names_.end()) return failf(Code::kNotFound, "cannot open '{}': no such file", path);
  return std::unique_ptr<File>(std::make_unique<Handle>(*this, it->second));
}

Result<std::unique_ptr<File>> MemoryDisk::create_zeroed(const std::string& path, std::uint64_t size, Haste) {
  const std::lock_guard lock(mutex_);
  std::uint64_t used = size;
  for (const auto& [name, file] : names_) used += file->present.size();
  if (limit_ != 0 && used > limit_) return failf(Code::kResourceExhausted, "cannot create '{}': no space", path);
  auto node = std::make_shared<Node>();
  node->present.assign(size, '\0');
  node->synced = node->present;
  names_[path] = node;
  return std::unique_ptr<File>(std::make_unique<Handle>(*this, node));
}

Status MemoryDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  names_[to] = names_.at(from);
  names_.erase(from);
  return {};
}

Status MemoryDisk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  names_.erase(path);
  return {};
}

Status MemoryDisk::sync_directory(const std::string&) {
  const std::lock_guard lock(mutex_);
  synced_names_ = names_;
  return {};
}

void MemoryDisk::crash(std::uint64_t seed) {
  constexpr std::size_t kSector = 512;
  names_ = synced_names_;
  for (auto& [path, node] : names_) {
    std::string left = node->synced;
    left.resize(std::max(left.size(), node->present.size()), '\0');
    for (std::size_t at = 0; seed != 0 && at < node->present.size(); at += kSector) {
      if ((mix64(seed, at) & 1) == 0) continue;
      const std::size_t size = std::min(kSector, node->present.size() - at);
      left.replace(at, size, node->present, at, size);
    }
    node->present = left;
    node->synced = left;
  }
}

std::string* MemoryDisk::bytes(const std::string& path) {
  auto it = names_.find(path);
  return it == names_.end() ? nullptr : &it->second->present;
}

std::unique_ptr<MemoryDisk> MemoryDisk::copy() const {
  auto other = std::make_unique<MemoryDisk>();
  for (const auto& [path, node] : names_)
    other->names_[path] = std::make_shared<Node>(Node{node->present, node->present});
  other->synced_names_ = other->names_;
  return other;
}

}  // namespace baton::storage
