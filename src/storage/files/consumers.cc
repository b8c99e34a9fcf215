#include "storage/files/consumers.h"

#include <algorithm>
#include <charconv>

namespace baton::storage {

namespace {

constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kDigits = 20;

bool is_name(const std::string& name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), good);
}

}  // namespace

Status JournalConsumers::update(const std::string& name, Position done) {
  if (!is_name(name)) return failf(Code::kInvalidArgument, "'{}' is no name of a journal consumer", name);
  const std::lock_guard lock(mutex_);
  BATON_TRY(disk_.make_directory(directory_));
  const std::string path = directory_ + "/" + name;
  const std::string temporary = path + std::string(kTemporary);
  BATON_ASSIGN(const auto file, disk_.create_zeroed(temporary, kDigits, Haste::kNow));
  BATON_TRY(file->write(0, fmt::format("{:020}", done.value())));
  BATON_TRY(file->sync());
  BATON_TRY(disk_.rename(temporary, path));
  return disk_.sync_directory(directory_);
}

Status JournalConsumers::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  BATON_TRY(disk_.remove(directory_ + "/" + name));
  return disk_.sync_directory(directory_);
}

Result<std::optional<Position>> JournalConsumers::least() const {
  const std::lock_guard lock(mutex_);
  BATON_TRY(disk_.make_directory(directory_));
  BATON_ASSIGN(const auto names, disk_.list(directory_));
  std::optional<Position> least;
  for (const auto& name : names) {
    if (name.ends_with(kTemporary)) continue;
    BATON_ASSIGN(const auto file, disk_.open(directory_ + "/" + name));
    BATON_ASSIGN(const std::uint64_t size, file->size());
    std::string digits;
    BATON_TRY(file->read(0, std::min<std::uint64_t>(size, kDigits), digits));
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (size != kDigits || error != std::errc{} || end != digits.data() + digits.size())
      return failf(Code::kDataLoss, "the journal consumer's file '{}/{}' is damaged", directory_, name);
    if (!least || Position(value) < *least) least = Position(value);
  }
  return least;
}

}  // namespace baton::storage
