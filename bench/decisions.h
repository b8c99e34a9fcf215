// Decisions and expressions on one core, without a server: what an embedding program gets.
#pragma once

namespace baton::bench {

/// Prints evaluations a second of a 5-rule table, a 1,000-rule table and an expression; each for `seconds`.
int run_decisions(double seconds, bool json);

}  // namespace baton::bench
