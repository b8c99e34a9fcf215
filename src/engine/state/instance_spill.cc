#include "engine/state/instance_spill.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace baton::engine {

namespace {
constexpr std::size_t kBlockBytes = 256U << 10;
}  // namespace

InstanceSpill::InstanceSpill(Instance& instance)
    : instance_(instance), pending_(std::exchange(instance.changed_rows, {})), writer_(buffer_) {
  if (std::exchange(instance.erase_first, false)) writer_.erase(instance.row.key);
  writer_.write_split_head(instance);
}

void InstanceSpill::before_change(RowKind kind, std::uint64_t first, std::uint64_t second) {
  if (pending_.erase({kind, first, second}) != 0) writer_.write_one(instance_, kind, first, second);
}

bool InstanceSpill::step(std::size_t& most) {
  auto it = pending_.begin();
  for (; it != pending_.end() && most != 0; ++it, --most) {
    const auto& [kind, first, second] = *it;
    writer_.write_one(instance_, kind, first, second);
  }
  pending_.erase(pending_.begin(), it);
  return !pending_.empty();
}

void InstanceSpill::write(RowSink& sink) const {
  buffer_.replay(sink);
}

void InstanceSpill::Buffer::add(Kind kind, std::string_view key, std::string_view value) {
  const std::uint32_t sizes[] = {static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
  const std::size_t bytes = 1 + sizeof sizes + key.size() + value.size();
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < bytes)
    blocks_.emplace_back().reserve(std::max(kBlockBytes, bytes));
  std::string& block = blocks_.back();
  block.push_back(static_cast<char>(kind));
  block.append(reinterpret_cast<const char*>(sizes), sizeof sizes);
  block.append(key);
  block.append(value);
}

void InstanceSpill::Buffer::put(std::string_view key, std::string_view value) {
  add(Kind::kPut, key, value);
}

void InstanceSpill::Buffer::erase(std::string_view key) {
  add(Kind::kErase, key, {});
}

void InstanceSpill::Buffer::erase_all(std::string_view prefix) {
  add(Kind::kEraseAll, prefix, {});
}

void InstanceSpill::Buffer::replay(RowSink& sink) const {
  for (const std::string& block : blocks_) {
    for (std::string_view rest = block; !rest.empty();) {
      const auto kind = static_cast<Kind>(rest[0]);
      std::uint32_t sizes[2];
      std::memcpy(sizes, rest.data() + 1, sizeof sizes);
      rest.remove_prefix(1 + sizeof sizes);
      const std::string_view key = rest.substr(0, sizes[0]);
      const std::string_view value = rest.substr(sizes[0], sizes[1]);
      rest.remove_prefix(key.size() + value.size());
      if (kind == Kind::kPut) {
        sink.put(key, value);
      } else if (kind == Kind::kErase) {
        sink.erase(key);
      } else {
        sink.erase_all(key);
      }
    }
  }
}

}  // namespace baton::engine
