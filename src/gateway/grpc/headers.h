// The small texts of the gRPC protocol: timeouts, messages, base64 metadata, content types.
// Reference: the "gRPC over HTTP2" protocol description of the gRPC project.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace baton::grpc {

/// "No deadline", for absolute boot-clock nanoseconds.
inline constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();

/// Parses a grpc-timeout value: 1 to 8 digits and a unit of H M S m u n. Nanoseconds, capped at about 146 years;
/// nullopt if malformed.
std::optional<std::int64_t> parse_timeout(std::string_view text);
/// Formats `timeout_ns` (not negative) with at most 8 digits, rounded up to a coarser unit where needed.
std::string format_timeout(std::int64_t timeout_ns);

/// Appends `text` with every byte outside 0x20-0x7E and '%' percent-encoded, as grpc-message needs.
void percent_encode(std::string& out, std::string_view text);
/// Decodes; a broken escape is kept as it is, because a message must never fail a call.
std::string percent_decode(std::string_view text);

/// Value of `-bin` metadata: base64 with or without padding. nullopt if it is not base64.
std::optional<std::string> base64_decode(std::string_view text);
/// Base64 without padding, as gRPC libraries send it.
std::string base64_encode(std::string_view bytes);

/// True for "application/grpc", alone or followed by '+' or ';'. application/grpc-web is another protocol.
bool is_grpc_content_type(std::string_view value);

}  // namespace baton::grpc
