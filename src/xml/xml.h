// The one XML entry point of the code base: bytes from outside become a small read-only element tree.
//
//   auto document = xml::parse(bytes);
//   for (const xml::Element& child : document->root().children()) { ... child.attribute("id") ... }
//
// What it refuses before the XML library sees a byte: anything that is not UTF-8, `<!DOCTYPE` (so there are no entities
// but the five predefined ones), and whatever exceeds the XML limits of base/limits.h. No external resource is ever
// read. No step is recursive. The tree and its strings live in the Document's arena; a Document may be shared between
// threads.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace baton::xml {

inline constexpr std::string_view kBpmnUri = "http://www.omg.org/spec/BPMN/20100524/MODEL";
inline constexpr std::string_view kZeebeUri = "http://camunda.org/schema/zeebe/1.0";

/// Model namespaces of DMN 1.1 to 1.6 (OMG), which mean the same here.
inline constexpr std::string_view kDmnUris[] = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",     "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",     "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",     "https://www.omg.org/spec/DMN/20240513/MODEL/",
};

/// The namespaces that the readers ask for often; everything else is told apart by its URI.
enum class Namespace : std::uint8_t { kNone, kBpmn, kZeebe, kDmn, kOther };

struct Attribute {
  std::string_view name;  // without prefix
  std::string_view uri;   // empty for an attribute without prefix
  std::string_view value;
};

/// One element. All views point into the Document.
struct Element {
  class Iterator;
  struct Range;

  std::string_view name;  // without prefix
  std::string_view uri;
  std::string_view
      text;  // own character data, entities and CDATA resolved; empty if it is only white space beside children
  std::span<const Attribute> attributes;
  const Element* parent = nullptr;
  const Element* first_child = nullptr;
  const Element* next_sibling = nullptr;
  int line = 0;  // of the start tag, from 1
  Namespace ns = Namespace::kNone;

  [[nodiscard]] bool is(Namespace wanted_ns, std::string_view wanted_name) const {
    return ns == wanted_ns && name == wanted_name;
  }
  /// Value of the attribute without prefix of that name.
  [[nodiscard]] std::optional<std::string_view> attribute(std::string_view attribute_name) const;
  /// The same, or an empty text.
  [[nodiscard]] std::string_view attribute_or_empty(std::string_view attribute_name) const;
  /// The child elements in document order.
  [[nodiscard]] Range children() const;
  /// The element after this one in document order within the tree of `root`, or null: a walk without recursion.
  [[nodiscard]] const Element* next_in_document(const Element& root) const;
};

class Element::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Element;
  using difference_type = std::ptrdiff_t;
  using pointer = const Element*;
  using reference = const Element&;
  Iterator() = default;
  explicit Iterator(const Element* at) : at_(at) {}
  reference operator*() const { return *at_; }
  pointer operator->() const { return at_; }
  Iterator& operator++() {
    at_ = at_->next_sibling;
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator&) const = default;

 private:
  const Element* at_ = nullptr;
};

struct Element::Range {
  const Element* first = nullptr;
  [[nodiscard]] Iterator begin() const { return Iterator(first); }
  [[nodiscard]] Iterator end() const { return Iterator(); }
};

inline Element::Range Element::children() const {
  return {first_child};
}

/// Owns a parsed tree. Moving it keeps references to its elements valid.
class Document {
 public:
  [[nodiscard]] const Element& root() const { return *root_; }

 private:
  friend class TreeBuilder;
  Document(std::unique_ptr<std::pmr::monotonic_buffer_resource> arena, const Element* root)
      : arena_(std::move(arena)), root_(root) {}
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
  const Element* root_;
};

/// Parses one XML 1.0 document with namespaces. Errors are INVALID_ARGUMENT (RESOURCE_EXHAUSTED for a limit) and begin
/// with "line L, column C: ".
Result<Document> parse(std::string_view bytes);

}  // namespace baton::xml
