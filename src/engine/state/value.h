// A variable's value: minified JSON bytes inside a shared, immutable buffer. The variables of one command share the
// buffer of the command's document, so taking over fifteen variables costs one allocation. Confined to the partition's
// thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace baton::engine {

/// Counted immutable bytes.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes) : block_(new Block{1, std::move(bytes)}) {}
  SharedBytes(const SharedBytes& other) : block_(other.block_) {
    if (block_ != nullptr) ++block_->references;
  }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() {
    if (block_ != nullptr && --block_->references == 0) delete block_;
  }
  [[nodiscard]] std::string_view view() const { return block_ == nullptr ? std::string_view{} : block_->bytes; }

 private:
  struct Block {
    std::uint32_t references;
    std::string bytes;
  };
  Block* block_ = nullptr;
};

class Value {
 public:
  Value() = default;
  explicit Value(std::string_view json) : bytes_(std::string(json)), size_(static_cast<std::uint32_t>(json.size())) {}
  /// A part of a shared buffer. A small part of a large buffer is copied, so that it does not keep the buffer alive.
  Value(const SharedBytes& bytes, std::size_t at, std::size_t size) {
    constexpr std::size_t kAlwaysShare = 4096;
    if (bytes.view().size() > kAlwaysShare && size < bytes.view().size() / 2) {
      *this = Value(bytes.view().substr(at, size));
      return;
    }
    bytes_ = bytes;
    at_ = static_cast<std::uint32_t>(at);
    size_ = static_cast<std::uint32_t>(size);
  }
  [[nodiscard]] std::string_view json() const { return bytes_.view().substr(at_, size_); }
  bool operator==(const Value& other) const { return json() == other.json(); }

 private:
  SharedBytes bytes_;
  std::uint32_t at_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace baton::engine
