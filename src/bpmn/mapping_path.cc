#include "bpmn/mapping_path.h"

#include <algorithm>
#include <array>

#include "base/limits.h"

namespace baton::bpmn {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"null", "true", "false", "function", "if", "then", "else", "for", "between", "instance", "of"});

// ASCII only, without the C library's locale.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace

std::optional<std::vector<std::string>> split_mapping_path(std::string_view path) {
  if (std::find(kKeywords.begin(), kKeywords.end(), path) != kKeywords.end()) return std::nullopt;
  std::vector<std::string> segments;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (!is_name(segment) || segments.size() == limits::kMappingPathSegments) return std::nullopt;
    segments.emplace_back(segment);
    begin = end + 1;
  }
  return segments;
}

}  // namespace baton::bpmn
