#include "dmn/evaluator.h"

#include <algorithm>
#include <new>

#include "base/limits.h"
#include "dmn/table_evaluation.h"
#include "feel/builtins.h"
#include "feel/operators.h"
#include "feel/temporal.h"

namespace baton::dmn {

using feel::Kind;
using feel::Value;
using NodeKind = RawExpression::Kind;

/// The names of one expression.
class NodeVariables final : public feel::Variables {
 public:
  NodeVariables(Run& run, const Feel& feel, const Frame* frame, const Value* tested)
      : run_(run), feel_(feel), frame_(frame), tested_(tested) {}
  std::optional<Value> find(std::size_t slot, std::string_view name, feel::Evaluation&) const override {
    return run_.value_of(feel_.refs[slot], name, frame_, tested_);
  }

 private:
  Run& run_;
  const Feel& feel_;
  const Frame* frame_;
  const Value* tested_;
};

namespace {

/// A boxed function with the frame and the run that it was made in.
class BoxedFunction final : public feel::NativeFunction {
 public:
  BoxedFunction(Run& run, const Node& node, const Frame* frame, TypeId result_type, std::uint32_t decision)
      : run_(run), node_(node), frame_(frame), result_type_(result_type), decision_(decision) {}
  Value call(std::span<const Value> arguments, feel::Evaluation& evaluation) const override {
    if (!evaluation.enter(node_.depth)) return {};
    const Value result = run_.call_function(node_, frame_, result_type_, arguments, decision_);
    evaluation.leave(node_.depth);
    return result;
  }

 private:
  Run& run_;
  const Node& node_;
  const Frame* frame_;
  TypeId result_type_;
  std::uint32_t decision_;
};

class ServiceFunction final : public feel::NativeFunction {
 public:
  ServiceFunction(Run& run, std::uint32_t service) : run_(run), service_(service) {}
  Value call(std::span<const Value> arguments, feel::Evaluation& evaluation) const override {
    // A service evaluates decisions, each of which may be as deep as boxed expressions can be.
    if (!evaluation.enter(limits::kDmnNesting)) return {};
    const Value result = run_.call_service(service_, arguments);
    evaluation.leave(limits::kDmnNesting);
    return result;
  }

