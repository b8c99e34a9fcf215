// A small read-only JSON tree over a request's body: one pass, no copies. Free-form values (variables) are one node
// whose text is parsed by whoever uses it, so that a large document costs nothing here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::rest {

class JsonTree;

/// A place in the tree; an empty one stands for an absent value and can be asked all the same.
class JsonValue {
 public:
  enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject, kOpaque };

  JsonValue() = default;
  /// True if the value is there and not null.
  explicit operator bool() const;
  [[nodiscard]] bool present() const { return tree_ != nullptr; }
  [[nodiscard]] Kind kind() const;
  /// The value's text as it was sent; strings with their quotes.
  [[nodiscard]] std::string_view text() const;
  /// The member's name, decoded; of an object's children.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] bool named(std::string_view name) const;
  /// A member; empty if there is none.
  [[nodiscard]] JsonValue operator[](std::string_view name) const;
  /// Number of members or items.
  [[nodiscard]] std::size_t size() const;
  /// Calls `visit(JsonValue)` for every member or item, in order.
  template <typename F>
  void for_each(F&& visit) const;

  [[nodiscard]] std::string string_or(std::string_view otherwise = {}) const;
  [[nodiscard]] std::int64_t integer_or(std::int64_t otherwise) const;
  [[nodiscard]] bool boolean_or(bool otherwise) const;
  /// A key given as a string of digits; 0 if it is absent, negative or none.
  [[nodiscard]] std::uint64_t key() const;
  [[nodiscard]] std::vector<std::string> strings() const;

 private:
  friend class JsonTree;
  JsonValue(const JsonTree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
  const JsonTree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

class JsonTree {
 public:
  static constexpr std::size_t kMostNodes = 100'000;

  /// Parses `text`, which must outlive the tree. Objects and arrays that are the value of one of `opaque` names become
  /// one node. Errors: kInvalidArgument with the byte offset.
  static Result<JsonTree> parse(std::string_view text, std::span<const std::string_view> opaque = {});
  [[nodiscard]] JsonValue root() const { return nodes_.empty() ? JsonValue() : JsonValue(this, 0); }

 private:
  friend class JsonValue;
  friend class JsonTreeParser;
  struct Node {
    JsonValue::Kind kind;
    std::uint32_t next = 0;  // the node behind this one's subtree
    std::uint32_t count = 0;
    std::string_view name;  // quoted
    std::string_view text;
  };
  std::vector<Node> nodes_;
};

/// Decodes an integer as JSON has it: digits, perhaps with a fraction of zeros ("5.0"); nullopt if it is none or does
/// not fit.
std::optional<std::int64_t> json_integer(std::string_view text);

template <typename F>
void JsonValue::for_each(F&& visit) const {
  if (tree_ == nullptr) return;
  const JsonTree::Node& node = tree_->nodes_[index_];
  for (std::uint32_t at = index_ + 1; at < node.next; at = tree_->nodes_[at].next) visit(JsonValue(tree_, at));
}

}  // namespace baton::rest
