// The bytes of an answer that is remembered under a request id.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/effect.h"

namespace baton::engine {

/// Answers that cannot be repeated (a result, an error) give no bytes.
std::string encode_reply(const ReplyBody& reply);
/// Errors: kDataLoss.
Result<ReplyBody> decode_reply(std::string_view bytes);

}  // namespace baton::engine
