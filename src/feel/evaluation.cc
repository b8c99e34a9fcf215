#include "feel/evaluation.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace baton::feel {
namespace {

constexpr std::size_t kAlignment = 8;
constexpr std::size_t kFirstHeapBlock = 16U << 10;
constexpr std::size_t kLargestBlock = 1U << 20;
// Once a budget is used up small pieces are still handed out, so that code between two checks needs none of its own.
constexpr std::size_t kSmallPiece = 64U << 10;
// Deepest nesting of compiled nodes over all active calls: bounds the machine stack.
constexpr int kMaxNodeDepth = 1600;
// From this size on a context gets a sorted index.
constexpr std::size_t kIndexedContext = 12;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) & ~(kAlignment - 1);
}

}  // namespace

std::string Warning::to_string() const {
  return fmt::format("line {}, column {}: {}", line, column, message);
}

void Evaluation::reset(TimeMs now) {
  now_ = now;
  steps_left_ = budgets_.steps;
  bytes_used_ = 0;
  calls_ = 0;
  depth_ = 0;
  block_ = 0;
  at_ = first_.data();
  end_ = first_.data() + first_.size();
  if (!exhausted_.empty()) exhausted_.clear();
  if (!warnings_.empty()) warnings_.clear();
  if (!owners_.empty()) owners_.clear();
}

void* Evaluation::allocate(std::size_t bytes) {
  if (bytes > budgets_.bytes) {
    exhaust("memory");
    if (bytes > kSmallPiece) return nullptr;
  }
  bytes = aligned(bytes);
  bytes_used_ += bytes;
  if (bytes <= static_cast<std::size_t>(end_ - at_)) [[likely]] {
    void* result = at_;
    at_ += bytes;
    return result;
  }
  return allocate_slow(bytes);
}

void* Evaluation::allocate_slow(std::size_t bytes) {
  if (bytes_used_ > budgets_.bytes) {
    exhaust("memory");
    if (bytes > kSmallPiece) return nullptr;
  }
  // Blocks from before a reset() are used again; one that is too small for this piece is skipped.
  while (block_ < blocks_.size()) {
    Block& block = blocks_[block_++];
    if (block.size < bytes) continue;
    at_ = block.data.get() + bytes;
    end_ = block.data.get() + block.size;
    return block.data.get();
  }
  const std::size_t grown = blocks_.empty() ? kFirstHeapBlock : std::min(blocks_.back().size * 2, kLargestBlock);
  const std::size_t size = std::max(bytes, grown);
  blocks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
  block_ = blocks_.size();
  at_ = blocks_.back().data.get() + bytes;
  end_ = blocks_.back().data.get() + size;
  return blocks_.back().data.get();
}

bool Evaluation::extend(const void* last, std::size_t old_bytes, std::size_t new_bytes) {
  const auto* start = static_cast<const std::byte*>(last);
  if (start == nullptr || start + aligned(old_bytes) != at_) return false;
  const std::size_t more = aligned(new_bytes) - aligned(old_bytes);
  if (more > static_cast<std::size_t>(end_ - at_)) return false;
  at_ += more;
  bytes_used_ += more;
  return true;
}

Value Evaluation::string(std::string_view text) {
  if (text.size() > budgets_.string_bytes) {
    exhaust("string length");
    return {};
  }
  auto* copy = static_cast<char*>(allocate(text.size()));
  if (copy == nullptr) return {};
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  return Value::string({copy, text.size()});
}

Value Evaluation::list(std::span<const Value> items) {
  if (items.size() > budgets_.list_items) {
    exhaust("list items");
    return {};
  }
  auto* copy = allocate_array<Value>(items.size());
  if (copy == nullptr) return {};
  std::copy(items.begin(), items.end(), copy);
  return Value::list({copy, items.size()});
}

namespace {

/// Removes entries whose key occurred before, moving their value to the first place. `order` is sorted by (key, place).
std::size_t unify(std::span<ContextEntry> entries, std::span<std::uint32_t> order) {
  std::vector<bool> dropped(entries.size(), false);
  std::size_t drops = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::uint32_t current = order[i];
    std::size_t first = i - 1;
    while (first > 0 && dropped[order[first]]) --first;
    if (entries[order[first]].key != entries[current].key) continue;
    entries[order[first]].value = entries[current].value;
    dropped[current] = true;
    ++drops;
  }
  if (drops == 0) return entries.size();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!dropped[i]) entries[kept++] = entries[i];
  }
  return kept;
}

