// Rows of the state store as arbitrary bytes: decoding refuses or accepts, and what is accepted is written as it was
// read. Compressed journal segments likewise.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "engine/state/instance_codec.h"
#include "engine/state/row_codec.h"
#include "engine/state/row_verifier.h"
#include "storage/files/segments.h"
#include "storage/memory/memory_disk.h"

namespace {

using namespace baton;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fputs(what, stderr);
  std::abort();
}

class OneRow final : public engine::RowSink {
 public:
  void put(std::string_view key, std::string_view value) override { rows[std::string(key)] = value; }
  void erase(std::string_view) override {}
  void erase_all(std::string_view) override {}
  std::map<std::string, std::string> rows;
};

/// An instance that can be read is written as rows that read as the same.
void instance(std::string_view fields) {
  const std::string key = engine::instance_key(Key(64));
  std::string value(1, static_cast<char>(engine::kRowVersion));
  value += fields;
  engine::seal_row(key, value);
  engine::SymbolTable symbols;
  auto read = engine::read_instance_head(key, value, symbols);
  if (!read || (*read)->split) return;
  OneRow first;
  engine::InstanceWriter(first).write(**read, false);
  if (first.rows.size() != 1) return;
  const auto again = engine::read_instance_head(key, first.rows[key], symbols);
  require(again.has_value(), "a packed instance cannot be read again\n");
  OneRow second;
  engine::InstanceWriter(second).write(**again, false);
  require(first.rows == second.rows, "a packed instance changes when it is read and written\n");
}

/// A sequence of rows: length of key, key, length of value, value; sealed.
void rows(std::string_view bytes) {
  engine::RowVerifier verifier;
  ByteReader in(bytes);
  while (in.ok() && !in.at_end()) {
    const std::string key(in.bytes());
    std::string value(1, static_cast<char>(engine::kRowVersion));
    value += in.bytes();
    if (!in.ok()) break;
    engine::seal_row(key, value);
    if (!verifier.row(key, value)) return;
  }
  (void)verifier.finish();
}

void segment(std::string_view bytes) {
  storage::MemoryDisk disk;
  const std::string name = "000000000001.seg.zst";
  auto file = disk.create_zeroed("/j/" + name, bytes.size(), storage::Haste::kNow);
  (void)(*file)->write(0, bytes);
  std::string out;
  (void)storage::read_segment(disk, "/j", {1, name, true}, out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      instance(input);
      break;
    case 1:
      rows(input);
      break;
    default:
      segment(input);
      break;
  }
  return 0;
}