 private:
  Run& run_;
  std::uint32_t service_;
};

template <typename T, typename... Args>
T* make(feel::Evaluation& evaluation, Args&&... args) {
  void* memory = evaluation.allocate(sizeof(T));
  return memory != nullptr ? new (memory) T(std::forward<Args>(args)...) : nullptr;
}

}  // namespace

std::string describe(const Place& place) {
  const std::string id = place.id.empty() ? std::string() : fmt::format(" ({})", place.id);
  switch (place.kind) {
    case Place::Kind::kExpression:
      return place.id.empty() ? fmt::format("expression in line {}", place.line)
                              : fmt::format("expression {}", place.id);
    case Place::Kind::kInput:
      return fmt::format("input {}{}", place.column + 1, id);
    case Place::Kind::kInputValues:
      return fmt::format("allowed values of input {}{}", place.column + 1, id);
    case Place::Kind::kCondition:
      return fmt::format("rule {}{}, input {}", place.rule + 1, id, place.column + 1);
    case Place::Kind::kOutput:
      return fmt::format("rule {}{}, output {}", place.rule + 1, id, place.column + 1);
    case Place::Kind::kDefault:
      return fmt::format("default of output {}{}", place.column + 1, id);
    case Place::Kind::kOutputValues:
      return fmt::format("values of output {}{}", place.column + 1, id);
  }
  return {};
}

Run::Run(const Model& model, DecisionRun& out, const feel::Variables* variables, bool replace_decisions)
    : model_(model), out_(out), feel_(out.feel_), variables_(variables), replace_decisions_(replace_decisions) {
  const std::size_t decisions = model.decisions.size();
  const std::size_t inputs = model.inputs.size();
  decision_values_ = feel_.allocate_array<Value>(decisions);
  input_values_ = feel_.allocate_array<Value>(inputs);
  decision_states_ = feel_.allocate_array<State>(decisions);
  input_states_ = feel_.allocate_array<State>(inputs);
  if (decision_states_ == nullptr || input_states_ == nullptr) return;
  std::fill_n(decision_states_, decisions, State::kNew);
  std::fill_n(input_states_, inputs, State::kNew);
}

Run* Run::create(const Model& model, DecisionRun& out) {
  Run* run = make<Run>(out.feel_, model, out, nullptr, false);
  if (run == nullptr || out.feel_.exhausted()) return nullptr;
  run->is_root_ = false;
  return run;
}

void Run::report(const Place& place, std::string message, bool failure) {
  if (failure) failed_ = true;
  if (out_.problems_.size() >= DecisionRun::kMaxProblems && !failure) return;
  const std::string decision = current_ != kNoDecision ? model_.decision_infos[current_].id : std::string();
  out_.problems_.push_back({decision, describe(place), std::move(message), failure});
  if (failure && !is_standard()) out_.failed_ = true;
}

void Run::take_warnings(const Place& place) {
  for (const feel::Warning& warning : feel_.warnings()) report(place, warning.to_string());
  feel_.clear_warnings();
}

bool Run::stopped() const {
  return out_.failed_ || feel_.exhausted();
}

void Run::set_decision(std::uint32_t decision, const Value& value) {
  decision_values_[decision] = value;
  decision_states_[decision] = State::kGiven;
}

void Run::set_input(std::uint32_t index, const Value& value) {
  input_values_[index] = value;
  input_states_[index] = State::kGiven;
}

Value Run::fit(const Value& value, TypeId type, const std::string& what) {
  if (type == kAnyType) return value;
  const auto result = model_.types.coerce(value, type, feel_);
  if (result.conforms) return result.value;
  Place place;
  place.id = what;
  report(place, fmt::format("the value is no {}", model_.types[type].name));
  return is_standard() ? Value() : value;
}

Value Run::coerced(const Value& value, TypeId type, const Place& place) {
  if (type == kAnyType) [[likely]]
    return value;
  const auto result = model_.types.coerce(value, type, feel_);
  if (result.conforms) [[likely]]
    return result.value;
  report(place, fmt::format("the value is {} and no {}", feel::kind_name(value.kind()), model_.types[type].name));
  return is_standard() ? Value() : value;
}

std::optional<Value> Run::input(std::uint32_t index) {
  if (input_states_[index] != State::kNew) return input_values_[index];
  if (variables_ == nullptr) return std::nullopt;
  const InputInfo& info = model_.inputs[index];
  const auto found = variables_->find(index, info.name, feel_);
  if (!found) return std::nullopt;
  set_input(index, fit(*found, info.type, info.name));
  return input_values_[index];
}

Frame* Run::frame_of(const Frame* parent, std::size_t slots) {
  auto* frame = make<Frame>(feel_);
  auto* values = feel_.allocate_array<Value>(slots);
  if (frame == nullptr || values == nullptr) return nullptr;
  std::fill_n(values, slots, Value());
  *frame = {parent, values};
  return frame;
}

std::optional<Value> Run::value_of(const Ref& ref, std::string_view name, const Frame* frame, const Value* tested) {
  switch (ref.kind) {
    case Ref::Kind::kNone:
      return std::nullopt;
    case Ref::Kind::kTested:
      return tested != nullptr ? std::optional(*tested) : std::nullopt;
    case Ref::Kind::kInput:
      return input(ref.index);
    case Ref::Kind::kDecision:
      return decision_values_[ref.index];
    case Ref::Kind::kKnowledge:
      return knowledge(ref.index);
    case Ref::Kind::kService:
      return service(ref.index);
    case Ref::Kind::kImport:
      return import(ref.index, frame);
    case Ref::Kind::kLocal:
    case Ref::Kind::kItemField:
      break;
  }
  const Frame* at = frame;
  for (std::uint32_t i = 0; i < ref.depth; ++i) at = at->parent;
  if (ref.kind == Ref::Kind::kLocal) return at->slots[ref.index];
  const Value& item = at->slots[ref.index];
  if (item.is(Kind::kContext)) {
    if (const Value* field = item.as_context().find(name)) return *field;
  }
  return value_of(model_.refs[ref.fallback], name, frame, tested);
}

Value Run::knowledge(std::uint32_t index) {
  const KnowledgeCode& code = model_.knowledge[index];
  if (code.function == nullptr) return {};
  if (!code.function->broken.empty()) report(code.function->place, code.function->broken);
  return function(*code.function, nullptr, code.type);
}

Value Run::service(std::uint32_t index) {
  const ServiceCode& code = model_.services[index];
  const auto* function = make<ServiceFunction>(feel_, *this, index);
  return function != nullptr ? feel_.native_function(function, code.parameters) : Value();
}

/// What an imported file provides to the element, as a context.
Value Run::import(std::uint32_t index, const Frame* frame) {
  const auto& members = model_.imports[index];
  auto* entries = feel_.allocate_array<feel::ContextEntry>(members.size());
  if (entries == nullptr) return {};
  for (std::size_t i = 0; i < members.size(); ++i)
    entries[i] = {members[i].name, value_of(members[i].ref, members[i].name, frame, nullptr).value_or(Value())};
  return feel_.context({entries, members.size()});
}

Value Run::decide(std::uint32_t decision) {
  struct Step {
    std::uint32_t decision;
    std::size_t next;
  };
  std::vector<Step> stack;
  if (decision_states_[decision] == State::kNew) stack.push_back({decision, 0});
  while (!stack.empty() && !stopped()) {
    auto& [index, next] = stack.back();
    const DecisionCode& code = model_.decisions[index];
    if (next == 0 && replace_decisions_ && index != decision) {
      const auto given = variables_->find(model_.inputs.size() + index, code.variable, feel_);
      if (given) {
        set_decision(index, fit(*given, code.type, std::string(code.variable)));
        stack.pop_back();
        continue;
      }
    }
    if (next < code.requires_decisions.size()) {
      const std::uint32_t required = code.requires_decisions[next++];
      if (decision_states_[required] == State::kNew) stack.push_back({required, 0});
      continue;
    }
    const std::uint32_t done = index;
    stack.pop_back();
    if (decision_states_[done] != State::kNew) continue;
    decision_values_[done] = evaluate_decision(done);
    decision_states_[done] = State::kDone;
  }
  return decision_states_[decision] == State::kNew ? Value() : decision_values_[decision];
}

Value Run::evaluate_decision(std::uint32_t index) {
  const DecisionCode& code = model_.decisions[index];
  const std::uint32_t before = std::exchange(current_, index);
  const bool failed_before = std::exchange(failed_, false);
  EvaluatedDecision record;
  record.decision = index;
  record_ = is_root_ ? &record : nullptr;
  Value value;
  if (code.logic != nullptr) {
    value = evaluate(*code.logic, nullptr);
    value = coerced(value, code.type, code.logic->place);
  }
  record_ = nullptr;
  if (failed_ && !is_standard()) value = Value();
  if (is_root_ && out_.decisions_.size() < limits::kDmnEvaluatedDecisions) {
    record.output = value;
    record.failed = failed_;
    out_.decisions_.push_back(record);
  }
  failed_ = failed_before;
  current_ = before;
  return value;
}

Value Run::serve(std::uint32_t index) {
  const ServiceCode& code = model_.services[index];
  Value result;
  if (code.outputs.size() == 1) {
    result = decide(code.outputs[0]);
  } else {
    auto* entries = feel_.allocate_array<feel::ContextEntry>(code.outputs.size());
    if (entries == nullptr) return {};
    for (std::size_t i = 0; i < code.outputs.size(); ++i)
      entries[i] = {model_.decisions[code.outputs[i]].variable, decide(code.outputs[i])};
    result = feel_.context({entries, code.outputs.size()});
  }
  Place place;
  place.id = code.id;
  return coerced(result, code.type, place);
}

Value Run::call_service(std::uint32_t index, std::span<const Value> arguments) {
  const ServiceCode& code = model_.services[index];
  Run* inner = create(model_, out_);
  if (inner == nullptr) return {};
  inner->current_ = current_;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool is_input = i < code.inputs.size();
    const std::uint32_t target = is_input ? code.inputs[i] : code.input_decisions[i - code.inputs.size()];
    const TypeId type = is_input ? model_.inputs[target].type : model_.decisions[target].type;
    const auto fitted = model_.types.coerce(arguments[i], type, feel_);
    if (!fitted.conforms) {
      Place place;
      place.id = code.id;
      report(place, fmt::format("the argument '{}' is no {}", code.parameters[i], model_.types[type].name));
      return {};
    }
    if (is_input) {
      inner->set_input(target, fitted.value);
    } else {
      inner->set_decision(target, fitted.value);
    }
  }
  return inner->serve(index);
}

