// First look at XML bytes, before the XML library: encoding, DOCTYPE and every limit of base/limits.h, in one linear
// pass.
//
// The library checks some limits late (it compares all attributes of a start tag with each other before it reports the
// tag) or not at all (namespace declarations in scope), so hostile input is stopped here.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::xml {

/// What the tree builder needs from the first pass.
struct ScanResult {
  std::string_view body;                   // the input without a byte order mark
  std::vector<std::uint32_t> start_lines;  // line of each start tag, in document order
};

/// Checks `bytes`; errors as in xml::parse. A document that passes may still be malformed.
Result<ScanResult> scan(std::string_view bytes);

}  // namespace baton::xml
