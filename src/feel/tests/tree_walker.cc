#include "feel/tests/tree_walker.h"

#include <algorithm>
#include <optional>

#include "feel/interpreter.h"
#include "feel/lexer.h"
#include "feel/operators.h"
#include "feel/temporal.h"

namespace baton::feel::testing {

struct TreeWalker::Scope {
  ScopePtr outer;
  std::string name;  // canonical; of an item: empty
  Value value;
  bool item = false;  // the fields of `value` are names
};

/// A function written in the source: its scope is the one it was made in.
class TreeWalker::Function final : public NativeFunction {
 public:
  Function(TreeWalker& walker, const SyntaxNode& node, ScopePtr scope, std::string self)
      : walker_(walker), node_(node), scope_(std::move(scope)), self_(std::move(self)) {}
  void set_self(const Value& value) { value_ = value; }
  [[nodiscard]] Value call(std::span<const Value> arguments, Evaluation&) const override {
    ScopePtr scope = scope_;
    if (!self_.empty()) scope = bind(scope, self_, value_);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const SyntaxNode& parameter = node_.children[i];
      Value argument = arguments[i];
      if (parameter.children.size() > 1 && !walker_.fit_parameter(argument, walker_.text(parameter.children[1])))
        return {};
      scope = bind(scope, walker_.canonical(walker_.name_of(parameter.children[0])), argument);
    }
    return walker_.eval(node_.children.back(), scope);
  }

 private:
  TreeWalker& walker_;
  const SyntaxNode& node_;
  ScopePtr scope_;
  std::string self_;
  Value value_;
};

struct TreeWalker::Loop {
  const SyntaxNode& node;
  std::vector<Value> results;
  bool decided = false;
  bool unknown = false;
  bool failed = false;
};

namespace {

const SyntaxNode& without_group(const SyntaxNode& node) {
  return node.kind == SyntaxKind::kGroup ? without_group(node.children[0]) : node;
}

const Value& single_item(const Value& v) {
  return v.is(Kind::kList) && v.as_list().size() == 1 ? v.as_list()[0] : v;
}

/// Whether a filter's condition can only be a number.
bool is_index(const SyntaxNode& written, std::string_view op) {
  const SyntaxNode& node = without_group(written);
  return node.kind == SyntaxKind::kNumber || node.kind == SyntaxKind::kNegation ||
         (node.kind == SyntaxKind::kArithmetic && op != "+");
}

class WalkerCall final : public Call {
 public:
  WalkerCall(Evaluation& evaluation, int alternative) : evaluation_(evaluation), alternative_(alternative) {}
  [[nodiscard]] Evaluation& evaluation() override { return evaluation_; }
  Value fail(std::string) override { return {}; }
  Value invoke(const Value& function, std::span<const Value> arguments) override {
    return invoke_function(function, arguments, evaluation_);
  }
  [[nodiscard]] int named_alternative() const override { return alternative_; }

 private:
  Evaluation& evaluation_;
  int alternative_;
};

}  // namespace

TreeWalker::TreeWalker(std::string_view source, bool unary, const CompileOptions& options, Evaluation& evaluation,
                       const Variables& variables)
    : source_(source), unary_(unary), options_(options), evaluation_(evaluation), variables_(variables) {}

TreeWalker::~TreeWalker() = default;

Result<Value> TreeWalker::run() {
  auto root = unary_ ? parse_unary_tests_syntax(source_, options_) : parse_syntax(source_, options_);
  if (!root) return baton::fail(root.error());
  root_ = std::move(*root);
  const Value value = eval(root_, nullptr);
  if (evaluation_.exhausted()) return baton::fail(evaluation_.status().error());
  return value;
}

std::string_view TreeWalker::text(const SyntaxNode& node) const {
  return source_.substr(node.begin, node.end - node.begin);
}

