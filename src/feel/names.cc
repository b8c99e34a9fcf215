#include "feel/names.h"

namespace baton::feel {

void NameSet::add(std::string_view name) {
  Entry entry{std::string(name), {}};
  if (const auto tokens = tokenize(name, false)) {
    for (const Token& token : *tokens) {
      if (token.type != TokenType::kEnd) entry.tokens.emplace_back(name.substr(token.offset, token.size));
    }
  }
  if (entry.tokens.empty()) entry.tokens.emplace_back(name);
  by_first_[entry.tokens.front()].push_back(entries_.size());
  ++all_[entry.name];
  entries_.push_back(std::move(entry));
}

void NameSet::shrink(std::size_t size) {
  while (entries_.size() > size) {
    const Entry& entry = entries_.back();
    by_first_[entry.tokens.front()].pop_back();
    if (const auto found = all_.find(entry.name); --found->second == 0) all_.erase(found);
    entries_.pop_back();
  }
}

NameSet::Match NameSet::match(std::string_view source, const std::vector<Token>& tokens, std::size_t at) const {
  const auto text = [&](std::size_t i) { return source.substr(tokens[i].offset, tokens[i].size); };
  Match best;
  const auto found = by_first_.find(std::string(text(at)));
  if (found == by_first_.end()) return best;
  for (const std::size_t candidate : found->second) {
    const Entry& entry = entries_[candidate];
    if (entry.tokens.size() <= best.tokens || at + entry.tokens.size() >= tokens.size()) continue;
    std::size_t i = 1;
    while (i < entry.tokens.size() && text(at + i) == entry.tokens[i]) ++i;
    if (i == entry.tokens.size()) best = {i, entry.name};
  }
  return best;
}

}  // namespace baton::feel
