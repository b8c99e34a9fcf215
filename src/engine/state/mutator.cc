#include "engine/state/mutator.h"

#include "base/ensure.h"

namespace baton::engine {

namespace {
constexpr std::uint64_t kEraseTag = 0x100;
}  // namespace

std::vector<std::string> State::take_ready_types() {
  std::vector<std::string> types;
  for (const Symbol& type : ready_types_) types.emplace_back(type.text());
  ready_types_.clear();
  return types;
}

void Mutator::begin(Position position, TimeMs time) {
  ENSURE(undo_.empty(), "a frame is begun inside a frame");
  position_ = position;
  time_ = time;
  hash_ = mix64(0, position.value());
  last_ = nullptr;
}

void Mutator::commit() {
  undo_.clear();
  state_.last_position_ = position_;
  state_.last_time_ = time_;
}

void Mutator::roll_back() {
  for (auto it = undo_.rbegin(); it != undo_.rend(); ++it) restore(*it);
  undo_.clear();
  last_ = nullptr;
}

const Instance* Mutator::instance(Key key) {
  if (last_ != nullptr && last_->row.key == key) return last_;
  auto it = state_.instances_.find(key.value());
  if (it == state_.instances_.end()) return nullptr;
  last_ = it->second.get();
  return last_;
}

Instance& Mutator::find(Key key) {
  ENSURE(instance(key) != nullptr, "a row is written to an instance that does not exist");
  return *last_;
}

template <typename Row>
void Mutator::mix(const Row& row) {
  FieldHasher hasher(mix64(hash_, static_cast<std::uint64_t>(Row::kKind)));
  Row::fields(row, hasher);
  hash_ = hasher.state();
}

void Mutator::mix_erase(RowKind kind, Key key) {
  hash_ = mix64(mix64(hash_, kEraseTag | static_cast<std::uint64_t>(kind)), key.value());
}

template <typename Row>
void Mutator::put_row(Key instance, RowTable<Row>& table, const Row& row) {
  mix(row);
  Instance& owner = find(instance);
  auto [it, inserted] = table.try_emplace(row.key.value(), row);
  if (inserted) {
    undo_.push_back({instance, AbsentRow{Row::kKind, row.key}});
  } else {
    index_remove(owner, it->second);
    undo_.push_back({instance, std::move(it->second)});
    it->second = row;
  }
  index_add(owner, it->second);
}

template <typename Row>
void Mutator::erase_row(Key instance, RowTable<Row>& table, Key key) {
  mix_erase(Row::kKind, key);
  auto it = table.find(key.value());
  ENSURE(it != table.end(), "a row is erased that does not exist");
  index_remove(find(instance), it->second);
  undo_.push_back({instance, std::move(it->second)});
  table.erase(it);
}

void Mutator::put_counters(const CountersRow& row) {
  mix(row);
  undo_.push_back({Key(0), state_.counters_});
  state_.counters_ = row;
}

void Mutator::put_next_block(std::uint64_t next_block) {
  if (next_block <= state_.counters_.next_block) return;  // given out already, by the frame that asked for it
  CountersRow row = state_.counters_;
  row.next_block = next_block;
  put_counters(row);
}

void Mutator::put_definition(DefinitionRow row) {
  mix(row);
  const Key key = row.key;
  auto [it, inserted] = state_.definitions_.try_emplace(key.value(), std::make_unique<DefinitionRow>(std::move(row)));
  ENSURE(inserted, "a definition key is used twice");
  const DefinitionRow& put = *it->second;
  state_.versions_[{std::string(put.tenant.text()), put.process_id, put.version.value()}] = key;
  undo_.push_back({Key(0), AbsentRow{RowKind::kDefinition, key}});
}

void Mutator::put_latest(LatestDefinitionRow row) {
  mix(row);
  State::LatestKey key{std::string(row.tenant.text()), row.process_id};
  auto it = state_.latest_.find(key);
  if (it == state_.latest_.end()) {
    undo_.push_back({Key(0), key});
    state_.latest_.emplace(std::move(key), std::move(row));
  } else {
    undo_.push_back({Key(0), std::move(it->second)});
    it->second = std::move(row);
  }
}

void Mutator::put_directory(Key block, Key instance) {
  hash_ = mix64(mix64(mix64(hash_, static_cast<std::uint64_t>(RowKind::kDirectory)), block.value()), instance.value());
  undo_.push_back({instance, DirectoryImage{block}});
  state_.directory_[block.value()] = instance;
  find(instance).further_blocks.push_back(block);
}

void Mutator::put_instance(const InstanceRow& row) {
  mix(row);
  auto& slot = state_.instances_[row.key.value()];
  if (slot == nullptr) {
    slot = std::make_unique<Instance>();
    const DefinitionRow* definition = state_.definition(row.definition);
    ENSURE(definition != nullptr, "an instance is created of a definition that does not exist");
    slot->definition = definition;
    undo_.push_back({row.key, AbsentRow{RowKind::kInstance, row.key}});
  } else {
    index_business_id(*slot, false);
    undo_.push_back({row.key, std::move(slot->row)});
  }
  slot->row = row;
  last_ = slot.get();
  index_business_id(*slot, true);
}

void Mutator::put_next_key(Key instance, Key next_key, Key block_end) {
  hash_ = mix64(mix64(hash_, next_key.value()), block_end.value());
  InstanceRow& row = find(instance).row;
  undo_.push_back({instance, NextKeyImage{row.next_key, row.block_end}});
  row.next_key = next_key;
  row.block_end = block_end;
}

void Mutator::put(Key instance, const ElementInstanceRow& row) {
  Instance& owner = find(instance);
  const std::size_t before = owner.elements.size();
  put_row(instance, owner.elements, row);
  if (owner.elements.size() != before) owner.children.added(owner.elements, row);
  follow_process(owner, row);
}
void Mutator::put(Key instance, const JobRow& row) {
  put_row(instance, find(instance).jobs, row);
}
void Mutator::put(Key instance, const IncidentRow& row) {
  put_row(instance, find(instance).incidents, row);
}

void Mutator::put(Key instance, const DeferredStepRow& row) {
  put_row(instance, find(instance).deferred, row);
  index_deferred(find(instance));
}

void Mutator::put(Key instance, const WaitingTokensRow& row) {
  mix(row);
  auto& table = find(instance).waiting;
  const std::pair key{row.scope.value(), row.flow.value()};
  auto it = table.find(key);
  undo_.push_back({instance, WaitingTokensRow{row.scope, row.flow, it == table.end() ? 0 : it->second}});
  if (row.count == 0) {
    table.erase(key);
  } else {
    table[key] = row.count;
  }
}

void Mutator::put(Key instance, const VariableRow& row) {
  mix(row);
  auto& table = find(instance).variables;
  if (const VariableRow* old = table.find(row.scope, row.key)) {
    undo_.push_back({instance, *old});
  } else {
    undo_.push_back({instance, AbsentRow{RowKind::kVariable, row.key, row.scope}});
  }
  table.put(row);
}

void Mutator::erase_element(Key instance, Key key) {
  if (const ElementInstanceRow* row = find(instance).element(key)) find(instance).children.removed(*row);
  erase_row(instance, find(instance).elements, key);
}
void Mutator::erase_job(Key instance, Key key) {
  erase_row(instance, find(instance).jobs, key);
}
void Mutator::erase_incident(Key instance, Key key) {
  erase_row(instance, find(instance).incidents, key);
}

void Mutator::erase_deferred(Key instance, Key key) {
  erase_row(instance, find(instance).deferred, key);
  index_deferred(find(instance));
}

void Mutator::erase_variable(Key instance, Key scope, Key key) {
  mix_erase(RowKind::kVariable, key);
  auto& table = find(instance).variables;
  const VariableRow* old = table.find(scope, key);
  ENSURE(old != nullptr, "a variable is erased that does not exist");
  undo_.push_back({instance, *old});
  table.erase(scope, key);
}

void Mutator::erase_instance(Key key) {
  mix_erase(RowKind::kInstance, key);
  auto it = state_.instances_.find(key.value());
  ENSURE(it != state_.instances_.end(), "an instance is erased that does not exist");
  index_instance(*it->second, false);
  for (const Key block : it->second->further_blocks) state_.directory_.erase(block.value());
  undo_.push_back({key, ErasedInstance{std::move(it->second)}});
  state_.instances_.erase(it);
  last_ = nullptr;
}

void Mutator::index_add(const Instance& instance, const JobRow& job) {
  ++state_.job_count_;
  if (!instance.closing) enqueue(instance, job);
}

void Mutator::index_remove(const Instance& instance, const JobRow& job) {
  --state_.job_count_;
  if (!instance.closing) dequeue(instance, job);
}

void Mutator::enqueue(const Instance& instance, const JobRow& job) {
  if (job.state == JobState::kActivatable) {
    state_.activatable_[{job.type, instance.row.tenant}].insert({job.ready.value(), job.key.value()});
    state_.ready_types_.insert(job.type);
  }
  if (job.deadline.value() != 0) state_.deadlines_.insert({job.deadline.value(), job.key.value()});
  if (job.backoff_until.value() != 0) state_.backoffs_.insert({job.backoff_until.value(), job.key.value()});
}

void Mutator::dequeue(const Instance& instance, const JobRow& job) {
  if (job.state == JobState::kActivatable) {
    auto it = state_.activatable_.find({job.type, instance.row.tenant});
    it->second.erase({job.ready.value(), job.key.value()});
    if (it->second.empty()) state_.activatable_.erase(it);
  }
  if (job.deadline.value() != 0) state_.deadlines_.erase({job.deadline.value(), job.key.value()});
  if (job.backoff_until.value() != 0) state_.backoffs_.erase({job.backoff_until.value(), job.key.value()});
}

// A large instance is terminated in slices. Its jobs and timers leave the queues with the first one: whoever took the
// oldest job or the earliest deadline would be refused for ever.
void Mutator::follow_process(Instance& instance, const ElementInstanceRow& row) {
  const bool closing = row.state == ElementState::kTerminating;
  if (row.key != instance.row.key || closing == instance.closing) return;
  if (closing) {
    for (const auto& [key, subscription] : instance.subscriptions) {
      if (subscription.type == bpmn::EventType::kTimer) index_subscription(instance, subscription, false);
    }
  }
  instance.closing = closing;
  for (const auto& [key, job] : instance.jobs) closing ? dequeue(instance, job) : enqueue(instance, job);
  if (!closing) {
    for (const auto& [key, subscription] : instance.subscriptions) {
      if (subscription.type == bpmn::EventType::kTimer) index_subscription(instance, subscription, true);
    }
  }
}

void Mutator::index_add(const Instance&, const IncidentRow&) {
  ++state_.incident_count_;
}
void Mutator::index_remove(const Instance&, const IncidentRow&) {
  --state_.incident_count_;
}

void Mutator::index_deferred(Instance& instance) {
  state_.with_deferred_.erase({instance.deferred_since, instance.row.key.value()});
  if (instance.deferred.empty()) return;
  instance.deferred_since = position_.value();
  state_.with_deferred_.insert({instance.deferred_since, instance.row.key.value()});
}

void Mutator::index_instance(Instance& instance, bool add) {
  for (const auto& [key, job] : instance.jobs) add ? index_add(instance, job) : index_remove(instance, job);
  for (const auto& [key, row] : instance.incidents) add ? index_add(instance, row) : index_remove(instance, row);
  for (const auto& [key, row] : instance.subscriptions) index_subscription(instance, row, add);
  index_business_id(instance, add);
  if (add) {
    index_deferred(instance);
  } else {
    state_.with_deferred_.erase({instance.deferred_since, instance.row.key.value()});
  }
}

}  // namespace baton::engine
