#include "engine/behaviours/variables.h"

#include <algorithm>

#include "base/json.h"
#include "engine/behaviours/multi_instance.h"

namespace baton::engine {

namespace {

Key parent_of(const Instance& instance, Key scope) {
  return instance.element(scope)->scope;
}

/// Collects "name":value pairs of scopes, the nearest first.
class ObjectBuilder {
 public:
  ObjectBuilder(const Instance& instance, const std::vector<std::string>& only) : instance_(instance), only_(only) {}

  void add_scope(Key scope) {
    if (only_.empty()) json_.reserve(json_.size() + bytes_of(scope));
    instance_.variables.for_each_in(scope, [this](const VariableRow& row) {
      if (only_.empty() ? !is_hidden(row.name) : is_wanted(row.name.text())) add(row.name.text(), row.value.json());
    });
    nearer_.push_back(scope);
  }
  /// The output collection of a loop, for whoever asks for it by name: each job of a long loop would carry all of it.
  void add_output(Key scope) {
    const std::string_view name = only_.empty() ? std::string_view() : output_name(instance_, scope);
    if (!name.empty() && is_wanted(name)) add(name, output_so_far(instance_, scope));
  }
  std::string finish() {
    json_.push_back('}');
    return std::move(json_);
  }

 private:
  [[nodiscard]] std::size_t bytes_of(Key scope) const {
    constexpr std::size_t kPunctuation = 4;  // of a name and its value
    std::size_t bytes = 2;
    instance_.variables.for_each_in(scope, [&bytes](const VariableRow& row) {
      bytes += row.name.text().size() + row.value.json().size() + kPunctuation;
    });
    return bytes;
  }
  /// A nearer scope has a variable of this name.
  [[nodiscard]] bool is_hidden(const Symbol& name) const {
    return std::any_of(nearer_.begin(), nearer_.end(),
                       [&](Key scope) { return instance_.variables.find(scope, name) != nullptr; });
  }
  /// Named in only_, and not found in a scope further inside.
  [[nodiscard]] bool is_wanted(std::string_view name) const {
    return std::find(only_.begin(), only_.end(), name) != only_.end() &&
           std::find(added_.begin(), added_.end(), name) == added_.end();
  }
  void add(std::string_view name, std::string_view value) {
    if (!only_.empty()) added_.push_back(name);
    if (json_.size() > 1) json_.push_back(',');
    json_append_string(json_, name);
    json_.push_back(':');
    json_.append(value);
  }

  const Instance& instance_;
  const std::vector<std::string>& only_;
  std::vector<Key> nearer_;
  std::vector<std::string_view> added_;  // of only_
  std::string json_ = "{";
};

}  // namespace

const VariableRow* find_visible(const Instance& instance, Key scope, const Symbol& name) {
  for (Key at = scope; at.value() != 0; at = parent_of(instance, at)) {
    if (const VariableRow* row = instance.variables.find(at, name)) return row;
  }
  return nullptr;
}

void set_local(Execution& x, Key scope, const NamedValue& variable) {
  const VariableRow* row = x.instance().variables.find(scope, variable.name);
  if (row == nullptr) {
    const Key key = x.new_key();
    x.events.append(VariableCreated{key, scope, variable});
  } else if (row->value != variable.value) {
    x.events.append(VariableUpdated{row->key, scope, variable});
  }
}

void propagate(Execution& x, Key scope, const NamedValue& variable) {
  const VariableRow* row = find_visible(x.instance(), scope, variable.name);
  set_local(x, row != nullptr ? row->scope : x.instance().row.key, variable);
}

std::string local_variables_json(const Instance& instance, Key scope, const std::vector<std::string>& only) {
  ObjectBuilder object(instance, only);
  object.add_scope(scope);
  return object.finish();
}

std::string visible_variables_json(const Instance& instance, Key scope, const std::vector<std::string>& only) {
  ObjectBuilder object(instance, only);
  for (Key at = scope; at.value() != 0; at = parent_of(instance, at)) {
    object.add_scope(at);
    object.add_output(at);
  }
  return object.finish();
}

CommandVariables intern_variables(const JsonDocument& document, SymbolTable& symbols) {
  CommandVariables variables;
  if (document.empty()) return variables;
  std::string bytes;
  for (std::size_t i = 0; i < document.size(); ++i) bytes.append(document[i].value);
  const SharedBytes shared(std::move(bytes));
  variables.reserve(document.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const auto entry = document[i];
    variables.push_back(
        {symbols.intern(entry.name), Value(shared, at, entry.value.size()), static_cast<std::int32_t>(i)});
    at += entry.value.size();
  }
  return variables;
}

JsonDocument to_document(const CommandVariables& variables) {
  JsonDocument document;
  for (const NamedValue& variable : variables) document.add(variable.name.text(), variable.value.json());
  return document;
}

CommandVariables local_variables(const Instance& instance, Key scope) {
  CommandVariables variables;
  instance.variables.for_each_in(scope,
                                 [&](const VariableRow& row) { variables.push_back({row.name, row.value, -1}); });
  return variables;
}

CreateReply created_reply(const Instance& instance) {
  const DefinitionRow& definition = *instance.definition;
  return {definition.key,
          definition.process_id,
          definition.version,
          instance.row.key,
          std::string(instance.row.tenant.text()),
          instance.row.tags,
          std::string(instance.row.business_id.text())};
}

}  // namespace baton::engine