void sort_by_key(std::span<const ContextEntry> entries, std::span<std::uint32_t> order) {
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int c = entries[a].key.compare(entries[b].key);
    return c != 0 ? c < 0 : a < b;
  });
}

std::size_t unify_small(std::span<ContextEntry> entries) {
  std::size_t kept = 0;
  for (const ContextEntry& entry : entries) {
    std::size_t i = 0;
    while (i < kept && entries[i].key != entry.key) ++i;
    entries[i] = i < kept ? ContextEntry{entries[i].key, entry.value} : entry;
    if (i == kept) ++kept;
  }
  return kept;
}

}  // namespace

Value Evaluation::context(std::span<ContextEntry> entries) {
  auto* data = static_cast<ContextData*>(allocate(sizeof(ContextData)));
  if (data == nullptr) return {};
  std::uint32_t* sorted = nullptr;
  std::size_t count = entries.size();
  if (count < kIndexedContext) {
    count = unify_small(entries);
  } else {
    sorted = allocate_array<std::uint32_t>(count);
    if (sorted == nullptr) return {};
    sort_by_key(entries, {sorted, count});
    const std::size_t kept = unify(entries, {sorted, count});
    if (kept != count) sort_by_key(entries.first(kept), {sorted, kept});
    count = kept;
  }
  *data = ContextData{entries.first(count), sorted};
  return Value::context(data);
}

Value Evaluation::range(const RangeData& range) {
  auto* data = static_cast<RangeData*>(allocate(sizeof(RangeData)));
  if (data == nullptr) return {};
  *data = range;
  return Value::range(data);
}

Value Evaluation::native_function(const NativeFunction* function, std::span<const std::string_view> parameters) {
  auto* data = static_cast<FunctionData*>(allocate(sizeof(FunctionData)));
  if (data == nullptr) return {};
  *data = FunctionData{nullptr, nullptr, function, parameters};
  return Value::function(data);
}

void Evaluation::exhaust(std::string_view what) {
  if (exhausted_.empty()) exhausted_ = what;
  steps_left_ = 0;
}

Status Evaluation::status() const {
  if (exhausted_.empty()) return {};
  return failf(Code::kResourceExhausted, "the FEEL expression needs more than allowed: {}", exhausted_);
}

void Evaluation::warn(std::uint32_t line, std::uint32_t column, std::string message) {
  if (warnings_.size() < kMaxWarnings) warnings_.push_back({line, column, std::move(message)});
}

bool Evaluation::enter(int depth) {
  if (calls_ + 1 > budgets_.call_depth || depth_ + depth > kMaxNodeDepth) {
    exhaust("call depth");
    return false;
  }
  ++calls_;
  depth_ += depth;
  return true;
}

void Evaluation::leave(int depth) {
  --calls_;
  depth_ -= depth;
}

ListBuilder::ListBuilder(Evaluation& evaluation, std::size_t expected) : evaluation_(evaluation) {
  if (expected == 0) return;
  capacity_ = std::min(expected, evaluation.budgets().list_items);
  items_ = evaluation_.allocate_array<Value>(capacity_);
  if (items_ == nullptr) capacity_ = 0;
}

bool ListBuilder::push(const Value& value) {
  if (size_ == capacity_) {
    if (size_ >= evaluation_.budgets().list_items) {
      evaluation_.exhaust("list items");
      return false;
    }
    const std::size_t wanted = std::max<std::size_t>(8, capacity_ * 2);
    if (!evaluation_.extend(items_, capacity_ * sizeof(Value), wanted * sizeof(Value))) {
      auto* grown = evaluation_.allocate_array<Value>(wanted);
      if (grown == nullptr) return false;
      std::copy(items_, items_ + size_, grown);
      items_ = grown;
    }
    capacity_ = wanted;
  }
  items_[size_++] = value;
  return true;
}

}  // namespace baton::feel
