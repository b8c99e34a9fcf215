// Journal recovery on arbitrary bytes: the segment file of a small journal is replaced by the input (or the input is
// laid over a valid one). It must give a prefix, or a refusal; never a crash.
#include <cstdint>

#include "engine/engine.h"
#include "storage/files/file_journal.h"
#include "storage/memory/memory_disk.h"

namespace {

using namespace baton;

std::string valid_segment() {
  storage::MemoryDisk disk;
  storage::FileJournalOptions options;
  options.directory = "d";
  options.first_segment_bytes = 4096;
  options.prepare_in_background = false;
  const auto ignore = [](const storage::BatchView&) { return Status(); };
  auto journal = storage::FileJournal::open(disk, options, ignore);
  engine::Engine engine{PartitionId(1)};
  engine::Effects effects;
  for (int i = 0; i < 3; ++i) {
    std::string frames;
    engine::Command command;
    command.body = engine::CancelInstance{Key(static_cast<std::uint64_t>(i))};
    engine.process(command, TimeMs(i), frames, effects);
    (void)(*journal)->append(1, frames);
  }
  (void)(*journal)->mark();
  return *disk.bytes("d/000000000001.seg");
}

void recover(const std::string& segment) {
  storage::MemoryDisk disk;
  (void)disk.create_zeroed("d/000000000001.seg", segment.size(), storage::Haste::kNow);
  *disk.bytes("d/000000000001.seg") = segment;
  storage::FileJournalOptions options;
  options.directory = "d";
  options.prepare_in_background = false;
  engine::Engine engine{PartitionId(1)};
  const auto visit = [&engine](const storage::BatchView& batch) -> Status {
    std::string_view rest = batch.frames;
    while (!rest.empty()) {
      BATON_ASSIGN(const auto frame, engine::read_frame(rest));
      BATON_TRY(engine.replay(frame));
    }
    return {};
  };
  (void)storage::FileJournal::open(disk, options, visit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string valid = valid_segment();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size < 4) return 0;
  std::string segment = valid;
  if (data[0] % 2 == 0) {  // patch: offset, then bytes
    const std::size_t at = (data[1] | data[2] << 8U) % segment.size();
    const std::size_t n = std::min(size - 3, segment.size() - at);
    segment.replace(at, n, input.substr(3, n));
  } else {  // frames of an arbitrary kind in a batch with right sums
    storage::BatchHeader header;
    header.epoch = Epoch(1);
    header.segment = 1;
    header.first = Position(1);
    header.frame_count = 1;
    const std::string batch = storage::encode_batch(header, input.substr(1));
    segment = segment.substr(0, storage::kSegmentHeaderBytes) + batch + std::string(64, '\0');
  }
  recover(segment);
  return 0;
}
