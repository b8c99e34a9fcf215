// The compiled form of an expression: one array of 24-byte nodes in post-order, with constants, names and types beside
// it. Every name is resolved while compiling: to a slot of the local frame, to a free variable's slot, or to a
// built-in.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "feel/builtins.h"
#include "feel/evaluation.h"
#include "feel/expression.h"
#include "feel/value.h"

namespace baton::feel {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xFFFFFFFFU;

enum class Op : std::uint8_t {
  kConstant,   // b: constant
  kLocal,      // b: frame slot
  kVariable,   // b: free variable; c: constant to use if there is none (a built-in of that name), or kNoNode
  kItemField,  // a field of a filter's item, else an outer name. a: name, b: slot of the item, c: node of the outer
               // name
  kNegate,     // b
  kAdd,        // b, c: operands, here and below
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,       // children
  kOr,        // children
  kBetween,   // b: value, c: low, a: high
  kIn,        // b: value, then children: tests; flag kUnaryTests: of a decision table, where unknown is false
  kTestTrue,  // b: a test that refers to `?` itself
  kNot,       // negated unary tests: b
  kIf,        // b: condition, c: then, a: else
  kPath,      // b: base, c: name
  kFilter,    // b: base, c: condition, a: slot of the item; flag kIndex: the condition is a number
  kFor,       // children: iterators; b: body, c: slot of `partial`
  kSome,      // children: iterators; b: condition
  kEvery,
  kIterator,     // a: slot, b: domain, c: end of a range or kNoNode
  kList,         // children
  kContext,      // children: kAssign, in order of `names`; a: first name
  kAssign,       // a: slot, b: value
  kRange,        // b: start or kNoNode, c: end or kNoNode, flags
  kCallBuiltin,  // children: arguments; b: built-in; flags: 1 + the alternative of its signature that named arguments
                 // chose
  kCall,         // children: arguments; b: function
  kCallNamed,    // the same with names; a: first name
  kFunction,     // b: function
  kInstanceOf,   // b: value, c: type
};

inline constexpr std::uint8_t kIndex = 1;          // kFilter
inline constexpr std::uint8_t kStartIncluded = 1;  // kRange
inline constexpr std::uint8_t kEndIncluded = 2;
inline constexpr std::uint8_t kEquality = 4;
inline constexpr std::uint8_t kUnaryTests = 1;  // kIn

struct Node {
  Op op = Op::kConstant;
  std::uint8_t flags = 0;
  std::uint16_t reserved = 0;
  std::uint32_t offset = 0;  // in the source, for messages
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t children = 0;  // first of them in Program::children; their number comes first
};

/// A type named in `instance of` or a function signature (DMN 10.3.1.2 rules 54 to 57).
struct Type {
  enum class Shape : std::uint8_t { kAny, kNull, kKind, kList, kContext, kRange, kFunction, kDuration, kUnknown };
  Shape shape = Shape::kAny;
  Kind kind = Kind::kNull;
  std::vector<std::uint32_t> parts;  // element, fields, parameters and result
  std::vector<std::string> names;    // of the fields of a context
};

/// A function defined in the source.
struct FunctionCode {
  std::vector<std::string_view> parameters;
  std::vector<std::uint32_t> parameter_types;  // kNoNode if none
  /// Values taken along when the function value is made: node in the defining frame -> slot in this frame.
  struct Capture {
    NodeId node;
    std::uint32_t slot;
  };
  std::vector<Capture> captures;
  std::uint32_t self_slot = kNoNode;  // slot in its own frame where a recursive function finds itself
  std::uint32_t frame_size = 0;
  NodeId body = kNoNode;
  int depth = 0;  // of the body's tree
};

class Program {
 public:
  std::string source;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> children;
  std::vector<Value> constants;
  std::vector<std::string_view> names;
  std::vector<std::string> free_names;
  std::vector<Type> types;
  std::deque<FunctionCode> functions;
  NodeId root = kNoNode;
  std::uint32_t frame_size = 0;
  int depth = 0;
  bool uses_time = false;
  bool caches_variables = false;  // some variable may be read more than once
  std::weak_ptr<const Program> self;

  /// Text with the life time of the program; equal texts share one copy.
  std::string_view intern(std::string_view text);
  /// Memory for constants that are not inline.
  [[nodiscard]] Evaluation& storage() { return *storage_; }
  [[nodiscard]] std::span<const std::uint32_t> children_of(const Node& node) const {
    return {children.data() + node.children + 1, children[node.children]};
  }

 private:
  std::deque<std::string> texts_;
  std::unordered_set<std::string_view> text_index_;
  std::unique_ptr<Evaluation> storage_ = std::make_unique<Evaluation>(TimeMs(0));
};

/// A function value made from a FunctionCode, with what it captured.
struct Closure {
  const Program* program = nullptr;
  const FunctionCode* code = nullptr;
  std::span<const Value> captured;
};

}  // namespace baton::feel
