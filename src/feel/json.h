// JSON and FEEL values. Numbers keep their text exactly within 34 digits; what JSON cannot hold (dates, durations)
// becomes its ISO 8601 text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "feel/evaluation.h"
#include "feel/value.h"

namespace baton::feel {

/// Reads one JSON value into the evaluation's arena. Strings without escapes are not copied: `json` must live as long
/// as the value. Any input is safe; errors name the byte offset. Of equal keys the last wins. Numbers are rounded to 34
/// digits.
Result<Value> from_json(std::string_view json, Evaluation& evaluation);

/// Appends the value as minified JSON. Fails with INVALID_ARGUMENT for functions and ranges, which JSON has no form
/// for, and with RESOURCE_EXHAUSTED for values that are nested deeper than limits::kJsonDepth or longer than
/// limits::kJsonBytes.
Status to_json(const Value& value, std::string& out);

}  // namespace baton::feel
