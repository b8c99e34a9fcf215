#include "engine/state/view.h"

#include <algorithm>
#include <limits>

#include "engine/state/row_codec.h"

namespace baton::engine {

namespace {

template <typename Index>
void visit_until(const Index& index, std::int64_t now, std::size_t limit, const std::function<void(Key)>& visit) {
  std::vector<Key> due;  // the visitor may change the index
  for (auto it = index.begin(); it != index.end() && it->first <= now && due.size() < limit; ++it) {
    due.emplace_back(it->second);
  }
  for (const Key key : due) visit(key);
}

}  // namespace

const Instance* StateView::instance(Key key) const {
  auto it = instances_.find(key.value());
  return it == instances_.end() ? nullptr : it->second.get();
}

const Instance* StateView::instance_of(Key key) const {
  const Key block = block_of(key);
  auto it = instances_.find(block.value());
  if (it != instances_.end()) return it->second.get();
  auto further = directory_.find(block.value());
  return further == directory_.end() ? nullptr : instance(further->second);
}

const DefinitionRow* StateView::definition(Key key) const {
  auto it = definitions_.find(key.value());
  return it == definitions_.end() ? nullptr : it->second.get();
}

const LatestDefinitionRow* StateView::latest(std::string_view tenant, std::string_view process_id) const {
  auto it = latest_.find(LatestKey{tenant, process_id});
  return it == latest_.end() ? nullptr : &it->second;
}

const DefinitionRow* StateView::definition(std::string_view tenant, std::string_view process_id,
                                           Version version) const {
  auto it = versions_.find({std::string(tenant), std::string(process_id), version.value()});
  return it == versions_.end() ? nullptr : definition(it->second);
}

void StateView::for_each_version(std::string_view tenant, std::string_view process_id,
                                 const std::function<bool(const DefinitionRow&)>& visit) const {
  constexpr std::int32_t kBehindAll = std::numeric_limits<std::int32_t>::max();
  auto it = versions_.upper_bound({std::string(tenant), std::string(process_id), kBehindAll});
  while (it != versions_.begin()) {
    --it;
    if (std::get<0>(it->first) != tenant || std::get<1>(it->first) != process_id) return;
    if (!visit(*definition(it->second))) return;
  }
}

Key StateView::instance_with_business_id(std::string_view tenant, std::string_view process_id,
                                         std::string_view business_id) const {
  auto it = business_ids_.find({std::string(tenant), std::string(process_id), std::string(business_id)});
  return it == business_ids_.end() ? Key(0) : it->second;
}

const SignalWaiters* StateView::signal_waiters(std::string_view tenant, std::string_view name) const {
  auto it = signals_.find({std::string(tenant), std::string(name)});
  return it == signals_.end() ? nullptr : &it->second;
}

void StateView::due_timers(TimeMs now, std::size_t limit, const std::function<void(Key, Key)>& visit) const {
  std::vector<SubscriptionRow::Id> due;
  for (auto it = timers_.begin(); it != timers_.end() && it->first <= now.value() && due.size() < limit; ++it)
    due.push_back(it->second);
  for (const auto& [owner, key] : due) visit(Key(owner), Key(key));
}

Key StateView::oldest_job(std::string_view type, std::string_view tenant) const {
  const Symbol type_symbol = symbols_.find(type);
  const Symbol tenant_symbol = symbols_.find(tenant);
  if (type_symbol.empty() || tenant_symbol.empty()) return Key(0);
  auto it = activatable_.find({type_symbol, tenant_symbol});
  return it == activatable_.end() || it->second.empty() ? Key(0) : Key(it->second.begin()->second);
}

void StateView::due_deadlines(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const {
  visit_until(deadlines_, now.value(), limit, visit);
}

void StateView::due_backoffs(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const {
  visit_until(backoffs_, now.value(), limit, visit);
}

void StateView::instances_with_deferred_steps(std::size_t limit, const std::function<void(Key)>& visit) const {
  std::vector<Key> found;
  for (auto it = with_deferred_.begin(); it != with_deferred_.end() && found.size() < limit; ++it)
    found.emplace_back(it->second);
  for (const Key key : found) visit(key);
}

std::optional<TimeMs> StateView::next_due() const {
  std::optional<TimeMs> next;
  if (!with_deferred_.empty()) next = last_time_;
  if (!sent_commands_.empty()) next = last_time_;
  const auto consider = [&next](const auto& index) {
    if (!index.empty() && (!next || TimeMs(index.begin()->first) < *next)) next = TimeMs(index.begin()->first);
  };
  consider(deadlines_);
  consider(backoffs_);
  consider(timers_);
  consider(start_timers_.due());
  consider(messages_.deadlines());
  consider(requests_.expiries());
  return next;
}

std::uint64_t StateView::full_hash() const {
  std::uint64_t sum = 0;
  for_each_row([&sum](std::string_view key, std::string_view value) { sum += hash64(value, hash64(key)); });
  return sum;
}

void StateView::for_each_row(const std::function<void(std::string_view, std::string_view)>& visit) const {
  RowEncoder rows(visit);
  rows.row(Key(0), {}, counters_);
  for (const auto& [key, row] : definitions_) rows.row(Key(0), {row->key.value()}, *row);
  for (const auto& [key, row] : latest_) rows.row(Key(0), {hash64(key.first), hash64(key.second)}, row);
  for (const auto& [block, instance] : directory_) rows.directory(Key(block), instance);
  for (const auto& [key, instance] : instances_) {
    const Key base = instance->row.key;
    rows.row(base, {}, instance->row);
    for (const auto& [k, row] : instance->elements) rows.row(base, {k}, row);
    for (const auto& [k, count] : instance->waiting) {
      rows.row(base, {k.first, k.second}, WaitingTokensRow{Key(k.first), bpmn::FlowIndex(k.second), count});
    }
    for (const auto& [k, row] : instance->jobs) rows.row(base, {k}, row);
    for (const auto& [k, row] : instance->variables.rows()) rows.row(base, {row.key.value()}, row);
    for (const auto& [k, row] : instance->incidents) rows.row(base, {k}, row);
    for (const auto& [k, row] : instance->deferred) rows.row(base, {k}, row);
    for (const auto& [k, row] : instance->subscriptions) rows.row(base, {k.first, k.second}, row);
    for (const auto& [k, row] : instance->loops) rows.row(base, {k}, row);
    for (const auto& [k, row] : instance->items) rows.row(base, {k.first, k.second}, row);
    for (const auto& [k, row] : instance->user_tasks) rows.row(base, {k}, row);
  }
  const auto all = [&rows](const auto& collection) {
    for (const auto& [id, row] : collection.rows()) rows.row(Key(0), row.key_parts(), row);
  };
  all(sent_commands_);
  all(start_timers_);
  all(messages_);
  all(message_subscriptions_);
  all(start_subscriptions_);
  all(start_locks_);
  all(requests_);
}

std::vector<const Instance*> StateView::newest_instances(std::size_t limit) const {
  std::vector<const Instance*> found;
  found.reserve(instances_.size());
  for (const auto& [key, instance] : instances_) found.push_back(instance.get());
  const auto newer = [](const Instance* a, const Instance* b) { return a->row.key > b->row.key; };
  const std::size_t n = std::min(limit, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(n), found.end(), newer);
  found.resize(n);
  return found;
}

void StateView::for_each_instance(const std::function<void(const Instance&)>& visit) const {
  std::vector<std::uint64_t> keys;
  keys.reserve(instances_.size());
  for (const auto& [key, instance] : instances_) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const std::uint64_t key : keys) visit(*instances_.at(key));
}

}  // namespace baton::engine
