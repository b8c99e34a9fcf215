// Checks JSON against the compiled API description (openapi_tables.h). All violations come in one text, in the words
// that clients of this API know: "No <field> provided", "The value for <field> is '<value>' but must be <rule>".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/rest/json_tree.h"
#include "gateway/rest/openapi_tables.h"

namespace baton::rest {

/// What is wrong with `value`, one sentence each; nullopt if nothing is. At most 20 violations are named.
std::optional<std::string> violations_of(const JsonValue& value, openapi::SchemaIndex schema);
/// The same for a path or query parameter, which is text; numbers and booleans are read from it.
std::optional<std::string> parameter_violation(std::string_view name, std::string_view text,
                                               openapi::SchemaIndex schema);

/// True for an RFC 3339 date-time with an offset.
bool is_date_time(std::string_view text);

}  // namespace baton::rest
