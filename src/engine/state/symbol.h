// Interned texts: names of variables, job types, tenants, workers. A Symbol is one pointer; equal texts are the same
// pointer. Symbols are counted, so texts that nobody uses any more go away. Confined to the partition's thread. Nothing
// may be ordered by a Symbol's address: decisions must not depend on memory layout.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::engine {

class SymbolTable;

namespace internal {
struct SymbolNode {
  std::string text;
  std::uint64_t hash;
  std::uint32_t references;
  SymbolTable* table;
};
void release_symbol(SymbolNode* node);
}  // namespace internal

class Symbol {
 public:
  Symbol() = default;
  Symbol(const Symbol& other) : node_(other.node_) { retain(); }
  Symbol(Symbol&& other) noexcept : node_(other.node_) { other.node_ = nullptr; }
  Symbol& operator=(Symbol other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Symbol() {
    if (node_ != nullptr && --node_->references == 0) internal::release_symbol(node_);
  }

  [[nodiscard]] std::string_view text() const { return node_ == nullptr ? std::string_view{} : node_->text; }
  /// XXH3 of the text, the same in every process.
  [[nodiscard]] std::uint64_t hash() const { return node_ == nullptr ? 0 : node_->hash; }
  [[nodiscard]] bool empty() const { return node_ == nullptr; }
  [[nodiscard]] const void* id() const { return node_; }
  bool operator==(const Symbol& other) const { return node_ == other.node_; }
  template <typename H>
  friend H AbslHashValue(H h, const Symbol& s) {
    return H::combine(std::move(h), static_cast<const void*>(s.node_));
  }

 private:
  friend class SymbolTable;
  explicit Symbol(internal::SymbolNode* node) : node_(node) { retain(); }
  void retain() {
    if (node_ != nullptr) ++node_->references;
  }
  internal::SymbolNode* node_ = nullptr;
};

/// Owns the nodes. Must outlive every Symbol that it made.
class SymbolTable {
 public:
  SymbolTable() = default;
  SymbolTable(const SymbolTable&) = delete;
  SymbolTable& operator=(const SymbolTable&) = delete;
  ~SymbolTable();

  /// The symbol of `text`; the empty text is the empty symbol.
  Symbol intern(std::string_view text);
  /// The symbol of `text` if some row uses it, else the empty symbol.
  [[nodiscard]] Symbol find(std::string_view text) const;
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  friend void internal::release_symbol(internal::SymbolNode* node);
  struct Probe {
    std::string_view text;
    std::uint64_t hash;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const internal::SymbolNode* node) const { return node->hash; }
    std::size_t operator()(const Probe& probe) const { return probe.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const internal::SymbolNode* a, const internal::SymbolNode* b) const { return a == b; }
    bool operator()(const internal::SymbolNode* a, const Probe& b) const {
      return a->hash == b.hash && a->text == b.text;
    }
    bool operator()(const Probe& a, const internal::SymbolNode* b) const { return (*this)(b, a); }
  };
  absl::flat_hash_set<internal::SymbolNode*, Hash, Equal> nodes_;
};

}  // namespace baton::engine
