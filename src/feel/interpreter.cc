#include "feel/interpreter.h"

#include <fmt/format.h>

#include "feel/lexer.h"

namespace baton::feel {
namespace {

const Value& single_item(const Value& v) {
  return v.is(Kind::kList) && v.as_list().size() == 1 ? v.as_list()[0] : v;
}

}  // namespace

Value Interpreter::warn(const Node& node, std::string message) {
  if (wants_warning()) {
    const LineColumn at = locate(program_->source, node.offset);
    evaluation_.warn(at.line, at.column, std::move(message));
  }
  return {};
}

Value Interpreter::fail(std::string message) {
  Node place;
  place.offset = call_offset_;
  return warn(place, std::move(message));
}

Value Interpreter::run() {
  if (program_->frame_size > 0) {
    locals_ = evaluation_.allocate_array<Value>(program_->frame_size);
    if (locals_ == nullptr) return {};
    std::fill_n(locals_, program_->frame_size, Value());
  }
  if (program_->caches_variables && !program_->free_names.empty()) {
    cache_ = evaluation_.allocate_array<Cached>(program_->free_names.size());
    if (cache_ == nullptr) return {};
    std::fill_n(cache_, program_->free_names.size(), Cached{{}, false});
  }
  if (!evaluation_.enter(program_->depth)) return {};
  const Value result = eval(program_->root);
  evaluation_.leave(program_->depth);
  return result;
}

Value Interpreter::eval(NodeId id) {
  if (!evaluation_.charge(1)) [[unlikely]]
    return {};
  const Node& node = nodes_[id];
  switch (node.op) {
    case Op::kConstant:
      return program_->constants[node.b];
    case Op::kLocal:
      return locals_[node.b];
    case Op::kVariable:
      return variable(node);
    case Op::kItemField:
      return item_field(node);
    case Op::kNegate:
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kPower:
      return arithmetic(node);
    case Op::kEqual:
    case Op::kNotEqual:
      return equality(node);
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return comparison(node);
    case Op::kAnd:
    case Op::kOr:
      return conjunction(node);
    case Op::kBetween:
      return between(node);
    case Op::kIn:
      return in(node);
    case Op::kTestTrue:
      return eval(node.b);
    case Op::kNot:
      return negated(node);
    case Op::kIf:
      return condition(node);
    case Op::kPath:
      return path(node);
    case Op::kFilter:
      return filter(node);
    case Op::kFor:
    case Op::kSome:
    case Op::kEvery:
      return loop(node);
    case Op::kIterator:
      return {};  // evaluated by its loop
    case Op::kList:
      return list(node);
    case Op::kContext:
      return context(node);
    case Op::kAssign:
      return locals_[node.a] = eval(node.b);
    case Op::kRange:
      return range(node);
    case Op::kCallBuiltin:
      return call_builtin(node);
    case Op::kCall:
      return call(node);
    case Op::kCallNamed:
      return call_named(node);
    case Op::kFunction:
      return function(node);
    case Op::kInstanceOf:
      return Value::boolean(conforms(eval(node.b), *program_, node.c));
  }
  return {};
}

Value Interpreter::variable(const Node& node) {
  if (cache_ != nullptr && cache_[node.b].known) return cache_[node.b].value;
  const std::string& name = program_->free_names[node.b];
  const auto found = variables_ != nullptr ? variables_->find(node.b, name, evaluation_) : std::nullopt;
  Value value;
  if (found) [[likely]] {
    value = *found;
  } else if (node.c != kNoNode) {
    return program_->constants[node.c];
  } else if (wants_warning()) {
    warn(node, fmt::format("no variable '{}'", name));
  }
  if (cache_ != nullptr) cache_[node.b] = {value, true};
  return value;
}

Value Interpreter::item_field(const Node& node) {
  const Value& item = locals_[node.b];
  if (item.is(Kind::kContext)) {
    if (const Value* field = item.as_context().find(program_->names[node.a])) return *field;
  } else if (item.kind() >= Kind::kDate && item.kind() <= Kind::kRange) {
    if (const auto found = property(item, program_->names[node.a], evaluation_)) return *found;
  }
  return eval(node.c);
}

Value Interpreter::arithmetic(const Node& node) {
  const Value a = eval(node.b);
  if (node.op == Op::kNegate) {
    const Value result = negate(a);
    if (result.is_null() && wants_warning()) warn(node, fmt::format("cannot negate {}", kind_name(a.kind())));
    return result;
  }
  const Value b = eval(node.c);
  Value result;
  const char* sign = "+";
  switch (node.op) {
    case Op::kAdd:
      result = add(a, b, evaluation_);
      break;
    case Op::kSubtract:
      result = subtract(a, b);
      sign = "-";
      break;
    case Op::kMultiply:
      result = multiply(a, b);
      sign = "*";
      break;
    case Op::kDivide:
      result = divide(a, b);
      sign = "/";
      break;
    default:
      result = power(a, b);
      sign = "**";
      break;
  }
  if (result.is_null() && wants_warning()) [[unlikely]] {
    warn(node, fmt::format("'{}' has no result for {} and {}", sign, kind_name(a.kind()), kind_name(b.kind())));
  }
  return result;
}

Value Interpreter::comparison(const Node& node) {
  const Value a = eval(node.b);
  const Value b = eval(node.c);
  auto sequence = order(a, b);
  if (!sequence) [[unlikely]] {
    sequence = order(single_item(a), single_item(b));
  }
  if (!sequence) [[unlikely]] {
    if (wants_warning()) warn(node, fmt::format("cannot compare {} with {}", kind_name(a.kind()), kind_name(b.kind())));
    return {};
  }
  switch (node.op) {
    case Op::kLess:
      return Value::boolean(*sequence < 0);
    case Op::kLessEqual:
      return Value::boolean(*sequence <= 0);
    case Op::kGreater:
      return Value::boolean(*sequence > 0);
    default:
      return Value::boolean(*sequence >= 0);
  }
}

Value Interpreter::equality(const Node& node) {
  const Value a = eval(node.b);
  const Value b = eval(node.c);
  Ternary same = equals(a, b, evaluation_);
  if (!same) [[unlikely]] {
    same = equals(single_item(a), single_item(b));  // a list of one equals its item
  }
  if (!same) [[unlikely]] {
    if (wants_warning()) warn(node, fmt::format("cannot compare {} with {}", kind_name(a.kind()), kind_name(b.kind())));
    return {};
  }
  return Value::boolean(*same == (node.op == Op::kEqual));
}

/// DMN table 50: false decides `and`, true decides `or`, whatever else is not a boolean makes the result unknown.
Value Interpreter::conjunction(const Node& node) {
  const bool deciding = node.op == Op::kOr;
  bool unknown = false;
  for (const NodeId child : program_->children_of(node)) {
    const Value value = eval(child);
    if (!value.is(Kind::kBoolean)) {
      unknown = true;
    } else if (value.as_boolean() == deciding) {
      return value;
    }
  }
  return unknown ? Value() : Value::boolean(!deciding);
}

Value Interpreter::between(const Node& node) {
  const Value value = eval(node.b);
  const Value start = eval(node.c);
  const Value end = eval(node.a);
  const auto low = order(value, start);
  const auto high = order(value, end);
  if (!low || !high) return warn(node, "cannot compare the value with the bounds of 'between'");
  return Value::boolean(*low >= 0 && *high <= 0);
}

Value Interpreter::condition(const Node& node) {
  const Value value = eval(node.b);
  if (!value.is(Kind::kBoolean) && wants_warning()) {
    warn(node, fmt::format("the condition of 'if' is {} instead of boolean", kind_name(value.kind())));
  }
  return eval(value.is_true() ? node.c : node.a);
}

/// One test of `in` or (`table`) of a decision table. A computed boolean counts by its truth: it refers to the input
/// itself or, in a table, the input is no boolean that it could be compared with.
Ternary Interpreter::test(const Value& input, NodeId id, bool table) {
  const Node& node = nodes_[id];
  if (node.op == Op::kNot) {
    const Ternary result = test(input, node.b, table);
    return result ? Ternary(!*result) : std::nullopt;
  }
  const Value value = eval(id);
  const bool computed = node.op == Op::kTestTrue || (table && node.op != Op::kConstant && !input.is(Kind::kBoolean));
  if (computed && value.is(Kind::kBoolean)) return value.as_boolean();
  if (value.is_null() && !input.is_null() && (!table || node.op == Op::kRange)) return std::nullopt;
  return passes(input, value, evaluation_);
}

Value Interpreter::in(const Node& node) {
  const Value input = eval(node.b);
  const bool table = (node.flags & kUnaryTests) != 0;
  bool unknown = false;
  for (const NodeId child : program_->children_of(node)) {
    const Ternary result = test(input, child, table);
    if (result && *result) return Value::boolean(true);
    if (!result) unknown = true;
  }
  if (unknown && !table) return warn(node, fmt::format("cannot test {}", kind_name(input.kind())));
  return Value::boolean(false);
}

Value Interpreter::negated(const Node& node) {
  const Value value = eval(node.b);
  return value.is(Kind::kBoolean) ? Value::boolean(!value.as_boolean()) : Value();
}

Value Interpreter::path(const Node& node) {
  return path_of(eval(node.b), program_->names[node.c], node);
}

Value Interpreter::path_of(const Value& base, std::string_view name, const Node& node) {
  if (base.is(Kind::kContext)) {
    if (const Value* field = base.as_context().find(name)) return *field;
    if (wants_warning()) warn(node, fmt::format("the context has no entry '{}'", name));
    return {};
  }
  if (base.is(Kind::kList)) {
    const auto items = base.as_list();
    evaluation_.charge(items.size());
    ListBuilder result(evaluation_, items.size());
    for (const Value& item : items) {
      const Value* field = item.is(Kind::kContext) ? item.as_context().find(name) : nullptr;
      Value value = field != nullptr ? *field : Value();
      if (!item.is(Kind::kContext)) value = property(item, name, evaluation_).value_or(Value());
      if (!result.push(value)) return {};
    }
    return result.list();
  }
  if (const auto found = property(base, name, evaluation_)) return *found;
  if (wants_warning()) warn(node, fmt::format("{} has no property '{}'", kind_name(base.kind()), name));
  return {};
}

Value Interpreter::at_index(std::span<const Value> items, const Value& index, const Node& node) {
  const auto position = index.is(Kind::kNumber) ? index.as_number().to_int() : std::nullopt;
  const auto size = static_cast<std::int64_t>(items.size());
  if (position && *position >= 1 && *position <= size) return items[static_cast<std::size_t>(*position - 1)];
  if (position && *position <= -1 && *position >= -size) return items[static_cast<std::size_t>(size + *position)];
  return warn(node, "the index is not a position of the list");
}

Value Interpreter::filter(const Node& node) {
  const Value base = eval(node.b);
  if (base.is_null()) return base;
  const std::span<const Value> items = base.is(Kind::kList) ? base.as_list() : std::span<const Value>(&base, 1);
  if ((node.flags & kIndex) != 0) return at_index(items, eval(node.c), node);
  ListBuilder result(evaluation_);
  for (const Value& item : items) {
    locals_[node.a] = item;
    const Value matches = eval(node.c);
    if (matches.is(Kind::kNumber)) return at_index(items, matches, node);
    bool kept = matches.is_true();
    if (matches.is(Kind::kRange)) {  // a unary test: [1, 2, 3][> 1]
      const Ternary inside = in_range(single_item(item), matches.as_range());
      kept = inside && *inside;
    } else if (!matches.is(Kind::kBoolean) && !matches.is_null()) {
      return warn(node, fmt::format("a filter is {} instead of boolean or number", kind_name(matches.kind())));
    }
    if (kept && !result.push(item)) return {};
    if (evaluation_.exhausted()) return {};
  }
  return result.list();
}

Value Interpreter::list(const Node& node) {
  const auto children = program_->children_of(node);
  ListBuilder result(evaluation_, children.size());
  for (const NodeId child : children) {
    if (!result.push(eval(child))) return {};
  }
  return result.list();
}

Value Interpreter::context(const Node& node) {
  const auto children = program_->children_of(node);
  auto* entries = evaluation_.allocate_array<ContextEntry>(children.size());
  if (entries == nullptr) return {};
  for (std::size_t i = 0; i < children.size(); ++i) {
    entries[i] = ContextEntry{program_->names[node.a + i], eval(children[i])};
  }
  return evaluation_.context({entries, children.size()});
}

Value Interpreter::range(const Node& node) {
  RangeData range;
  range.has_start = node.b != kNoNode;
  range.has_end = node.c != kNoNode;
  if (range.has_start) range.start = eval(node.b);
  range.equality = (node.flags & kEquality) != 0;
  if (range.has_end) range.end = range.equality ? range.start : eval(node.c);
  range.start_included = (node.flags & kStartIncluded) != 0;
  range.end_included = (node.flags & kEndIncluded) != 0;
  const auto comparable = [](const Value& a, const Value& b) { return order(a, b).has_value(); };
  const bool right = range.has_start && range.has_end ? comparable(range.start, range.end)
                                                      : comparable(range.has_start ? range.start : range.end,
                                                                   range.has_start ? range.start : range.end);
  if (!right && !range.equality) return warn(node, "the end points of the range cannot be compared");
  return evaluation_.range(range);
}

}  // namespace baton::feel
