// Instances as rows of the store (docs/formats/state.md section 2): one packed row while an instance is small, else one
// row per entity.
#pragma once

#include <memory>
#include <string>

#include "engine/state/cold.h"
#include "engine/state/instance.h"

namespace baton::engine {

/// From this size on an instance is stored in one row per entity.
inline constexpr std::size_t kSplitBytes = 4096;

std::string instance_key(Key instance);

/// Writes instances for a checkpoint; buffers are reused.
class InstanceWriter {
 public:
  explicit InstanceWriter(RowSink& sink) : sink_(sink) {}
  /// Writes what changed. `stored`: the store may have rows of it. Sets now_split.
  void write(const Instance& instance, bool stored);
  /// Erases all rows of an instance.
  void erase(Key instance);
  /// Parts of a split instance: its head, and the row of a kind with that key (see Instance::for_each_row), or that
  /// there is none.
  void write_split_head(const Instance& instance) { write_head(instance, false); }
  void write_one(const Instance& instance, RowKind kind, std::uint64_t first, std::uint64_t second);

 private:
  void write_head(const Instance& instance, bool packed);
  void write_rows(const Instance& instance, bool all);
  void erase_row(Key instance, RowKind kind, std::uint64_t first, std::uint64_t second);
  template <typename Row>
  void write_row(Key instance, const Row& row, std::uint64_t first, std::uint64_t second);

  RowSink& sink_;
  std::string key_;
  std::string value_;
  std::string body_;
};

/// Decodes the head row. The rest is in it if it is packed (`split` false), else in the rows behind it.
/// Errors: kDataLoss.
Result<std::unique_ptr<Instance>> read_instance_head(std::string_view key, std::string_view value,
                                                     SymbolTable& symbols);
/// Adds the rows of a split instance. Errors: kDataLoss.
Status read_instance_rows(Instance& instance, const StoredRows& rows, SymbolTable& symbols);
/// Derives what is not stored; after all rows are there and the definition is set.
void finish_loading(Instance& instance);

/// Estimate of the memory that a row takes.
template <typename Row>
std::size_t row_bytes(const Row& row) {
  std::size_t bytes = sizeof(Row) + sizeof(Row) / 2;
  if constexpr (requires { row.value.json(); }) bytes += row.value.json().size() + sizeof(void*) * 4;
  if constexpr (requires { row.chunk.json(); }) bytes += row.chunk.json().size();
  if constexpr (requires { row.headers.json(); }) bytes += row.headers.json().size();
  if constexpr (requires { row.last_error.json(); }) bytes += row.last_error.json().size();
  if constexpr (requires { row.message.json(); }) bytes += row.message.json().size();
  return bytes;
}

}  // namespace baton::engine
