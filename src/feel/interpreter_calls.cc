// Loops, functions and calls.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "feel/interpreter.h"
#include "feel/temporal.h"

namespace baton::feel {

struct Interpreter::Iteration {
  const Node& node;
  std::span<const std::uint32_t> iterators;
  ListBuilder results;
  bool decided = false;  // some/every: the outcome is known
  bool unknown = false;  // some/every: a condition was not a boolean
  bool failed = false;   // a domain was not a list
};

Value Interpreter::loop(const Node& node) {
  Iteration iteration{node, program_->children_of(node), ListBuilder(evaluation_)};
  if (node.op == Op::kFor) locals_[node.c] = iteration.results.list();
  iterate(iteration, 0);
  if (evaluation_.exhausted()) return {};
  if (iteration.failed) return warn(node, "only lists and ranges can be iterated");
  if (node.op == Op::kFor) return iteration.results.list();
  if (iteration.decided) return Value::boolean(node.op == Op::kSome);
  return iteration.unknown ? Value() : Value::boolean(node.op == Op::kEvery);
}

/// False stops the whole loop.
bool Interpreter::iterate(Iteration& iteration, std::size_t level) {
  if (level == iteration.iterators.size()) return iterate_body(iteration);
  const Node& node = nodes_[iteration.iterators[level]];
  const Value domain = eval(node.b);
  if (node.c != kNoNode) {
    RangeData range;
    range.start = domain;
    range.end = eval(node.c);
    range.start_included = range.end_included = range.has_start = range.has_end = true;
    return iterate_range(iteration, level, node.a, range);
  }
  if (domain.is(Kind::kRange)) {
    // Only `a..b` written out counts downwards; the range [2..1] has no members in that order.
    const auto sequence = order(domain.as_range().start, domain.as_range().end);
    if (sequence && *sequence <= 0) return iterate_range(iteration, level, node.a, domain.as_range());
    iteration.failed = true;
    return false;
  }
  if (!domain.is(Kind::kList)) {
    iteration.failed = true;
    return false;
  }
  for (const Value& item : domain.as_list()) {
    locals_[node.a] = item;
    if (!iterate(iteration, level + 1)) return false;
  }
  return true;
}

bool Interpreter::iterate_range(Iteration& iteration, std::size_t level, std::uint32_t slot, const RangeData& range) {
  const bool dates = range.start.is(Kind::kDate) && range.end.is(Kind::kDate);
  const auto ordinal = [&](const Value& v) -> std::optional<std::int64_t> {
    if (dates) return days_from_date(v.as_date());
    return v.is(Kind::kNumber) ? v.as_number().to_int() : std::nullopt;
  };
  const auto first = ordinal(range.start);
  const auto last = ordinal(range.end);
  if (!first || !last || !range.has_start || !range.has_end) {
    iteration.failed = true;
    return false;
  }
  const std::int64_t step = *first <= *last ? 1 : -1;
  std::int64_t at = *first;
  if (!range.start_included) {
    if (at == *last) return true;
    at += step;
  }
  while (at != *last || range.end_included) {
    locals_[slot] = dates ? Value::date(*date_from_days(at)) : Value::number(at);
    if (!iterate(iteration, level + 1)) return false;
    if (at == *last) return true;
    at += step;
  }
  return true;
}

bool Interpreter::iterate_body(Iteration& iteration) {
  const Node& node = iteration.node;
  const Value value = eval(node.b);
  if (evaluation_.exhausted()) return false;
  if (node.op == Op::kFor) {
    if (!iteration.results.push(value)) return false;
    locals_[node.c] = iteration.results.list();
    return true;
  }
  if (!value.is(Kind::kBoolean)) {
    iteration.unknown = true;
  } else if (value.as_boolean() == (node.op == Op::kSome)) {
    iteration.decided = true;
    iteration.unknown = false;
    return false;
  }
  return true;
}

namespace {

/// Argument values: a few on the machine stack, many in the arena.
class ArgumentBuffer {
 public:
  ArgumentBuffer(std::size_t count, Evaluation& evaluation) {
    data_ = few_.data();
    if (count <= few_.size()) return;
    data_ = evaluation.allocate_array<Value>(count);
    if (data_ != nullptr) std::fill_n(data_, count, Value());
  }
  ArgumentBuffer(const ArgumentBuffer&) = delete;
  ArgumentBuffer& operator=(const ArgumentBuffer&) = delete;
  [[nodiscard]] Value* data() { return data_; }

