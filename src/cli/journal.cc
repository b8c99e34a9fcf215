// `baton journal verify|dump`: reads a data directory without changing it.
#include <cstdio>

#include "base/json.h"
#include "cli/commands.h"
#include "engine/describe.h"
#include "engine/engine.h"
#include "storage/files/reader.h"
#include "storage/files/segments.h"

namespace baton::cli {

namespace {

struct Totals {
  std::uint64_t batches = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  Position before;  // what was truncated
};

/// The last position that was truncated; 0 if the journal begins at the beginning.
Result<Position> truncated_before(storage::Disk& disk, const std::string& directory) {
  BATON_ASSIGN(const auto segments, storage::list_segments(disk, directory));
  if (segments.empty() || segments[0].id == 1) return Position(0);
  BATON_ASSIGN(const auto header, storage::read_segment_header(disk, directory, segments[0]));
  return Position(header.first.value() - 1);
}

Result<storage::JournalEnd> read(const std::string& data, const std::function<Status(const engine::FrameView&)>& visit,
                                 Totals& totals) {
  storage::PosixDisk disk;
  BATON_ASSIGN(totals.before, truncated_before(disk, data + "/journal"));
  const auto visit_batch = [&](const storage::BatchView& batch) -> Status {
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
  };
  return storage::read_journal(disk, data + "/journal", PartitionId(1), visit_batch, totals.before);
}

}  // namespace

int journal_verify(const std::string& data, bool json) {
  engine::Engine engine{PartitionId(1)};
  Totals totals;
  // A truncated journal cannot be replayed from nothing: 'state verify' replays what is behind the stored state.
  const auto replay = [&](const engine::FrameView& frame) -> Status {
    return totals.before.value() == 0 ? engine.replay(frame) : Status();
  };
  const auto end = read(data, replay, totals);
  if (!end) return report(end.error(), json);
  if (totals.before.value() != 0) {
    std::printf(
        json ? "{\"ok\":true,\"frames\":%llu,\"batches\":%llu,\"truncatedBefore\":%llu}\n"
             : "the journal is whole: %llu frames in %llu batches, every checksum and chain link is right; it was "
               "truncated up to position %llu, so 'baton state verify' checks the frame hashes\n",
        static_cast<unsigned long long>(totals.frames), static_cast<unsigned long long>(totals.batches),
        static_cast<unsigned long long>(totals.before.value()));
    return 0;
  }
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
