#include "engine/state/view.h"

#include <algorithm>

#include "base/ensure.h"
#include "engine/state/row_codec.h"

namespace baton::engine {

StateView::StateView()
    : maps_(cold_, symbols_), instances_(cold_, symbols_, maps_.get<DefinitionRow>(), counters_), indexes_(cold_) {}
StateView::~StateView() = default;

const DefinitionRow* StateView::definition(Key key) const {
  return rows<DefinitionRow>().find(std::tuple(key));
}

const Instance* StateView::instance_of(Key key) const {
  const Key block = block_of(key);
  if (const Instance* found = instances_.find_in_memory(block)) return found;
  // Most blocks are an instance's first one: ask the store for both rows at once.
  const auto& directory = rows<DirectoryRow>();
  if (!instances_.is_known(block)) directory.want(std::tuple(block));
  if (const Instance* found = instances_.find(block)) return found;
  const DirectoryRow* further = directory.find(std::tuple(block));
  return further == nullptr ? nullptr : instances_.find(further->instance);
}

void StateView::want_instance_of(Key key) const {
  if (!cold_.has_store) return;
  const Key block = block_of(key);
  if (instances_.find_in_memory(block) != nullptr) return;
  instances_.want(block);
  if (block.value() < counters_.next_block) rows<DirectoryRow>().want(std::tuple(block));
}

const LatestDefinitionRow* StateView::latest(std::string_view tenant, std::string_view process_id) const {
  const std::tuple id(name(tenant), name(process_id));
  if (std::get<0>(id).empty() || std::get<1>(id).empty()) return nullptr;
  return rows<LatestDefinitionRow>().find(id);
}

const DefinitionRow* StateView::definition(std::string_view tenant, std::string_view process_id,
                                           Version version) const {
  const std::tuple group(name(tenant), std::string(process_id));
  if (std::get<0>(group).empty()) return nullptr;
  for (const auto& [found, key] : index<DefinitionVersions>().all(group)) {
    if (found == version) return definition(key);
  }
  return nullptr;
}

Key StateView::oldest_job(std::string_view type, std::string_view tenant) const {
  const std::tuple group(name(tenant), name(type));
  if (std::get<0>(group).empty() || std::get<1>(group).empty()) return Key(0);
  const auto first = index<ActivatableJobs>().first(group);
  return first ? std::get<Key>(*first) : Key(0);
}

JobState StateView::state_of(const JobRow& job) const {
  if (job.state != JobState::kBackingOff) return job.state;
  const JobBackoffRow* row = rows<JobBackoffRow>().find(std::tuple(job.key));
  ENSURE(row != nullptr, "a job backs off without a row that says until when");
  return row->until.value() == 0 ? JobState::kActivatable : JobState::kFailed;
}

std::vector<Key> StateView::oldest_jobs(std::string_view type, std::string_view tenant, std::size_t limit) const {
  const std::tuple group(name(tenant), name(type));
  std::vector<Key> keys;
  if (std::get<0>(group).empty() || std::get<1>(group).empty()) return keys;
  for (const auto& [ready, key] : index<ActivatableJobs>().head(group, limit)) keys.push_back(key);
  return keys;
}

namespace {

template <typename Index>
void visit_due(const OrderedIndex<Index>& index, TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) {
  // The visitor may change the index: the entries are collected first.
  for (const auto& [due, key] :
       index.head({}, limit, [now](const auto& order) { return std::get<TimeMs>(order) <= now; }))
    visit(key);
}

}  // namespace

void StateView::due_deadlines(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const {
  visit_due(index<JobDeadlines>(), now, limit, visit);
}

void StateView::due_backoffs(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const {
  visit_due(index<JobBackoffs>(), now, limit, visit);
}

void StateView::instances_with_deferred_steps(std::size_t limit, const std::function<void(Key)>& visit) const {
  for (const auto& [position, key] : index<DeferredInstances>().head({}, limit)) visit(key);
}

std::optional<TimeMs> StateView::next_due() const {
  std::optional<TimeMs> next;
  if (index<DeferredInstances>().first({}) || index<SentCommands>().first({})) next = last_time_;
  const auto consider = [&next](const auto& first) {
    if (first && (!next || std::get<TimeMs>(*first) < *next)) next = std::get<TimeMs>(*first);
  };
  consider(index<JobDeadlines>().first({}));
  consider(index<JobBackoffs>().first({}));
  consider(index<DueTimers>().first({}));
  consider(index<DueStartTimers>().first({}));
  consider(index<MessageDeadlines>().first({}));
  consider(index<RequestExpiries>().first({}));
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
  maps_.for_each([&rows](const auto& map) { map.for_each_in_memory([&rows](const auto& row) { rows.row(row); }); });
  instances_.for_each_in_memory([&rows](const Instance& instance) {
    const Key base = instance.row.key;
    rows.row(base, {}, instance.row);
    instance.for_each_row([&]<typename Row>(const Row& row, std::uint64_t first, std::uint64_t second) {
      if constexpr (Row::kKind == RowKind::kWaitingTokens) {
        rows.row(base, {first, second}, row);
      } else {
        rows.row(base, {first}, row);
      }
    });
  });
}

std::vector<const Instance*> StateView::newest_instances(std::size_t limit) const {
  std::vector<std::uint64_t> keys;
  for (const auto& [definition] : index<Definitions>().all({})) {
    for (const auto& [complement] : index<InstancesOfDefinition>().head({definition}, limit))
      keys.push_back(~complement);
  }
  std::sort(keys.begin(), keys.end(), std::greater<>());
  keys.resize(std::min(limit, keys.size()));
  for (const std::uint64_t key : keys) instances_.want(Key(key));
  if (!cold_.wanted.empty()) throw RowsMissing{};
  std::vector<const Instance*> found;
  found.reserve(keys.size());
  for (const std::uint64_t key : keys) found.push_back(instances_.find(Key(key)));
  return found;
}

void StateView::for_each_instance(const std::function<void(const Instance&)>& visit) const {
  std::vector<const Instance*> instances;
  instances_.for_each_in_memory([&](const Instance& instance) { instances.push_back(&instance); });
  std::sort(instances.begin(), instances.end(), [](const auto* a, const auto* b) { return a->row.key < b->row.key; });
  for (const Instance* instance : instances) visit(*instance);
}

}  // namespace baton::engine
