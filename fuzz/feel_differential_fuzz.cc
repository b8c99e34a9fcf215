// Bytes decide an expression of every construct; the compiled form and the tree walker must agree on its value.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "feel/tests/differential.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto difference = baton::feel::testing::compare_random_bytes(bytes)) {
    std::fputs(difference->c_str(), stderr);
    std::abort();
  }
  return 0;
}
