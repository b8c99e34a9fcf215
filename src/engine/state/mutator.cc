#include "engine/state/mutator.h"

#include "base/ensure.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

Mutator::Mutator(State& state) : state_(state) {}
Mutator::~Mutator() = default;

void Mutator::erase_element(Key instance, Key key) {
  erase<ElementInstanceRow>(instance, key);
}
void Mutator::erase_job(Key instance, Key key) {
  erase<JobRow>(instance, key);
}
void Mutator::erase_incident(Key instance, Key key) {
  erase<IncidentRow>(instance, key);
}

namespace {
constexpr std::uint64_t kEraseTag = 0x100;

bool is_closing(const ElementInstanceRow& process) {
  return process.state == ElementState::kTerminating;
}
}  // namespace

void Mutator::begin(Position position, TimeMs time) {
  ENSURE(undo_.empty(), "a frame is begun inside a frame");
  position_ = position;
  time_ = time;
  hash_ = mix64(0, position.value());
  last_ = nullptr;
  last_is_writable_ = false;
}

void Mutator::commit() {
  for (Undo& undo : undo_) {
    if (auto* erased = std::get_if<ErasedInstance>(&undo.image)) state_.instances_.release(std::move(erased->instance));
  }
  undo_.clear();
  state_.last_position_ = position_;
  state_.last_time_ = time_;
}

void Mutator::roll_back() {
  for (auto it = undo_.rbegin(); it != undo_.rend(); ++it) restore(*it);
  undo_.clear();
  last_ = nullptr;
  last_is_writable_ = false;
}

const Instance* Mutator::instance(Key key) {
  if (last_ != nullptr && last_->row.key == key) return last_;
  const Instance* found = state_.instances_.find(key);
  if (found == nullptr) return nullptr;
  last_ = found;
  last_is_writable_ = false;
  return last_;
}

Instance& Mutator::find(Key key) {
  const Instance* found = instance(key);
  ENSURE(found != nullptr, "a row is written to an instance that does not exist");
  if (!last_is_writable_) {
    last_ = &state_.instances_.write(*found);
    last_is_writable_ = true;
  }
  return const_cast<Instance&>(*last_);  // write() gave it as writable
}

void Mutator::mix_erase(RowKind kind, Key key) {
  hash_ = mix64(mix64(hash_, kEraseTag | static_cast<std::uint64_t>(kind)), key.value());
}

void Mutator::note_change(Instance& instance, RowKind kind, std::uint64_t first, std::uint64_t second) {
  if (instance.spill != nullptr) instance.spill->before_change(kind, first, second);
  if (instance.split) instance.changed_rows.insert({kind, first, second});
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
  put_new(std::move(row));
  undo_.push_back({Key(0), DefinitionCount{state_.definition_count_}});
  ++state_.definition_count_;
}

void Mutator::erase_definition(Key key) {
  erase<DefinitionRow>(std::tuple(key));
  undo_.push_back({Key(0), DefinitionCount{state_.definition_count_}});
  --state_.definition_count_;
}

void Mutator::put_directory(Key block, Key instance) {
  put_new(DirectoryRow{block, instance});
  find(instance).further_blocks.push_back(block);
  undo_.push_back({instance, NoFurtherBlock{}});
}

void Mutator::put_instance(const InstanceRow& row) {
  mix(row);
  // Whoever changes an instance has looked it up before: one that is not in memory is a new one.
  if (const Instance* present = state_.instances_.find_in_memory(row.key)) {
    undo_.push_back({row.key, present->row});
    find(row.key).row = row;
    return;
  }
  const DefinitionRow* definition = state_.definition(row.definition);
  ENSURE(definition != nullptr, "an instance is created of a definition that does not exist");
  Instance& created = state_.instances_.create(row.key);
  created.definition = definition;
  created.row = row;
  undo_.push_back({row.key, NoInstance{}});
  last_ = &created;
  last_is_writable_ = true;
  index_instance(created, true);
}

void Mutator::put_next_key(Key instance, Key next_key, Key block_end) {
  hash_ = mix64(mix64(hash_, next_key.value()), block_end.value());
  InstanceRow& row = find(instance).row;
  undo_.push_back({instance, NextKeyImage{row.next_key, row.block_end}});
  row.next_key = next_key;
  row.block_end = block_end;
}

void Mutator::put(Key instance, const ElementInstanceRow& row) {
  if (row.key == instance) {
    const Instance& owner = find(instance);
    if (is_closing(row) != owner.closing || Instance::isolates(row) != owner.isolated) take_jobs(instance);
  }
  put<ElementInstanceRow>(instance, row);
  follow_process(find(instance), row);
}

void Mutator::put(Key instance, const DeferredStepRow& row) {
  put<DeferredStepRow>(instance, row);
  index_deferred(find(instance));
}

void Mutator::erase_deferred(Key instance, Key key) {
  erase<DeferredStepRow>(instance, key);
  index_deferred(find(instance));
}

void Mutator::put(Key instance, const WaitingTokensRow& row) {
  mix(row);
  Instance& owner = find(instance);
  note_change(owner, RowKind::kWaitingTokens, row.scope.value(), row.flow.value());
  const std::pair key{row.scope.value(), row.flow.value()};
  auto it = owner.waiting.find(key);
  undo_.push_back({instance, WaitingTokensRow{row.scope, row.flow, it == owner.waiting.end() ? 0 : it->second}});
  if (row.count == 0) {
    owner.waiting.erase(key);
  } else {
    owner.waiting[key] = row.count;
  }
}

