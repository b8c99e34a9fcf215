// Gateways that join tokens.
#pragma once

#include <optional>

#include "engine/execution.h"

namespace baton::engine {

/// True if tokens wait at `element` until it can go on with all of them.
inline bool joins(const bpmn::Element& element) {
  return (element.type == bpmn::ElementType::kParallelGateway ||
          element.type == bpmn::ElementType::kInclusiveGateway) &&
         element.incoming.size() > 1;
}

/// A flow with a token that waits, and its scope.
struct WaitingJoin {
  bpmn::FlowIndex flow;
  Key scope;
};

/// An inclusive gateway at which a token waits and that no other token of its scope can reach any more (BPMN 10.6.3).
/// Only when nothing else can move in this frame.
std::optional<WaitingJoin> find_ready_join(const Execution& x);

}  // namespace baton::engine
