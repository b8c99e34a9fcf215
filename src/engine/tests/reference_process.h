// Random processes for the reference model: the graph and the same process as BPMN.
#pragma once

#include <string>

#include "engine/tests/random_process.h"
#include "engine/tests/reference_model.h"

namespace baton::engine::testing::reference {

/// Variables v0 to v3 that conditions read.
inline constexpr int kVariables = 4;

/// A process with id "p". Blocks nest: sequences, choices, forks, inclusive forks, loops are left out (they would not
/// end), sub-processes with events around and in them, waits of every kind.
Graph random_graph(Random& random);
/// The process as a BPMN file.
std::string to_bpmn(const Graph& graph);

}  // namespace baton::engine::testing::reference