Value Run::function(const Node& node, const Frame* frame, TypeId result_type) {
  if (!node.broken.empty()) return {};
  const auto* function = make<BoxedFunction>(feel_, *this, node, frame, result_type, current_);
  return function != nullptr ? feel_.native_function(function, node.name_list) : Value();
}

Value Run::call_function(const Node& node, const Frame* frame, TypeId result_type, std::span<const Value> arguments,
                         std::uint32_t decision) {
  Frame* inner = frame_of(frame, arguments.size());
  if (inner == nullptr || stopped()) return {};
  const std::uint32_t before = std::exchange(current_, current_ == kNoDecision ? decision : current_);
  EvaluatedDecision* const record = std::exchange(record_, nullptr);
  Value result;
  bool right = true;
  for (std::size_t i = 0; i < arguments.size() && right; ++i) {
    const TypeId type = node.names[i].type;
    const auto fitted = model_.types.coerce(arguments[i], type, feel_);
    right = fitted.conforms;
    inner->slots[i] = fitted.conforms ? fitted.value : arguments[i];
    if (!right) {
      report(node.place, fmt::format("the argument '{}' is no {}", node.names[i].name, model_.types[type].name));
    }
  }
  if ((right || !is_standard()) && !node.parts.empty()) {
    result = evaluate(*node.parts[0], inner);
    result = coerced(coerced(result, node.type, node.place), result_type, node.place);
  }
  record_ = record;
  current_ = before;
  return result;
}

