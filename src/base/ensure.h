// ENSURE: an invariant that stays checked in release builds. A broken invariant is a defect in Baton: the process
// prints where and why and aborts, because going on could write wrong data. Expected errors use base/result.h instead.
#pragma once

namespace baton {

/// Prints `expression`, `message` and the place to stderr, then aborts.
[[noreturn]] void ensure_failed(const char* expression, const char* message, const char* file, int line) noexcept;

}  // namespace baton

#define ENSURE(condition, message)                                     \
  do {                                                                 \
    if (__builtin_expect(!(condition), 0)) {                           \
      ::baton::ensure_failed(#condition, message, __FILE__, __LINE__); \
    }                                                                  \
  } while (false)
