// `baton state verify|restore`: the state store of a data directory, which no server may be using.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "base/json.h"
#include "cli/commands.h"
#include "engine/engine.h"
#include "engine/state/row_verifier.h"
#include "storage/files/housekeeping.h"
#include "storage/files/lmdb_store.h"
#include "storage/files/reader.h"

namespace baton::cli {

namespace {

struct Verified {
  storage::StoreMark mark;
  engine::TotalsRow totals;
  std::uint64_t replayed = 0;
};

std::string store_path(const std::string& data) {
  return data + "/state/state.mdb";
}

/// Hands the engine what it misses.
Status fetch(const storage::StoreSnapshot& snapshot, const engine::StateView& state) {
  for (engine::Wanted wanted = state.take_wanted(); !wanted.empty(); wanted = state.take_wanted()) {
    for (const auto& row : wanted.rows) {
      const std::string_view key = row.key;
      BATON_TRY(snapshot.get_many(std::span(&key, 1), [&row](std::size_t, auto value) { return row.load(value); }));
    }
    for (const auto& range : wanted.ranges) {
      engine::StoredRows rows;
      BATON_ASSIGN(const bool more, snapshot.scan(range.lower, range.upper, range.limit,
                                                  [&rows](std::string_view key, std::string_view value) -> Status {
                                                    rows.emplace_back(key, value);
                                                    return {};
                                                  }));
      BATON_TRY(range.load(rows, more));
    }
  }
  return {};
}

/// Replays the journal behind the stored position on the stored state, comparing the hash of every frame.
Result<std::uint64_t> replay(const std::string& data, const storage::LmdbStore& store, Position from) {
  engine::Engine engine{PartitionId(1)};
  BATON_ASSIGN(const auto snapshot, store.snapshot());
  BATON_TRY(engine.stored_state().open([&](std::string_view key) -> Result<std::optional<std::string>> {
    std::optional<std::string> found;
    const Status read = snapshot->get_many(std::span(&key, 1), [&found](std::size_t, auto value) -> Status {
      if (value) found.emplace(*value);
      return {};
    });
    if (!read) return fail(read.error());
    return found;
  }));
  storage::PosixDisk disk;
  std::uint64_t frames = 0;
  const auto visit = [&](const storage::BatchView& batch) -> Status {
    std::string_view rest = batch.frames;
    while (!rest.empty()) {
      BATON_ASSIGN(const engine::FrameView frame, engine::read_frame(rest));
      if (frame.header.position <= from) continue;
      while (true) {
        try {
          BATON_TRY(engine.replay(frame));
          break;
        } catch (const engine::RowsMissing&) {
          BATON_TRY(fetch(*snapshot, engine.state()));
        }
      }
      ++frames;
    }
    return {};
  };
  BATON_ASSIGN(const storage::JournalEnd end,
               storage::read_journal(disk, data + "/journal", PartitionId(1), visit, from));
  if (end.next.value() <= from.value()) {
    return failf(Code::kDataLoss, "the state store is at position {}, but the journal ends before position {}",
                 from.value(), end.next.value());
  }
  return frames;
}

Result<Verified> verify(const std::string& data) {
  BATON_ASSIGN(const auto store, storage::LmdbStore::open({.path = store_path(data), .read_only = true}));
  engine::RowVerifier rows;
  BATON_TRY(store->verify([&rows](std::string_view key, std::string_view value) { return rows.row(key, value); }));
  BATON_TRY(rows.finish());
  Verified verified;
  BATON_ASSIGN(verified.mark, store->mark());
  verified.totals = rows.totals();
  if (verified.totals.position != verified.mark.position)
    return fail(Code::kDataLoss, "the totals of the state store are of another position than its mark");
  BATON_ASSIGN(verified.replayed, replay(data, *store, verified.mark.position));
  return verified;
}

int verify_and_print(const std::string& data, bool json) {
  const auto verified = verify(data);
  if (!verified) return report(verified.error(), json);
  const auto number = [](std::uint64_t v) { return static_cast<unsigned long long>(v); };
  std::printf(
      json ? "{\"ok\":true,\"position\":%llu,\"rows\":%llu,\"instances\":%llu,\"jobs\":%llu,\"incidents\":%llu,"
             "\"replayed\":%llu}\n"
           : "the state store is whole: position %llu, %llu rows, %llu instances, %llu jobs, %llu incidents; %llu "
             "frames behind it replay on it\n",
      number(verified->mark.position.value()), number(verified->mark.rows), number(verified->totals.instances),
      number(verified->totals.jobs), number(verified->totals.incidents), number(verified->replayed));
  std::fflush(stdout);
  return 0;
}

}  // namespace

// Reading a tree whose pages are damaged may end the process: the reading is done by a child.
int state_verify(const std::string& data, bool json) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(verify_and_print(data, json));
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child)
    return report({Code::kInternal, "cannot start a process for reading"}, json);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return report({Code::kDataLoss, fmt::format("the state store '{}' is damaged: its tree cannot be read. 'baton state "
                                              "restore' puts the newest copy in its place",
                                              store_path(data))},
                json);
}

namespace {

Result<Position> restore(const std::string& data) {
  storage::PosixDisk disk;
  BATON_ASSIGN(const auto lock, storage::DirectoryLock::take(data));
  const auto copies = storage::list_copies(disk, data);
  const std::string path = store_path(data);
  const std::string directory = data + "/state";
  if (copies) {
    for (auto it = copies->rbegin(); it != copies->rend(); ++it) {
      const std::string copy = storage::copy_path(data, *it);
      const auto opened = storage::LmdbStore::open({.path = copy, .read_only = true});
      if (!opened) continue;
      storage::Breather none;
      const auto mark = (*opened)->copy(path + ".tmp", none);  // verified as it is written
      if (!mark) continue;
      BATON_TRY(disk.rename(path + ".tmp", path));
      BATON_TRY(disk.remove(path + "-lock"));
      BATON_TRY(disk.sync_directory(directory));
      return mark->position;
    }
  }
  // Without a copy everything is rebuilt, if the journal still begins at the beginning.
  BATON_TRY(storage::read_journal(disk, data + "/journal", PartitionId(1),
                                  [](const storage::BatchView&) -> Status { return {}; }));
  BATON_TRY(disk.remove(path));
  BATON_TRY(disk.remove(path + "-lock"));
  BATON_TRY(disk.sync_directory(directory));
  return Position(0);
}

}  // namespace

int state_restore(const std::string& data, bool json) {
  const auto position = restore(data);
  if (!position) return report(position.error(), json);
  std::printf(json ? "{\"ok\":true,\"position\":%llu}\n"
                   : "the state store is at position %llu again; the next start replays the journal from there\n",
              static_cast<unsigned long long>(position->value()));
  return 0;
}

}  // namespace baton::cli
