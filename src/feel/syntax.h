// The syntax of a FEEL source as the parser read it, with byte ranges: for editors, traces and tests. The tree shows
// what the source says; the compiled form (program.h) shows what will be done.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feel/expression.h"

namespace baton::feel {

/// Kinds of syntax nodes, with their children in order. Rules are those of DMN 1.5, section 10.3.1.2.
enum class SyntaxKind : std::uint8_t {
  kNumber,
  kString,
  kBoolean,
  kNull,
  kTemporal,        // @"..."
  kName,            // a variable or a function
  kMember,          // the name behind a dot
  kKey,             // a name that is introduced: context key, parameter, iterator, or that of a named argument
  kArithmetic,      // left, right
  kNegation,        // operand
  kComparison,      // left, right
  kConjunction,     // two operands or more
  kDisjunction,     // the same
  kBetween,         // value, low, high
  kIn,              // value, tests
  kInstanceOf,      // value, kType
  kIf,              // condition, then, else
  kFor,             // kIterator..., result
  kSome,            // kIterator..., condition
  kEvery,           // the same
  kIterator,        // kKey, domain, or kKey, first, last
  kPath,            // base, kMember
  kFilter,          // base, condition
  kCall,            // function, arguments
  kNamedArgument,   // kKey, value
  kList,            // items
  kContext,         // kEntry...
  kEntry,           // kKey or kString, value
  kFunction,        // kParameter..., body
  kParameter,       // kKey, kType if there is one
  kType,            // kType...
  kRange,           // start, end
  kComparisonTest,  // end point: `< 5`
  kGroup,           // in parentheses
  kAnyValue,        // `-` of a decision table
  kNot,             // the tests of `not(...)` in a decision table
  kCell,            // tests, kNot or kAnyValue
};

struct SyntaxNode {
  SyntaxKind kind = SyntaxKind::kNull;
  std::uint32_t begin = 0;  // byte offsets in the source
  std::uint32_t end = 0;
  std::vector<SyntaxNode> children;
};

/// The syntax of an expression; the same errors as Expression::compile.
Result<SyntaxNode> parse_syntax(std::string_view source, const CompileOptions& options);
/// The syntax of a decision table's cell: a kCell node.
Result<SyntaxNode> parse_unary_tests_syntax(std::string_view source, const CompileOptions& options);

/// Collects nodes while the parser completes them: a node takes those that begin inside it as children.
class SyntaxRecorder {
 public:
  void add(SyntaxKind kind, std::uint32_t begin, std::uint32_t end);
  /// For a parser that goes back: what was added since size() is dropped.
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  void shrink(std::size_t size) { open_.resize(size); }
  /// The root, once everything is read.
  SyntaxNode take();

 private:
  std::vector<SyntaxNode> open_;
};

}  // namespace baton::feel
