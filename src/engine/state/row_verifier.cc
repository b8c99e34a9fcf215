#include "engine/state/row_verifier.h"

#include "engine/state/instance_codec.h"
#include "engine/state/row_codec.h"
#include "engine/state/tables.h"

namespace baton::engine {

namespace {

template <typename Row>
Status read_row(std::string_view key, std::string_view value, SymbolTable& symbols, Row& row) {
  ByteReader in(row_fields(value));
  FieldReader fields(in, Key(0), symbols, static_cast<const CommandVariables*>(nullptr));
  Row::fields(row, fields);
  if (!in.ok() || !in.at_end()) return bad_row(key, "its fields do not fit");
  return {};
}

bool is_index(RowKind kind) {
  bool found = false;
  const auto consider = [&]<typename... I>(TypeList<I...>) { found = ((I::kKind == kind) || ...); };
  consider(Indexes{});
  return found;
}

}  // namespace

void RowVerifier::Entries::add(std::string_view key) {
  ++count;
  hash += hash64(key);
}

void RowVerifier::expect(std::string_view key) {
  expected_[static_cast<RowKind>(key[0])].add(key);
}

Status RowVerifier::row(std::string_view key, std::string_view value) {
  if (key.empty()) return bad_row(key, "it has no key");
  const auto kind = static_cast<RowKind>(key[0]);
  if (kind == RowKind::kInstance) return instance_row(key, value);
  BATON_TRY(end_instance());
  BATON_TRY(check_row(key, value));
  if (is_index(kind)) {
    found_[kind].add(key);
    return {};
  }
  if (kind == RowKind::kCounters) {
    has_counters_ = true;
    CountersRow counters;
    return read_row(key, value, symbols_, counters);
  }
  if (kind == RowKind::kTotals) {
    has_totals_ = true;
    return read_row(key, value, symbols_, totals_);
  }
  Status status = bad_row(key, "its kind is not known");
  const auto consider = [&]<typename Row>(const Row*) {
    if (Row::kKind == kind) status = map_row<Row>(key, value);
  };
  const auto consider_all = [&]<typename... Rows>(TypeList<Rows...>) {
    (consider(static_cast<const Rows*>(nullptr)), ...);
  };
  consider_all(MapRows{});
  return status;
}

void RowVerifier::expect_rows_of(const JobRow& job) {
  if (job.state == JobState::kBackingOff) expect(row_key(RowKind::kJobBackoff, job.key));
}

template <typename Row>
Status RowVerifier::map_row(std::string_view key, std::string_view value) {
  Row read;
  BATON_TRY(read_row(key, value, symbols_, read));
  if (row_key(Row::kKind, read.id()) != key) return bad_row(key, "its key is not that of its fields");
  const auto entry = [this]<typename Index>(const typename Index::Group& group, const typename Index::Order& order) {
    expect(row_key(Index::kKind, group, order));
  };
  entries_of(read, entry);
  if constexpr (std::is_same_v<Row, DefinitionRow>) {
    ++counted_.definitions;
    BATON_TRY(read.finish_loading());
  }
  if constexpr (std::is_same_v<Row, JobBackoffRow>) found_[Row::kKind].add(key);  // its job expects it
  return {};
}

Status RowVerifier::instance_row(std::string_view key, std::string_view value) {
  if (instance_ == nullptr || !key.starts_with(instance_key(instance_->row.key))) {
    BATON_TRY(end_instance());
    BATON_ASSIGN(instance_, read_instance_head(key, value, symbols_));
    return {};
  }
  if (!instance_->split) return bad_row(key, "it is a row of a packed instance");
  return read_instance_rows(*instance_, {{std::string(key), std::string(value)}}, symbols_);
}

Status RowVerifier::end_instance() {
  if (instance_ == nullptr) return {};
  const auto instance = std::move(instance_);
  finish_loading(*instance);
  if (instance->process() == nullptr) return bad_row(instance_key(instance->row.key), "the process itself is missing");
  ++counted_.instances;
  counted_.jobs += instance->jobs.size();
  counted_.incidents += instance->incidents.size();
  const auto entry = [this]<typename Index>(const typename Index::Group& group, const typename Index::Order& order) {
    expect(row_key(Index::kKind, group, order));
  };
  Instance::tables(*instance, [&](const auto& table) {
    for (const auto& [row_number, entity] : table) {
      entries_of(*instance, entity, entry);
      expect_rows_of(entity);
    }
  });
  entries_of(*instance, entry);
  return {};
}

Status RowVerifier::finish() {
  BATON_TRY(end_instance());
  if (!has_totals_) {
    if (found_.empty() && counted_.instances == 0) return {};  // an empty store
    return fail(Code::kDataLoss, "the state store has no totals");
  }
  if (!has_counters_) return fail(Code::kDataLoss, "the state store has no counters");
  if (counted_.instances != totals_.instances || counted_.jobs != totals_.jobs ||
      counted_.incidents != totals_.incidents || counted_.definitions != totals_.definitions) {
    return failf(
        Code::kDataLoss,
        "the state store has {} instances, {} jobs, {} incidents and {} definitions, but counts {}, {}, {} and {}",
        counted_.instances, counted_.jobs, counted_.incidents, counted_.definitions, totals_.instances, totals_.jobs,
        totals_.incidents, totals_.definitions);
  }
  if (found_ != expected_) {
    for (const auto& [kind, entries] : expected_) {
      const auto it = found_.find(kind);
      if (it != found_.end() && it->second == entries) continue;
      return failf(Code::kDataLoss, "row kind {} of the state store does not fit the other rows: {} rows, expected {}",
                   static_cast<int>(kind), it == found_.end() ? 0 : it->second.count, entries.count);
    }
    return fail(Code::kDataLoss, "the state store has index entries without rows");
  }
  return {};
}

}  // namespace baton::engine
