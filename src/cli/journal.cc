// `baton journal verify|dump`: reads a data directory without changing it.
#include <cstdio>

#include "base/json.h"
#include "cli/commands.h"
#include "engine/describe.h"
#include "engine/engine.h"
#include "storage/files/reader.h"

namespace baton::cli {

namespace {

struct Totals {
  std::uint64_t batches = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

Result<storage::JournalEnd> read(const std::string& data, const std::function<Status(const engine::FrameView&)>& visit,
                                 Totals& totals) {
  storage::PosixDisk disk;
  return storage::read_journal(disk, data + "/journal", PartitionId(1), [&](const storage::BatchView& batch) -> Status {
    ++totals.batches;
    totals.bytes += batch.frames.size();
    std::string_view rest = batch.frames;
    while (!rest.empty()) {
      BATON_ASSIGN(const engine::FrameView frame, engine::read_frame(rest));
      ++totals.frames;
      if (auto status = visit(frame); !status) {
        return failf(status.error().code, "{} at offset {}: {}", batch.file, batch.offset, status.error().message);
      }
    }
    return {};
  });
}

}  // namespace

int journal_verify(const std::string& data, bool json) {
  engine::Engine engine{PartitionId(1)};
  Totals totals;
  const auto end = read(data, [&engine](const engine::FrameView& frame) { return engine.replay(frame); }, totals);
  if (!end) return report(end.error(), json);
  if (json) {
    std::printf(R"({"ok":true,"frames":%llu,"batches":%llu,"epoch":%llu,"tornTail":%s,"stateHash":"%016llx"})"
                "\n",
                static_cast<unsigned long long>(totals.frames), static_cast<unsigned long long>(totals.batches),
                static_cast<unsigned long long>(end->epoch.value()), end->torn ? "true" : "false",
                static_cast<unsigned long long>(engine.state().full_hash()));
  } else {
    std::printf(
        "the journal is whole: %llu frames in %llu batches, every checksum, chain link and frame hash is right\n",
        static_cast<unsigned long long>(totals.frames), static_cast<unsigned long long>(totals.batches));
    std::printf("epoch %llu, state hash %016llx, %zu active instances%s\n",
                static_cast<unsigned long long>(end->epoch.value()),
                static_cast<unsigned long long>(engine.state().full_hash()), engine.state().instance_count(),
                end->torn ? ", a torn tail that was never acknowledged" : "");
  }
  return 0;
}

int journal_dump(const std::string& data) {
  Totals totals;
  const auto end = read(
      data,
      [](const engine::FrameView& frame) -> Status {
        BATON_ASSIGN(const std::string line, engine::describe(frame));
        std::printf("%s\n", line.c_str());
        return {};
      },
      totals);
  return end ? 0 : report(end.error(), false);
}

}  // namespace baton::cli