/// The name as it is written, with one space for white space between its parts.
std::string TreeWalker::name_of(const SyntaxNode& node) const {
  const std::string_view written = text(node);
  const auto tokens = tokenize(written, options_.dialect == Dialect::kCamunda);
  if (!tokens) return std::string(written);
  std::string name;
  std::uint32_t end = 0;
  for (const Token& token : *tokens) {
    if (token.type == TokenType::kEnd) break;
    if (token.offset != end) name += ' ';
    std::string_view part = written.substr(token.offset, token.size);
    if (token.type == TokenType::kQuotedName) part = part.substr(1, part.size() - 2);
    name += part;
    end = token.offset + token.size;
  }
  return name;
}

/// Names are the same if their parts are, whatever the white space between them.
std::string TreeWalker::canonical(std::string_view name) const {
  const auto tokens = tokenize(name, false);
  if (!tokens) return std::string(name);
  std::string out;
  for (const Token& token : *tokens) {
    if (!out.empty() && token.type != TokenType::kEnd) out += ' ';
    out += name.substr(token.offset, token.size);
  }
  return out;
}

std::string_view TreeWalker::operator_between(const SyntaxNode& left, const SyntaxNode& right) const {
  const std::string_view gap = source_.substr(left.end, right.begin - left.end);
  const auto tokens = tokenize(gap, false);
  return tokens ? gap.substr((*tokens)[0].offset, (*tokens)[0].size) : std::string_view();
}

TreeWalker::ScopePtr TreeWalker::bind(ScopePtr outer, std::string name, const Value& value, bool item) {
  return std::make_shared<const Scope>(Scope{std::move(outer), std::move(name), value, item});
}

Value TreeWalker::eval(const SyntaxNode& node, const ScopePtr& scope) {
  if (!evaluation_.charge(1)) return {};
  const auto& c = node.children;
  switch (node.kind) {
    case SyntaxKind::kNumber:
    case SyntaxKind::kString:
    case SyntaxKind::kBoolean:
    case SyntaxKind::kNull:
    case SyntaxKind::kTemporal:
      return literal(node);
    case SyntaxKind::kName:
      return name(node, scope);
    case SyntaxKind::kArithmetic:
      return arithmetic(node, scope);
    case SyntaxKind::kNegation:
      return negate(eval(c[0], scope));
    case SyntaxKind::kComparison:
      return comparison(node, scope);
    case SyntaxKind::kConjunction:
      return logic(node, scope, false);
    case SyntaxKind::kDisjunction:
      return logic(node, scope, true);
    case SyntaxKind::kBetween:
      return between(node, scope);
    case SyntaxKind::kIn:
      return membership(eval(c[0], scope), {c.data() + 1, c.size() - 1}, scope, false);
    case SyntaxKind::kInstanceOf:
      return Value::boolean(conforms(eval(c[0], scope), text(c[1])));
    case SyntaxKind::kIf:
      return eval(eval(c[0], scope).is_true() ? c[1] : c[2], scope);
    case SyntaxKind::kFor:
    case SyntaxKind::kSome:
    case SyntaxKind::kEvery:
      return loop(node, scope);
    case SyntaxKind::kPath:
      return path(node, scope);
    case SyntaxKind::kFilter:
      return filter(node, scope);
    case SyntaxKind::kCall:
      return call(node, scope);
    case SyntaxKind::kList: {
      ListBuilder items(evaluation_, c.size());
      for (const SyntaxNode& item : c) {
        if (!items.push(eval(item, scope))) return {};
      }
      return items.list();
    }
    case SyntaxKind::kContext:
      return context(node, scope);
    case SyntaxKind::kFunction:
      return function(node, scope, {});
    case SyntaxKind::kRange:
      return range(node, scope);
    case SyntaxKind::kComparisonTest:
      return comparison_test(node, scope);
    case SyntaxKind::kGroup:
      return eval(c[0], scope);
    case SyntaxKind::kCell: {
      if (c[0].kind == SyntaxKind::kAnyValue) return Value::boolean(true);
      const Value input = variable("?").value_or(Value());
      if (c[0].kind != SyntaxKind::kNot) return membership(input, c, scope, true);
      return Value::boolean(!membership(input, c[0].children, scope, true).is_true());
    }
    default:
      return {};  // parts of other nodes
  }
}

