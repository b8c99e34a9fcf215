// A compact copy of an LMDB file while it is in use.
#pragma once

#include <string>

#include "base/result.h"
#include "storage/breather.h"

struct MDB_env;

namespace baton::storage {

/// Writes a compact copy of `env`, whose file is `from`, to a new file at `path` and syncs it. In pieces, with rests
/// between them. The pages that the copy reads are not used again by commits before it is done: the file of `env` may
/// grow meanwhile. Errors: kCancelled, kResourceExhausted, kUnavailable, kDataLoss.
Status copy_environment(MDB_env* env, const std::string& from, const std::string& path, Breather& breather);

}  // namespace baton::storage
