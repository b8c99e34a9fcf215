// Errors of LMDB calls.
#pragma once

#include <lmdb.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton::storage {

/// kResourceExhausted when there is no space, kDataLoss for a damaged file, else kUnavailable.
inline Failure lmdb_failure(int rc, std::string_view what, const std::string& path) {
  const Code code = rc == ENOSPC || rc == EDQUOT || rc == MDB_MAP_FULL || rc == MDB_TXN_FULL ? Code::kResourceExhausted
                    : rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH
                        ? Code::kDataLoss
                        : Code::kUnavailable;
  return failf(code, "the state store '{}': cannot {}: {}", path, what, ::mdb_strerror(rc));
}

}  // namespace baton::storage
