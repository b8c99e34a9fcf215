#include "engine/state/instance_codec.h"

#include "engine/state/row_codec.h"

namespace baton::engine {

namespace {

constexpr std::uint8_t kLayoutSplit = 0;
constexpr std::uint8_t kLayoutPacked = 1;

void add_row(Instance& instance, const WaitingTokensRow& row) {
  instance.waiting[{row.scope.value(), row.flow.value()}] = row.count;
}
void add_row(Instance& instance, const VariableRow& row) {
  instance.variables.put(row);
}
template <typename Row>
void add_row(Instance& instance, Row row) {
  const std::uint64_t key = row.key.value();
  instance.table<Row>().insert_or_assign(key, std::move(row));
}

/// Calls `read(Row{})` for the row type of `kind`; false if there is none.
template <typename F>
bool with_kind(RowKind kind, F&& read) {
  bool known = false;
  const auto consider = [&]<typename Row>(const Row*) {
    if (Row::kKind != kind) return;
    known = true;
    read.template operator()<Row>();
  };
  const auto consider_all = [&]<typename... Rows>(TypeList<Rows...>) {
    (consider(static_cast<const Rows*>(nullptr)), ...);
  };
  consider_all(InstanceRows{});
  consider(static_cast<const WaitingTokensRow*>(nullptr));
  consider(static_cast<const VariableRow*>(nullptr));
  return known;
}

}  // namespace

std::string instance_key(Key instance) {
  return row_key(RowKind::kInstance, instance);
}

template <typename Row>
void InstanceWriter::write_row(Key instance, const Row& row, std::uint64_t first, std::uint64_t second) {
  key_ = instance_key(instance);
  KeyWriter key(key_);
  key(Row::kKind);
  key(first);
  if constexpr (Row::kKind == RowKind::kWaitingTokens) key(second);
  value_.assign(1, static_cast<char>(kRowVersion));
  ByteWriter out(value_);
  FieldWriter fields(out, instance);
  Row::fields(row, fields);
  seal_row(key_, value_);
  sink_.put(key_, value_);
}

void InstanceWriter::write_head(const Instance& instance, bool packed) {
  value_.assign(1, static_cast<char>(kRowVersion));
  ByteWriter out(value_);
  FieldWriter fields(out, instance.row.key);
  out.u8(packed ? kLayoutPacked : kLayoutSplit);
  fields(instance.further_blocks, instance.deferred_since);
  InstanceRow::fields(instance.row, fields);
  if (packed) value_ += body_;
  key_ = instance_key(instance.row.key);
  seal_row(key_, value_);
  sink_.put(key_, value_);
}

void InstanceWriter::write_rows(const Instance& instance, bool all) {
  const Key owner = instance.row.key;
  auto changed = instance.changed_rows;
  instance.for_each_row([&](const auto& row, std::uint64_t first, std::uint64_t second) {
    using Row = std::decay_t<decltype(row)>;
    if (!all && changed.erase({Row::kKind, first, second}) == 0) return;
    write_row(owner, row, first, second);
  });
  if (all) return;
  for (const auto& [kind, first, second] : changed) erase_row(owner, kind, first, second);
}

void InstanceWriter::erase_row(Key instance, RowKind kind, std::uint64_t first, std::uint64_t second) {
  key_ = instance_key(instance);
  KeyWriter key(key_);
  key(kind);
  key(first);
  if (kind == RowKind::kWaitingTokens) key(second);
  sink_.erase(key_);
}

void InstanceWriter::write_one(const Instance& instance, RowKind kind, std::uint64_t first, std::uint64_t second) {
  const Key owner = instance.row.key;
  bool written = false;
  const auto write = [&](const auto& row) {
    write_row(owner, row, first, second);
    written = true;
  };
  with_kind(kind, [&]<typename Row>() {
    if constexpr (std::is_same_v<Row, VariableRow>) {
      if (const VariableRow* row = instance.variables.find(Key(second), Key(first))) write(*row);
    } else if constexpr (std::is_same_v<Row, WaitingTokensRow>) {
      const auto it = instance.waiting.find({first, static_cast<std::uint32_t>(second)});
      if (it != instance.waiting.end())
        write(WaitingTokensRow{Key(first), bpmn::FlowIndex(static_cast<std::uint32_t>(second)), it->second});
    } else {
      const auto& table = instance.table<Row>();
      if (const auto it = table.find(first); it != table.end()) write(it->second);
    }
  });
  if (!written) erase_row(owner, kind, first, second);
}

void InstanceWriter::write(const Instance& instance, bool stored) {
  if (instance.split) {
    instance.now_split = true;
    write_head(instance, false);
    write_rows(instance, false);
    return;
  }
  body_.clear();
  ByteWriter out(body_);
  FieldWriter fields(out, instance.row.key);
  instance.for_each_row([&](const auto& row, std::uint64_t, std::uint64_t) {
    using Row = std::decay_t<decltype(row)>;
    out.u8(static_cast<std::uint8_t>(Row::kKind));
    Row::fields(row, fields);
  });
  // The store may have rows of an earlier, larger state.
  if (stored) sink_.erase_all(instance_key(instance.row.key));
  instance.now_split = body_.size() >= kSplitBytes;
  write_head(instance, !instance.now_split);
  if (instance.now_split) write_rows(instance, true);
}

void InstanceWriter::erase(Key instance) {
  sink_.erase_all(instance_key(instance));
}

Result<std::unique_ptr<Instance>> read_instance_head(std::string_view key, std::string_view value,
                                                     SymbolTable& symbols) {
  BATON_TRY(check_row(key, value));
  auto instance = std::make_unique<Instance>();
  KeyReader key_reader(key.substr(1));
  key_reader(instance->row.key);
  if (!key_reader.ok()) return bad_row(key, "its key is malformed");
  const Key owner = instance->row.key;
  const SharedBytes buffer{std::string(row_fields(value))};
  ByteReader in(buffer.view());
  FieldReader fields(in, owner, symbols, buffer);
  const std::uint8_t layout = in.u8();
  fields(instance->further_blocks, instance->deferred_since);
  InstanceRow::fields(instance->row, fields);
  if (!in.ok() || layout > kLayoutPacked || instance->row.key != owner) return bad_row(key, "its fields do not fit");
  instance->split = layout == kLayoutSplit;
  if (instance->split && !in.at_end()) return bad_row(key, "there are bytes behind its fields");
  while (!in.at_end()) {
    const auto kind = static_cast<RowKind>(in.u8());
    const bool known = with_kind(kind, [&]<typename Row>() {
      Row row;
      Row::fields(row, fields);
      if (in.ok()) add_row(*instance, std::move(row));
    });
    if (!known || !in.ok()) return bad_row(key, "a row in it is malformed");
  }
  return instance;
}

Status read_instance_rows(Instance& instance, const StoredRows& rows, SymbolTable& symbols) {
  const std::size_t prefix = instance_key(instance.row.key).size();
  for (const auto& [key, value] : rows) {
    BATON_TRY(check_row(key, value));
    if (key.size() <= prefix) return bad_row(key, "its key is malformed");
    ByteReader in(row_fields(value));
    FieldReader fields(in, instance.row.key, symbols, static_cast<const CommandVariables*>(nullptr));
    const bool known = with_kind(static_cast<RowKind>(key[prefix]), [&]<typename Row>() {
      Row row;
      Row::fields(row, fields);
      if (in.ok() && in.at_end()) add_row(instance, std::move(row));
    });
    if (!known || !in.ok() || !in.at_end()) return bad_row(key, "its fields do not fit");
  }
  return {};
}

void finish_loading(Instance& instance) {
  const ElementInstanceRow* process = instance.process();
  instance.closing = process != nullptr && process->state == ElementState::kTerminating;
  instance.isolated = process != nullptr && Instance::isolates(*process);
  instance.bytes = sizeof(Instance);
  instance.for_each_row([&instance](const auto& row, std::uint64_t, std::uint64_t) {
    instance.bytes += row_bytes(row);
    instance.relate(row, true);
  });
}

}  // namespace baton::engine
