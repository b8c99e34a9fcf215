// Users and API tokens as they leave the state: for whoever checks credentials.
#pragma once

#include "engine/effect.h"
#include "engine/state/rows.h"

namespace baton::engine {

IdentityChanged identity_of(const UserRow& row, bool deleted = false);
IdentityChanged identity_of(const TokenRow& row, bool deleted = false);

}  // namespace baton::engine
