#include "engine/state/instance_table.h"

#include <algorithm>

#include "base/ensure.h"
#include "engine/state/instance_codec.h"

namespace baton::engine {

namespace {

Instance& instance_at(ListNode& node) {
  return static_cast<Instance&>(static_cast<CacheState&>(node));
}
const Instance& instance_at(const ListNode& node) {
  return static_cast<const Instance&>(static_cast<const CacheState&>(node));
}

}  // namespace

InstanceTable::~InstanceTable() {
  for (ListNode* list : {&frozen_, &written_}) {
    for (ListNode* node = list->next; node != list;) {
      Instance& instance = instance_at(*node);
      node = node->next;
      if (instance.orphan) delete &instance;
    }
  }
  for (; settled_ < spills_.size(); ++settled_) {
    if (Instance& instance = spills_[settled_]->instance(); instance.orphan) delete &instance;
  }
}

const Instance* InstanceTable::find(Key key) const {
  auto it = in_memory_.find(key.value());
  if (it != in_memory_.end()) {
    if (it->second != nullptr) it->second->used = true;
    return it->second.get();
  }
  if (!cold_.has_store || is_impossible(key) || is_erased(key)) return nullptr;
  cold_.miss(wanted(key));
}

bool InstanceTable::is_erased(Key key) const {
  return std::find(taken_.begin(), taken_.end(), key) != taken_.end() || erased_.contains(key.value()) ||
         erased_frozen_.contains(key.value());
}

bool InstanceTable::is_impossible(Key key) const {
  return key.value() == 0 || key != block_of(key) || key.value() >= counters_.next_block;
}

bool InstanceTable::is_known(Key key) const {
  return !cold_.has_store || in_memory_.contains(key.value()) || is_impossible(key) || is_erased(key);
}

void InstanceTable::want(Key key) const {
  if (!is_known(key)) cold_.wanted.rows.push_back(wanted(key));
}

WantedRow InstanceTable::wanted(Key key) const {
  return {instance_key(key), [this, key](std::optional<std::string_view> value) { return load(key, value); }};
}

Status InstanceTable::load(Key key, std::optional<std::string_view> value) const {
  if (is_known(key)) return {};
  if (!value) {
    in_memory_.emplace(key.value(), nullptr);
    absent_.push_back(key.value());
    return {};
  }
  BATON_ASSIGN(auto instance, read_instance_head(instance_key(key), *value, symbols_));
  if (!instance->split) {
    add_loaded(std::move(instance));
    return {};
  }
  WantedRange rest;
  rest.lower = instance_key(key) + '\0';
  rest.upper = prefix_end(instance_key(key));
  rest.limit = SIZE_MAX;
  rest.load = [this, key, head = std::shared_ptr<Instance>(std::move(instance))](const StoredRows& rows,
                                                                                 bool) -> Status {
    if (is_known(key)) return {};
    auto whole = std::make_unique<Instance>(*head);
    BATON_TRY(read_instance_rows(*whole, rows, symbols_));
    add_loaded(std::move(whole));
    return {};
  };
  cold_.wanted.ranges.push_back(std::move(rest));
  return {};
}

// Without its definition an instance is of no use: that comes first, and whoever wants the instance asks again.
void InstanceTable::add_loaded(std::unique_ptr<Instance> instance) const {
  const Key key = instance->row.key;
  try {
    instance->definition = definitions_.find(std::tuple(instance->row.definition));
  } catch (const RowsMissing&) {
    cold_.wanted.rows.push_back(wanted(key));
    return;
  }
  ENSURE(instance->definition != nullptr, "the state store has an instance whose definition it does not have");
  finish_loading(*instance);
  instance->now_split = instance->split;
  instance->link_before(clean_);
  bytes_ += instance->bytes;
  in_memory_.emplace(key.value(), std::move(instance));
}

Instance& InstanceTable::make_dirty(const Instance& read) {
  auto& slot = in_memory_.find(read.row.key.value())->second;
  Instance* instance = slot.get();
  if (is_frozen(*instance)) {
    auto copy = std::make_unique<Instance>(*instance);
    instance->orphan = true;
    [[maybe_unused]] const Instance* left = slot.release();  // the frozen list has it
    slot = std::move(copy);
    instance = slot.get();
    bytes_ += instance->bytes;
    instance->orphan = false;
  } else {
    instance->split = instance->now_split;
  }
  instance->changed = cold_.epoch;
  instance->changed_rows.clear();
  instance->erase_first = false;
  instance->link_before(dirty_);
  dirty_bytes_ += instance->bytes;
  if (instance->bytes >= large_bytes_) {
    large_before_ += instance->bytes;
    become_large(*instance);
  }
  return *instance;
}

/// A dirty instance is large, from now on or still. It is stored in one row per entity, and from now on its books say
/// which ones changed.
void InstanceTable::become_large(Instance& instance) {
  large_dirty_.push_back(instance.row.key);
  if (instance.split) return;
  instance.split = instance.now_split = true;
  instance.erase_first = instance.born != cold_.epoch;
  instance.for_each_row([&instance](const auto& row, std::uint64_t first, std::uint64_t second) {
    instance.changed_rows.insert({std::decay_t<decltype(row)>::kKind, first, second});
  });
}

Instance& InstanceTable::create(Key key) {
  auto& slot = in_memory_[key.value()];
  ENSURE(slot == nullptr, "an instance is created twice");
  slot = std::make_unique<Instance>();
  slot->born = slot->changed = cold_.epoch;
  slot->bytes = sizeof(Instance);
  slot->link_before(dirty_);
  dirty_bytes_ += slot->bytes;
  bytes_ += slot->bytes;
  ++count_;
  return *slot;
}

void InstanceTable::uncreate(Key key) {
  auto it = in_memory_.find(key.value());
  dirty_bytes_ -= it->second->bytes;
  bytes_ -= it->second->bytes;
  in_memory_.erase(it);
  --count_;
}

std::unique_ptr<Instance> InstanceTable::take(Key key) {
  auto it = in_memory_.find(key.value());
  ENSURE(it != in_memory_.end() && it->second != nullptr, "an instance is erased that does not exist");
  auto instance = std::move(it->second);
  in_memory_.erase(it);
  taken_.push_back(key);
  --count_;
  // A frozen one stays linked: the checkpoint is reading it.
  if (!is_frozen(*instance)) instance->unlink();
  if (instance->changed == cold_.epoch) {
    dirty_bytes_ -= instance->bytes;
    if (instance->split) large_before_ -= std::min(large_before_, instance->bytes);
  }
  if (instance->born != cold_.epoch) erased_.insert(key.value());
  return instance;
}

void InstanceTable::put_back(std::unique_ptr<Instance> instance) {
  const Key key = instance->row.key;
  erased_.erase(key.value());
  std::erase(taken_, key);
  if (instance->changed == cold_.epoch) {
    dirty_bytes_ += instance->bytes;
    if (instance->split) large_before_ += instance->bytes;
    instance->link_before(dirty_);
  } else if (!is_frozen(*instance)) {
    instance->link_before(is_unwritten(*instance) ? unwritten_ : clean_);
  }
  ++count_;
  in_memory_[key.value()] = std::move(instance);
}

void InstanceTable::release(std::unique_ptr<Instance> instance) {
  std::erase(taken_, instance->row.key);
  if (is_frozen(*instance) || instance->spill != nullptr) {
    instance->orphan = true;
    [[maybe_unused]] const Instance* left = instance.release();  // the frozen list or the spill has it
    return;
  }
  bytes_ -= instance->bytes;
}

void InstanceTable::splice(ListNode& from, ListNode& to) {
  if (from.next == &from) return;
  from.next->previous = to.previous;
  to.previous->next = from.next;
  from.previous->next = &to;
  to.previous = from.previous;
  from.previous = from.next = &from;
}

void InstanceTable::freeze() {
  ENSURE(frozen_epoch_ == 0, "instances are frozen twice");
  frozen_epoch_ = cold_.epoch;
  for (const Key key : std::exchange(large_dirty_, {})) {
    const auto it = in_memory_.find(key.value());
    if (it == in_memory_.end() || it->second == nullptr) continue;
    Instance& instance = *it->second;
    if (instance.changed != cold_.epoch || instance.spilled == cold_.epoch || !instance.split) continue;
    instance.changed = 0;
    instance.spilled = cold_.epoch;
    instance.link_before(unwritten_);
    instance.spill = spills_.emplace_back(std::make_unique<InstanceSpill>(instance)).get();
  }
  splice(dirty_, frozen_);
  erased_frozen_.swap(erased_);
  dirty_bytes_ = large_before_ = 0;
}

bool InstanceTable::settle(std::size_t& most) {
  for (; settled_ < spills_.size(); ++settled_) {
    InstanceSpill& spill = *spills_[settled_];
    if (spill.step(most)) return true;
    Instance& instance = spill.instance();
    instance.spill = nullptr;
    if (!instance.orphan) continue;
    bytes_ -= instance.bytes;
    delete &instance;
  }
  return false;
}

void InstanceTable::write_frozen(RowSink& sink) const {
  std::vector<const Instance*> instances;
  for (const ListNode* node = frozen_.next; node != &frozen_; node = node->next)
    instances.push_back(&instance_at(*node));
  const auto by_key = [](const Instance* a, const Instance* b) { return a->row.key < b->row.key; };
  std::sort(instances.begin(), instances.end(), by_key);
  std::vector<std::uint64_t> erased(erased_frozen_.begin(), erased_frozen_.end());
  std::sort(erased.begin(), erased.end());
  InstanceWriter writer(sink);
  for (const std::uint64_t key : erased) writer.erase(Key(key));
  for (const Instance* instance : instances) writer.write(*instance, instance->born != frozen_epoch_);
  for (const auto& spill : spills_) spill->write(sink);
}

void InstanceTable::drop_frozen() {
  frozen_epoch_ = 0;
  spills_.clear();
  settled_ = 0;
  splice(unwritten_, clean_);
  splice(frozen_, written_);
  erased_frozen_.clear();
  if (absent_.size() > kMostAbsent) absent_before_.swap(absent_);
}

bool InstanceTable::tidy(std::size_t& most) {
  for (; written_.next != &written_; --most) {
    if (most == 0) return true;
    Instance& instance = instance_at(*written_.next);
    if (instance.orphan) {
      bytes_ -= instance.bytes;
      delete &instance;
    } else {
      instance.link_before(clean_);
    }
  }
  for (; !absent_before_.empty(); --most) {
    if (most == 0) return true;
    auto it = in_memory_.find(absent_before_.back());
    if (it != in_memory_.end() && it->second == nullptr) in_memory_.erase(it);
    absent_before_.pop_back();
  }
  return false;
}

bool InstanceTable::evict(std::size_t bytes, std::size_t most) {
  for (std::size_t seen = 0; bytes_ > bytes && clean_.next != &clean_; ++seen) {
    if (seen == most) return true;
    Instance& instance = instance_at(*clean_.next);
    if (instance.used) {
      instance.used = false;
      instance.link_before(clean_);
      continue;
    }
    bytes_ -= instance.bytes;
    in_memory_.erase(instance.row.key.value());
  }
  return false;
}

}  // namespace baton::engine