Value TreeWalker::literal(const SyntaxNode& node) {
  std::string written(text(node));
  switch (node.kind) {
    case SyntaxKind::kNumber: {
      const bool negative = written[0] == '-';
      if (negative) written.erase(0, written.find_first_of("0123456789."));
      const auto number = Decimal::parse(written);
      return number ? Value::number(negative ? -*number : *number) : Value();
    }
    case SyntaxKind::kString:
      return Value::string(texts_.emplace_back(unescape_string(written)));
    case SyntaxKind::kBoolean:
      return Value::boolean(written == "true");
    case SyntaxKind::kTemporal:
      return parse_temporal(unescape_string(written.substr(written.find('"'))));
    default:
      return {};
  }
}

std::optional<Value> TreeWalker::field(const Value& context, const std::string& name) const {
  if (const Value* exact = context.as_context().find(name)) return *exact;
  const std::string wanted = canonical(name);
  for (const ContextEntry& entry : context.as_context().entries) {
    if (canonical(entry.key) == wanted) return entry.value;
  }
  return std::nullopt;
}

std::optional<Value> TreeWalker::variable(const std::string& name) {
  if (auto found = variables_.find(0, name, evaluation_)) return found;
  const std::string wanted = canonical(name);
  for (const std::string& known : options_.known_names) {
    if (canonical(known) != wanted) continue;
    if (auto found = variables_.find(0, known, evaluation_)) return found;
  }
  return std::nullopt;
}

Value TreeWalker::name(const SyntaxNode& node, const ScopePtr& scope) {
  const std::string written = name_of(node);
  const std::string wanted = canonical(written);
  for (const Scope* at = scope.get(); at != nullptr; at = at->outer.get()) {
    if (!at->item) {
      if (at->name == wanted) return at->value;
    } else if (at->value.is(Kind::kContext)) {
      if (const auto found = field(at->value, written)) return *found;
    } else if (at->value.kind() >= Kind::kDate && at->value.kind() <= Kind::kRange) {
      if (const auto found = property(at->value, written, evaluation_)) return *found;
    }
  }
  if (const auto found = variable(written)) return *found;
  const Builtin* builtin = find_builtin(written, options_.dialect);
  if (builtin == nullptr) return {};
  auto* data = static_cast<FunctionData*>(evaluation_.allocate(sizeof(FunctionData)));
  *data = FunctionData{builtin, nullptr, nullptr, {}};
  return Value::function(data);
}

Value TreeWalker::arithmetic(const SyntaxNode& node, const ScopePtr& scope) {
  const Value a = eval(node.children[0], scope);
  const Value b = eval(node.children[1], scope);
  const std::string_view op = operator_between(node.children[0], node.children[1]);
  if (op == "+") return add(a, b, evaluation_);
  if (op == "-") return subtract(a, b);
  if (op == "*") return multiply(a, b);
  if (op == "/") return divide(a, b);
  return power(a, b);
}

Value TreeWalker::comparison(const SyntaxNode& node, const ScopePtr& scope) {
  const Value a = eval(node.children[0], scope);
  const Value b = eval(node.children[1], scope);
  const std::string_view op = operator_between(node.children[0], node.children[1]);
  if (op == "=" || op == "!=") {
    Ternary same = equals(a, b);
    if (!same) same = equals(single_item(a), single_item(b));
    return same ? Value::boolean(*same == (op == "=")) : Value();
  }
  auto sequence = order(a, b);
  if (!sequence) sequence = order(single_item(a), single_item(b));
  if (!sequence) return {};
  const bool less = *sequence < 0;
  const bool equal = *sequence == 0;
  return Value::boolean(op == "<" ? less : op == "<=" ? less || equal : op == ">" ? !less && !equal : !less);
}

Value TreeWalker::logic(const SyntaxNode& node, const ScopePtr& scope, bool deciding) {
  bool unknown = false;
  for (const SyntaxNode& child : node.children) {
    const Value value = eval(child, scope);
    if (value.is(Kind::kBoolean) && value.as_boolean() == deciding) return value;
    unknown = unknown || !value.is(Kind::kBoolean);
  }
  return unknown ? Value() : Value::boolean(!deciding);
}

