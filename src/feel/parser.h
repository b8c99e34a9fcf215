// One pass from tokens to a Program: a Pratt parser that resolves names and emits nodes as it goes.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "feel/lexer.h"
#include "feel/names.h"
#include "feel/program.h"
#include "feel/syntax.h"

namespace baton::feel {

class Parser {
 public:
  /// `syntax`, if there is one, collects what is read.
  Parser(Program& program, const CompileOptions& options, SyntaxRecorder* syntax = nullptr);

  /// A whole expression.
  Status parse_expression_source();
  /// Unary tests of a decision table cell; the input is the free name `?`.
  Status parse_unary_tests_source();

 private:
  /// A name of a frame: a value's slot, or a filter's item whose fields are names too.
  struct Binding {
    std::string_view name;
    std::uint32_t slot;
    bool is_item;
  };
  struct Frame {
    Frame* parent = nullptr;
    FunctionCode* code = nullptr;
    std::string_view self_name;
    std::vector<Binding> bindings;
    std::vector<std::pair<std::string_view, std::uint32_t>> captured;
    std::uint32_t size = 0;
  };
  /// Bindings and joined names of a construct end with it.
  class Scope {
   public:
    explicit Scope(Parser& parser)
        : parser_(parser), bindings_(parser.frame_->bindings.size()), names_(parser.scoped_names_.size()) {}
    ~Scope() {
      parser_.frame_->bindings.resize(bindings_);
      parser_.scoped_names_.shrink(names_);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Parser& parser_;
    std::size_t bindings_;
    std::size_t names_;
  };
  using Parsed = Result<NodeId>;

  // Tokens (parser.cc)
  [[nodiscard]] const Token& token(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  [[nodiscard]] std::string_view text(const Token& t) const { return source_.substr(t.offset, t.size); }
  [[nodiscard]] bool is(TokenType type) const { return token().type == type; }
  [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const {
    return token(ahead).type == TokenType::kName && text(token(ahead)) == word;
  }
  bool accept(TokenType type);
  bool accept_word(std::string_view word);
  Status expect(TokenType type, std::string_view what);
  Status expect_word(std::string_view word);
  [[nodiscard]] Failure error(std::string_view message) const;
  [[nodiscard]] Failure unexpected(std::string_view wanted) const;
  Status start();
  Status finish(NodeId root);
  /// The tokens from `first` up to here are a syntax node.
  void mark(SyntaxKind kind, std::size_t first);

  // Nodes (parser.cc)
  NodeId emit(Node node, std::initializer_list<NodeId> operands, std::span<const NodeId> children = {});
  NodeId emit_constant(const Value& value, std::uint32_t offset);
  void deepen(NodeId id, int levels);
  [[nodiscard]] bool is_constant(NodeId id) const { return program_.nodes[id].op == Op::kConstant; }
  [[nodiscard]] const Value& constant(NodeId id) const { return program_.constants[program_.nodes[id].b]; }
  std::uint32_t name_index(std::string_view name);

  // Expressions (parser.cc)
  Parsed expression();
  Parsed binary(int min_precedence);
  Parsed binary_rest(NodeId left, int min_precedence, std::size_t first);
  Parsed unary();
  Parsed postfix(NodeId base, std::size_t first);
  Parsed primary();
  Parsed number();
  Parsed at_literal();
  Parsed between(NodeId value, std::size_t first);

  // Lists, ranges, tests (parser_tests.cc)
  Parsed bracket();
  Parsed paren();
  Parsed range_from(NodeId start, bool start_included, std::size_t first);
  Parsed emit_range(NodeId start, NodeId end, std::uint8_t flags, std::uint32_t offset);
  [[nodiscard]] bool at_comparison() const;
  Parsed comparison_test();
  Parsed element();
  Parsed test();
  Parsed in(NodeId value, std::size_t first);
  Parsed unary_tests();
  Parsed unary_test_list(NodeId input);

  // Compound expressions (parser_blocks.cc)
  Parsed if_expression();
  Parsed keyword_expression(std::string_view word);
  Parsed loop();
  Parsed iterator();
  Parsed context();
  Status context_entry(std::vector<NodeId>& values, std::vector<std::string_view>& keys,
                       std::unordered_set<std::string_view>& seen);
  Parsed filter(NodeId base);
  [[nodiscard]] bool is_index(NodeId id) const;
  Parsed function(std::string_view self_name);
  Status parameters(FunctionCode& code);
  Result<std::uint32_t> type();
  Result<std::uint32_t> generic_type(Type::Shape shape);
  Result<std::uint32_t> named_type();
  std::uint32_t add_type(Type type);

  // Names and calls (parser_names.cc)
  Parsed name();
  Parsed path_name(NodeId base);
  [[nodiscard]] const Node* literal_context(NodeId id) const;
  [[nodiscard]] NameSet::Match member_match(NodeId base);
  Result<std::string_view> member_name(NodeId base);
  std::string_view raw_name(std::size_t count);
  [[nodiscard]] std::size_t raw_name_length() const;
  [[nodiscard]] NameSet::Match builtin_match() const;
  NodeId resolve(Frame& frame, std::string_view name, std::uint32_t offset);
  NodeId global(std::string_view name, std::uint32_t offset);
  std::uint32_t bind(std::string_view name);
  std::uint32_t bind_item();
  void declare(std::string_view name);
  [[nodiscard]] bool is_bound(std::string_view name) const;
  [[nodiscard]] bool in_filter() const;
  [[nodiscard]] NameSet::Match known_match() const;
  [[nodiscard]] bool is_keyword(const Token& t) const;
  Parsed call(NodeId callee, std::size_t first);
  std::uint32_t builtin_constant(const Builtin& builtin);
  Parsed call_builtin(const Builtin& builtin, std::size_t first);
  std::optional<Value> fold(const Builtin& builtin, std::span<const NodeId> arguments);
  Status arguments(std::vector<NodeId>& values, std::vector<std::string_view>& names);

  Program& program_;
  const CompileOptions& options_;
  std::string_view source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int recursion_ = 0;
  bool too_deep_ = false;
  bool range_end_ = false;        // parsing the end of a range: `[` may be its bracket
  bool refers_to_input_ = false;  // a `?` was seen in the current unary test
  Frame top_;
  Frame* frame_ = &top_;
  std::vector<int> depths_;  // of each node's tree
  NameSet scoped_names_;     // names of more than one token that are visible here
  NameSet member_names_;     // and those that may follow a dot
  std::string_view self_name_;
  SyntaxRecorder* syntax_;
  std::unordered_map<std::string_view, std::uint32_t> free_slots_;
};

}  // namespace baton::feel
