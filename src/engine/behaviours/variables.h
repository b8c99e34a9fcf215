// Scopes of variables (camunda-8-api.md 5.4): a child scope shadows its parents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/execution.h"

namespace baton::engine {

/// The variable `name` as `scope` sees it: its own, or that of the nearest enclosing scope.
const VariableRow* find_visible(const Instance& instance, Key scope, const Symbol& name);

/// Sets a variable of exactly `scope`. Setting an equal value writes no event.
void set_local(Execution& x, Key scope, const NamedValue& variable);

/// Sets a variable where it is found walking up from `scope`; if nowhere, in the outermost scope.
void propagate(Execution& x, Key scope, const NamedValue& variable);

/// Variables of exactly `scope` as a JSON object, in the order of creation; `only` empty means all.
std::string local_variables_json(const Instance& instance, Key scope, const std::vector<std::string>& only);

/// Everything that `scope` sees as a JSON object.
std::string visible_variables_json(const Instance& instance, Key scope, const std::vector<std::string>& only);

/// Interns a document's names and shares its bytes.
CommandVariables intern_variables(const JsonDocument& document, SymbolTable& symbols);

/// The other way round.
JsonDocument to_document(const CommandVariables& variables);

/// The variables of exactly `scope`, e.g. what input mappings gave to a throw event.
CommandVariables local_variables(const Instance& instance, Key scope);

/// What a create answers about the instance.
CreateReply created_reply(const Instance& instance);

}  // namespace baton::engine
