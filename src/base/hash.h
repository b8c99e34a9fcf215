// Hashes: XXH3 for tables and the state hash, CRC-32C for torn or damaged batches, SHA-256 for the journal's chain.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace baton {

using Sha256 = std::array<std::uint8_t, 32>;

/// XXH3 64-bit of `data`; stable across builds and machines.
std::uint64_t hash64(std::string_view data, std::uint64_t seed = 0);

/// CRC-32C (Castagnoli), `crc` continues an earlier sum; hardware instruction where there is one.
std::uint32_t crc32c(std::string_view data, std::uint32_t crc = 0);

/// SHA-256 of `data`.
Sha256 sha256(std::string_view data);

/// Mixes one 64-bit value into a running hash. Order matters.
constexpr std::uint64_t mix64(std::uint64_t state, std::uint64_t value) {
  std::uint64_t z = (state ^ value) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93ULL;
  return z ^ (z >> 29);
}

}  // namespace baton
