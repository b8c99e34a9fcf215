// From method and path to an operation of the API description.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/rest/openapi_tables.h"

namespace baton::rest {

struct RouteMatch {
  const openapi::Operation* operation = nullptr;  // null: nothing at this path, or (allowed) not with this method
  std::vector<std::string> path_parameters;       // decoded, in the order of the path
  std::string allowed;                            // methods of this path, for the header Allow
};

class Router {
 public:
  /// Knows all operations of the description, and the spellings that released clients use.
  Router();
  [[nodiscard]] RouteMatch match(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string_view method;
    std::vector<std::string_view> segments;  // "{name}" is a parameter
    const openapi::Operation* operation;
  };
  void add(std::string_view method, std::string_view path, const openapi::Operation& operation);

  absl::flat_hash_map<std::string_view, std::vector<Route>> routes_;  // by the second segment: "jobs" of "/v2/jobs"
};

/// Decodes %XX; a broken escape is kept as it is. '+' becomes a blank where `form` says so.
std::string url_decode(std::string_view text, bool form = false);
/// The value of a query parameter or form field; nullptr-like empty and false if there is none.
std::pair<bool, std::string> form_value(std::string_view form, std::string_view name);

}  // namespace baton::rest