Value TreeWalker::between(const SyntaxNode& node, const ScopePtr& scope) {
  const Value value = eval(node.children[0], scope);
  const auto low = order(value, eval(node.children[1], scope));
  const auto high = order(value, eval(node.children[2], scope));
  return low && high ? Value::boolean(*low >= 0 && *high <= 0) : Value();
}

Value TreeWalker::membership(const Value& input, std::span<const SyntaxNode> tests, const ScopePtr& scope, bool table) {
  bool unknown = false;
  for (const SyntaxNode& one : tests) {
    const Ternary result = test(input, without_group(one), scope, table);
    if (result && *result) return Value::boolean(true);
    unknown = unknown || !result;
  }
  return unknown && !table ? Value() : Value::boolean(false);
}

Ternary TreeWalker::test(const Value& input, const SyntaxNode& node, const ScopePtr& scope, bool table) {
  const bool refers = table && refers_to_input(node);
  const bool compares = node.kind == SyntaxKind::kComparisonTest;
  if (!refers && compares && text(node).starts_with("!=")) {
    const Ternary result = test(input, without_group(node.children[0]), scope, table);
    return result ? Ternary(!*result) : std::nullopt;
  }
  const Value value = eval(node, scope);
  const bool constant = is_constant(node);
  const bool computed = refers || (table && !constant && !input.is(Kind::kBoolean));
  if (computed && value.is(Kind::kBoolean)) return value.as_boolean();
  const bool computed_range = !refers && !constant && (node.kind == SyntaxKind::kRange || compares);
  if (value.is_null() && !input.is_null() && (!table || computed_range)) return std::nullopt;
  return passes(input, value, evaluation_);
}

bool TreeWalker::refers_to_input(const SyntaxNode& node) const {
  if (node.kind == SyntaxKind::kName && text(node) == "?") return true;
  return std::any_of(node.children.begin(), node.children.end(),
                     [this](const SyntaxNode& child) { return refers_to_input(child); });
}

/// What is computed while compiling.
bool TreeWalker::is_constant(const SyntaxNode& node) {
  const auto all = [this](std::span<const SyntaxNode> nodes) {
    return std::all_of(nodes.begin(), nodes.end(), [this](const SyntaxNode& n) { return is_constant(n); });
  };
  const auto& c = node.children;
  switch (node.kind) {
    case SyntaxKind::kNumber:
    case SyntaxKind::kString:
    case SyntaxKind::kBoolean:
    case SyntaxKind::kNull:
    case SyntaxKind::kTemporal:
      return true;
    case SyntaxKind::kGroup:
    case SyntaxKind::kList:
      return all(c);
    case SyntaxKind::kRange:
      return all(c) && order(eval(c[0], nullptr), eval(c[1], nullptr)).has_value();
    case SyntaxKind::kComparisonTest:
      return all(c) && !text(node).starts_with("!=");
    case SyntaxKind::kCall: {
      const Builtin* builtin = c[0].kind == SyntaxKind::kName ? called_builtin(c[0], nullptr) : nullptr;
      if (builtin == nullptr || !builtin->literal) return false;
      for (std::size_t i = 1; i < c.size(); ++i) {
        const bool named = c[i].kind == SyntaxKind::kNamedArgument;
        if (!is_constant(named ? c[i].children[1] : c[i])) return false;
      }
      return !eval(node, nullptr).is_null();
    }
    default:
      return false;
  }
}

Value TreeWalker::checked_range(const RangeData& range, bool constant) {
  const Value& one = range.has_start ? range.start : range.end;
  const bool both = range.has_start && range.has_end;
  const bool comparable = both ? order(range.start, range.end).has_value() : constant || order(one, one).has_value();
  return comparable || range.equality ? evaluation_.range(range) : Value();
}

Value TreeWalker::range(const SyntaxNode& node, const ScopePtr& scope) {
  const std::string_view written = text(node);
  RangeData range;
  range.has_start = range.has_end = true;
  range.start = eval(node.children[0], scope);
  range.end = eval(node.children[1], scope);
  range.start_included = written.front() == '[';
  range.end_included = written.back() == ']';
  return checked_range(range, false);
}

