// Bytes of rows (docs/formats/state.md section 2). Canonical ones are what the full state hash covers and golden files
// freeze; rows in the store are sealed the same way.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"
#include "engine/state/fields.h"
#include "engine/state/row_key.h"
#include "engine/state/rows.h"

namespace baton::engine {

inline constexpr std::uint8_t kRowVersion = 1;

/// Appends the checksum that ends a row's value.
inline void seal_row(std::string_view key, std::string& value) {
  ByteWriter(value).u32(crc32c(value, crc32c(key)));
}

/// An error that names the row. kDataLoss.
Failure bad_row(std::string_view key, std::string_view why);
/// Checks version and checksum. Errors: kDataLoss.
Status check_row(std::string_view key, std::string_view value);

/// The fields between version and checksum of a row that check_row() accepted.
inline std::string_view row_fields(std::string_view value) {
  return value.substr(1, value.size() - 1 - sizeof(std::uint32_t));
}

/// Encodes rows and hands (key bytes, value bytes) to a visitor; its buffers are reused.
class RowEncoder {
 public:
  using Visit = std::function<void(std::string_view, std::string_view)>;
  explicit RowEncoder(const Visit& visit) : visit_(visit) {}

  /// A row of an instance, or of none (`instance` 0); `parts` are the parts of its key behind the instance.
  template <typename Row>
  void row(Key instance, std::initializer_list<std::uint64_t> parts, const Row& row) {
    key_ = instance.value() == 0 ? row_key(Row::kKind) : row_key(Row::kKind, instance);
    for (const std::uint64_t part : parts) KeyWriter{key_}(part);
    finish(instance, row);
  }
  /// A row of a RowMap.
  template <typename Row>
  void row(const Row& one) {
    row(one.id(), one);
  }
  /// With the id that the map has: Row::id() copies symbols, which only the partition's thread may do.
  template <typename Id, typename Row>
  void row(const Id& id, const Row& row) {
    key_ = row_key(Row::kKind, id);
    finish(Key(0), row);
  }

 private:
  template <typename Row>
  void finish(Key base, const Row& row) {
    value_.assign(1, static_cast<char>(kRowVersion));
    ByteWriter out(value_);
    FieldWriter fields(out, base);
    Row::fields(row, fields);
    seal_row(key_, value_);
    visit_(key_, value_);
  }

  const Visit& visit_;
  std::string key_;
  std::string value_;
};

}  // namespace baton::engine