Value Run::evaluate_feel(const Feel& feel, const Frame* frame, const Value* tested) {
  if (feel.constant) return *feel.constant;
  if (!feel.expression) {
    if (!feel.broken.empty()) report(feel.place, feel.broken);
    return {};
  }
  const NodeVariables variables(*this, feel, frame, tested);
  const auto value = feel.expression->evaluate(feel_, variables);
  if (!feel_.warnings().empty()) [[unlikely]]
    take_warnings(feel.place);
  return value ? *value : Value();
}

Value Run::evaluate(const Node& node, const Frame* frame) {
  if (!feel_.charge(1)) return {};
  if (!node.broken.empty()) {
    report(node.place, node.broken);
    return {};
  }
  EvaluatedDecision* const record = record_;
  if (node.kind != NodeKind::kTable) record_ = nullptr;
  const Value value =
      node.kind == NodeKind::kLiteral ? evaluate_feel(node.feel, frame, nullptr) : evaluate_parts(node, frame);
  record_ = record;
  return coerced(value, node.kind == NodeKind::kFunction ? kAnyType : node.type, node.place);
}

Value Run::evaluate_parts(const Node& node, const Frame* frame) {
  switch (node.kind) {
    case NodeKind::kTable:
      return TableEvaluation(*this, *node.table, node.place, frame).run(std::exchange(record_, nullptr));
    case NodeKind::kContext:
      return context(node, frame);
    case NodeKind::kRelation:
      return relation(node, frame);
    case NodeKind::kList:
      return list(node, frame);
    case NodeKind::kInvocation:
      return invocation(node, frame);
    case NodeKind::kFunction:
      return function(node, frame, kAnyType);
    case NodeKind::kConditional:
      return conditional(node, frame);
    case NodeKind::kFilter:
      return filter(node, frame);
    case NodeKind::kFor:
    case NodeKind::kSome:
    case NodeKind::kEvery:
      return loop(node, frame);
    case NodeKind::kLiteral:
    case NodeKind::kUnsupported:
      break;
  }
  return {};
}

