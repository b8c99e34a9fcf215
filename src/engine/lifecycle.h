// The lifecycle of an element instance: one table of the allowed transitions.
#pragma once

#include <cstdint>

#include "engine/state/rows.h"

namespace baton::engine {

/// True if an element instance may go from `from` to `to`. SUSPENDED is reached from and left to every live state;
/// COMPLETED is left only by compensation, TERMINATED never.
constexpr bool is_allowed(ElementState from, ElementState to) {
  using enum ElementState;
  constexpr auto bit = [](ElementState s) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(s)); };
  constexpr std::uint8_t kNext[] = {
      /* none        */ bit(kActivating),
      /* ACTIVATING  */ static_cast<std::uint8_t>(bit(kActivated) | bit(kTerminating) | bit(kSuspended)),
      /* ACTIVATED   */ static_cast<std::uint8_t>(bit(kCompleting) | bit(kTerminating) | bit(kSuspended)),
      /* COMPLETING  */ static_cast<std::uint8_t>(bit(kCompleted) | bit(kTerminating) | bit(kSuspended)),
      /* COMPLETED   */ 0,
      /* TERMINATING */ static_cast<std::uint8_t>(bit(kTerminated) | bit(kSuspended)),
      /* TERMINATED  */ 0,
      /* SUSPENDED   */
      static_cast<std::uint8_t>(bit(kActivating) | bit(kActivated) | bit(kCompleting) | bit(kTerminating)),
  };
  return (kNext[static_cast<unsigned>(from)] & bit(to)) != 0;
}

}  // namespace baton::engine
