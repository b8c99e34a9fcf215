#include "ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace baton::crash {

namespace {

constexpr std::size_t kKeptViolations = 50;

/// The number that follows `mark` in `line`, from `from`.
std::optional<std::int64_t> number_after(std::string_view line, std::string_view mark, std::size_t from = 0) {
  const std::size_t at = line.find(mark, from);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  const char* begin = line.data() + at + mark.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), value);
  if (error != std::errc{} || end == begin) return std::nullopt;
  return value;
}

std::uint32_t count(std::string_view line, std::string_view mark) {
  std::uint32_t found = 0;
  for (std::size_t at = line.find(mark); at != std::string_view::npos; at = line.find(mark, at + mark.size())) ++found;
  return found;
}

}  // namespace

Ledger::Entry* Ledger::entry(std::uint64_t n) {
  return n == 0 || n >= entries_.size() ? nullptr : &entries_[n];
}

std::uint64_t Ledger::create() {
  entries_.emplace_back();
  return entries_.size() - 1;
}

void Ledger::created(std::uint64_t n, std::int64_t instance) {
  Entry& row = entries_[n];
  if (row.instance != 0 && row.instance != instance) {
    violation(fmt::format("request {} was acknowledged as instance {}, but its job belongs to {}", n, instance,
                          row.instance));
  }
  row.acknowledged = true;
  row.instance = instance;
  ++counts_.acknowledged;
}

void Ledger::refused(std::uint64_t n) {
  entries_[n].refused = true;
  ++counts_.refused;
}

bool Ledger::offered(std::uint64_t n, std::int64_t instance) {
  Entry* row = entry(n);
  if (row == nullptr) {
    violation(fmt::format("a job of instance {} with n = {}, which was never requested", instance, n));
    return false;
  }
  if (row->refused) violation(fmt::format("a job of request {}, which was refused", n));
  if (row->instance != 0 && row->instance != instance) {
    violation(fmt::format("jobs of two instances, {} and {}, for request {}", row->instance, instance, n));
  }
  row->instance = instance;
  // Within one life of the server an older offer may overtake the acknowledgement; after a restart nothing can.
  if (row->completed && row->completed_in_life != life_) {
    violation(fmt::format("the job of request {} is offered again after its acknowledged completion", n));
  }
  if (row->sending || row->completed) return false;
  row->sending = row->completion_sent = true;
  return true;
}

void Ledger::completed(std::uint64_t n) {
  Entry& row = entries_[n];
  row.sending = false;
  if (row.completed || row.gone) violation(fmt::format("two completions of request {} were acknowledged", n));
  row.completed = true;
  row.completed_in_life = life_;
}

void Ledger::completion_not_found(std::uint64_t n) {
  Entry& row = entries_[n];
  row.sending = false;
  row.gone = true;
  // Offers come from a life of the server in which the job was there: only an earlier completion can have ended it.
  violation(fmt::format("the job of request {} was offered, but is not found on its completion", n));
}

void Ledger::completion_unknown(std::uint64_t n) {
  entries_[n].sending = false;
}

void Ledger::completion_refused(std::uint64_t n) {
  entries_[n].sending = false;
}

Ledger::Bounds Ledger::active() const {
  Bounds bounds;
  for (std::size_t n = 1; n < entries_.size(); ++n) {
    const Entry& row = entries_[n];
    if (row.refused || row.completed || row.gone) continue;
    ++bounds.most;
    if ((row.acknowledged || row.instance != 0) && !row.completion_sent) ++bounds.least;
  }
  return bounds;
}

void Ledger::violation(std::string what) {
  if (violations_.size() < kKeptViolations) violations_.push_back(std::move(what));
}

std::uint64_t Ledger::number_of(std::int64_t instance) const {
  const auto at = std::lower_bound(instances_.begin(), instances_.end(), std::pair{instance, std::uint64_t{0}});
  return at == instances_.end() || at->first != instance ? 0 : at->second;
}

void Ledger::read_dump_line(std::string_view line) {
  if (line.find(R"("kind":"REJECTION")") != std::string_view::npos) return;
  if (const auto instance = number_after(line, "\"INSTANCE_CREATED ")) {
    const auto n = number_after(line, " n=");
    Entry* row = n && *n > 0 ? entry(static_cast<std::uint64_t>(*n)) : nullptr;
    if (row == nullptr || row->refused) {
      ++foreign_;
      violation(fmt::format("instance {} was not asked for, or refused: {}", *instance, line.substr(0, 200)));
      return;
    }
    if (!instances_.empty() && instances_.back().first >= *instance)
      violation(fmt::format("the key {} does not ascend", *instance));
    instances_.emplace_back(*instance, static_cast<std::uint64_t>(*n));
    ++row->journal_instances;
    row->journal_instance = *instance;
  }
  const auto instance = number_after(line, R"("instance":")");
  Entry* row = instance ? entry(number_of(*instance)) : nullptr;
  if (row == nullptr) return;
  row->journal_completions += count(line, "\"JOB_COMPLETED ");
  row->journal_ends += count(line, fmt::format("\"ELEMENT_COMPLETED {}\"", *instance));
}

Verdict Ledger::verdict(bool drained) {
  Verdict result;
  result.foreign = foreign_;
  result.requested = entries_.size() - 1;
  for (std::size_t n = 1; n < entries_.size(); ++n) {
    const Entry& row = entries_[n];
    const bool unknown = !row.acknowledged && !row.refused;
    if (row.acknowledged) ++result.acknowledged;
    if (unknown) ++result.unknown;
    if (unknown && row.journal_instances != 0) ++result.unknown_happened;
    if (row.completed) ++result.completions;
    if (row.completion_sent && !row.completed) ++result.completions_unknown;
    if (row.journal_instances > 1) ++result.doubled_creates;
    if (row.journal_completions > 1 || row.journal_ends > 1) ++result.doubled_completions;
    if (row.completed && (row.journal_completions == 0 || row.journal_ends == 0)) ++result.lost_completions;
    const bool seen = row.acknowledged || row.instance != 0;
    if (seen && (row.journal_instances == 0 || row.journal_instance != row.instance)) ++result.lost_creates;
    if (row.journal_completions != 0 && !row.completion_sent)
      violation(fmt::format("request {} completed by nobody", n));
    if (drained && row.journal_instances != 0 && row.journal_ends == 0)
      violation(fmt::format("request {} never ended", n));
  }
  result.other = violations_.size();
  return result;
}

}  // namespace baton::crash
