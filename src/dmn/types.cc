#include "dmn/types.h"

#include <algorithm>
#include <array>

#include "base/limits.h"

namespace baton::dmn {
namespace {

using feel::Kind;
using feel::Value;

// Values nested deeper than this are not looked into.
constexpr int kMaxDepth = 200;
constexpr std::size_t kMaxTypeText = 64U << 10;

struct BuiltIn {
  std::string_view name;
  Kind kind;
  std::string_view feel;
};

/// Built-in type names: of DMN 1.2 and later, of DMN 1.1, and what modelers of DMN 1.1 offered beside them.
constexpr auto kBuiltIns = std::to_array<BuiltIn>({
    {"number", Kind::kNumber, "number"},
    {"string", Kind::kString, "string"},
    {"boolean", Kind::kBoolean, "boolean"},
    {"date", Kind::kDate, "date"},
    {"time", Kind::kTime, "time"},
    {"date and time", Kind::kDateTime, "date and time"},
    {"dateTime", Kind::kDateTime, "date and time"},
    {"years and months duration", Kind::kMonths, "years and months duration"},
    {"yearMonthDuration", Kind::kMonths, "years and months duration"},
    {"days and time duration", Kind::kDuration, "days and time duration"},
    {"dayTimeDuration", Kind::kDuration, "days and time duration"},
    {"list", Kind::kList, "list"},
    {"context", Kind::kContext, "context"},
    {"range", Kind::kRange, "range"},
    {"function", Kind::kFunction, "function"},
    {"integer", Kind::kNumber, "number"},
    {"long", Kind::kNumber, "number"},
    {"double", Kind::kNumber, "number"},
});

const feel::CompileOptions kPlain{feel::Dialect::kDmn};

}  // namespace

std::string Diagnostic::to_string() const {
  return fmt::format("line {}, '{}': {}", line, element, message);
}

Types::Types() {
  types_.push_back({.shape = Type::Shape::kAny, .name = "Any", .feel = "Any"});
  for (const BuiltIn& builtin : kBuiltIns) {
    types_.push_back({.shape = Type::Shape::kKind,
                      .kind = builtin.kind,
                      .name = std::string(builtin.name),
                      .feel = std::string(builtin.feel)});
  }
}

TypeId Types::add_type(Type type) {
  types_.push_back(std::move(type));
  return static_cast<TypeId>(types_.size() - 1);
}

TypeId Types::list_of(TypeId element) {
  return add_type({.shape = Type::Shape::kList, .parts = {element}, .name = fmt::format("list of {}", types_[element].name)});
}

std::optional<TypeId> Types::lookup(std::string_view name, std::size_t file) const {
  if (name.empty() || name == "Any" || name == "any" || name == "feel:Any") return kAnyType;
  if (file < items_.size()) {
    if (const auto own = items_[file].find(std::string(name)); own != items_[file].end()) return own->second;
    for (const auto& [import, other] : imports_[file]) {
      // "import.type"; an import without a name brings its types in as they are.
      std::string_view rest = name;
      if (!import.empty()) {
        if (!rest.starts_with(import) || rest.size() <= import.size() || rest[import.size()] != '.') continue;
        rest.remove_prefix(import.size() + 1);
      }
      if (const auto found = items_[other].find(std::string(rest)); found != items_[other].end()) return found->second;
    }
  }
  for (std::size_t i = 0; i < kBuiltIns.size(); ++i) {
    if (kBuiltIns[i].name == name) return static_cast<TypeId>(i + 1);
  }
  // DMN 1.1 writes qualified names: the prefix stands for FEEL, this file or an imported one.
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view local = name.substr(colon + 1);
  if (const auto found = lookup(local, file)) return found;
  if (file < imports_.size()) {
    for (const auto& [import, other] : imports_[file]) {
      if (const auto found = items_[other].find(std::string(local)); found != items_[other].end()) return found->second;
    }
  }
  return std::nullopt;
}

TypeId Types::find(std::string_view name, std::size_t file) const {
  return lookup(name, file).value_or(kAnyType);
}

TypeId Types::resolve(std::string_view name, std::size_t file, const std::string& element, int line,
                      Diagnostics& diagnostics) {
  if (const auto found = lookup(name, file)) return *found;
  // A type written out, e.g. "list<number>".
  const feel::CompileOptions options{feel::Dialect::kDmn, {}, known_types(file)};
  if (name.find('<') != std::string_view::npos) {
    if (auto test = feel::Expression::compile(fmt::format("? instance of {}", name), options))
      return add_type({.shape = Type::Shape::kTest, .test = *test, .name = std::string(name), .feel = std::string(name)});
  }
  diagnostics.push_back({element, line, fmt::format("there is no type '{}'", name)});
  return kAnyType;
}

void Types::add(std::span<const Definitions> files, std::vector<std::map<std::string, std::size_t>> imports,
                feel::Dialect dialect, Diagnostics& diagnostics) {
  dialect_ = dialect;
  imports_ = std::move(imports);
  items_.resize(files.size());
  known_.resize(files.size());
  for (std::size_t file = 0; file < files.size(); ++file) {
    for (const RawItem& item : files[file].items) {
      const TypeId id = add_type({.name = item.name});
      if (!items_[file].emplace(item.name, id).second)
        diagnostics.push_back({item.name, item.line, "two item definitions have this name"});
    }
  }
  for (std::size_t file = 0; file < files.size(); ++file) {
    for (const RawItem& item : files[file].items) fill(items_[file][item.name], item, file, diagnostics);
  }
  for (std::size_t file = 0; file < files.size(); ++file) {
    for (const RawItem& item : files[file].items) {
      std::vector<TypeId> open;
      known_[file].push_back({item.name, feel_text(items_[file][item.name], open)});
    }
  }
  for (std::size_t file = 0; file < files.size(); ++file) {
    const std::size_t own = known_[file].size();
    for (const auto& [import, other] : imports_[file]) {
      for (const RawItem& item : files[other].items) {
        std::vector<TypeId> open;
        const std::string name = import.empty() ? item.name : fmt::format("{}.{}", import, item.name);
        known_[file].push_back({name, feel_text(items_[other][item.name], open)});
      }
    }
    std::sort(known_[file].begin() + static_cast<std::ptrdiff_t>(own), known_[file].end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const RawItem& item : files[file].items) {
      if (item.is_function) compile_function(items_[file][item.name], item, file, diagnostics);
    }
  }
  std::sort(fields_.begin(), fields_.end());
  fields_.erase(std::unique(fields_.begin(), fields_.end()), fields_.end());
}

void Types::constrain(Type& type, const std::optional<RawText>& values, const RawItem& item,
                      Diagnostics& diagnostics) const {
  if (!values) return;
  feel::CompileOptions options = kPlain;
  options.dialect = dialect_;
  auto tests = feel::Expression::compile_unary_tests(values->text, options);
  if (tests) {
    type.allowed_values = *tests;
  } else {
    diagnostics.push_back({item.name, values->line, fmt::format("allowed values: {}", tests.error().message)});
  }
}

/// Gives the type `id` the meaning of `item`. Components become types of their own.
void Types::fill(TypeId id, const RawItem& item, std::size_t file, Diagnostics& diagnostics) {
  Type one{.name = item.name};
  if (!item.components.empty()) {
    one.shape = Type::Shape::kContext;
    for (const RawItem& component : item.components) {
      const TypeId field = add_type({.name = component.name});
      fill(field, component, file, diagnostics);
      one.names.push_back(component.name);
      one.parts.push_back(field);
      fields_.push_back(component.name);
    }
  } else if (item.is_function) {
    one.shape = Type::Shape::kKind;
    one.kind = Kind::kFunction;
  } else if (!item.type.empty()) {
    // A reference, kept as one: the type it names may not be filled yet.
    one.shape = Type::Shape::kAny;
    one.parts = {resolve(item.type, file, item.name, item.line, diagnostics)};
  }
  if (!item.is_collection) {
    constrain(one, item.type_constraint ? item.type_constraint : item.allowed_values, item, diagnostics);
    types_[id] = std::move(one);
    return;
  }
  // The allowed values of a collection are those of its items, its type constraint is one of the whole list.
  constrain(one, item.allowed_values, item, diagnostics);
  const TypeId element = add_type(std::move(one));
  Type list{.shape = Type::Shape::kList, .parts = {element}, .name = item.name};
  constrain(list, item.type_constraint, item, diagnostics);
  types_[id] = std::move(list);
}

/// FEEL writes a function's type with those of its parameters and its result.
void Types::compile_function(TypeId id, const RawItem& item, std::size_t file, Diagnostics& diagnostics) {
  std::string text = "function<";
  for (const RawVariable& parameter : item.parameters) {
    std::vector<TypeId> open;
    const TypeId type = resolve(parameter.type, file, item.name, item.line, diagnostics);
    if (text.back() != '<') text += ", ";
    text += feel_text(type, open);
  }
  std::vector<TypeId> open;
  const TypeId result = resolve(item.result_type, file, item.name, item.line, diagnostics);
  text += ">->" + feel_text(result, open);
  types_[id].result = result;
  Type* type = &types_[id];
  if (type->shape == Type::Shape::kList) type = &types_[type->parts[0]];
  auto test = feel::Expression::compile("? instance of " + text, kPlain);
  if (!test) return;
  type->shape = Type::Shape::kTest;
  type->test = *test;
  type->feel = text;
  for (auto& known : known_) {
    for (feel::NamedType& named : known) {
      if (named.name == item.name) named.type = item.is_collection ? fmt::format("list<{}>", text) : text;
    }
  }
}

/// The type as FEEL text, with item definitions written out; what refers to itself counts as Any from there on.
std::string Types::feel_text(TypeId id, std::vector<TypeId>& open) const {
  const Type& type = types_[id];
  if (!type.feel.empty()) return type.feel;
  if (std::find(open.begin(), open.end(), id) != open.end() || open.size() >= limits::kDmnNesting) return "Any";
  open.push_back(id);
  std::string text = "Any";
  if (type.shape == Type::Shape::kKind) {
    text = std::string(feel::kind_name(type.kind));
  } else if (type.shape == Type::Shape::kList) {
    text = fmt::format("list<{}>", feel_text(type.parts[0], open));
  } else if (type.shape == Type::Shape::kContext) {
    text = "context<";
    for (std::size_t i = 0; i < type.parts.size() && text.size() < kMaxTypeText; ++i) {
      if (i > 0) text += ", ";
      text += fmt::format("{}: {}", type.names[i], feel_text(type.parts[i], open));
    }
    text += '>';
  } else if (!type.parts.empty()) {
    text = feel_text(type.parts[0], open);
  }
  open.pop_back();
  return text.size() < kMaxTypeText ? text : "Any";
}

bool Types::has_shape(const Value& value, const Type& type, feel::Evaluation& evaluation, int depth) const {
  switch (type.shape) {
    case Type::Shape::kAny:  // or a reference to another type
      return type.parts.empty() || conforms_at(value, type.parts[0], evaluation, depth + 1);
    case Type::Shape::kKind:
      return value.is(type.kind);
    case Type::Shape::kTest: {
      const auto result = type.test->evaluate(evaluation, TestedValue(value));
      return result && result->is_true();
    }
    case Type::Shape::kList: {
      if (!value.is(Kind::kList)) return false;
      const auto items = value.as_list();
      return evaluation.charge(items.size()) && std::all_of(items.begin(), items.end(), [&](const Value& item) {
               return conforms_at(item, type.parts[0], evaluation, depth + 1);
             });
    }
    case Type::Shape::kContext: {
      if (!value.is(Kind::kContext)) return false;
      for (std::size_t i = 0; i < type.parts.size(); ++i) {
        const Value* field = value.as_context().find(type.names[i]);
        if (field == nullptr || !conforms_at(*field, type.parts[i], evaluation, depth + 1)) return false;
      }
      return true;
    }
  }
  return false;
}

bool Types::conforms_at(const Value& value, TypeId id, feel::Evaluation& evaluation, int depth) const {
  if (id == kAnyType) return true;
  if (depth > kMaxDepth || !evaluation.charge(1)) return false;
  const Type& type = types_[id];
  if (value.is_null()) return true;
  if (!has_shape(value, type, evaluation, depth)) return false;
  if (!type.allowed_values) return true;
  const auto allowed = type.allowed_values->evaluate(evaluation, TestedValue(value));
  return allowed && allowed->is_true();
}

bool Types::conforms(const Value& value, TypeId type, feel::Evaluation& evaluation) const {
  return conforms_at(value, type, evaluation, 0);
}

Types::Coerced Types::coerce(const Value& value, TypeId id, feel::Evaluation& evaluation) const {
  if (id == kAnyType || value.is_null()) return {value, true};
  const Type* type = &types_[id];
  if (type->shape == Type::Shape::kKind && value.is(type->kind) && !type->allowed_values) [[likely]]
    return {value, true};
  if (conforms(value, id, evaluation)) return {value, true};
  if (value.is(Kind::kList) && value.as_list().size() == 1) {
    const Value item = value.as_list()[0];
    if (conforms(item, id, evaluation)) return {item, true};
  }
  for (int i = 0; i < kMaxDepth && type->shape == Type::Shape::kAny && !type->parts.empty(); ++i)
    type = &types_[type->parts[0]];
  if (type->shape == Type::Shape::kList) {
    const Value list = evaluation.list({&value, 1});
    if (!value.is(Kind::kList) && conforms(list, id, evaluation)) return {list, true};
  }
  if (type->shape == Type::Shape::kKind && type->kind == Kind::kDateTime && value.is(Kind::kDate)) {
    const Value midnight = Value::date_time({value.as_date(), {0, feel::Offset::fixed(0)}});
    if (conforms(midnight, id, evaluation)) return {midnight, true};
  }
  return {Value(), false};
}

}  // namespace baton::dmn
