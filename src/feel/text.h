// Values as FEEL text, and helpers for UTF-8 strings counted in characters.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "feel/value.h"

namespace baton::feel {

/// The text of a value as `string()` gives it: strings bare at the top, quoted inside lists and contexts. Fails if the
/// value is nested too deeply or the text gets longer than `max_bytes`.
Status append_text(const Value& value, std::string& out, std::size_t max_bytes);

/// Number of characters (code points).
std::size_t character_count(std::string_view text);
/// Byte offset of a character.
std::size_t character_offset(std::string_view text, std::size_t character);

}  // namespace baton::feel
