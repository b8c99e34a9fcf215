// Commands as they stand in the journal: the values once, without what only the live process needs (reply tokens,
// consumers).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/command.h"

namespace baton::engine {

void encode_command(const CommandBody& body, std::string& out);

/// Decodes the command of a frame with `intent`. Errors: kDataLoss.
Result<CommandBody> decode_command(std::uint8_t intent, std::string_view bytes);

/// Name of the command for people, e.g. "CREATE_INSTANCE"; intent_name() is what rejections print.
std::string_view command_name(const CommandBody& body);

/// The variables that a command carries, or null.
const JsonDocument* variables_of(const CommandBody& body);

}  // namespace baton::engine