Value Run::context(const Node& node, const Frame* frame) {
  Frame* inner = frame_of(frame, node.parts.size());
  auto* entries = feel_.allocate_array<feel::ContextEntry>(node.parts.size());
  if (inner == nullptr || entries == nullptr) return {};
  std::size_t count = 0;
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    const Value value = coerced(evaluate(*node.parts[i], inner), node.names[i].type, node.parts[i]->place);
    if (stopped()) return {};
    if (node.names[i].name.empty()) return value;  // the result entry
    inner->slots[i] = value;
    entries[count++] = {node.names[i].name, value};
  }
  return feel_.context({entries, count});
}

Value Run::relation(const Node& node, const Frame* frame) {
  feel::ListBuilder rows(feel_, node.parts.size());
  for (const Node* row : node.parts) {
    auto* entries = feel_.allocate_array<feel::ContextEntry>(node.names.size());
    if (entries == nullptr) return {};
    for (std::size_t i = 0; i < node.names.size(); ++i) {
      const Value value = i < row->parts.size() ? evaluate(*row->parts[i], frame) : Value();
      entries[i] = {node.names[i].name, coerced(value, node.names[i].type, row->place)};
    }
    if (!rows.push(feel_.context({entries, node.names.size()}))) return {};
  }
  return rows.list();
}

Value Run::list(const Node& node, const Frame* frame) {
  feel::ListBuilder items(feel_, node.parts.size());
  for (const Node* part : node.parts) {
    if (!items.push(evaluate(*part, frame))) return {};
  }
  return items.list();
}

Value Run::invocation(const Node& node, const Frame* frame) {
  const Value callee = evaluate(*node.parts[0], frame);
  if (!callee.is(Kind::kFunction)) {
    report(node.place, fmt::format("{} cannot be invoked", feel::kind_name(callee.kind())));
    return {};
  }
  const feel::FunctionData& data = callee.as_function();
  std::vector<std::size_t> places(node.names.size());
  std::size_t count = data.parameters.size();
  if (data.builtin != nullptr) {
    std::vector<std::string_view> names;
    for (const Parameter& name : node.names) names.push_back(name.name);
    places = feel::match_names(*data.builtin, names).places;
    if (places.size() != node.names.size()) {
      report(node.place, fmt::format("'{}' has no such parameters", data.builtin->name));
      return {};
    }
    count = places.empty() ? 0 : *std::max_element(places.begin(), places.end()) + 1;
  } else {
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto at = std::find(data.parameters.begin(), data.parameters.end(), node.names[i].name);
      if (at == data.parameters.end()) {
        report(node.place, fmt::format("the function has no parameter '{}'", node.names[i].name));
        return {};
      }
      places[i] = static_cast<std::size_t>(at - data.parameters.begin());
    }
  }
  auto* arguments = feel_.allocate_array<Value>(count);
  if (arguments == nullptr) return {};
  std::fill_n(arguments, count, Value());
  for (std::size_t i = 0; i < places.size(); ++i)
    arguments[places[i]] = coerced(evaluate(*node.parts[i + 1], frame), node.names[i].type, node.place);
  if (stopped()) return {};
  const auto result = feel::invoke(callee, {arguments, count}, feel_);
  take_warnings(node.place);
  return result ? *result : Value();
}

Value Run::conditional(const Node& node, const Frame* frame) {
  const Value condition = evaluate(*node.parts[0], frame);
  if (!condition.is(Kind::kBoolean))
    report(node.parts[0]->place, fmt::format("the condition is {} instead of boolean", feel::kind_name(condition.kind())));
  return evaluate(*node.parts[condition.is_true() ? 1 : 2], frame);
}

