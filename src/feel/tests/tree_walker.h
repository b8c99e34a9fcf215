// A second evaluator, as plain as possible: it walks the syntax tree with names as text and scopes as chains. Tests and
// a fuzz target compare the compiled form with it. Operators and built-ins are shared; names, scopes, closures,
// folding, unary tests and control flow are not.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "feel/builtins.h"
#include "feel/expression.h"
#include "feel/syntax.h"

namespace baton::feel::testing {

class TreeWalker {
 public:
  /// Everything must outlive the walker, the walker its values. `source` of a table cell if `unary`.
  TreeWalker(std::string_view source, bool unary, const CompileOptions& options, Evaluation& evaluation,
             const Variables& variables);
  ~TreeWalker();
  TreeWalker(const TreeWalker&) = delete;
  TreeWalker& operator=(const TreeWalker&) = delete;

  /// The value, or why the source cannot be read or a budget ran out.
  Result<Value> run();

 private:
  struct Scope;
  using ScopePtr = std::shared_ptr<const Scope>;
  class Function;
  struct Loop;
  using Nodes = std::vector<SyntaxNode>;

  [[nodiscard]] std::string_view text(const SyntaxNode& node) const;
  [[nodiscard]] std::string name_of(const SyntaxNode& node) const;
  [[nodiscard]] std::string canonical(std::string_view name) const;
  [[nodiscard]] std::string_view operator_between(const SyntaxNode& left, const SyntaxNode& right) const;
  static ScopePtr bind(ScopePtr outer, std::string name, const Value& value, bool item = false);

  Value eval(const SyntaxNode& node, const ScopePtr& scope);
  Value literal(const SyntaxNode& node);
  Value name(const SyntaxNode& node, const ScopePtr& scope);
  std::optional<Value> variable(const std::string& name);
  std::optional<Value> field(const Value& context, const std::string& name) const;
  Value arithmetic(const SyntaxNode& node, const ScopePtr& scope);
  Value comparison(const SyntaxNode& node, const ScopePtr& scope);
  Value logic(const SyntaxNode& node, const ScopePtr& scope, bool deciding);
  Value between(const SyntaxNode& node, const ScopePtr& scope);
  Value membership(const Value& input, std::span<const SyntaxNode> tests, const ScopePtr& scope, bool table);
  Ternary test(const Value& input, const SyntaxNode& node, const ScopePtr& scope, bool table);
  Value range(const SyntaxNode& node, const ScopePtr& scope);
  Value comparison_test(const SyntaxNode& node, const ScopePtr& scope);
  Value checked_range(const RangeData& range, bool constant);
  Value path(const SyntaxNode& node, const ScopePtr& scope);
  Value filter(const SyntaxNode& node, const ScopePtr& scope);
  Value loop(const SyntaxNode& node, const ScopePtr& scope);
  bool iterate(Loop& loop, std::size_t level, const ScopePtr& scope);
  bool iterate_between(Loop& loop, std::size_t level, const ScopePtr& scope, const RangeData& range);
  bool iterate_body(Loop& loop, const ScopePtr& scope);
  Value context(const SyntaxNode& node, const ScopePtr& scope);
  Value function(const SyntaxNode& node, const ScopePtr& scope, const std::string& self);
  Value call(const SyntaxNode& node, const ScopePtr& scope);
  Value call_builtin(const Builtin& builtin, const Nodes& nodes, const ScopePtr& scope);
  Value call_named(const Value& function, const Nodes& nodes, const ScopePtr& scope);
  Value run_builtin(const Builtin& builtin, std::span<const Value> arguments, int alternative);
  [[nodiscard]] const Builtin* called_builtin(const SyntaxNode& callee, const ScopePtr& scope) const;
  bool conforms(const Value& value, std::string_view type);
  bool fit_parameter(Value& argument, std::string_view type);
  [[nodiscard]] bool is_constant(const SyntaxNode& node);
  [[nodiscard]] bool refers_to_input(const SyntaxNode& node) const;

  std::string_view source_;
  bool unary_;
  const CompileOptions& options_;
  Evaluation& evaluation_;
  const Variables& variables_;
  std::deque<std::unique_ptr<Function>> functions_;
  std::deque<std::string> texts_;
  std::deque<std::vector<std::string_view>> parameters_;
  SyntaxNode root_;
};

}  // namespace baton::feel::testing
