// Appliers of users and API tokens.
#include "engine/appliers/appliers.h"

namespace baton::engine {

void apply(ApplyContext& context, const UserPut& event) {
  const auto& users = context.state.view().users();
  const auto it = users.find(event.username);
  // A user stays in the tenant of whoever created it.
  const Symbol tenant = it == users.end() ? context.tenant : it->second.tenant;
  context.state.put_user({event.username, event.name, event.email, event.password, tenant});
}

void apply(ApplyContext& context, const UserDeleted& event) {
  context.state.erase_user(event.username);
}

void apply(ApplyContext& context, const TokenCreated& event) {
  CountersRow counters = context.state.view().counters();
  counters.next_block = event.key.value() + kKeyBlockSize;
  context.state.put_counters(counters);
  context.state.put_token({event.key, event.client, event.tenant, event.digest});
}

void apply(ApplyContext& context, const TokenDeleted& event) {
  context.state.erase_token(event.key);
}

}  // namespace baton::engine
