// Names: joining tokens, resolving them, calls.
#include <algorithm>
#include <array>

#include "feel/interpreter.h"
#include "feel/parser.h"

namespace baton::feel {
namespace {

constexpr std::array<std::string_view, 17> kKeywords = {"if",       "then",     "else",      "for",  "in",   "return",
                                                        "some",     "every",    "satisfies", "and",  "or",   "between",
                                                        "instance", "function", "external",  "true", "false"};
// Longest name of tokens that is looked at when a ':' decides what something is.
constexpr std::size_t kMaxNameTokens = 40;

/// Built-in names of more than one token.
const NameSet& builtin_names() {
  static const NameSet* const names = [] {
    auto* set = new NameSet;
    for (const Builtin& builtin : all_builtins()) {
      if (builtin.name.find(' ') != std::string_view::npos) set->add(builtin.name);
    }
    return set;
  }();
  return *names;
}

/// Properties of temporal values and ranges that are more than one token (DMN table 65).
const NameSet& property_names() {
  static const NameSet* const names = [] {
    auto* set = new NameSet;
    for (const char* name : {"time offset", "start included", "end included"}) set->add(name);
    return set;
  }();
  return *names;
}

}  // namespace

bool Parser::is_keyword(const Token& t) const {
  return t.type == TokenType::kName && std::find(kKeywords.begin(), kKeywords.end(), text(t)) != kKeywords.end();
}

/// Number of tokens from here that can be one name, whatever names exist: for keys, parameters and iterators.
std::size_t Parser::raw_name_length() const {
  std::size_t count = 0;
  if (!is(TokenType::kName) && !is(TokenType::kQuotedName)) return 0;
  for (; count < kMaxNameTokens; ++count) {
    switch (token(count).type) {
      case TokenType::kName:
      case TokenType::kQuotedName:
      case TokenType::kNumber:
      case TokenType::kPlus:
      case TokenType::kMinus:
      case TokenType::kStar:
      case TokenType::kStarStar:
      case TokenType::kSlash:
      case TokenType::kDot:
      case TokenType::kApostrophe:
        break;
      default:
        return count;
    }
  }
  return count;
}

/// Takes `count` tokens as a name: white space between them becomes one space.
std::string_view Parser::raw_name(std::size_t count) {
  std::string name;
  std::uint32_t end = token().offset;
  for (std::size_t i = 0; i < count; ++i) {
    const Token& t = token();
    if (t.offset != end) name += ' ';
    std::string_view part = text(t);
    if (t.type == TokenType::kQuotedName) part = part.substr(1, part.size() - 2);
    name += part;
    end = t.offset + t.size;
    ++at_;
  }
  return program_.intern(name);
}

std::uint32_t Parser::bind(std::string_view name) {
  frame_->bindings.push_back({name, frame_->size, false});
  return frame_->size++;
}

std::uint32_t Parser::bind_item() {
  const std::uint32_t slot = bind("item");
  frame_->bindings.push_back({{}, slot, true});
  return slot;
}

/// Makes a name of several tokens known to the parser; it ends with the enclosing Scope, but may follow a dot anywhere.
void Parser::declare(std::string_view name) {
  scoped_names_.add(name);
  member_names_.add(name);
}

bool Parser::is_bound(std::string_view name) const {
  for (const Frame* frame = frame_; frame != nullptr; frame = frame->parent) {
    if (frame->self_name == name) return true;
    for (const Binding& binding : frame->bindings) {
      if (!binding.is_item && binding.name == name) return true;
    }
  }
  return false;
}

bool Parser::in_filter() const {
  return std::any_of(frame_->bindings.begin(), frame_->bindings.end(), [](const Binding& b) { return b.is_item; });
}

/// A name of several tokens that is known here; in a filter also a key of any context, since the item may have it.
NameSet::Match Parser::known_match() const {
  const auto scoped = scoped_names_.match(source_, tokens_, at_);
  const auto member = in_filter() ? member_names_.match(source_, tokens_, at_) : NameSet::Match{};
  return member.tokens > scoped.tokens ? member : scoped;
}

NodeId Parser::global(std::string_view name, std::uint32_t offset) {
  if (name == "?") refers_to_input_ = true;
  const auto [found, is_new] =
      free_slots_.emplace(program_.intern(name), static_cast<std::uint32_t>(program_.free_names.size()));
  const std::uint32_t slot = found->second;
  if (is_new) {
    program_.free_names.emplace_back(name);
  } else {
    program_.caches_variables = true;
  }
  std::uint32_t fallback = kNoNode;
  if (const Builtin* builtin = find_builtin(name, options_.dialect)) fallback = builtin_constant(*builtin);
  return emit({.op = Op::kVariable, .offset = offset, .b = slot, .c = fallback}, {});
}

NodeId Parser::resolve(Frame& frame, std::string_view name, std::uint32_t offset) {
  std::vector<std::uint32_t> items;
  NodeId base = kNoNode;
  for (std::size_t i = frame.bindings.size(); i-- > 0 && base == kNoNode;) {
    const Binding& binding = frame.bindings[i];
    if (binding.is_item) {
      items.push_back(binding.slot);
    } else if (binding.name == name) {
      base = emit({.op = Op::kLocal, .offset = offset, .b = binding.slot}, {});
    }
  }
  if (base == kNoNode && frame.parent == nullptr) base = global(name, offset);
  if (base == kNoNode && !frame.self_name.empty() && frame.self_name == name) {
    if (frame.code->self_slot == kNoNode) frame.code->self_slot = frame.size++;
    base = emit({.op = Op::kLocal, .offset = offset, .b = frame.code->self_slot}, {});
  }
  if (base == kNoNode) {
    const auto known =
        std::find_if(frame.captured.begin(), frame.captured.end(), [&](const auto& c) { return c.first == name; });
    std::uint32_t slot = 0;
    if (known != frame.captured.end()) {
      slot = known->second;
    } else {
      const NodeId outer = resolve(*frame.parent, name, offset);
      slot = frame.size++;
      frame.captured.emplace_back(name, slot);
      frame.code->captures.push_back({outer, slot});
    }
    base = emit({.op = Op::kLocal, .offset = offset, .b = slot}, {});
  }
  while (!items.empty()) {
    base = emit({.op = Op::kItemField, .offset = offset, .a = name_index(name), .b = items.back(), .c = base}, {base});
    items.pop_back();
  }
  return base;
}

/// A built-in name of several tokens at this place. Names with keywords in them count only in front of '('.
NameSet::Match Parser::builtin_match() const {
  auto match = builtin_names().match(source_, tokens_, at_);
  if (match.tokens == 0 || find_builtin(match.name, options_.dialect) == nullptr) return {};
  if (token(match.tokens).type == TokenType::kLeftParen) return match;
  for (std::size_t i = 0; i < match.tokens; ++i) {
    if (is_keyword(token(i))) return {};
  }
  return match;
}

/// What begins with a keyword, or with null.
Parser::Parsed Parser::keyword_expression(std::string_view word) {
  if (word == "if") return if_expression();
  if (word == "for" || word == "some" || word == "every") return loop();
  if (word == "function") return function(std::exchange(self_name_, {}));
  if (word != "true" && word != "false" && word != "null") return unexpected("an expression");
  ++at_;
  mark(word == "null" ? SyntaxKind::kNull : SyntaxKind::kBoolean, at_ - 1);
  return emit_constant(word == "null" ? Value() : Value::boolean(word == "true"), tokens_[at_ - 1].offset);
}

Parser::Parsed Parser::name() {
  const Token t = token();
  const std::size_t first = at_;
  std::string_view name;
  if (t.type == TokenType::kQuotedName) {
    name = raw_name(1);
  } else if (const auto known = known_match(); known.tokens > 1) {
    name = program_.intern(known.name);
    at_ += known.tokens;
  } else if (const auto builtin = builtin_match(); builtin.tokens > 0) {
    name = builtin.name;
    at_ += builtin.tokens;
  } else if (const std::string_view word = text(t); is_keyword(t) || word == "null") {
    return keyword_expression(word);
  } else {
    std::size_t count = 1;
    // Standard FEEL joins neighbouring words to one name; in Camunda's dialect such names are written in back-ticks.
    while (options_.dialect == Dialect::kDmn && token(count).type == TokenType::kName && !is_keyword(token(count)))
      ++count;
    name = raw_name(count);
  }
  mark(SyntaxKind::kName, first);
  // In standard FEEL a variable hides the built-in of its name, in Camunda's dialect only a local function does.
  const bool hidden = is_bound(name) || (options_.dialect == Dialect::kDmn && scoped_names_.contains(name));
  if (is(TokenType::kLeftParen) && !hidden) {
    if (const Builtin* builtin = find_builtin(name, options_.dialect)) return call_builtin(*builtin, first);
  }
  return resolve(*frame_, name, t.offset);
}

/// The context literal that the node's value comes from, if the source shows it.
const Node* Parser::literal_context(NodeId id) const {
  const Node& node = program_.nodes[id];
  if (node.op == Op::kContext) return &node;
  const Node* base = node.op == Op::kPath ? literal_context(node.b) : nullptr;
  if (base == nullptr) return nullptr;
  const auto entries = program_.children_of(*base);
  for (std::size_t i = entries.size(); i-- > 0;) {
    if (program_.names[base->a + i] == program_.names[node.c]) return literal_context(program_.nodes[entries[i]].b);
  }
  return nullptr;
}

/// A name of several tokens that may follow the dot behind `base`: a key of the literal that it is, else any known one.
NameSet::Match Parser::member_match(NodeId base) {
  if (is_constant(base)) return property_names().match(source_, tokens_, at_);
  const Node* literal = literal_context(base);
  if (literal == nullptr) return member_names_.match(source_, tokens_, at_);
  NameSet keys;
  for (std::size_t i = 0; i < program_.children_of(*literal).size(); ++i) keys.add(program_.names[literal->a + i]);
  const auto match = keys.match(source_, tokens_, at_);
  return {match.tokens, program_.intern(match.name)};
}

/// The name after a dot: a known name of several tokens, else neighbouring words.
Result<std::string_view> Parser::member_name(NodeId base) {
  if (!is(TokenType::kName) && !is(TokenType::kQuotedName)) return unexpected("a name after '.'");
  if (is(TokenType::kQuotedName)) return raw_name(1);
  if (const auto known = member_match(base); known.tokens > 1) {
    at_ += known.tokens;
    return program_.intern(known.name);
  }
  std::size_t count = 1;
  while (options_.dialect == Dialect::kDmn && token(count).type == TokenType::kName && !is_keyword(token(count)))
    ++count;
  return raw_name(count);
}

Parser::Parsed Parser::path_name(NodeId base) {
  const std::uint32_t offset = token().offset;
  const std::size_t first = at_;
  BATON_ASSIGN(const std::string_view member, member_name(base));
  mark(SyntaxKind::kMember, first);
  return emit({.op = Op::kPath, .offset = offset, .b = base, .c = name_index(member)}, {base});
}

/// `(a, b)` or `(x: a, y: b)` behind its opening parenthesis.
Status Parser::arguments(std::vector<NodeId>& values, std::vector<std::string_view>& names) {
  if (accept(TokenType::kRightParen)) return {};
  do {
    const std::size_t count = raw_name_length();
    const bool named = count > 0 && token(count).type == TokenType::kColon;
    const std::size_t first = at_;
    if (!values.empty() && named == names.empty()) return error("positional and named arguments cannot be mixed");
    if (named) {
      names.push_back(raw_name(count));
      mark(SyntaxKind::kKey, first);
      ++at_;
    }
    BATON_ASSIGN(const NodeId value, element());
    values.push_back(value);
    if (named) mark(SyntaxKind::kNamedArgument, first);
  } while (accept(TokenType::kComma));
  return expect(TokenType::kRightParen, "',' or ')'");
}

/// A call behind its function, which began at the token `first`.
Parser::Parsed Parser::call(NodeId callee, std::size_t first) {
  const std::uint32_t offset = token().offset;
  ++at_;
  std::vector<NodeId> values;
  std::vector<std::string_view> names;
  BATON_TRY(arguments(values, names));
  mark(SyntaxKind::kCall, first);
  const auto first_name = static_cast<std::uint32_t>(program_.names.size());
  for (const std::string_view name : names) name_index(name);
  const Op op = names.empty() ? Op::kCall : Op::kCallNamed;
  return emit({.op = op, .offset = offset, .a = first_name, .b = callee}, {callee}, values);
}

/// The value of a call like date("2024-01-31"), if its arguments are constant and it has one.
std::optional<Value> Parser::fold(const Builtin& builtin, std::span<const NodeId> arguments) {
  std::vector<Value> values;
  for (const NodeId argument : arguments) {
    if (!is_constant(argument)) return std::nullopt;
    values.push_back(constant(argument));
  }
  Interpreter interpreter(program_, program_.storage(), nullptr);
  const Value value = builtin.function(interpreter, values);
  return value.is_null() ? std::nullopt : std::optional(value);
}

std::uint32_t Parser::builtin_constant(const Builtin& builtin) {
  auto* data = static_cast<FunctionData*>(program_.storage().allocate(sizeof(FunctionData)));
  *data = FunctionData{&builtin, nullptr, nullptr, {}};
  program_.constants.push_back(Value::function(data));
  return static_cast<std::uint32_t>(program_.constants.size() - 1);
}

Parser::Parsed Parser::call_builtin(const Builtin& builtin, std::size_t first) {
  const std::uint32_t offset = tokens_[first].offset;
  ++at_;
  std::vector<NodeId> values;
  std::vector<std::string_view> names;
  BATON_TRY(arguments(values, names));
  mark(SyntaxKind::kCall, first);
  if (builtin.uses_time) program_.uses_time = true;
  const std::uint32_t index = builtin_constant(builtin);
  std::uint8_t flags = 0;
  if (!names.empty()) {
    // Named arguments are put in place now.
    const auto [places, alternative] = match_names(builtin, names);
    flags = static_cast<std::uint8_t>(alternative + 1);
    if (places.empty()) {
      const NodeId callee = emit({.op = Op::kConstant, .offset = offset, .b = index}, {});
      const auto first_name = static_cast<std::uint32_t>(program_.names.size());
      for (const std::string_view name : names) name_index(name);
      return emit({.op = Op::kCallNamed, .offset = offset, .a = first_name, .b = callee}, {callee}, values);
    }
    std::vector<NodeId> placed(*std::max_element(places.begin(), places.end()) + 1, kNoNode);
    for (std::size_t i = 0; i < places.size(); ++i) placed[places[i]] = values[i];
    for (NodeId& value : placed) {
      if (value == kNoNode) value = emit_constant({}, offset);
    }
    values = std::move(placed);
  }
  if (builtin.literal && accepts_count(builtin, values.size())) {
    if (const auto folded = fold(builtin, values)) return emit_constant(*folded, offset);
  }
  return emit({.op = Op::kCallBuiltin, .flags = flags, .offset = offset, .b = index}, {}, values);
}

}  // namespace baton::feel
