// The one authorization decision: every command passes it, from the first day.
#pragma once

#include <string_view>

#include "engine/command.h"

namespace baton::engine {

/// True if `principal`, acting in `tenant`, may touch a resource of `resource_tenant`. A caller never learns whether a
/// resource of another tenant exists: refusals look like "not found". Roles and permissions join with their
/// issue.
inline bool authorize(const Principal& principal, std::string_view tenant, std::string_view resource_tenant) {
  if (principal.kind == Principal::Kind::kEngine) return true;
  return tenant == resource_tenant;
}

/// True if `principal` may manage users and tokens: people may, clients may not. Anonymous callers get here only where
/// authentication is off (--dev).
inline bool may_manage_identities(const Principal& principal) {
  return principal.kind != Principal::Kind::kClient;
}

}  // namespace baton::engine
