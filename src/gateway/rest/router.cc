#include "gateway/rest/router.h"

#include <algorithm>

#include "base/ensure.h"

namespace baton::rest {

namespace {

/// Spellings of older servers and of clients that never changed (camunda-8-api.md 2.1).
struct Alias {
  std::string_view method;
  std::string_view path;
  std::string_view operation;
};
constexpr Alias kAliases[] = {
    {"PATCH", "/v2/user-tasks/{userTaskKey}/update", "updateUserTask"},
    {"POST", "/v2/documents/{documentId}/link", "createDocumentLink"},
    {"PATCH", "/v2/authorizations/{authorizationKey}", "updateAuthorization"},
    {"POST", "/v2/element-instances/{elementInstanceKey}/variables", "createElementInstanceVariables"},
    {"POST", "/v2/flownode-instances/search", "searchElementInstances"},
};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Router::Router() {
  for (const openapi::Operation& operation : openapi::kOperations) add(operation.method, operation.path, operation);
  for (const Alias& alias : kAliases) {
    const auto found = std::find_if(openapi::kOperations.begin(), openapi::kOperations.end(),
                                    [&](const auto& operation) { return operation.id == alias.operation; });
    ENSURE(found != openapi::kOperations.end(), "an alias names an operation that is not described");
    add(alias.method, alias.path, *found);
  }
}

void Router::add(std::string_view method, std::string_view path, const openapi::Operation& operation) {
  Route route{method, split(path), &operation};
  ENSURE(route.segments.size() >= 2, "an operation's path has too few segments");
  routes_[route.segments[1]].push_back(std::move(route));
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
  RouteMatch match;
  if (!path.starts_with('/')) return match;
  const auto segments = split(path);
  if (segments.size() < 2) return match;
  const auto found = routes_.find(segments[1]);
  if (found == routes_.end()) return match;
  const Route* best = nullptr;
  std::size_t best_parameters = 0;
  for (const Route& route : found->second) {
    if (route.segments.size() != segments.size()) continue;
    std::size_t parameters = 0;
    bool fits = true;
    for (std::size_t i = 0; i < segments.size() && fits; ++i) {
      const bool parameter = is_parameter(route.segments[i]);
      parameters += parameter ? 1 : 0;
      fits = parameter ? !segments[i].empty() : route.segments[i] == segments[i];
    }
    if (!fits) continue;
    if (!match.allowed.empty()) match.allowed += ", ";
    match.allowed += route.method;
    // "/users/search" is a path of its own, not a user named search.
    if (route.method == method && (best == nullptr || parameters < best_parameters)) {
      best = &route;
      best_parameters = parameters;
    }
  }
  if (best == nullptr) return match;
  match.operation = best->operation;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (is_parameter(best->segments[i])) match.path_parameters.push_back(url_decode(segments[i]));
  }
  return match;
}

std::string url_decode(std::string_view text, bool form) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])));
      i += 2;
    } else {
      out.push_back(form && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::pair<bool, std::string> form_value(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (url_decode(pair.substr(0, equals), true) == name) {
      return {true, url_decode(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{}, true)};
    }
    form.remove_prefix(std::min(end + 1, form.size()));
  }
  return {false, {}};
}

}  // namespace baton::rest
