// Taking a frame back: each undo image is put where it came from, in reverse order, with the indexes kept in step.
#include "base/ensure.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

struct Mutator::Restore {
  Mutator& m;
  Key instance;

  void operator()(NoInstance&) const {
    Instance& created = m.find(instance);
    m.index_instance(created, false);
    m.last_ = nullptr;
    m.last_is_writable_ = false;
    m.state_.instances_.uncreate(instance);
  }
  void operator()(CountersRow& row) const { m.state_.counters_ = row; }
  void operator()(InstanceRow& row) const { m.find(instance).row = std::move(row); }
  void operator()(NextKeyImage& image) const {
    InstanceRow& row = m.find(instance).row;
    row.next_key = image.next_key;
    row.block_end = image.block_end;
  }
  void operator()(DefinitionCount& count) const { m.state_.definition_count_ = count.before; }
  void operator()(NoFurtherBlock&) const { m.find(instance).further_blocks.pop_back(); }
  void operator()(ErasedInstance& erased) const {
    m.index_instance(*erased.instance, true);
    m.index_rows(*erased.instance, true);
    m.state_.instances_.put_back(std::move(erased.instance));
    m.last_ = nullptr;
    m.last_is_writable_ = false;
  }
  void operator()(WaitingTokensRow& row) const {
    auto& table = m.find(instance).waiting;
    if (row.count == 0) {
      table.erase({row.scope.value(), row.flow.value()});
    } else {
      table[{row.scope.value(), row.flow.value()}] = row.count;
    }
  }
  void operator()(VariableRow& row) const { m.replace_variable(m.find(instance), row.scope, row.key, &row); }
  void operator()(NoVariable& none) const { m.replace_variable(m.find(instance), none.scope, none.key, nullptr); }
  template <typename Row>
  void operator()(TableImage<Row>& image) const {
    Instance& owner = m.find(instance);
    m.replace<Row>(owner, image.key, image.row ? &*image.row : nullptr, nullptr);
    if constexpr (std::is_same_v<Row, ElementInstanceRow>) {
      if (image.row) m.follow_process(owner, *image.row);
    }
    if constexpr (std::is_same_v<Row, DeferredStepRow>) m.index_deferred(owner);
  }
  template <typename Row>
  void operator()(MapImage<Row>& image) const {
    auto& map = m.state_.maps_.template get<Row>();
    const auto entry = [this](bool add) {
      return [this, add]<typename Index>(const typename Index::Group& group, const typename Index::Order& order) {
        auto& index = m.state_.indexes_.get<Index>();
        add ? index.add(group, order) : index.remove(group, order);
      };
    };
    if (const Row* present = map.find_in_memory(image.id)) entries_of(*present, entry(false));
    if (image.row != nullptr) entries_of(*image.row, entry(true));
    map.restore(image.id, std::move(image.row));
  }
};

void Mutator::restore(Undo& undo) {
  std::visit(Restore{*this, undo.instance}, undo.image);
}

}  // namespace baton::engine
