// Brackets and parentheses: lists, ranges, groups, the tests of `in` and of decision tables.
#include "base/limits.h"
#include "feel/parser.h"

namespace baton::feel {
namespace {
constexpr int kAdditive = 4;
}

bool Parser::at_comparison() const {
  switch (token().type) {
    case TokenType::kLess:
    case TokenType::kLessEqual:
    case TokenType::kGreater:
    case TokenType::kGreaterEqual:
    case TokenType::kEqual:
    case TokenType::kNotEqual:
      return true;
    default:
      return false;
  }
}

/// `< 5` and its kin stand for a range that is open to one side; `!= 5` for the negation of `= 5`.
Parser::Parsed Parser::comparison_test() {
  const Token op = token();
  const std::size_t first = at_;
  ++at_;
  BATON_ASSIGN(const NodeId end, binary(kAdditive));
  mark(SyntaxKind::kComparisonTest, first);
  switch (op.type) {
    case TokenType::kLess:
      return emit_range(kNoNode, end, 0, op.offset);
    case TokenType::kLessEqual:
      return emit_range(kNoNode, end, kEndIncluded, op.offset);
    case TokenType::kGreater:
      return emit_range(end, kNoNode, 0, op.offset);
    case TokenType::kGreaterEqual:
      return emit_range(end, kNoNode, kStartIncluded, op.offset);
    case TokenType::kEqual:
      return emit_range(end, end, kStartIncluded | kEndIncluded | kEquality, op.offset);
    default:
      return emit({.op = Op::kNot, .offset = op.offset, .b = end}, {end});
  }
}

/// A list item or a group's content: an expression, or a comparison as a range.
Parser::Parsed Parser::element() {
  return at_comparison() ? comparison_test() : expression();
}

Parser::Parsed Parser::emit_range(NodeId start, NodeId end, std::uint8_t flags, std::uint32_t offset) {
  const bool fixed = (start == kNoNode || is_constant(start)) && (end == kNoNode || is_constant(end));
  if (fixed) {
    RangeData range;
    range.has_start = start != kNoNode;
    range.has_end = end != kNoNode;
    if (range.has_start) range.start = constant(start);
    if (range.has_end) range.end = constant(end);
    range.equality = (flags & kEquality) != 0;
    const bool comparable =
        !range.has_start || !range.has_end || range.equality || order(range.start, range.end).has_value();
    if (comparable) {
      range.start_included = (flags & kStartIncluded) != 0;
      range.end_included = (flags & kEndIncluded) != 0;
      return emit_constant(program_.storage().range(range), offset);
    }
  }
  return emit({.op = Op::kRange, .flags = flags, .offset = offset, .b = start, .c = end}, {start, end});
}

/// The rest of a range after its start and before `..`.
Parser::Parsed Parser::range_from(NodeId start, bool start_included, std::size_t first) {
  BATON_TRY(expect(TokenType::kDotDot, "'..'"));
  const bool outer = std::exchange(range_end_, true);
  auto end = binary(kAdditive);
  range_end_ = outer;
  if (!end) return end;
  std::uint8_t flags = start_included ? kStartIncluded : 0;
  if (accept(TokenType::kRightBracket)) {
    flags |= kEndIncluded;
  } else if (!accept(TokenType::kRightParen) && !accept(TokenType::kLeftBracket)) {
    return unexpected("']', ')' or '[' at the end of the range");
  }
  mark(SyntaxKind::kRange, first);
  return emit_range(start, *end, flags, tokens_[first].offset);
}

Parser::Parsed Parser::bracket() {
  const std::uint32_t offset = token().offset;
  const std::size_t opening = at_;
  if (accept(TokenType::kRightBracket)) {  // ]a..b[
    BATON_ASSIGN(const NodeId start, expression());
    return range_from(start, false, opening);
  }
  ++at_;
  std::vector<NodeId> items;
  if (!accept(TokenType::kRightBracket)) {
    BATON_ASSIGN(const NodeId first, element());
    if (is(TokenType::kDotDot)) return range_from(first, true, opening);
    items.push_back(first);
    while (accept(TokenType::kComma)) {
      BATON_ASSIGN(const NodeId item, element());
      items.push_back(item);
    }
    BATON_TRY(expect(TokenType::kRightBracket, "',' or ']'"));
  }
  mark(SyntaxKind::kList, opening);
  std::vector<Value> values;
  for (const NodeId item : items) {
    if (!is_constant(item)) return emit({.op = Op::kList, .offset = offset}, {}, items);
    values.push_back(constant(item));
  }
  if (values.size() > limits::kFeelListItems) return error("the list has too many items");
  return emit_constant(program_.storage().list(values), offset);
}

Parser::Parsed Parser::paren() {
  const std::size_t opening = at_;
  ++at_;
  BATON_ASSIGN(const NodeId first, element());
  if (is(TokenType::kDotDot)) return range_from(first, false, opening);
  BATON_TRY(expect(TokenType::kRightParen, "')'"));
  mark(SyntaxKind::kGroup, opening);
  return first;
}

/// One test of `in`.
Parser::Parsed Parser::test() {
  return at_comparison() ? comparison_test() : expression();
}

Parser::Parsed Parser::in(NodeId value, std::size_t begin) {
  const std::uint32_t offset = tokens_[at_ - 1].offset;
  std::vector<NodeId> tests;
  if (is(TokenType::kLeftParen)) {
    const std::size_t open = at_;
    ++at_;
    BATON_ASSIGN(NodeId first, test());
    if (is(TokenType::kDotDot)) {
      BATON_ASSIGN(first, range_from(first, false, open));
    } else {
      tests.push_back(first);
      while (accept(TokenType::kComma)) {
        BATON_ASSIGN(const NodeId next, test());
        tests.push_back(next);
      }
      BATON_TRY(expect(TokenType::kRightParen, "',' or ')'"));
      if (tests.size() == 1) {
        mark(SyntaxKind::kGroup, open);
        BATON_ASSIGN(first, postfix(first, open));
        BATON_ASSIGN(first, binary_rest(first, kAdditive, open));
        tests.clear();
      }
    }
    if (tests.empty()) tests.push_back(first);
  } else if (at_comparison()) {
    BATON_ASSIGN(const NodeId only, comparison_test());
    tests.push_back(only);
  } else {
    BATON_ASSIGN(const NodeId only, binary(kAdditive));
    tests.push_back(only);
  }
  mark(SyntaxKind::kIn, begin);
  return emit({.op = Op::kIn, .offset = offset, .b = value}, {value}, tests);
}

/// `-`, `not(tests)` or a list of tests, applied to the variable `?`.
Parser::Parsed Parser::unary_tests() {
  const std::uint32_t offset = token().offset;
  if (is(TokenType::kMinus) && token(1).type == TokenType::kEnd) {
    ++at_;
    mark(SyntaxKind::kAnyValue, at_ - 1);
    mark(SyntaxKind::kCell, at_ - 1);
    return emit_constant(Value::boolean(true), offset);
  }
  const NodeId input = resolve(top_, "?", offset);
  if (is_word("not") && token(1).type == TokenType::kLeftParen) {
    // `not(a, b)` negates tests, but `not(x) and y` is an expression: only the first ends the source.
    const std::size_t before = at_;
    const std::size_t marked = syntax_ == nullptr ? 0 : syntax_->size();
    at_ += 2;
    auto tests = unary_test_list(input);
    if (tests && accept(TokenType::kRightParen) && is(TokenType::kEnd)) {
      mark(SyntaxKind::kNot, before);
      mark(SyntaxKind::kCell, before);
      return emit({.op = Op::kNot, .offset = offset, .b = *tests}, {*tests});
    }
    at_ = before;  // nodes of the failed attempt stay behind unused
    if (syntax_ != nullptr) syntax_->shrink(marked);
  }
  const std::size_t first = at_;
  auto tests = unary_test_list(input);
  if (tests) mark(SyntaxKind::kCell, first);
  return tests;
}

Parser::Parsed Parser::unary_test_list(NodeId input) {
  std::vector<NodeId> tests;
  const std::uint32_t offset = token().offset;
  do {
    refers_to_input_ = false;
    const std::uint32_t at = token().offset;
    BATON_ASSIGN(NodeId one, test());
    if (is(TokenType::kDotDot)) return unexpected("a test");
    if (refers_to_input_) one = emit({.op = Op::kTestTrue, .offset = at, .b = one}, {one});
    tests.push_back(one);
  } while (accept(TokenType::kComma));
  return emit({.op = Op::kIn, .flags = kUnaryTests, .offset = offset, .b = input}, {input}, tests);
}

}  // namespace baton::feel