/// `< 5` and its kin outside of tests: a range; `!= x` is a negation.
Value TreeWalker::comparison_test(const SyntaxNode& node, const ScopePtr& scope) {
  const std::string_view written = text(node);
  const Value end = eval(node.children[0], scope);
  if (written.starts_with("!=")) return end.is(Kind::kBoolean) ? Value::boolean(!end.as_boolean()) : Value();
  RangeData range;
  range.equality = written[0] == '=';
  range.has_start = written[0] != '<';
  range.has_end = written[0] != '>';
  if (range.has_start) range.start = end;
  if (range.has_end) range.end = end;
  const bool inclusive = range.equality || written[1] == '=';
  range.start_included = range.has_start && inclusive;
  range.end_included = range.has_end && inclusive;
  return checked_range(range, is_constant(node.children[0]));
}

Value TreeWalker::path(const SyntaxNode& node, const ScopePtr& scope) {
  const Value base = eval(node.children[0], scope);
  const std::string member = name_of(node.children[1]);
  const auto of = [&](const Value& value) {
    return value.is(Kind::kContext) ? field(value, member) : property(value, member, evaluation_);
  };
  if (!base.is(Kind::kList)) return of(base).value_or(Value());
  ListBuilder values(evaluation_, base.as_list().size());
  for (const Value& item : base.as_list()) {
    if (!values.push(of(item).value_or(Value()))) return {};
  }
  return values.list();
}

Value TreeWalker::filter(const SyntaxNode& node, const ScopePtr& scope) {
  const Value base = eval(node.children[0], scope);
  const SyntaxNode& condition = node.children[1];
  if (base.is_null()) return {};
  const auto items = base.is(Kind::kList) ? base.as_list() : std::span<const Value>(&base, 1);
  const auto at = [&](const Value& index) -> Value {
    const auto position = index.is(Kind::kNumber) ? index.as_number().to_int() : std::nullopt;
    const auto size = static_cast<std::int64_t>(items.size());
    if (!position || *position == 0 || *position > size || *position < -size) return {};
    return items[static_cast<std::size_t>(*position > 0 ? *position - 1 : size + *position)];
  };
  const SyntaxNode& inner = without_group(condition);
  const bool binary = inner.kind == SyntaxKind::kArithmetic;
  const bool number = is_constant(inner) && eval(inner, nullptr).is(Kind::kNumber);
  if (number || is_index(inner, binary ? operator_between(inner.children[0], inner.children[1]) : ""))
    return at(eval(condition, scope));
  ListBuilder kept(evaluation_);
  for (const Value& item : items) {
    const Value value = eval(condition, bind(bind(scope, "item", item), {}, item, true));
    if (value.is(Kind::kNumber)) return at(value);
    bool keep = value.is_true();
    if (value.is(Kind::kRange)) {
      keep = in_range(single_item(item), value.as_range()).value_or(false);
    } else if (!value.is(Kind::kBoolean) && !value.is_null()) {
      return {};
    }
    if (keep && !kept.push(item)) return {};
  }
  return kept.list();
}

Value TreeWalker::loop(const SyntaxNode& node, const ScopePtr& scope) {
  Loop loop{node, {}};
  iterate(loop, 0, scope);
  if (loop.failed) return {};
  if (node.kind == SyntaxKind::kFor) return evaluation_.list(loop.results);
  if (loop.decided) return Value::boolean(node.kind == SyntaxKind::kSome);
  return loop.unknown ? Value() : Value::boolean(node.kind == SyntaxKind::kEvery);
}

bool TreeWalker::iterate(Loop& loop, std::size_t level, const ScopePtr& scope) {
  if (level + 1 == loop.node.children.size()) return iterate_body(loop, scope);
  const SyntaxNode& iterator = loop.node.children[level];
  const Value domain = eval(iterator.children[1], scope);
  if (iterator.children.size() > 2) {
    const Value last = eval(iterator.children[2], scope);
    return iterate_between(loop, level, scope, {domain, last, true, true, true, true});
  }
  if (domain.is(Kind::kRange)) {
    const auto sequence = order(domain.as_range().start, domain.as_range().end);
    if (sequence && *sequence <= 0) return iterate_between(loop, level, scope, domain.as_range());
  }
  if (!domain.is(Kind::kList)) {
    loop.failed = true;
    return false;
  }
  const std::string name = canonical(name_of(iterator.children[0]));
  for (const Value& item : domain.as_list()) {
    if (!iterate(loop, level + 1, bind(scope, name, item))) return false;
  }
  return true;
}

