// Raising incidents: whatever cannot go on is named, never silent.
#include "base/json.h"
#include "base/limits.h"
#include "engine/execution.h"

namespace baton::engine {

void Execution::raise_incident(Key element_instance, Key job, IncidentKind kind, std::string_view message) {
  const Key key = new_key();
  const std::string text = json_quote(utf8_prefix(message, limits::kErrorMessageChars));
  events.append(IncidentCreated{key, element_instance, job, kind, Value(text)});
}

}  // namespace baton::engine
