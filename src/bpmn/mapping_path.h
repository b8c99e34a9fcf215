// Targets of variable mappings: "order" or "order.address.city".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::bpmn {

/// The segments of `path`; nullopt unless each is a letter or underscore followed by letters, digits and underscores,
/// the path as a whole is no FEEL keyword, and there are at most limits::kMappingPathSegments of them.
std::optional<std::vector<std::string>> split_mapping_path(std::string_view path);

}  // namespace baton::bpmn
