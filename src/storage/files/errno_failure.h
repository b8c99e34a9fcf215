// Errors of system calls on files.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton::storage {

/// kResourceExhausted for a full disk or quota, kNotFound for a file that is not there, else kUnavailable.
inline Failure errno_failure(std::string_view doing, const std::string& path, int error) {
  const Code code = error == ENOSPC || error == EDQUOT ? Code::kResourceExhausted
                    : error == ENOENT                  ? Code::kNotFound
                                                       : Code::kUnavailable;
  return failf(code, "cannot {} '{}': {}", doing, path, std::strerror(error));
}

}  // namespace baton::storage
