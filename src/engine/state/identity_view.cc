// Look-ups of users and API tokens.
#include "engine/state/view.h"

namespace baton::engine {

const UserRow* StateView::user(Key key) const {
  return rows<UserRow>().find(std::tuple(key));
}

const TokenRow* StateView::token(Key key) const {
  return rows<TokenRow>().find(std::tuple(key));
}

const UserRow* StateView::user(std::string_view username) const {
  const std::tuple group(name(username));
  if (std::get<0>(group).empty()) return nullptr;
  const auto first = index<UserNames>().first(group);
  return first ? user(std::get<0>(*first)) : nullptr;
}

std::vector<Key> StateView::users() const {
  std::vector<Key> keys;
  for (const auto& [key] : index<Users>().all({})) keys.push_back(key);
  return keys;
}

std::vector<Key> StateView::tokens() const {
  std::vector<Key> keys;
  for (const auto& [key] : index<Tokens>().all({})) keys.push_back(key);
  return keys;
}

}  // namespace baton::engine
