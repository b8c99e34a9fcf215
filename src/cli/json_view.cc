#include "cli/json_view.h"

#include "base/json.h"

namespace baton::cli {

JsonView::JsonView(std::string_view text) {
  if (!json_minify(text, json_)) json_.clear();
}

JsonView JsonView::operator[](std::string_view name) const {
  for (auto& [member, value] : members()) {
    if (member == name) return value;
  }
  return {};
}

std::vector<std::pair<std::string, JsonView>> JsonView::members() const {
  std::vector<std::pair<std::string, JsonView>> out;
  if (!json_.starts_with('{')) return out;
  const auto document = JsonDocument::parse(json_);
  for (std::size_t i = 0; document && i < document->size(); ++i) {
    out.emplace_back(std::string((*document)[i].name), JsonView((*document)[i].value));
  }
  return out;
}

std::vector<JsonView> JsonView::items() const {
  std::vector<JsonView> out;
  if (!json_.starts_with('[')) return out;
  // The text is minified and valid: items end at commas on the first level.
  int depth = 0;
  bool quoted = false;
  std::size_t start = 1;
  for (std::size_t i = 1; i < json_.size(); ++i) {
    const char c = json_[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == ',' && depth == 0) || (c == ']' && depth == 0)) {
      if (i > start) out.emplace_back(std::string_view(json_).substr(start, i - start));
      start = i + 1;
    }
    if (c == '}' || c == ']') --depth;
  }
  return out;
}

std::string JsonView::text() const {
  return json_.starts_with('"') ? json_unquote(json_) : json_;
}

}  // namespace baton::cli
