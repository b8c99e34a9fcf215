#include "feel/builtins.h"

#include <algorithm>
#include <unordered_map>

namespace baton::feel {
namespace {

std::vector<Signature> parse_signature(std::string_view text) {
  std::vector<Signature> result;
  while (true) {
    const auto bar = text.find('|');
    std::string_view alternative = text.substr(0, bar);
    Signature signature;
    while (!alternative.empty()) {
      const auto comma = alternative.find(',');
      std::string_view parameter = alternative.substr(0, comma);
      const bool optional = parameter.back() == '?';
      const bool rest = parameter.back() == '*';
      if (optional || rest) parameter.remove_suffix(1);
      if (!optional) signature.required = signature.parameters.size() + 1;
      signature.variadic = signature.variadic || rest;
      signature.parameters.push_back(parameter);
      alternative = comma == std::string_view::npos ? std::string_view() : alternative.substr(comma + 1);
    }
    result.push_back(std::move(signature));
    if (bar == std::string_view::npos) return result;
    text.remove_prefix(bar + 1);
  }
}

struct Table {
  std::vector<Builtin> all;
  std::vector<std::vector<Signature>> signatures;
  std::unordered_map<std::string_view, std::size_t> by_name[2];  // by dialect

  Table() {
    for (const auto part : {string_builtins(), list_builtins(), number_builtins(), temporal_builtins(),
                            context_builtins(), range_builtins(), conversion_builtins()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      signatures.push_back(parse_signature(all[i].signature));
      // Camunda's version of a standard function replaces it in that dialect.
      if (!all[i].camunda_only) by_name[0].emplace(all[i].name, i);
      if (all[i].camunda_only) {
        by_name[1][all[i].name] = i;
      } else {
        by_name[1].emplace(all[i].name, i);
      }
    }
  }
};

const Table& table() {
  static const Table* const instance = new Table;
  return *instance;
}

}  // namespace

std::span<const Builtin> all_builtins() {
  return table().all;
}

const Builtin* find_builtin(std::string_view name, Dialect dialect) {
  const auto& names = table().by_name[dialect == Dialect::kCamunda ? 1 : 0];
  const auto found = names.find(name);
  return found == names.end() ? nullptr : &table().all[found->second];
}

const std::vector<Signature>& signatures_of(const Builtin& builtin) {
  return table().signatures[static_cast<std::size_t>(&builtin - table().all.data())];
}

bool accepts_count(const Builtin& builtin, std::size_t count) {
  for (const Signature& signature : signatures_of(builtin)) {
    if (count >= signature.required && (signature.variadic || count <= signature.parameters.size())) return true;
  }
  return false;
}

NamedMatch match_names(const Builtin& builtin, std::span<const std::string_view> names) {
  int alternative = 0;
  for (const Signature& signature : signatures_of(builtin)) {
    std::vector<std::size_t> places;
    std::vector<bool> given(signature.parameters.size(), false);
    for (const std::string_view name : names) {
      const auto found = std::find(signature.parameters.begin(), signature.parameters.end(), name);
      const auto place = static_cast<std::size_t>(found - signature.parameters.begin());
      if (found == signature.parameters.end() || given[place]) break;
      given[place] = true;
      places.push_back(place);
    }
    const bool complete = std::all_of(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(signature.required),
                                      [](bool g) { return g; });
    if (places.size() == names.size() && complete) return {std::move(places), alternative};
    ++alternative;
  }
  return {};
}

}  // namespace baton::feel
