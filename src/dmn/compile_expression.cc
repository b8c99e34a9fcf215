// Boxed expressions and the names in them.
#include <algorithm>
#include <cctype>

#include "base/limits.h"
#include "dmn/compiler.h"
#include "feel/builtins.h"

namespace baton::dmn {
namespace {

using Kind = RawExpression::Kind;

/// One word of plain letters: the parser needs no help to read it, unless a built-in function has that name too.
bool reads_by_itself(std::string_view name, feel::Dialect dialect) {
  const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                     });
  return plain && feel::find_builtin(name, dialect) == nullptr;
}

bool is_feel(std::string_view language) {
  if (language.empty()) return true;
  std::string lower(language);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("feel") != std::string::npos;
}

}  // namespace

void Compiler::complain(const Scope& scope, const Place& place, std::string message) {
  const Scope* root = &scope;
  while (root->parent != nullptr) root = root->parent;
  const std::string element = place.id.empty() ? std::string(root->element) : place.id;
  model_.diagnostics.push_back({element, place.line, std::move(message)});
}

/// A name that nothing declares comes from outside.
std::uint32_t Compiler::outside_name(std::string_view name) {
  const auto known = outside_.find(name);
  if (known != outside_.end()) return known->second;
  const auto index = static_cast<std::uint32_t>(model_.inputs.size());
  model_.inputs.push_back({std::string(name), {}, kAnyType, false});
  outside_.emplace(name, index);
  return index;
}

Ref Compiler::resolve(std::string_view name, const Scope& scope, bool unary_tests) {
  if (unary_tests && name == "?") return {Ref::Kind::kTested, 0, 0, 0};
  std::vector<std::uint32_t> items;  // depths of filters on the way
  std::uint32_t depth = 0;
  Ref result;
  const Scope* at = &scope;
  for (; at != nullptr && result.kind == Ref::Kind::kNone; at = at->parent) {
    if (!at->is_frame) {
      if (const auto found = at->names.find(name); found != at->names.end()) {
        result = found->second;
      } else if (at->is_open) {
        result = {Ref::Kind::kInput, outside_name(name), 0, 0};
      }
      break;
    }
    for (std::size_t slot = at->locals.size(); slot-- > 0;) {
      if (at->locals[slot] != name) continue;
      result = {Ref::Kind::kLocal, static_cast<std::uint32_t>(slot), depth, 0};
      break;
    }
    if (result.kind == Ref::Kind::kNone && at->has_item) items.push_back(depth);
    ++depth;
  }
  while (!items.empty()) {
    model_.refs.push_back(result);
    result = {Ref::Kind::kItemField, 0, items.back(), static_cast<std::uint32_t>(model_.refs.size() - 1)};
    items.pop_back();
  }
  return result;
}

/// Remembers the value of a literal. What takes many steps is left to the evaluation.
void Compiler::fold(Feel& feel) {
  constexpr std::uint64_t kSteps = 200;
  if (!feel.expression->is_constant()) return;
  feel::Evaluation trial(TimeMs(0), feel::Budgets{.steps = kSteps, .bytes = 64U << 10});
  const TestedValue nothing{feel::Value()};
  const auto value = feel.expression->evaluate(trial, nothing);
  if (!value || !trial.warnings().empty() || value->is(feel::Kind::kFunction)) return;
  const auto kept = feel.expression->evaluate(model_.constants, nothing);
  if (kept) feel.constant = *kept;
}

