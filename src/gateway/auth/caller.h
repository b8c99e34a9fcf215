// On whose behalf a request is made.
#pragma once

#include <string>

#include "engine/command.h"

namespace baton::gateway {

/// Who asks, and in which tenant. Comes from the credentials, once, at the edge; nothing below takes it from a payload.
struct Caller {
  engine::Principal principal;
  std::string tenant{engine::kDefaultTenant};
};

}  // namespace baton::gateway
