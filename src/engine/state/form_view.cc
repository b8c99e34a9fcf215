// Look-ups of forms and user tasks.
#include "engine/state/view.h"

namespace baton::engine {

const FormRow* StateView::form(Key key) const {
  return rows<FormRow>().find(std::tuple(key));
}

const LatestFormRow* StateView::latest_form(std::string_view tenant, std::string_view id) const {
  const std::tuple key(name(tenant), name(id));
  if (std::get<0>(key).empty() || std::get<1>(key).empty()) return nullptr;
  return rows<LatestFormRow>().find(key);
}

const FormRow* StateView::newest_form(std::string_view tenant, std::string_view id) const {
  const LatestFormRow* latest = latest_form(tenant, id);
  return latest == nullptr ? nullptr : form(latest->latest);
}

const FormRow* StateView::tagged_form(std::string_view tenant, std::string_view id, std::string_view tag) const {
  const std::tuple group(name(tenant), name(id), name(tag));
  if (std::get<0>(group).empty() || std::get<1>(group).empty() || std::get<2>(group).empty()) return nullptr;
  const auto first = index<FormTags>().first(group);
  return first ? form(Key(~std::get<0>(*first))) : nullptr;
}

const FormRow* StateView::deployed_form(Key deployment, std::string_view id) const {
  const std::tuple group(deployment, name(id));
  if (std::get<1>(group).empty()) return nullptr;
  const auto first = index<FormsOfDeployment>().first(group);
  return first ? form(std::get<0>(*first)) : nullptr;
}

std::vector<Key> StateView::user_tasks(std::string_view tenant, Key after, std::size_t limit) const {
  const std::tuple group(name(tenant));
  if (std::get<0>(group).empty()) return {};
  std::vector<Key> keys;
  for (const auto& [key] : index<UserTasks>().after(group, std::tuple(after), limit)) keys.push_back(key);
  return keys;
}

}  // namespace baton::engine
