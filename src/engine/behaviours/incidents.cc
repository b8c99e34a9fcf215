// Raising incidents: whatever cannot go on is named, never silent.
#include "base/json.h"
#include "base/limits.h"
#include "engine/execution.h"

namespace baton::engine {

void Execution::raise_incident(Key element_instance, Key job, IncidentKind kind, std::string_view message) {
  std::string_view text = message.substr(0, limits::kErrorMessageChars);
  while (!text.empty() && text.size() < message.size() && (static_cast<unsigned char>(message[text.size()]) & 0xC0) == 0x80) {
    text.remove_suffix(1);  // do not cut a UTF-8 sequence
  }
  const Key key = new_key();
  events.append(IncidentCreated{key, element_instance, job, kind, Value(json_quote(text))});
}

}  // namespace baton::engine
