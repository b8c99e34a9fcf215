// The message side of subscriptions. It knows who waits and which messages are buffered, and talks to instances by
// commands alone.
#pragma once

#include "engine/commands/handler.h"

namespace baton::engine {

/// Sends `message` to a subscription that is open.
void correlate_to(Execution& x, const MessageSubscriptionRow& subscription, Key message, bool buffered,
                  const JsonDocument& variables);
/// Remembers that the instance which `message` starts holds the correlation key.
void take_start_lock(Execution& x, const StartSubscriptionRow& start, Key message, const std::string& correlation_key);
/// Starts an instance, unless one that was started with the same correlation key is still active. True if it did.
bool start_by_message(Execution& x, const StartSubscriptionRow& start, Key message, bool buffered,
                      const std::string& correlation_key, const JsonDocument& variables);
/// The instance side: what waits at `subscription` catches the command's variables. Errors: kNotFound.
Outcome catch_message(CommandContext& context, Key subscription);

}  // namespace baton::engine
