#include "base/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace baton {

void ensure_failed(const char* expression, const char* message, const char* file, int line) noexcept {
  std::fprintf(stderr, "baton: broken invariant at %s:%d: %s (%s)\n", file, line, message, expression);
  std::fflush(stderr);
  std::abort();
}

}  // namespace baton