bool TreeWalker::iterate_between(Loop& loop, std::size_t level, const ScopePtr& scope, const RangeData& range) {
  const bool dates = range.start.is(Kind::kDate) && range.end.is(Kind::kDate);
  const auto ordinal = [&](const Value& v) -> std::optional<std::int64_t> {
    if (dates) return days_from_date(v.as_date());
    return v.is(Kind::kNumber) ? v.as_number().to_int() : std::nullopt;
  };
  const auto first = ordinal(range.start);
  const auto last = ordinal(range.end);
  if (!first || !last || !range.has_start || !range.has_end) {
    loop.failed = true;
    return false;
  }
  const std::string name = canonical(name_of(loop.node.children[level].children[0]));
  const std::int64_t step = *first <= *last ? 1 : -1;
  for (std::int64_t at = *first;; at += step) {
    const bool excluded = (at == *first && !range.start_included) || (at == *last && !range.end_included);
    const Value item = dates ? Value::date(*date_from_days(at)) : Value::number(at);
    if (!excluded && !iterate(loop, level + 1, bind(scope, name, item))) return false;
    if (at == *last) return true;
  }
}

bool TreeWalker::iterate_body(Loop& loop, const ScopePtr& scope) {
  const SyntaxNode& body = loop.node.children.back();
  if (loop.node.kind == SyntaxKind::kFor) {
    const Value partial = evaluation_.list(loop.results);
    loop.results.push_back(eval(body, bind(scope, "partial", partial)));
    return !evaluation_.exhausted();
  }
  const Value value = eval(body, scope);
  if (evaluation_.exhausted()) return false;
  if (!value.is(Kind::kBoolean)) {
    loop.unknown = true;
  } else if (value.as_boolean() == (loop.node.kind == SyntaxKind::kSome)) {
    loop.decided = true;
    return false;
  }
  return true;
}

Value TreeWalker::context(const SyntaxNode& node, const ScopePtr& scope) {
  ScopePtr inner = scope;
  auto* entries = evaluation_.allocate_array<ContextEntry>(node.children.size());
  if (entries == nullptr) return {};
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const SyntaxNode& key = node.children[i].children[0];
    const SyntaxNode& value = node.children[i].children[1];
    const bool quoted = key.kind == SyntaxKind::kString;
    const std::string& name = texts_.emplace_back(quoted ? unescape_string(text(key)) : name_of(key));
    const bool defines = value.kind == SyntaxKind::kFunction;
    entries[i] = {name, defines ? function(value, inner, canonical(name)) : eval(value, inner)};
    inner = bind(inner, canonical(name), entries[i].value);
  }
  return evaluation_.context({entries, node.children.size()});
}

Value TreeWalker::function(const SyntaxNode& node, const ScopePtr& scope, const std::string& self) {
  auto& names = parameters_.emplace_back();
  for (std::size_t i = 0; i + 1 < node.children.size(); ++i)
    names.push_back(texts_.emplace_back(name_of(node.children[i].children[0])));
  functions_.push_back(std::make_unique<Function>(*this, node, scope, self));
  const Value value = evaluation_.native_function(functions_.back().get(), names);
  functions_.back()->set_self(value);
  return value;
}

/// The built-in that a call of that name means.
const Builtin* TreeWalker::called_builtin(const SyntaxNode& callee, const ScopePtr& scope) const {
  const std::string written = name_of(callee);
  const std::string wanted = canonical(written);
  for (const Scope* at = scope.get(); at != nullptr; at = at->outer.get()) {
    if (!at->item && at->name == wanted) return nullptr;
  }
  if (options_.dialect == Dialect::kDmn) {
    for (const std::string& known : options_.known_names) {
      if (canonical(known) == wanted) return nullptr;
    }
  }
  return find_builtin(written, options_.dialect);
}

