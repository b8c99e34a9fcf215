// Names of more than one token ("Monthly Salary", "pre-bureau risk"): which ones the parser may join at a place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feel/lexer.h"

namespace baton::feel {

/// A set of names that can be matched against a token sequence, longest first. White space between tokens does not
/// matter.
class NameSet {
 public:
  struct Match {
    std::size_t tokens = 0;  // 0: none
    std::string_view name;   // as it was added
  };
  /// Adds a name; names that are not made of name tokens can never match and are left out.
  void add(std::string_view name);
  [[nodiscard]] bool contains(std::string_view name) const { return all_.contains(std::string(name)); }
  /// The longest name that starts at `tokens[at]`.
  [[nodiscard]] Match match(std::string_view source, const std::vector<Token>& tokens, std::size_t at) const;
  /// For scopes: remember size(), later forget everything that was added since.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  void shrink(std::size_t size);

 private:
  struct Entry {
    std::string name;
    std::vector<std::string> tokens;
  };
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_first_;
  std::unordered_map<std::string, int> all_;
};

}  // namespace baton::feel
