// The text of a range with literal end points, as the built-in `range` reads it (DMN 10.3.4.1).
#pragma once

#include <optional>
#include <string_view>

#include "feel/evaluation.h"
#include "feel/value.h"

namespace baton::feel {

/// "[1..3]", "(18..21]", "]@"2020-01-01"..date("2020-12-31")[" ...: nullopt if the text is something else, the end
/// points are of different kinds, or the start lies behind the end.
std::optional<RangeData> parse_range(std::string_view text, Evaluation& evaluation);

}  // namespace baton::feel