Value TreeWalker::call(const SyntaxNode& node, const ScopePtr& scope) {
  const Nodes& c = node.children;
  if (c[0].kind == SyntaxKind::kName) {
    if (const Builtin* builtin = called_builtin(c[0], scope)) return call_builtin(*builtin, c, scope);
  }
  const Value function = eval(c[0], scope);
  if (c.size() > 1 && c[1].kind == SyntaxKind::kNamedArgument) return call_named(function, c, scope);
  std::vector<Value> arguments;
  for (std::size_t i = 1; i < c.size(); ++i) arguments.push_back(eval(c[i], scope));
  return invoke_function(function, arguments, evaluation_);
}

Value TreeWalker::run_builtin(const Builtin& builtin, std::span<const Value> arguments, int alternative) {
  if (!accepts_count(builtin, arguments.size())) return {};
  WalkerCall call(evaluation_, alternative);
  return builtin.function(call, arguments);
}

Value TreeWalker::call_builtin(const Builtin& builtin, const Nodes& nodes, const ScopePtr& scope) {
  if (nodes.size() > 1 && nodes[1].kind == SyntaxKind::kNamedArgument) {
    auto* data = static_cast<FunctionData*>(evaluation_.allocate(sizeof(FunctionData)));
    *data = FunctionData{&builtin, nullptr, nullptr, {}};
    return call_named(Value::function(data), nodes, scope);
  }
  std::vector<Value> arguments;
  for (std::size_t i = 1; i < nodes.size(); ++i) arguments.push_back(eval(nodes[i], scope));
  return run_builtin(builtin, arguments, 0);
}

Value TreeWalker::call_named(const Value& function, const Nodes& nodes, const ScopePtr& scope) {
  if (!function.is(Kind::kFunction)) return {};
  const FunctionData& data = function.as_function();
  std::vector<std::string> names;
  for (std::size_t i = 1; i < nodes.size(); ++i) names.push_back(name_of(nodes[i].children[0]));
  if (data.builtin != nullptr) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto match = match_names(*data.builtin, views);
    if (match.places.empty()) return {};
    std::vector<Value> arguments(*std::max_element(match.places.begin(), match.places.end()) + 1);
    for (std::size_t i = 0; i < names.size(); ++i) arguments[match.places[i]] = eval(nodes[i + 1].children[1], scope);
    return run_builtin(*data.builtin, arguments, match.alternative + 1);
  }
  std::vector<Value> arguments(data.parameters.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto place = std::find(data.parameters.begin(), data.parameters.end(), names[i]);
    if (place == data.parameters.end()) return {};
    arguments[static_cast<std::size_t>(place - data.parameters.begin())] = eval(nodes[i + 1].children[1], scope);
  }
  return invoke_function(function, arguments, evaluation_);
}

/// Types are not what is compared here: the compiled form answers for them.
bool TreeWalker::conforms(const Value& value, std::string_view type) {
  class Input final : public Variables {
   public:
    explicit Input(const Value& value) : value_(value) {}
    std::optional<Value> find(std::size_t, std::string_view, Evaluation&) const override { return value_; }

   private:
    Value value_;
  };
  const auto question = Expression::compile("value instance of " + std::string(type), options_);
  if (!question) return false;
  const auto answer = question->evaluate(evaluation_, Input(value));
  return answer && answer->is_true();
}

bool TreeWalker::fit_parameter(Value& argument, std::string_view type) {
  if (argument.is_null() || conforms(argument, type)) return true;
  if (argument.is(Kind::kList) && argument.as_list().size() == 1 && conforms(argument.as_list()[0], type)) {
    argument = Value(argument.as_list()[0]);
    return true;
  }
  if (!type.starts_with("list")) return false;
  const Value wrapped = evaluation_.list({&argument, 1});
  if (!conforms(wrapped, type)) return false;
  argument = wrapped;
  return true;
}

}  // namespace baton::feel::testing
