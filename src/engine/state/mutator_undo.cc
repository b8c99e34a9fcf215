// Taking a frame back: each undo image is put where it came from, in reverse order, with the indexes kept in step.
#include "base/ensure.h"
#include "engine/state/mutator.h"

namespace baton::engine {

struct Mutator::Restore {
  Mutator& m;
  Key instance;

  template <typename Row>
  void put_back(RowTable<Row>& table, Row& row) const {
    Instance& owner = m.find(instance);
    auto it = table.find(row.key.value());
    if (it != table.end()) m.index_remove(owner, it->second);
    m.index_add(owner, row);
    const bool inserted = table.insert_or_assign(row.key.value(), row).second;
    if constexpr (std::is_same_v<Row, ElementInstanceRow>) {
      if (inserted) owner.children.added(table, row);
    }
  }
  template <typename Row>
  void remove(RowTable<Row>& table, Key key) const {
    auto it = table.find(key.value());
    m.index_remove(m.find(instance), it->second);
    if constexpr (std::is_same_v<Row, ElementInstanceRow>) m.find(instance).children.removed(it->second);
    table.erase(it);
  }
  void operator()(AbsentRow& absent) const {
    switch (absent.kind) {
      case RowKind::kDefinition: {
        const DefinitionRow& row = *m.state_.definition(absent.key);
        m.state_.versions_.erase({std::string(row.tenant.text()), row.process_id, row.version.value()});
        m.state_.definitions_.erase(absent.key.value());
        return;
      }
      case RowKind::kInstance:
        m.index_business_id(m.find(absent.key), false);
        m.last_ = nullptr;
        m.state_.instances_.erase(absent.key.value());
        return;
      case RowKind::kElementInstance:
        remove(m.find(instance).elements, absent.key);
        return;
      case RowKind::kJob:
        remove(m.find(instance).jobs, absent.key);
        return;
      case RowKind::kIncident:
        remove(m.find(instance).incidents, absent.key);
        return;
      case RowKind::kVariable:
        m.find(instance).variables.erase(absent.scope, absent.key);
        return;
      case RowKind::kDeferredStep:
        remove(m.find(instance).deferred, absent.key);
        m.index_deferred(m.find(instance));
        return;
      default:
        ENSURE(false, "no undo for this kind of row");
    }
  }
  void operator()(CountersRow& row) const { m.state_.counters_ = row; }
  void operator()(LatestDefinitionRow& row) const {
    State::LatestKey key{std::string(row.tenant.text()), row.process_id};
    m.state_.latest_[std::move(key)] = std::move(row);
  }
  void operator()(std::pair<std::string, std::string>& key) const { m.state_.latest_.erase(key); }
  void operator()(DirectoryImage& image) const {
    m.state_.directory_.erase(image.block.value());
    m.find(instance).further_blocks.pop_back();
  }
  void operator()(NextKeyImage& image) const {
    m.find(instance).row.next_key = image.next_key;
    m.find(instance).row.block_end = image.block_end;
  }
  void operator()(InstanceRow& row) const {
    m.index_business_id(m.find(instance), false);
    m.find(instance).row = std::move(row);
    m.index_business_id(m.find(instance), true);
  }
  void operator()(std::unique_ptr<UndoStep>& step) const { step->undo(m); }
  void operator()(ElementInstanceRow& row) const {
    put_back(m.find(instance).elements, row);
    m.follow_process(m.find(instance), row);
  }
  void operator()(JobRow& row) const { put_back(m.find(instance).jobs, row); }
  void operator()(IncidentRow& row) const { put_back(m.find(instance).incidents, row); }
  void operator()(VariableRow& row) const { m.find(instance).variables.put(row); }
  void operator()(DeferredStepRow& row) const {
    put_back(m.find(instance).deferred, row);
    m.index_deferred(m.find(instance));
  }
  void operator()(WaitingTokensRow& row) const {
    auto& table = m.find(instance).waiting;
    if (row.count == 0) {
      table.erase({row.scope.value(), row.flow.value()});
    } else {
      table[{row.scope.value(), row.flow.value()}] = row.count;
    }
  }
  void operator()(ErasedInstance& erased) const {
    for (const Key block : erased.instance->further_blocks) m.state_.directory_[block.value()] = instance;
    m.index_instance(*erased.instance, true);
    m.state_.instances_[instance.value()] = std::move(erased.instance);
    m.last_ = nullptr;
  }
};

void Mutator::restore(Undo& undo) {
  std::visit(Restore{*this, undo.instance}, undo.image);
}

}  // namespace baton::engine
