// What answers about live entities have in common.
#pragma once

#include "engine/state/view.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

/// "2026-04-14T09:30:00.000Z", quoted.
std::string iso_time(TimeMs time);
/// Quoted; null for an empty text, or for no key.
std::string nullable_text(std::string_view text);
std::string nullable_key(Key key);
std::string texts_json(const std::vector<std::string>& texts);
/// "Variable with key '7'"
std::string named(std::string_view what, Key key);

/// The instance of `key`, if the caller may see it.
const engine::Instance* visible_instance(const engine::StateView& state, const gateway::Caller& caller, Key key);
/// The same for what is deployed.
const engine::DefinitionRow* visible_definition(const engine::StateView& state, const gateway::Caller& caller, Key key);
const engine::FormRow* visible_form(const engine::StateView& state, const gateway::Caller& caller, Key key);

/// The form that the process links to at its none start event, or null.
const bpmn::LinkedForm* start_form_of(const engine::DefinitionRow& definition);

}  // namespace baton::rest