Feel Compiler::compile_feel(std::string_view text, std::string_view language, Place place, const Scope& scope,
                            bool unary_tests) {
  Feel feel;
  feel.place = std::move(place);
  if (text.empty()) return feel;
  const auto dialect = model_.options.dialect;
  if (!is_feel(language)) {
    feel.broken = fmt::format("the expression language '{}' is not supported, only FEEL is", language);
    complain(scope, feel.place, feel.broken);
    return feel;
  }
  std::vector<std::string> names;
  std::size_t file = 0;
  const auto add = [&](std::string_view name) {
    if (!reads_by_itself(name, dialect)) names.emplace_back(name);
  };
  for (const Scope* at = &scope; at != nullptr; at = at->parent) {
    for (const std::string_view local : at->locals) add(local);
    for (const auto& [name, ref] : at->names) {
      add(name);
      if (ref.kind == Ref::Kind::kImport) {
        for (const ImportedName& member : model_.imports[ref.index]) add(member.name);
      }
    }
    file = at->file;
    if (at->is_open) {
      for (const InputInfo& input : model_.inputs) {
        if (input.declared) add(input.name);
      }
    }
  }
  std::vector<std::string> members;
  for (const std::string& field : model_.types.field_names()) {
    if (!reads_by_itself(field, dialect)) members.push_back(field);
  }
  const feel::CompileOptions options{dialect, names, model_.types.known_types(file), members};
  auto expression = unary_tests ? feel::Expression::compile_unary_tests(text, options)
                                : feel::Expression::compile(text, options);
  if (!expression) {
    feel.broken = fmt::format("FEEL: {}", expression.error().message);
    complain(scope, feel.place, feel.broken);
    return feel;
  }
  feel.expression = std::move(*expression);
  for (const std::string& name : feel.expression->free_names()) feel.refs.push_back(resolve(name, scope, unary_tests));
  if (!unary_tests) fold(feel);
  return feel;
}

void Compiler::compile_function(const RawExpression& raw, const Scope& scope, Node& node) {
  if (!raw.language.empty() && raw.language != "FEEL" && raw.language != "feel") {
    node.broken = fmt::format("functions of kind '{}' are not supported: Baton runs no foreign code", raw.language);
    complain(scope, node.place, node.broken);
    return;
  }
  Scope inner;
  inner.parent = &scope;
  inner.file = scope.file;
  for (const Parameter& parameter : node.names) {
    inner.locals.push_back(parameter.name);
    node.name_list.push_back(parameter.name);
  }
  if (!raw.parts.empty()) node.parts.push_back(compile_node(raw.parts[0], inner));
}

void Compiler::compile_parts(const RawExpression& raw, const Scope& scope, Node& node) {
  Scope inner;
  inner.parent = &scope;
  inner.file = scope.file;
  switch (raw.kind) {
    case Kind::kContext:
      for (std::size_t i = 0; i < raw.parts.size(); ++i) {
        node.parts.push_back(compile_node(raw.parts[i], inner));
        inner.locals.push_back(node.names[i].name);  // visible to the entries that follow
      }
      break;
    case Kind::kFilter:
      node.parts.push_back(compile_node(raw.parts[0], scope));
      inner.locals.push_back("item");
      inner.has_item = true;
      node.parts.push_back(compile_node(raw.parts[1], inner));
      break;
    case Kind::kFor:
    case Kind::kSome:
    case Kind::kEvery:
      node.parts.push_back(compile_node(raw.parts[0], scope));
      inner.locals = {node.names[0].name};
      if (raw.kind == Kind::kFor) inner.locals.emplace_back("partial");
      node.parts.push_back(compile_node(raw.parts[1], inner));
      break;
    default:
      for (const RawExpression& part : raw.parts) node.parts.push_back(compile_node(part, scope));
      break;
  }
}

const Node* Compiler::compile_node(const RawExpression& raw, const Scope& scope) {
  Node& node = model_.nodes.emplace_back();
  node.kind = raw.kind;
  node.place = {Place::Kind::kExpression, 0, 0, raw.line, raw.id};
  const std::string element(scope.element);
  node.type = model_.types.resolve(raw.type, scope.file, raw.id, raw.line, model_.diagnostics);
  for (const RawVariable& name : raw.names) {
    node.names.push_back(
        {intern(name.name), model_.types.resolve(name.type, scope.file, raw.id, raw.line, model_.diagnostics)});
  }
  switch (raw.kind) {
    case Kind::kLiteral:
      node.feel = compile_feel(raw.text, raw.language, node.place, scope, false);
      break;
    case Kind::kTable:
      compile_table(*raw.table, raw.language, raw.line, scope, node);
      break;
    case Kind::kFunction:
      compile_function(raw, scope, node);
      break;
    case Kind::kUnsupported:
      node.broken = fmt::format("{} is not supported", raw.text);
      complain(scope, node.place, node.broken);
      break;
    default:
      compile_parts(raw, scope, node);
      break;
  }
  for (const Node* part : node.parts) node.depth = std::max(node.depth, part->depth + 1);
  return &node;
}

}  // namespace baton::dmn
