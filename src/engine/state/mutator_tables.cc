// Putting and erasing rows of the kinds that have an Id: one path for all of them.
#include "base/ensure.h"
#include "engine/state/mutator.h"

namespace baton::engine {

namespace {
constexpr std::uint64_t kEraseTag = 0x100;

// Which member of the instance or of the state holds a kind of row.
template <typename Row>
constexpr bool kOfInstance = std::is_same_v<Row, SubscriptionRow> || std::is_same_v<Row, LoopRow> ||
                             std::is_same_v<Row, LoopItemRow> || std::is_same_v<Row, UserTaskRow>;

auto& table_of(Instance& instance, const SubscriptionRow*) {
  return instance.subscriptions;
}
auto& table_of(Instance& instance, const LoopRow*) {
  return instance.loops;
}
auto& table_of(Instance& instance, const LoopItemRow*) {
  return instance.items;
}
auto& table_of(Instance& instance, const UserTaskRow*) {
  return instance.user_tasks;
}

std::uint64_t hash_of(std::uint64_t id) {
  return id;
}
std::uint64_t hash_of(const std::string& id) {
  return hash64(id);
}
template <typename A, typename B>
std::uint64_t hash_of(const std::pair<A, B>& id) {
  return mix64(id.first, id.second);
}
std::uint64_t hash_of(const StartLockRow::Id& id) {
  return mix64(mix64(hash64(std::get<0>(id)), hash64(std::get<1>(id))), hash64(std::get<2>(id)));
}
}  // namespace

template <typename Row>
class Mutator::Replaced final : public UndoStep {
 public:
  Replaced(Key instance, typename Row::Id id, std::optional<Row> before)
      : instance_(instance), id_(std::move(id)), before_(std::move(before)) {}
  void undo(Mutator& mutator) override { mutator.exchange<Row>(instance_, id_, std::move(before_)); }

 private:
  Key instance_;
  typename Row::Id id_;
  std::optional<Row> before_;
};

template <typename Row>
std::optional<Row> Mutator::exchange(Key instance, const typename Row::Id& id, std::optional<Row> row) {
  std::optional<Row> before;
  if constexpr (kOfInstance<Row>) {
    Instance& owner = find(instance);
    auto& table = table_of(owner, static_cast<const Row*>(nullptr));
    auto it = table.find(id);
    if (it != table.end()) {
      if constexpr (std::is_same_v<Row, SubscriptionRow>) index_subscription(owner, it->second, false);
      before = std::move(it->second);
      if (!row) table.erase(it);
    }
    if (row) {
      if constexpr (std::is_same_v<Row, SubscriptionRow>) index_subscription(owner, *row, true);
      table.insert_or_assign(id, std::move(*row));
    }
  } else {
    auto& collection = state_.collection(static_cast<const Row*>(nullptr));
    auto it = collection.rows_.find(id);
    if (it != collection.rows_.end()) {
      collection.index_remove(it->second);
      before = std::move(it->second);
      if (!row) collection.rows_.erase(it);
    }
    if (row) {
      collection.index_add(*row);
      collection.rows_.insert_or_assign(id, std::move(*row));
    }
  }
  return before;
}

template <typename Row>
void Mutator::put_in(Key instance, const Row& row) {
  FieldHasher hasher(mix64(hash_, static_cast<std::uint64_t>(Row::kKind)));
  Row::fields(row, hasher);
  hash_ = hasher.state();
  auto before = exchange<Row>(instance, row.id(), row);
  undo_.push_back({instance, std::make_unique<Replaced<Row>>(instance, row.id(), std::move(before))});
}

template <typename Row>
void Mutator::erase_in(Key instance, const typename Row::Id& id) {
  hash_ = mix64(mix64(hash_, kEraseTag | static_cast<std::uint64_t>(Row::kKind)), hash_of(id));
  auto before = exchange<Row>(instance, id, std::nullopt);
  ENSURE(before.has_value(), "a row is erased that does not exist");
  undo_.push_back({instance, std::make_unique<Replaced<Row>>(instance, id, std::move(before))});
}

#define BATON_ROW(Row)                                 \
  template void Mutator::put_in<Row>(Key, const Row&); \
  template void Mutator::erase_in<Row>(Key, const Row::Id&);
BATON_ROW(SubscriptionRow)
BATON_ROW(LoopRow)
BATON_ROW(LoopItemRow)
BATON_ROW(UserTaskRow)
BATON_ROW(SentCommandRow)
BATON_ROW(StartTimerRow)
BATON_ROW(MessageRow)
BATON_ROW(MessageSubscriptionRow)
BATON_ROW(StartSubscriptionRow)
BATON_ROW(StartLockRow)
BATON_ROW(RequestRow)
#undef BATON_ROW

void Mutator::index_subscription(const Instance& instance, const SubscriptionRow& row, bool add) {
  if (row.type == bpmn::EventType::kTimer) {
    if (instance.closing) return;
    if (add) {
      state_.timers_.insert({row.due.value(), row.id()});
    } else {
      state_.timers_.erase({row.due.value(), row.id()});
    }
  } else if (row.type == bpmn::EventType::kSignal) {
    const std::pair key{std::string(instance.row.tenant.text()), row.name};
    const std::tuple entry{row.opened.value(), row.owner.value(), row.key.value()};
    if (add) {
      state_.signals_[key].insert(entry);
      return;
    }
    auto it = state_.signals_.find(key);
    it->second.erase(entry);
    if (it->second.empty()) state_.signals_.erase(it);
  }
}

void Mutator::index_business_id(const Instance& instance, bool add) {
  if (instance.row.business_id.empty() || instance.row.parent.value() != 0) return;
  const std::tuple key{std::string(instance.row.tenant.text()), instance.definition->process_id,
                       instance.row.business_id};
  if (add) {
    state_.business_ids_.try_emplace(key, instance.row.key);
    return;
  }
  auto it = state_.business_ids_.find(key);
  if (it != state_.business_ids_.end() && it->second == instance.row.key) state_.business_ids_.erase(it);
}

}  // namespace baton::engine
