// Compound expressions: if, for, some, every, contexts, filters, functions, types.
#include <algorithm>

#include "feel/parser.h"

namespace baton::feel {

Parser::Parsed Parser::if_expression() {
  const std::uint32_t offset = token().offset;
  const std::size_t first = at_;
  ++at_;
  BATON_ASSIGN(const NodeId condition, expression());
  BATON_TRY(expect_word("then"));
  BATON_ASSIGN(const NodeId then, expression());
  BATON_TRY(expect_word("else"));
  BATON_ASSIGN(const NodeId otherwise, expression());
  mark(SyntaxKind::kIf, first);
  return emit({.op = Op::kIf, .offset = offset, .a = otherwise, .b = condition, .c = then},
              {condition, then, otherwise});
}

/// `x in domain` or `x in 1..3`, up to the comma or the body.
Parser::Parsed Parser::iterator() {
  const std::uint32_t offset = token().offset;
  const std::size_t first = at_;
  std::size_t count = 0;
  while (token(count).type == TokenType::kQuotedName || (token(count).type != TokenType::kEnd && !is_word("in", count)))
    ++count;
  if (count == 0 || token(count).type == TokenType::kEnd || count > raw_name_length())
    return unexpected("a name and 'in'");
  const std::string_view name = raw_name(count);
  mark(SyntaxKind::kKey, first);
  BATON_TRY(expect_word("in"));
  BATON_ASSIGN(const NodeId domain, expression());
  NodeId end = kNoNode;
  if (accept(TokenType::kDotDot)) {
    BATON_ASSIGN(end, expression());
  }
  mark(SyntaxKind::kIterator, first);
  const std::uint32_t slot = bind(name);
  declare(name);
  return emit({.op = Op::kIterator, .offset = offset, .a = slot, .b = domain, .c = end}, {domain, end});
}

Parser::Parsed Parser::loop() {
  const std::uint32_t offset = token().offset;
  const std::size_t first = at_;
  const Op op = is_word("for") ? Op::kFor : (is_word("some") ? Op::kSome : Op::kEvery);
  ++at_;
  const Scope scope(*this);
  program_.caches_variables = true;
  std::vector<NodeId> iterators;
  do {
    BATON_ASSIGN(const NodeId one, iterator());
    iterators.push_back(one);
  } while (accept(TokenType::kComma));
  const std::uint32_t partial = op == Op::kFor ? bind("partial") : 0;
  BATON_TRY(expect_word(op == Op::kFor ? "return" : "satisfies"));
  BATON_ASSIGN(const NodeId body, expression());
  mark(op == Op::kFor ? SyntaxKind::kFor : (op == Op::kSome ? SyntaxKind::kSome : SyntaxKind::kEvery), first);
  const NodeId id = emit({.op = op, .offset = offset, .b = body, .c = partial}, {body}, iterators);
  deepen(id, static_cast<int>(iterators.size()));  // evaluated one inside the other
  return id;
}

Parser::Parsed Parser::context() {
  const std::uint32_t offset = token().offset;
  const std::size_t first = at_;
  ++at_;
  const Scope scope(*this);
  std::vector<NodeId> values;
  std::vector<std::string_view> keys;
  std::unordered_set<std::string_view> seen;
  if (!accept(TokenType::kRightBrace)) {
    do {
      BATON_TRY(context_entry(values, keys, seen));
    } while (accept(TokenType::kComma));
    BATON_TRY(expect(TokenType::kRightBrace, "',' or '}'"));
  }
  mark(SyntaxKind::kContext, first);
  const auto first_name = static_cast<std::uint32_t>(program_.names.size());
  for (const std::string_view key : keys) name_index(key);
  return emit({.op = Op::kContext, .offset = offset, .a = first_name}, {}, values);
}

/// `key: value`; the key is a name for the entries that follow, so the value goes to a slot: an Op::kAssign.
Status Parser::context_entry(std::vector<NodeId>& values, std::vector<std::string_view>& keys,
                             std::unordered_set<std::string_view>& seen) {
  std::string_view key;
  const std::size_t first = at_;
  if (is(TokenType::kString)) {
    key = program_.intern(unescape_string(text(token())));
    ++at_;
    mark(SyntaxKind::kString, first);
  } else {
    const std::size_t count = raw_name_length();
    if (count == 0) return unexpected("a key");
    key = raw_name(count);
    mark(SyntaxKind::kKey, first);
  }
  if (!seen.insert(key).second && options_.dialect == Dialect::kDmn)
    return error(fmt::format("the key '{}' occurs twice", key));
  BATON_TRY(expect(TokenType::kColon, "':'"));
  NodeId value = kNoNode;
  if (is_word("function")) {
    self_name_ = key;
  }
  BATON_ASSIGN(value, expression());
  self_name_ = {};
  mark(SyntaxKind::kEntry, first);
  keys.push_back(key);
  const std::uint32_t slot = bind(key);
  declare(key);
  values.push_back(emit({.op = Op::kAssign, .offset = program_.nodes[value].offset, .a = slot, .b = value}, {value}));
  return {};
}

/// True if the node can only be a number, so that a filter is an index whatever the items are.
bool Parser::is_index(NodeId id) const {
  const Node& node = program_.nodes[id];
  switch (node.op) {
    case Op::kConstant:
      return program_.constants[node.b].is(Kind::kNumber);
    case Op::kNegate:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kPower:
      return true;
    default:
      return false;
  }
}

Parser::Parsed Parser::filter(NodeId base) {
  const std::uint32_t offset = token().offset;
  ++at_;
  program_.caches_variables = true;
  const Scope scope(*this);
  const std::uint32_t slot = bind_item();
  BATON_ASSIGN(const NodeId condition, element());
  BATON_TRY(expect(TokenType::kRightBracket, "']'"));
  const std::uint8_t flags = is_index(condition) ? kIndex : 0;
  return emit({.op = Op::kFilter, .flags = flags, .offset = offset, .a = slot, .b = base, .c = condition},
              {base, condition});
}

Status Parser::parameters(FunctionCode& code) {
  BATON_TRY(expect(TokenType::kLeftParen, "'('"));
  if (accept(TokenType::kRightParen)) return {};
  do {
    const std::size_t count = raw_name_length();
    if (count == 0) return unexpected("a parameter name");
    const std::size_t first = at_;
    const std::string_view parameter = raw_name(count);
    mark(SyntaxKind::kKey, first);
    code.parameters.push_back(parameter);
    bind(parameter);
    declare(parameter);
    std::uint32_t wanted = kNoNode;
    if (accept(TokenType::kColon)) {
      BATON_ASSIGN(wanted, type());
    }
    code.parameter_types.push_back(wanted);
    mark(SyntaxKind::kParameter, first);
  } while (accept(TokenType::kComma));
  return expect(TokenType::kRightParen, "',' or ')'");
}

Parser::Parsed Parser::function(std::string_view self_name) {
  const std::uint32_t offset = token().offset;
  const std::size_t first = at_;
  ++at_;
  program_.caches_variables = true;
  FunctionCode& code = program_.functions.emplace_back();
  const auto index = static_cast<std::uint32_t>(program_.functions.size() - 1);
  Frame frame;
  frame.parent = frame_;
  frame.code = &code;
  frame.self_name = self_name;
  frame_ = &frame;
  const std::size_t names = scoped_names_.size();
  Parsed body = kNoNode;
  if (auto read = parameters(code); !read) {
    body = fail(read.error());
  } else if (is_word("external")) {
    body = error("external functions are not supported: Baton runs no foreign code");
  } else {
    body = expression();
  }
  scoped_names_.shrink(names);
  frame_ = frame.parent;
  if (!body) return body;
  mark(SyntaxKind::kFunction, first);
  code.body = *body;
  code.frame_size = frame.size;
  code.depth = depths_[*body] + 1;
  return emit({.op = Op::kFunction, .offset = offset, .b = index}, {});
}

/// Types that are made of named types can unfold to many: beyond a bound they count as deep.
std::uint32_t Parser::add_type(Type type) {
  constexpr std::size_t kMaxTypes = 10'000;
  if (program_.types.size() >= kMaxTypes) too_deep_ = true;
  if (program_.types.size() >= kMaxTypes) return 0;
  program_.types.push_back(std::move(type));
  return static_cast<std::uint32_t>(program_.types.size() - 1);
}

/// `list<T>`, `range<T>`, `context<a: T, ...>`, `function<T, ...> -> R` after their first word.
Result<std::uint32_t> Parser::generic_type(Type::Shape shape) {
  Type result;
  result.shape = shape;
  if (accept(TokenType::kLess)) {
    if (!accept(TokenType::kGreater)) {
      do {
        if (shape == Type::Shape::kContext) {
          const std::size_t count = raw_name_length();
          if (count == 0) return unexpected("a field name");
          result.names.emplace_back(raw_name(count));
          BATON_TRY(expect(TokenType::kColon, "':'"));
        }
        BATON_ASSIGN(const std::uint32_t part, type());
        result.parts.push_back(part);
      } while (accept(TokenType::kComma));
      BATON_TRY(expect(TokenType::kGreater, "'>'"));
    }
    if (shape == Type::Shape::kFunction) {
      BATON_TRY(expect(TokenType::kArrow, "'->'"));
      BATON_ASSIGN(const std::uint32_t part, type());
      result.parts.push_back(part);
    }
  }
  return add_type(std::move(result));
}

/// A type that the options name: its meaning is parsed in place. Other names are types that no value has.
Result<std::uint32_t> Parser::named_type() {
  if (!is(TokenType::kName)) return unexpected("a type");
  const std::string_view first = text(token());
  NameSet names;
  for (const NamedType& known : options_.known_types) names.add(known.name);
  const auto match = names.match(source_, tokens_, at_);
  if (match.tokens == 0) {
    ++at_;
    while (is(TokenType::kDot) && token(1).type == TokenType::kName) at_ += 2;  // of an imported model
    Type unknown;
    unknown.shape = Type::Shape::kUnknown;
    unknown.names.emplace_back(first);
    return add_type(std::move(unknown));
  }
  at_ += match.tokens;
  const auto known = std::find_if(options_.known_types.begin(), options_.known_types.end(),
                                  [&](const NamedType& t) { return t.name == match.name; });
  BATON_ASSIGN(auto inner, tokenize(known->type, false));
  std::swap(tokens_, inner);
  const std::string_view outer_source = std::exchange(source_, known->type);
  const std::size_t outer_at = std::exchange(at_, 0);
  SyntaxRecorder* const syntax = std::exchange(syntax_, nullptr);  // what a name stands for is not in the source
  auto result = type();
  syntax_ = syntax;
  if (result && !is(TokenType::kEnd)) result = unexpected("the end of the type");
  at_ = outer_at;
  source_ = outer_source;
  std::swap(tokens_, inner);
  return result;
}

Result<std::uint32_t> Parser::type() {
  if (recursion_ >= limits::kFeelParseDepth) return error("the type is nested too deeply");
  ++recursion_;
  struct Simple {
    std::string_view name;
    Type::Shape shape;
    Kind kind;
  };
  static constexpr Simple kSimple[] = {{"number", Type::Shape::kKind, Kind::kNumber},
                                       {"string", Type::Shape::kKind, Kind::kString},
                                       {"boolean", Type::Shape::kKind, Kind::kBoolean},
                                       {"date and time", Type::Shape::kKind, Kind::kDateTime},
                                       {"date", Type::Shape::kKind, Kind::kDate},
                                       {"time", Type::Shape::kKind, Kind::kTime},
                                       {"years and months duration", Type::Shape::kKind, Kind::kMonths},
                                       {"days and time duration", Type::Shape::kKind, Kind::kDuration},
                                       {"duration", Type::Shape::kDuration, Kind::kDuration},
                                       {"Any", Type::Shape::kAny, Kind::kNull},
                                       {"Null", Type::Shape::kNull, Kind::kNull},
                                       {"null", Type::Shape::kNull, Kind::kNull},
                                       {"list", Type::Shape::kList, Kind::kList},
                                       {"range", Type::Shape::kRange, Kind::kRange},
                                       {"context", Type::Shape::kContext, Kind::kContext},
                                       {"function", Type::Shape::kFunction, Kind::kFunction}};
  static const NameSet* const names = [] {
    auto* set = new NameSet;
    for (const Simple& simple : kSimple) set->add(simple.name);
    return set;
  }();
  Result<std::uint32_t> result = 0;
  const std::size_t first = at_;
  const auto match = names->match(source_, tokens_, at_);
  if (match.tokens == 0) {
    result = named_type();
  } else {
    at_ += match.tokens;
    const Simple* simple = kSimple;
    while (simple->name != match.name) ++simple;
    if (simple->kind == Kind::kList || simple->kind == Kind::kRange || simple->kind == Kind::kContext ||
        simple->kind == Kind::kFunction) {
      result = generic_type(simple->shape);
    } else {
      Type plain;
      plain.shape = simple->shape;
      plain.kind = simple->kind;
      result = add_type(std::move(plain));
    }
  }
  --recursion_;
  if (result) mark(SyntaxKind::kType, first);
  return result;
}

}  // namespace baton::feel
