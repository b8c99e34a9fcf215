// The one authorization decision: every command passes it, from the first day.
#pragma once

#include <string_view>

#include "engine/command.h"

namespace baton::engine {

/// True if `principal`, acting in `tenant`, may touch a resource of `resource_tenant`. A caller never learns whether a
/// resource of another tenant exists: refusals look like "not found". Users, roles and permissions join with their
/// issue; until then the gateway admits only anonymous callers on loopback.
inline bool authorize(const Principal& principal, std::string_view tenant, std::string_view resource_tenant) {
  if (principal.kind == Principal::Kind::kEngine) return true;
  return tenant == resource_tenant;
}

}  // namespace baton::engine
