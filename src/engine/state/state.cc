#include "engine/state/state.h"

namespace baton::engine {

namespace {

constexpr std::size_t kEntryBytes = 64;  // of a changed index entry or row of a map, with its share of the containers

template <typename Row>
Result<bool> read_single(const State::ReadRow& read, SymbolTable& symbols, Row& row) {
  const std::string key = row_key(Row::kKind);
  BATON_ASSIGN(const auto value, read(key));
  if (!value) return false;
  BATON_TRY(check_row(key, *value));
  ByteReader in(row_fields(*value));
  FieldReader fields(in, Key(0), symbols, static_cast<const CommandVariables*>(nullptr));
  Row::fields(row, fields);
  if (!in.ok() || !in.at_end()) return bad_row(key, "its fields do not fit");
  return true;
}

}  // namespace

std::vector<std::string> State::take_ready_types() {
  std::vector<std::string> types;
  for (const Symbol& type : ready_types_) types.emplace_back(type.text());
  ready_types_.clear();
  return types;
}

Status State::open(const ReadRow& read) {
  TotalsRow totals;
  BATON_ASSIGN(const bool has_totals, read_single(read, symbols_, totals));
  if (!has_totals) return {};  // nothing was stored yet
  BATON_ASSIGN(const bool has_counters, read_single(read, symbols_, counters_));
  if (!has_counters) return fail(Code::kDataLoss, "the state store has no counters");
  last_position_ = totals.position;
  last_time_ = totals.time;
  instances_.set_size(totals.instances);
  job_count_ = totals.jobs;
  incident_count_ = totals.incidents;
  definition_count_ = totals.definitions;
  cold_.has_store = true;
  return {};
}

Status State::ask_what_is_stored(const HasRows& has_rows) {
  Status status;
  indexes_.for_each([&]<typename Index>(OrderedIndex<Index>& index) {
    if (!status) return;
    const Result<bool> has = has_rows(row_key(Index::kKind));
    has ? index.set_stored(*has) : (void)(status = fail(has.error()));
  });
  return status;
}

void State::freeze() {
  frozen_counters_ = counters_;
  frozen_totals_ = {last_position_, last_time_, instances_.size(), job_count_, incident_count_, definition_count_};
  maps_.for_each([](auto& map) { map.freeze(); });
  indexes_.for_each([](auto& index) { index.freeze(); });
  instances_.freeze();
  ++cold_.epoch;
}

void State::write_frozen(RowSink& sink) const {
  const RowEncoder::Visit put = [&sink](std::string_view key, std::string_view value) { sink.put(key, value); };
  RowEncoder rows(put);
  rows.row(Key(0), {}, frozen_counters_);
  maps_.for_each([&sink](const auto& map) { map.write_frozen(sink); });
  instances_.write_frozen(sink);
  indexes_.for_each([&sink](const auto& index) { index.write_frozen(sink); });
  rows.row(Key(0), {}, frozen_totals_);
}

void State::drop_frozen() {
  maps_.for_each([](auto& map) { map.drop_frozen(); });
  indexes_.for_each([](auto& index) { index.drop_frozen(); });
  instances_.drop_frozen();
  cold_.has_store = true;
}

bool State::settle(std::size_t most) {
  bool left = instances_.settle(most);
  indexes_.for_each([&](auto& index) { left = index.settle(most) || left; });
  return left;
}

bool State::drop(std::size_t most) {
  bool left = instances_.tidy(most);
  maps_.for_each([&](auto& map) { left = map.drop(most) || left; });
  indexes_.for_each([&](auto& index) { left = index.drop(most) || left; });
  return left;
}

bool State::evict(std::size_t bytes, std::size_t most) {
  return instances_.evict(bytes, most);
}

std::size_t State::dirty_bytes() const {
  return instances_.dirty_bytes() + changed_entries_bytes();
}

std::size_t State::changed_bytes() const {
  return instances_.changed_bytes() + changed_entries_bytes();
}

std::size_t State::changed_entries_bytes() const {
  std::size_t bytes = 0;
  maps_.for_each([&bytes](const auto& map) { bytes += map.live_changes() * kEntryBytes; });
  indexes_.for_each([&bytes](const auto& index) { bytes += index.live_changes() * kEntryBytes; });
  return bytes;
}

std::size_t State::bytes() const {
  return instances_.bytes();
}

}  // namespace baton::engine