Value Run::filter(const Node& node, const Frame* frame) {
  const Value base = evaluate(*node.parts[0], frame);
  if (base.is_null()) return base;
  const auto items = base.is(Kind::kList) ? base.as_list() : std::span<const Value>(&base, 1);
  feel::ListBuilder kept(feel_);
  for (const Value& item : items) {
    Frame* inner = frame_of(frame, 1);
    if (inner == nullptr) return {};
    inner->slots[0] = item;
    const Value matches = evaluate(*node.parts[1], inner);
    if (stopped()) return {};
    if (matches.is(Kind::kNumber)) {
      const auto index = matches.as_number().to_int().value_or(0);
      const auto size = static_cast<std::int64_t>(items.size());
      if (index >= 1 && index <= size) return items[static_cast<std::size_t>(index - 1)];
      if (index <= -1 && index >= -size) return items[static_cast<std::size_t>(size + index)];
      report(node.parts[1]->place, "the index is not a position of the list");
      return {};
    }
    if (!matches.is(Kind::kBoolean) && !matches.is_null()) {
      report(node.parts[1]->place, fmt::format("the filter is {} instead of boolean", feel::kind_name(matches.kind())));
      return {};
    }
    if (matches.is_true() && !kept.push(item)) return {};
  }
  return kept.list();
}

namespace {

/// The members of a list or of a closed range of whole numbers or dates.
std::optional<std::span<const Value>> members_of(const Value& domain, feel::Evaluation& evaluation) {
  if (domain.is(Kind::kList)) return domain.as_list();
  if (!domain.is(Kind::kRange)) return std::nullopt;
  const feel::RangeData& range = domain.as_range();
  const auto ordinal = [](const Value& v) -> std::optional<std::int64_t> {
    if (v.is(Kind::kDate)) return feel::days_from_date(v.as_date());
    return v.is(Kind::kNumber) ? v.as_number().to_int() : std::nullopt;
  };
  const bool dates = range.start.is(Kind::kDate);
  auto first = ordinal(range.start);
  auto last = ordinal(range.end);
  if (!first || !last || range.start.kind() != range.end.kind()) return std::nullopt;
  if (!range.start_included) ++*first;
  if (!range.end_included) --*last;
  feel::ListBuilder members(evaluation);
  for (std::int64_t at = *first; at <= *last; ++at) {
    const auto date = dates ? feel::date_from_days(at) : std::nullopt;
    if (!members.push(date ? Value::date(*date) : Value::number(at))) return std::nullopt;
  }
  return members.list().as_list();
}

}  // namespace

Value Run::loop(const Node& node, const Frame* frame) {
  const Value domain = evaluate(*node.parts[0], frame);
  const auto items = members_of(domain, feel_);
  if (!items) {
    report(node.parts[0]->place, fmt::format("{} cannot be iterated", feel::kind_name(domain.kind())));
    return {};
  }
  const bool is_for = node.kind == NodeKind::kFor;
  const bool deciding = node.kind == NodeKind::kSome;
  bool unknown = false;
  feel::ListBuilder results(feel_);
  for (const Value& item : *items) {
    Frame* inner = frame_of(frame, 2);
    if (inner == nullptr) return {};
    inner->slots[0] = item;
    inner->slots[1] = results.list();
    const Value value = evaluate(*node.parts[1], inner);
    if (stopped()) return {};
    if (is_for) {
      if (!results.push(value)) return {};
    } else if (!value.is(Kind::kBoolean)) {
      report(node.parts[1]->place, fmt::format("'satisfies' is {} instead of boolean", feel::kind_name(value.kind())));
      unknown = true;
    } else if (value.as_boolean() == deciding) {
      return value;
    }
  }
  if (is_for) return results.list();
  return unknown ? Value() : Value::boolean(!deciding);
}

}  // namespace baton::dmn