 private:
  std::array<Value, 6> few_;
  Value* data_;
};

}  // namespace

Value Interpreter::call_builtin(const Node& node) {
  const auto children = program_->children_of(node);
  ArgumentBuffer arguments(children.size(), evaluation_);
  if (arguments.data() == nullptr) return {};
  for (std::size_t i = 0; i < children.size(); ++i) arguments.data()[i] = eval(children[i]);
  call_offset_ = node.offset;
  named_alternative_ = node.flags;
  return run_builtin(*program_->constants[node.b].as_function().builtin, {arguments.data(), children.size()});
}

Value Interpreter::run_builtin(const Builtin& builtin, std::span<const Value> arguments) {
  if (!accepts_count(builtin, arguments.size())) {
    return fail(fmt::format("'{}' cannot be called with {} arguments", builtin.name, arguments.size()));
  }
  // Built-ins walk their arguments: large ones cost steps.
  std::uint64_t work = 0;
  for (const Value& argument : arguments) {
    if (argument.is(Kind::kString)) work += argument.as_string().size() / 64;
    if (argument.is(Kind::kList)) work += argument.as_list().size() / 16;
  }
  if (!evaluation_.charge(work)) return {};
  return builtin.function(*this, arguments);
}

Value Interpreter::call(const Node& node) {
  const Value function = eval(node.b);
  const auto children = program_->children_of(node);
  ArgumentBuffer arguments(children.size(), evaluation_);
  if (arguments.data() == nullptr) return {};
  for (std::size_t i = 0; i < children.size(); ++i) arguments.data()[i] = eval(children[i]);
  call_offset_ = node.offset;
  named_alternative_ = 0;
  return invoke(function, {arguments.data(), children.size()});
}

Value Interpreter::call_named(const Node& node) {
  const Value function = eval(node.b);
  const auto children = program_->children_of(node);
  if (!function.is(Kind::kFunction)) return warn(node, fmt::format("{} cannot be called", kind_name(function.kind())));
  const FunctionData& data = function.as_function();
  const std::span<const std::string_view> names(program_->names.data() + node.a, children.size());
  std::vector<Value> arguments;
  if (data.builtin != nullptr) {
    const auto [places, alternative] = match_names(*data.builtin, names);
    named_alternative_ = alternative + 1;
    if (places.empty()) return warn(node, fmt::format("'{}' has no such parameters", data.builtin->name));
    arguments.resize(*std::max_element(places.begin(), places.end()) + 1);
    for (std::size_t i = 0; i < children.size(); ++i) arguments[places[i]] = eval(children[i]);
  } else {
    arguments.resize(data.parameters.size());
    for (std::size_t i = 0; i < children.size(); ++i) {
      const auto place = std::find(data.parameters.begin(), data.parameters.end(), names[i]);
      if (place == data.parameters.end())
        return warn(node, fmt::format("the function has no parameter '{}'", names[i]));
      arguments[static_cast<std::size_t>(place - data.parameters.begin())] = eval(children[i]);
    }
  }
  call_offset_ = node.offset;
  return invoke(function, arguments);
}

/// Ranges written as unary tests can be called like predicates.
Value Interpreter::invoke(const Value& function, std::span<const Value> arguments) {
  if (!function.is(Kind::kFunction)) {
    if (function.is(Kind::kRange) && arguments.size() == 1) {
      const Ternary inside = in_range(arguments[0], function.as_range());
      return inside ? Value::boolean(*inside) : Value();
    }
    return fail(fmt::format("{} cannot be called", kind_name(function.kind())));
  }
  const FunctionData& data = function.as_function();
  if (data.builtin != nullptr) return run_builtin(*data.builtin, arguments);
  if (arguments.size() != data.parameters.size()) {
    return fail(fmt::format("the function takes {} arguments, not {}", data.parameters.size(), arguments.size()));
  }
  if (data.closure != nullptr) return run_closure(data, arguments);
  if (!evaluation_.enter(1)) return {};
  const Value result = data.native->call(arguments, evaluation_);
  evaluation_.leave(1);
  return result;
}

bool Interpreter::coerce_parameter(Value& argument, const Program& program, std::uint32_t type) {
  if (type == kNoNode || argument.is_null() || conforms(argument, program, type)) return true;
  if (argument.is(Kind::kList) && argument.as_list().size() == 1 && conforms(argument.as_list()[0], program, type)) {
    argument = Value(argument.as_list()[0]);
    return true;
  }
  if (program.types[type].shape == Type::Shape::kList) {
    const Value wrapped = evaluation_.list({&argument, 1});
    if (conforms(wrapped, program, type)) {
      argument = wrapped;
      return true;
    }
  }
  return false;
}

Value Interpreter::run_closure(const FunctionData& function, std::span<const Value> arguments) {
  const Closure& closure = *function.closure;
  const FunctionCode& code = *closure.code;
  if (!evaluation_.enter(code.depth)) return {};
  // Frames live on the machine stack (the call depth is bounded); large ones on the heap.
  std::array<Value, 8> small;
  std::unique_ptr<Value[]> large;
  Value* frame = small.data();
  if (code.frame_size > small.size()) {
    large = std::make_unique<Value[]>(code.frame_size);
    frame = large.get();
  }
  bool right = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    frame[i] = arguments[i];
    right = right && coerce_parameter(frame[i], *closure.program, code.parameter_types[i]);
  }
  for (std::size_t i = 0; i < code.captures.size(); ++i) frame[code.captures[i].slot] = closure.captured[i];
  if (code.self_slot != kNoNode) frame[code.self_slot] = Value::function(&function);
  Value result;
  if (right) {
    const Program* const caller = std::exchange(program_, closure.program);
    Value* const locals = std::exchange(locals_, frame);
    Cached* const cache = std::exchange(cache_, nullptr);
    nodes_ = program_->nodes.data();
    result = eval(code.body);
    program_ = caller;
    nodes_ = program_->nodes.data();
    locals_ = locals;
    cache_ = cache;
  } else {
    fail("an argument does not have the type of its parameter");
  }
  evaluation_.leave(code.depth);
  return result;
}

Value Interpreter::function(const Node& node) {
  const FunctionCode& code = program_->functions[node.b];
  auto* captured = evaluation_.allocate_array<Value>(code.captures.size());
  auto* closure = static_cast<Closure*>(evaluation_.allocate(sizeof(Closure)));
  auto* data = static_cast<FunctionData*>(evaluation_.allocate(sizeof(FunctionData)));
  if (captured == nullptr || closure == nullptr || data == nullptr) return {};
  for (std::size_t i = 0; i < code.captures.size(); ++i) captured[i] = eval(code.captures[i].node);
  *closure = Closure{program_, &code, {captured, code.captures.size()}};
  *data = FunctionData{nullptr, closure, nullptr, code.parameters};
  evaluation_.keep(program_->self.lock());
  return Value::function(data);
}

Value invoke_function(const Value& function, std::span<const Value> arguments, Evaluation& evaluation) {
  static const Program* const kNone = new Program;
  Interpreter interpreter(*kNone, evaluation, nullptr);
  return interpreter.invoke(function, arguments);
}

}  // namespace baton::feel