void Mutator::replace_variable(Instance& owner, Key scope, Key key, const VariableRow* row) {
  note_change(owner, RowKind::kVariable, key.value(), scope.value());
  const VariableRow* old = owner.variables.find(scope, key);
  const std::size_t less = old == nullptr ? 0 : row_bytes(*old);
  if (row != nullptr) {
    owner.variables.put(*row);
  } else {
    owner.variables.erase(scope, key);
  }
  state_.instances_.resize(owner, row == nullptr ? 0 : row_bytes(*row), less);
}

void Mutator::put(Key instance, const VariableRow& row) {
  mix(row);
  Instance& owner = find(instance);
  if (const VariableRow* old = owner.variables.find(row.scope, row.key)) {
    undo_.push_back({instance, *old});
  } else {
    undo_.push_back({instance, NoVariable{row.scope, row.key}});
  }
  replace_variable(owner, row.scope, row.key, &row);
}

void Mutator::erase_variable(Key instance, Key scope, Key key) {
  mix_erase(RowKind::kVariable, key);
  Instance& owner = find(instance);
  const VariableRow* old = owner.variables.find(scope, key);
  ENSURE(old != nullptr, "a variable is erased that does not exist");
  undo_.push_back({instance, *old});
  replace_variable(owner, scope, key, nullptr);
}

void Mutator::erase_instance(Key key) {
  mix_erase(RowKind::kInstance, key);
  const Instance* found = instance(key);
  ENSURE(found != nullptr, "an instance is erased that does not exist");
  take_jobs(key);
  found = instance(key);
  // Its directory rows go without a call of their own in the frame hash.
  for (const Key block : found->further_blocks) {
    undo_.push_back(
        {Key(0), MapImage<DirectoryRow>{std::tuple(block), state_.maps_.get<DirectoryRow>().erase(std::tuple(block))}});
  }
  auto instance = state_.instances_.take(key);
  index_rows(*instance, false);
  index_instance(*instance, false);
  undo_.push_back({key, ErasedInstance{std::move(instance)}});
  last_ = nullptr;
  last_is_writable_ = false;
}

const JobBackoffRow& Mutator::backoff(Key job) const {
  const JobBackoffRow* row = state_.rows<JobBackoffRow>().find(std::tuple(job));
  ENSURE(row != nullptr, "a job backs off without a row that says until when");
  return *row;
}

JobRow Mutator::take_job(const JobRow& row) {
  JobRow taken = row;
  if (row.state != JobState::kBackingOff) return taken;
  const JobBackoffRow& own = backoff(row.key);
  taken.state = own.until.value() != 0 ? JobState::kFailed : JobState::kActivatable;
  taken.backoff_until = own.until;
  taken.ready = own.ready;
  erase<JobBackoffRow>(std::tuple(row.key));
  return taken;
}

// An instance that leaves the queues takes its jobs' back-offs into their own rows, which follow it.
void Mutator::take_jobs(Key key) {
  const auto& backoffs = state_.rows<JobBackoffRow>();
  std::vector<JobRow> jobs;
  for (const auto& [job, row] : instance(key)->jobs) {
    if (row.state != JobState::kBackingOff) continue;
    jobs.push_back(row);
    backoffs.want(std::tuple(row.key));  // all at once, should the first one be missed
  }
  for (const JobRow& row : jobs) put(key, take_job(row));
}

void Mutator::announce(const JobBackoffRow& row) {
  if (row.until.value() == 0) state_.ready_types_.insert(row.type);
}

void Mutator::count(const JobRow& job, bool add) {
  state_.job_count_ += add ? 1 : std::size_t(-1);
  if (add && job.state == JobState::kActivatable) state_.ready_types_.insert(job.type);
}

void Mutator::count(const IncidentRow&, bool add) {
  state_.incident_count_ += add ? 1 : std::size_t(-1);
}

// A large instance is terminated in slices. Its jobs, timers and user tasks leave the queues with the first one:
// whoever took the oldest job or the earliest deadline would be refused for ever. Those of an isolated instance leave
// them until it is not.
void Mutator::follow_process(Instance& instance, const ElementInstanceRow& row) {
  const bool closing = is_closing(row);
  const bool isolated = Instance::isolates(row);
  if (row.key != instance.row.key || (closing == instance.closing && isolated == instance.isolated)) return;
  const auto index_all = [&](bool add) {
    for (const auto& [key, job] : instance.jobs) index(instance, job, add);
    for (const auto& [key, subscription] : instance.subscriptions) index(instance, subscription, add);
    for (const auto& [key, task] : instance.user_tasks) index(instance, task, add);
  };
  index_all(false);
  instance.closing = closing;
  const bool turns_change = std::exchange(instance.isolated, isolated) != isolated;
  index_all(true);
  if (turns_change) index_deferred(instance);
}

void Mutator::index_deferred(Instance& instance) {
  auto& queue = state_.indexes_.get<DeferredInstances>();
  if (instance.deferred_since != 0) queue.remove({}, {Position(instance.deferred_since), instance.row.key});
  instance.deferred_since = instance.deferred.empty() || instance.isolated ? 0 : position_.value();
  if (instance.deferred_since != 0) queue.add({}, {position_, instance.row.key});
}

void Mutator::index_rows(Instance& instance, bool add) {
  Instance::tables(instance, [&](auto& table) {
    for (const auto& [key, row] : table) {
      index(instance, row, add);
      count(row, add);
    }
  });
}

void Mutator::index_instance(const Instance& instance, bool add) {
  entries_of(instance,
             [this, add]<typename Index>(const typename Index::Group& group, const typename Index::Order& order) {
               auto& found = state_.indexes_.get<Index>();
               add ? found.add(group, order) : found.remove(group, order);
             });
}

}  // namespace baton::engine
