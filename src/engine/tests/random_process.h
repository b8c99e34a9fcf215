// Random block-structured processes: sequences of tasks, timers, choices, forks, loops with a counter, and scopes that
// events interrupt. A given seed gives
// the same process on every machine.
#pragma once

#include <cstdint>

#include "engine/tests/process_text.h"

namespace baton::engine::testing {

/// A small generator that is the same everywhere (SplitMix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// A number from 0 to n - 1.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// A process with id "p" that ends whatever its jobs return: conditions read the variables v0 to v3, which a create
/// gives as numbers, and each loop counts its rounds itself.
ProcessText random_process(Random& random);

}  // namespace baton::engine::testing
