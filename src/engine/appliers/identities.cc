// Appliers of users and API tokens.
#include "engine/appliers/appliers.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

namespace {
void take_block(ApplyContext& context, Key key) {
  CountersRow counters = context.state.view().counters();
  counters.next_block = key.value() + kKeyBlockSize;
  context.state.put_counters(counters);
}
}  // namespace

void apply(ApplyContext& context, const UserPut& event) {
  const UserRow* row = context.state.view().user(event.key);
  if (row == nullptr) {
    take_block(context, event.key);
    context.state.put_new(UserRow{event.key, event.username, event.name, event.email, event.password, context.tenant});
  } else {  // a user stays in the tenant of whoever created it
    context.state.put(UserRow{event.key, event.username, event.name, event.email, event.password, row->tenant});
  }
}

void apply(ApplyContext& context, const UserDeleted& event) {
  context.state.erase<UserRow>(std::tuple(event.key));
}

void apply(ApplyContext& context, const TokenCreated& event) {
  take_block(context, event.key);
  context.state.put_new(TokenRow{event.key, event.client, event.tenant, event.digest});
}

void apply(ApplyContext& context, const TokenDeleted& event) {
  context.state.erase<TokenRow>(std::tuple(event.key));
}

}  // namespace baton::engine
