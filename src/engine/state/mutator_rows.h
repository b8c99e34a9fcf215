// How the mutator puts and erases rows of any kind.
#pragma once

#include "base/ensure.h"
#include "engine/state/fields.h"
#include "engine/state/instance_codec.h"
#include "engine/state/mutator.h"

namespace baton::engine {

/// Adds or removes the index entries of a row.
template <typename Row>
void Mutator::index(const Instance& instance, const Row& row, bool add) {
  const auto entry = [this, add]<typename Index>(const typename Index::Group& group,
                                                 const typename Index::Order& order) {
    auto& found = state_.indexes_.get<Index>();
    add ? found.add(group, order) : found.remove(group, order);
  };
  entries_of(instance, row, entry);
}

template <typename Row>
void Mutator::mix(const Row& row) {
  FieldHasher hasher(mix64(hash_, static_cast<std::uint64_t>(Row::kKind)));
  Row::fields(row, hasher);
  hash_ = hasher.state();
}

template <typename Row>
void Mutator::replace(Instance& owner, Key key, const Row* row, std::optional<Row>* old) {
  RowTable<Row>& table = owner.table<Row>();
  std::size_t less = 0;
  std::size_t more = 0;
  note_change(owner, Row::kKind, key.value());
  auto it = table.find(key.value());
  if (it != table.end()) {
    index(owner, it->second, false);
    count(it->second, false);
    less = row_bytes(it->second);
    if (row == nullptr) owner.relate(it->second, false);
    if (old != nullptr) old->emplace(std::move(it->second));
    if (row != nullptr) {
      it->second = *row;
    } else {
      table.erase(it);
    }
  } else if (row != nullptr) {
    it = table.emplace(key.value(), *row).first;
    owner.relate(*row, true);
  }
  if (row != nullptr) {
    index(owner, it->second, true);
    count(it->second, true);
    more = row_bytes(it->second);
  }
  state_.instances_.resize(owner, more, less);
}

template <typename Row>
void Mutator::put(Key instance, const Row& row) {
  mix(row);
  Instance& owner = find(instance);
  auto& image = std::get<TableImage<Row>>(undo_.emplace_back(Undo{instance, TableImage<Row>{row.key, {}}}).image);
  replace<Row>(owner, row.key, &row, &image.row);
}

template <typename Row>
void Mutator::erase(Key instance, Key key) {
  mix_erase(Row::kKind, key);
  Instance& owner = find(instance);
  auto& image = std::get<TableImage<Row>>(undo_.emplace_back(Undo{instance, TableImage<Row>{key, {}}}).image);
  replace<Row>(owner, key, nullptr, &image.row);
  ENSURE(image.row.has_value(), "a row is erased that does not exist");
}

template <typename Row>
void Mutator::replace_map_row(const typename RowMap<Row>::Id& id, std::unique_ptr<Row> old, const Row* row) {
  const auto entry = [this](bool add) {
    return [this, add]<typename Index>(const typename Index::Group& group, const typename Index::Order& order) {
      auto& found = state_.indexes_.get<Index>();
      add ? found.add(group, order) : found.remove(group, order);
    };
  };
  if (old != nullptr) entries_of(*old, entry(false));
  if (row != nullptr) {
    entries_of(*row, entry(true));
    announce(*row);
  }
  undo_.push_back({Key(0), MapImage<Row>{id, std::move(old)}});
}

template <typename Row>
void Mutator::put(Row row) {
  mix(row);
  const auto id = row.id();
  const Row copy = row;
  replace_map_row<Row>(id, state_.maps_.get<Row>().put(std::move(row)), &copy);
}

template <typename Row>
void Mutator::put_new(Row row) {
  mix(row);
  const auto id = row.id();
  auto& map = state_.maps_.get<Row>();
  map.put_new(std::move(row));
  replace_map_row<Row>(id, nullptr, map.find(id));
}

template <typename Row>
void Mutator::put_absent(Row row) {
  mix(row);
  const auto id = row.id();
  auto& map = state_.maps_.get<Row>();
  map.put_absent(std::move(row));
  replace_map_row<Row>(id, nullptr, map.find(id));
}

template <typename Row>
void Mutator::erase(const typename RowMap<Row>::Id& id) {
  FieldHasher hasher(mix64(hash_, 0x100 | static_cast<std::uint64_t>(Row::kKind)));
  std::apply([&hasher](const auto&... part) { (hasher(part), ...); }, id);
  hash_ = hasher.state();
  replace_map_row<Row>(id, state_.maps_.get<Row>().erase(id), nullptr);
}

}  // namespace baton::engine
