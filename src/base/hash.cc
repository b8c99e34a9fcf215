#include "base/hash.h"

#include <openssl/sha.h>

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>
#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace baton {

std::uint64_t hash64(std::string_view data, std::uint64_t seed) {
  return XXH3_64bits_withSeed(data.data(), data.size(), seed);
}

#ifdef __SSE4_2__
std::uint32_t crc32c(std::string_view data, std::uint32_t crc) {
  std::uint64_t c = ~crc;
  const char* p = data.data();
  std::size_t n = data.size();
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    c = _mm_crc32_u64(c, word);
  }
  auto c32 = static_cast<std::uint32_t>(c);
  for (; n > 0; ++p, --n) c32 = _mm_crc32_u8(c32, static_cast<std::uint8_t>(*p));
  return ~c32;
}
#else
std::uint32_t crc32c(std::string_view data, std::uint32_t crc) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c >> 1) ^ ((c & 1) != 0 ? 0x82F63B78U : 0U);
      t[i] = c;
    }
    return t;
  }();
  std::uint32_t c = ~crc;
  for (const char ch : data) c = (c >> 8) ^ table[(c ^ static_cast<std::uint8_t>(ch)) & 0xFF];
  return ~c;
}
#endif

Sha256 sha256(std::string_view data) {
  Sha256 digest;
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data());
  return digest;
}

}  // namespace baton
