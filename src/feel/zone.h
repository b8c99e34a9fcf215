// IANA time zones behind interned handles, so that a Value can hold one in a word. Names are checked against the
// system's tzdata before anything is loaded: a name from outside never becomes a file path. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "feel/value.h"

namespace baton::feel {

/// The zone with that name (as tzdata spells it), or nullptr. At most one handle per existing name is ever made.
const Zone* find_zone(std::string_view name);
std::string_view zone_name(const Zone* zone);
/// Seconds east of UTC at an instant.
std::int32_t zone_offset_at(const Zone* zone, std::int64_t utc_seconds);
/// Seconds east of UTC at a local date and time; in a gap or overlap the offset before the change.
std::int32_t zone_offset_local(const Zone* zone, const Date& date, std::int64_t nanos_of_day);

}  // namespace baton::feel
