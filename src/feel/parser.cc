#include "feel/parser.h"

#include <algorithm>

#include "base/limits.h"
#include "feel/temporal.h"

namespace baton::feel {
namespace {

// Deepest tree of nodes: what one evaluation may recurse without a call (see Evaluation::enter).
constexpr int kMaxTreeDepth = 400;

struct Operator {
  Op op;
  int precedence;
};

constexpr int kOrPrecedence = 1;
constexpr int kAndPrecedence = 2;
constexpr int kComparison = 3;
constexpr int kAdditive = 4;

std::optional<Operator> operator_of(TokenType type) {
  switch (type) {
    case TokenType::kEqual:
      return Operator{Op::kEqual, kComparison};
    case TokenType::kNotEqual:
      return Operator{Op::kNotEqual, kComparison};
    case TokenType::kLess:
      return Operator{Op::kLess, kComparison};
    case TokenType::kLessEqual:
      return Operator{Op::kLessEqual, kComparison};
    case TokenType::kGreater:
      return Operator{Op::kGreater, kComparison};
    case TokenType::kGreaterEqual:
      return Operator{Op::kGreaterEqual, kComparison};
    case TokenType::kPlus:
      return Operator{Op::kAdd, kAdditive};
    case TokenType::kMinus:
      return Operator{Op::kSubtract, kAdditive};
    case TokenType::kStar:
      return Operator{Op::kMultiply, 5};
    case TokenType::kSlash:
      return Operator{Op::kDivide, 5};
    case TokenType::kStarStar:
      return Operator{Op::kPower, 6};
    default:
      return std::nullopt;
  }
}

}  // namespace

Parser::Parser(Program& program, const CompileOptions& options, SyntaxRecorder* syntax)
    : program_(program), options_(options), syntax_(syntax) {
  for (const std::string& name : options.known_names) {
    scoped_names_.add(name);
    member_names_.add(name);
  }
  for (const std::string& name : options.known_members) member_names_.add(name);
  for (const char* name : {"time offset", "start included", "end included"}) member_names_.add(name);
}

bool Parser::accept(TokenType type) {
  if (!is(type)) return false;
  ++at_;
  return true;
}

bool Parser::accept_word(std::string_view word) {
  if (!is_word(word)) return false;
  ++at_;
  return true;
}

Status Parser::expect(TokenType type, std::string_view what) {
  if (!accept(type)) return unexpected(what);
  return {};
}

Status Parser::expect_word(std::string_view word) {
  if (!accept_word(word)) return unexpected(fmt::format("'{}'", word));
  return {};
}

Failure Parser::error(std::string_view message) const {
  return syntax_error(source_, token().offset, message);
}

Failure Parser::unexpected(std::string_view wanted) const {
  if (is(TokenType::kEnd)) return error(fmt::format("expected {}, but the expression ends", wanted));
  constexpr std::size_t kQuoted = 40;
  return error(fmt::format("expected {}, found '{}'", wanted, text(token()).substr(0, kQuoted)));
}

Status Parser::start() {
  source_ = program_.source;
  BATON_ASSIGN(tokens_, tokenize(source_, options_.dialect == Dialect::kCamunda));
  return {};
}

Status Parser::finish(NodeId root) {
  if (!is(TokenType::kEnd)) return unexpected("an operator or the end");
  if (too_deep_) return syntax_error(program_.source, 0, "the expression is nested too deeply");
  program_.root = root;
  program_.frame_size = top_.size;
  program_.depth = depths_[root];
  return {};
}

Status Parser::parse_expression_source() {
  BATON_TRY(start());
  // Standard FEEL counts a comparison without its left side as an expression; in Camunda a leading '=' is a mistake.
  const bool may_compare = options_.dialect == Dialect::kDmn;
  BATON_ASSIGN(const NodeId root, may_compare ? element() : expression());
  return finish(root);
}

Status Parser::parse_unary_tests_source() {
  BATON_TRY(start());
  BATON_ASSIGN(const NodeId root, unary_tests());
  return finish(root);
}

void Parser::mark(SyntaxKind kind, std::size_t first) {
  if (syntax_ == nullptr) return;
  const Token& last = tokens_[at_ - 1];
  syntax_->add(kind, tokens_[first].offset, last.offset + last.size);
}

NodeId Parser::emit(Node node, std::initializer_list<NodeId> operands, std::span<const NodeId> children) {
  int depth = 0;
  for (const NodeId id : operands) {
    if (id != kNoNode) depth = std::max(depth, depths_[id]);
  }
  for (const NodeId id : children) depth = std::max(depth, depths_[id]);
  if (depth + 1 > kMaxTreeDepth) too_deep_ = true;
  node.children = static_cast<std::uint32_t>(program_.children.size());
  program_.children.push_back(static_cast<std::uint32_t>(children.size()));
  program_.children.insert(program_.children.end(), children.begin(), children.end());
  program_.nodes.push_back(node);
  depths_.push_back(depth + 1);
  return static_cast<NodeId>(program_.nodes.size() - 1);
}

/// Counts a node that recurses more often than its tree shows.
void Parser::deepen(NodeId id, int levels) {
  depths_[id] += levels;
  if (depths_[id] > kMaxTreeDepth) too_deep_ = true;
}

NodeId Parser::emit_constant(const Value& value, std::uint32_t offset) {
  program_.constants.push_back(value);
  return emit({.op = Op::kConstant, .offset = offset, .b = static_cast<std::uint32_t>(program_.constants.size() - 1)},
              {});
}

std::uint32_t Parser::name_index(std::string_view name) {
  program_.names.push_back(program_.intern(name));
  return static_cast<std::uint32_t>(program_.names.size() - 1);
}

Parser::Parsed Parser::expression() {
  if (recursion_ >= limits::kFeelParseDepth) return error("the expression is nested too deeply");
  ++recursion_;
  const bool range_end = std::exchange(range_end_, false);
  auto result = binary(kOrPrecedence);
  range_end_ = range_end;
  --recursion_;
  return result;
}

Parser::Parsed Parser::binary(int min_precedence) {
  const std::size_t first = at_;
  BATON_ASSIGN(const NodeId left, unary());
  return binary_rest(left, min_precedence, first);
}

/// Goes on behind a left operand, which began at the token `first`.
Parser::Parsed Parser::binary_rest(NodeId left, int min_precedence, std::size_t first) {
  while (true) {
    const std::uint32_t offset = token().offset;
    const bool is_and = is_word("and");
    if ((is_and && min_precedence <= kAndPrecedence) || (is_word("or") && min_precedence <= kOrPrecedence)) {
      // A chain becomes one node, so that a long one is not deep.
      std::vector<NodeId> operands = {left};
      while (accept_word(is_and ? "and" : "or")) {
        BATON_ASSIGN(const NodeId operand, binary(is_and ? kComparison : kAndPrecedence));
        operands.push_back(operand);
      }
      left = emit({.op = is_and ? Op::kAnd : Op::kOr, .offset = offset}, {}, operands);
      mark(is_and ? SyntaxKind::kConjunction : SyntaxKind::kDisjunction, first);
    } else if (min_precedence <= kComparison && accept_word("between")) {
      BATON_ASSIGN(left, between(left, first));
    } else if (min_precedence <= kComparison && accept_word("in")) {
      BATON_ASSIGN(left, in(left, first));
    } else {
      const auto op = operator_of(token().type);
      if (!op || op->precedence < min_precedence) return left;
      ++at_;
      BATON_ASSIGN(const NodeId right, binary(op->precedence + 1));
      left = emit({.op = op->op, .offset = offset, .b = left, .c = right}, {left, right});
      mark(op->precedence == kComparison ? SyntaxKind::kComparison : SyntaxKind::kArithmetic, first);
    }
  }
}

Parser::Parsed Parser::between(NodeId value, std::size_t first) {
  const std::uint32_t offset = tokens_[at_ - 1].offset;
  BATON_ASSIGN(const NodeId low, binary(kAdditive));
  BATON_TRY(expect_word("and"));
  BATON_ASSIGN(const NodeId high, binary(kAdditive));
  mark(SyntaxKind::kBetween, first);
  return emit({.op = Op::kBetween, .offset = offset, .a = high, .b = value, .c = low}, {value, low, high});
}

Parser::Parsed Parser::unary() {
  const std::uint32_t offset = token().offset;
  const std::size_t first = at_;
  if (!accept(TokenType::kMinus)) {
    BATON_ASSIGN(const NodeId base, primary());
    return postfix(base, first);
  }
  if (recursion_ >= limits::kFeelParseDepth) return error("the expression is nested too deeply");
  ++recursion_;
  if (is(TokenType::kNumber)) {  // a negative literal: -1 instance of number
    BATON_ASSIGN(const NodeId positive, number());
    const Value negative = Value::number(-constant(positive).as_number());
    --recursion_;
    mark(SyntaxKind::kNumber, first);
    return postfix(emit_constant(negative, offset), first);
  }
  auto operand = unary();
  --recursion_;
  if (!operand) return operand;
  mark(SyntaxKind::kNegation, first);
  return emit({.op = Op::kNegate, .offset = offset, .b = *operand}, {*operand});
}

Parser::Parsed Parser::postfix(NodeId base, std::size_t first) {
  while (true) {
    const std::uint32_t offset = token().offset;
    if (accept(TokenType::kDot)) {
      BATON_ASSIGN(base, path_name(base));
      mark(SyntaxKind::kPath, first);
    } else if (is(TokenType::kLeftBracket)) {
      // `[1..5[` ends a range, `[1..a[1]]` does not: a filter is followed by something that can start an expression.
      if (range_end_) {
        const TokenType next = token(1).type;
        const bool starts = next == TokenType::kName || next == TokenType::kNumber || next == TokenType::kString ||
                            next == TokenType::kQuotedName || next == TokenType::kMinus ||
                            next == TokenType::kLeftParen || next == TokenType::kLeftBrace ||
                            next == TokenType::kLeftBracket || next == TokenType::kAt;
        if (!starts || is_keyword(token(1))) return base;
      }
      BATON_ASSIGN(base, filter(base));
      mark(SyntaxKind::kFilter, first);
    } else if (is(TokenType::kLeftParen)) {
      BATON_ASSIGN(base, call(base, first));
    } else if (is_word("instance") && is_word("of", 1)) {
      at_ += 2;
      BATON_ASSIGN(const std::uint32_t wanted, type());
      base = emit({.op = Op::kInstanceOf, .offset = offset, .b = base, .c = wanted}, {base});
      mark(SyntaxKind::kInstanceOf, first);
    } else {
      return base;
    }
  }
}

Parser::Parsed Parser::primary() {
  const Token& t = token();
  switch (t.type) {
    case TokenType::kNumber:
      return number();
    case TokenType::kString: {
      ++at_;
      mark(SyntaxKind::kString, at_ - 1);
      return emit_constant(Value::string(program_.intern(unescape_string(text(t)))), t.offset);
    }
    case TokenType::kAt:
      return at_literal();
    case TokenType::kLeftParen:
      return paren();
    case TokenType::kLeftBracket:
    case TokenType::kRightBracket:
      return bracket();
    case TokenType::kLeftBrace:
      return context();
    case TokenType::kName:
    case TokenType::kQuotedName:
      return name();
    default:
      return unexpected("an expression");
  }
}

Parser::Parsed Parser::number() {
  const Token& t = token();
  const auto value = Decimal::parse(text(t));
  if (!value) return error("the number is out of range");
  ++at_;
  mark(SyntaxKind::kNumber, at_ - 1);
  return emit_constant(Value::number(*value), t.offset);
}

Parser::Parsed Parser::at_literal() {
  const std::uint32_t offset = token().offset;
  ++at_;
  if (!is(TokenType::kString)) return unexpected("a string after '@'");
  const std::string content = unescape_string(text(token()));
  const Value value = parse_temporal(content);
  ++at_;
  mark(SyntaxKind::kTemporal, at_ - 2);
  if (!value.is_null()) return emit_constant(value, offset);
  // Reading it again when it is evaluated leaves the warning that a null without a reason would lack.
  const NodeId argument = emit_constant(Value::string(program_.intern(content)), offset);
  const NodeId arguments[] = {argument};
  return emit({.op = Op::kCallBuiltin, .offset = offset, .b = builtin_constant(*find_builtin("date and time", options_.dialect))},
              {}, arguments);
}

}  // namespace baton::feel
