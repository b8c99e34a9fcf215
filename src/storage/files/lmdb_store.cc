#include "storage/files/lmdb_store.h"

#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/bytes.h"
#include "base/ensure.h"
#include "base/fault.h"
#include "base/hash.h"
#include "storage/disk.h"
#include "storage/files/errno_failure.h"
#include "storage/files/lmdb_copy.h"
#include "storage/files/lmdb_error.h"

namespace baton::storage {

namespace {

// The mark is a row with a key that no row of the state has; it is not counted.
constexpr std::string_view kMarkKey{"\0", 1};
constexpr std::string_view kMagic = "BATONSTA";
constexpr std::uint16_t kFormatVersion = 1;
constexpr std::size_t kMarkBytes = 8 + 2 + 6 + 4 * 8 + 4;

MDB_val to_val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
std::string_view to_view(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

std::string encode_mark(const StoreMark& mark) {
  std::string out(kMagic);
  ByteWriter w(out);
  w.u16(kFormatVersion);
  w.raw("\0\0\0\0\0\0", 6);
  w.u64(mark.position.value());
  w.u64(mark.epoch.value());
  w.u64(mark.rows);
  w.u64(mark.hash);
  w.u32(crc32c(out));
  return out;
}

Result<StoreMark> decode_mark(std::string_view bytes, const std::string& path) {
  ByteReader r(bytes);
  const std::string_view magic = r.raw(kMagic.size());
  const std::uint16_t version = r.u16();
  r.raw(6);
  StoreMark mark;
  mark.position = Position(r.u64());
  mark.epoch = Epoch(r.u64());
  mark.rows = r.u64();
  mark.hash = r.u64();
  const std::uint32_t sum = r.u32();
  if (bytes.size() != kMarkBytes || magic != kMagic || crc32c(bytes.substr(0, kMarkBytes - 4)) != sum) {
    return failf(Code::kDataLoss, "the state store '{}' is damaged: its mark is wrong", path);
  }
  if (version != kFormatVersion)
    return failf(Code::kDataLoss, "the state store '{}' has format {}: written by a newer Baton", path, version);
  return mark;
}

class Transaction {
 public:
  Transaction(MDB_env* env, unsigned flags) : rc_(::mdb_txn_begin(env, nullptr, flags, &txn_)) {
    if (rc_ != 0) txn_ = nullptr;
  }
  ~Transaction() {
    if (txn_ != nullptr) ::mdb_txn_abort(txn_);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  [[nodiscard]] int rc() const { return rc_; }
  [[nodiscard]] MDB_txn* get() const { return txn_; }
  int commit() { return ::mdb_txn_commit(std::exchange(txn_, nullptr)); }

 private:
  MDB_txn* txn_ = nullptr;
  int rc_;
};

class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi dbi) : rc_(::mdb_cursor_open(txn, dbi, &cursor_)) {}
  ~Cursor() {
    if (rc_ == 0) ::mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  [[nodiscard]] int rc() const { return rc_; }
  int get(MDB_val& key, MDB_val& value, MDB_cursor_op op) { return ::mdb_cursor_get(cursor_, &key, &value, op); }
  int erase() { return ::mdb_cursor_del(cursor_, 0); }
  /// Moves to the first row at or behind `lower`.
  int seek(std::string_view lower, MDB_val& key, MDB_val& value) {
    key = to_val(lower);
    return lower.empty() ? get(key, value, MDB_FIRST) : get(key, value, MDB_SET_RANGE);
  }

 private:
  MDB_cursor* cursor_ = nullptr;
  int rc_;
};

Result<StoreMark> read_mark(MDB_txn* txn, MDB_dbi dbi, const std::string& path) {
  MDB_val key = to_val(kMarkKey);
  MDB_val value{};
  const int rc = ::mdb_get(txn, dbi, &key, &value);
  if (rc == MDB_NOTFOUND) return StoreMark{};
  if (rc != 0) return lmdb_failure(rc, "read its mark", path);
  return decode_mark(to_view(value), path);
}

class LmdbSnapshot final : public StoreSnapshot {
 public:
  LmdbSnapshot(MDB_env* env, MDB_dbi dbi, const std::string& path) : txn_(env, MDB_RDONLY), dbi_(dbi), path_(path) {}
  [[nodiscard]] int rc() const { return txn_.rc(); }

  Status get_many(std::span<const std::string_view> keys, const VisitValue& visit) const override {
    std::vector<std::size_t> order(keys.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&keys](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
    for (const std::size_t i : order) {
      MDB_val key = to_val(keys[i]);
      MDB_val value{};
      const int rc = ::mdb_get(txn_.get(), dbi_, &key, &value);
      if (rc != 0 && rc != MDB_NOTFOUND) return lmdb_failure(rc, "read a row", path_);
      BATON_TRY(visit(i, rc == 0 ? std::optional(to_view(value)) : std::nullopt));
    }
    return {};
  }

  Result<bool> scan(std::string_view lower, std::string_view upper, std::size_t limit,
                    const VisitRow& visit) const override {
    Cursor cursor(txn_.get(), dbi_);
    if (cursor.rc() != 0) return lmdb_failure(cursor.rc(), "read rows", path_);
    MDB_val key{};
    MDB_val value{};
    int rc = cursor.seek(lower, key, value);
    for (; rc == 0; rc = cursor.get(key, value, MDB_NEXT)) {
      if (to_view(key) == kMarkKey) continue;
      if (!upper.empty() && to_view(key) >= upper) return false;
      if (limit-- == 0) return true;
      BATON_TRY(visit(to_view(key), to_view(value)));
    }
    if (rc != MDB_NOTFOUND) return lmdb_failure(rc, "read rows", path_);
    return false;
  }

  [[nodiscard]] MDB_txn* txn() const { return txn_.get(); }

 private:
  Transaction txn_;
  MDB_dbi dbi_;
  const std::string& path_;
};

class Writer final : public StoreWriter {
 public:
  Writer(MDB_txn* txn, MDB_dbi dbi, const std::string& path, StoreMark& mark)
      : txn_(txn), dbi_(dbi), path_(path), mark_(mark) {}

  Status put(std::string_view key, std::string_view value) override {
    fault_point("state.within_writes");
    MDB_val k = to_val(key);
    MDB_val v{};
    int rc = ::mdb_get(txn_, dbi_, &k, &v);
    if (rc == 0) forget(key, to_view(v));
    if (rc != 0 && rc != MDB_NOTFOUND) return lmdb_failure(rc, "read a row", path_);
    v = to_val(value);
    rc = ::mdb_put(txn_, dbi_, &k, &v, 0);
    if (rc != 0) return lmdb_failure(rc, "write a row", path_);
    ++mark_.rows;
    mark_.hash += row_hash(key, value);
    return {};
  }

  Status erase(std::string_view key) override {
    MDB_val k = to_val(key);
    MDB_val v{};
    int rc = ::mdb_get(txn_, dbi_, &k, &v);
    if (rc == MDB_NOTFOUND) return {};
    if (rc == 0) {
      forget(key, to_view(v));
      rc = ::mdb_del(txn_, dbi_, &k, nullptr);
    }
    if (rc != 0) return lmdb_failure(rc, "erase a row", path_);
    return {};
  }

  Status erase_all(std::string_view prefix) override {
    Cursor cursor(txn_, dbi_);
    if (cursor.rc() != 0) return lmdb_failure(cursor.rc(), "erase rows", path_);
    MDB_val key{};
    MDB_val value{};
    int rc = cursor.seek(prefix, key, value);
    for (; rc == 0 && to_view(key).starts_with(prefix); rc = cursor.seek(prefix, key, value)) {
      forget(to_view(key), to_view(value));
      if (const int erased = cursor.erase(); erased != 0) return lmdb_failure(erased, "erase rows", path_);
    }
    if (rc != 0 && rc != MDB_NOTFOUND) return lmdb_failure(rc, "erase rows", path_);
    return {};
  }

 private:
  void forget(std::string_view key, std::string_view value) {
    --mark_.rows;
    mark_.hash -= row_hash(key, value);
  }

  MDB_txn* txn_;
  MDB_dbi dbi_;
  const std::string& path_;
  StoreMark& mark_;
};

}  // namespace

std::uint64_t row_hash(std::string_view key, std::string_view value) {
  return hash64(value, hash64(key));
}

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const LmdbOptions& options) {
  constexpr mdb_mode_t kMode = 0600;
  constexpr unsigned kReaders = 16;
  auto store = std::unique_ptr<LmdbStore>(new LmdbStore(options));
  const std::string& path = store->options_.path;
  int rc = ::mdb_env_create(&store->env_);
  if (rc == 0) rc = ::mdb_env_set_mapsize(store->env_, options.map_bytes);
  if (rc == 0) rc = ::mdb_env_set_maxreaders(store->env_, kReaders);
  // Read ahead would fill the memory with rows that nobody asked for. The data directory is locked by its owner.
  unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
  if (!options.read_ahead) flags |= MDB_NORDAHEAD;
  if (options.read_only) flags |= MDB_RDONLY | MDB_NOLOCK;
  if (rc == 0) rc = ::mdb_env_open(store->env_, path.c_str(), flags, kMode);
  if (rc != 0) return lmdb_failure(rc, "open", path);
  Transaction txn(store->env_, options.read_only ? MDB_RDONLY : 0);
  if (txn.rc() != 0) return lmdb_failure(txn.rc(), "read", path);
  rc = ::mdb_dbi_open(txn.get(), nullptr, 0, &store->dbi_);
  if (rc != 0) return lmdb_failure(rc, "read", path);
  BATON_TRY(read_mark(txn.get(), store->dbi_, path));
  if (rc = txn.commit(); rc != 0) return lmdb_failure(rc, "open", path);
  return store;
}

LmdbStore::~LmdbStore() {
  if (env_ != nullptr) ::mdb_env_close(env_);
}

Result<StoreMark> LmdbStore::mark() const {
  const Transaction txn(env_, MDB_RDONLY);
  if (txn.rc() != 0) return lmdb_failure(txn.rc(), "read", options_.path);
  return read_mark(txn.get(), dbi_, options_.path);
}

Result<std::unique_ptr<StoreSnapshot>> LmdbStore::snapshot() const {
  auto snapshot = std::make_unique<LmdbSnapshot>(env_, dbi_, options_.path);
  if (snapshot->rc() != 0) return lmdb_failure(snapshot->rc(), "read", options_.path);
  return std::unique_ptr<StoreSnapshot>(std::move(snapshot));
}

std::uint64_t LmdbStore::used_bytes() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  ENSURE(::mdb_env_info(env_, &info) == 0 && ::mdb_env_stat(env_, &stat) == 0, "the environment is open");
  return (info.me_last_pgno + 1) * stat.ms_psize;
}

// A sync that allocates blocks is a commit of the file system's own journal, and every other sync waits for it: the
// appends of our journal up to 70 ms beside one checkpoint. So the file gets its next pages before they are needed, as
// zeros and in small synced pieces, which nobody else feels. LMDB writes them like any others: the file may be longer
// than what its tree uses. Without much free space nothing is taken in advance.
Result<bool> LmdbStore::make_room(std::uint64_t bytes, std::uint64_t step) {
  constexpr std::uint64_t kMostAhead = 256U << 20;
  constexpr std::uint64_t kFreeFactor = 8;
  constexpr std::uint64_t kStep = 1U << 20;  // not a little with every commit
  const std::string& path = options_.path;
  const std::uint64_t ahead = std::min(std::max(bytes, largest_growth_) * 3 / 2, kMostAhead);
  struct statvfs space{};
  if (::statvfs(path.c_str(), &space) != 0) return errno_failure("open", path, errno);
  if (space.f_bavail * space.f_frsize / kFreeFactor < ahead) return false;
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return errno_failure("open", path, errno);
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const std::uint64_t wanted = (used_bytes() + ahead + kStep - 1) / kStep * kStep;
  if (size >= wanted) return false;
  BATON_TRY(write_zeros(path, size, size + std::min(step, wanted - size), Haste::kNow));
  return wanted - size > step;
}

Status LmdbStore::commit(const Changes& changes, Position position, Epoch epoch, Position previous) {
  const std::string& path = options_.path;
  fault_point("state.before_commit");
  const std::uint64_t used_before = used_bytes();
  Transaction txn(env_, 0);
  if (txn.rc() != 0) return lmdb_failure(txn.rc(), "begin a commit", path);
  BATON_ASSIGN(StoreMark mark, read_mark(txn.get(), dbi_, path));
  if (mark.position != previous || mark.epoch > epoch) {
    return failf(
        Code::kFailedPrecondition,
        "the state store '{}' is at position {} of epoch {}, expected {} and at most {}: another process wrote it",
        path, mark.position.value(), mark.epoch.value(), previous.value(), epoch.value());
  }
  Writer writer(txn.get(), dbi_, path, mark);
  BATON_TRY(changes(writer));
  mark.position = position;
  mark.epoch = epoch;
  const std::string bytes = encode_mark(mark);
  MDB_val key = to_val(kMarkKey);
  MDB_val value = to_val(bytes);
  int rc = ::mdb_put(txn.get(), dbi_, &key, &value, 0);
  if (rc != 0) return lmdb_failure(rc, "write its mark", path);
  if (fault_point("state.before_sync") == Fault::kError) return lmdb_failure(ENOSPC, "commit", path);
  rc = txn.commit();
  if (rc != 0) return lmdb_failure(rc, "commit", path);
  fault_point("state.after_commit");
  largest_growth_ = std::max(largest_growth_, used_bytes() - used_before);
  return {};
}

std::uint64_t LmdbStore::bytes() const {
  struct stat info{};
  return ::stat(options_.path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

Result<StoreMark> LmdbStore::copy(const std::string& path, Breather& breather) const {
  // Rows that are read back before a rest: about as much as is written before one.
  constexpr std::uint64_t kRows = 128;
  constexpr int kRests = 3;
  fault_point("state.before_copy");
  BATON_TRY(copy_environment(env_, options_.path, path, breather));
  fault_point("state.after_copy");
  BATON_ASSIGN(const auto written, open({path, options_.map_bytes, true, true}));
  std::uint64_t rows = 0;
  BATON_TRY(written->verify([&](std::string_view, std::string_view) -> Status {
    return ++rows % kRows == 0 ? breather.breathe(kRests) : Status{};
  }));
  return written->mark();
}

Status LmdbStore::verify(const StoreSnapshot::VisitRow& visit) const {
  BATON_ASSIGN(const auto snapshot, this->snapshot());
  MDB_txn* txn = static_cast<const LmdbSnapshot&>(*snapshot).txn();
  BATON_ASSIGN(const StoreMark mark, read_mark(txn, dbi_, options_.path));
  std::uint64_t rows = 0;
  std::uint64_t hash = 0;
  std::string last;
  const auto check = [&](std::string_view key, std::string_view value) -> Status {
    // In order, and found again on the way from the root: a damaged branch page would hide rows.
    MDB_val k = to_val(key);
    MDB_val found{};
    if ((rows != 0 && key <= last) || ::mdb_get(txn, dbi_, &k, &found) != 0 || to_view(found) != value)
      return failf(Code::kDataLoss, "the state store '{}' is damaged: its tree is not in order", options_.path);
    last = key;
    ++rows;
    hash += row_hash(key, value);
    return visit(key, value);
  };
  BATON_TRY(snapshot->scan({}, {}, SIZE_MAX, check));
  if (rows != mark.rows || hash != mark.hash) {
    return failf(Code::kDataLoss,
                 "the state store '{}' is damaged: {} rows with hash {:016x}, expected {} with {:016x}", options_.path,
                 rows, hash, mark.rows, mark.hash);
  }
  return {};
}

}  // namespace baton::storage
