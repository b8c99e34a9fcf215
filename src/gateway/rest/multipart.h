// multipart/form-data (RFC 7578) of deployments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::rest {

inline constexpr std::size_t kMostParts = 200;

struct FormPart {
  std::string name;
  std::string filename;      // empty: a text part
  std::string_view content;  // points into the body
};

/// Splits `body` by the boundary that `content_type` names. Errors: kInvalidArgument.
Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace baton::rest
