// Canonical bytes of rows (docs/formats/state.md section 2): what the full state hash covers and golden files freeze.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "engine/state/fields.h"
#include "engine/state/rows.h"

namespace baton::engine {

inline constexpr std::uint8_t kRowVersion = 1;

/// Encodes rows and hands (key bytes, value bytes) to a visitor; its buffers are reused.
class RowEncoder {
 public:
  using Visit = std::function<void(std::string_view, std::string_view)>;
  explicit RowEncoder(const Visit& visit) : visit_(visit) {}

  /// `instance` is 0 for rows that belong to no instance; `parts` are the numeric parts of the row's key.
  template <typename Row>
  void row(Key instance, const std::vector<std::uint64_t>& parts, const Row& row) {
    begin(Row::kKind, instance, parts);
    ByteWriter out(value_);
    FieldWriter fields(out, instance);
    Row::fields(row, fields);
    finish();
  }

  void directory(Key block, Key instance) {
    begin(RowKind::kDirectory, Key(0), {block.value()});
    ByteWriter(value_).u64(instance.value());
    finish();
  }

 private:
  void begin(RowKind kind, Key instance, const std::vector<std::uint64_t>& parts) {
    key_.clear();
    value_.clear();
    key_.push_back(static_cast<char>(kind));
    if (instance.value() != 0) append_big_endian(instance.value());
    for (const std::uint64_t part : parts) append_big_endian(part);
    value_.push_back(static_cast<char>(kRowVersion));
  }
  void finish() {
    const std::uint32_t checksum = crc32c(value_, crc32c(key_));
    ByteWriter(value_).u32(checksum);
    visit_(key_, value_);
  }
  void append_big_endian(std::uint64_t v) {
    for (int shift = 56; shift >= 0; shift -= 8) key_.push_back(static_cast<char>(v >> shift));
  }

  const Visit& visit_;
  std::string key_;
  std::string value_;
};

}  // namespace baton::engine
