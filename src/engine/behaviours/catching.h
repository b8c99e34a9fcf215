// Where an error or escalation is caught (camunda-8-api.md 5.9).
#pragma once

#include <optional>
#include <string>

#include "engine/execution.h"

namespace baton::engine {

/// Searches upwards from `thrower`, across call activities: at each level the event sub-processes of the scope and the
/// boundary events of the activity, a matching code before those that catch everything.
std::optional<Catch> find_catch(const Execution& x, bpmn::EventType type, std::string_view code, Key thrower);

/// The text of the incident of an error that nobody catches; `message` may be empty.
std::string uncaught_text(const Execution& x, std::string_view code, std::string_view message, Key thrower);

}  // namespace baton::engine
