// What the driver asked for and what it was told: the other side of the books of the server under test.
//
// Every create request has a number n, which travels as a process variable, so that its instance can be found again in
// the journal whether or not its acknowledgement arrived. An outcome is acknowledged, refused, or unknown (the server
// died).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::crash {

/// Counts of one whole run. The last six must be zero.
struct Verdict {
  std::uint64_t requested = 0;
  std::uint64_t acknowledged = 0;         ///< creates
  std::uint64_t unknown = 0;              ///< creates without an answer
  std::uint64_t unknown_happened = 0;     ///< ... that are in the journal
  std::uint64_t completions = 0;          ///< acknowledged
  std::uint64_t completions_unknown = 0;  ///< without an answer in the end
  std::uint64_t lost_creates = 0;         ///< acknowledged, not in the journal
  std::uint64_t doubled_creates = 0;      ///< more than one instance for one request
  std::uint64_t lost_completions = 0;     ///< acknowledged, not in the journal
  std::uint64_t doubled_completions = 0;  ///< one job completed, or one instance ended, more than once
  std::uint64_t foreign = 0;              ///< instances that nobody asked for, or that were refused
  std::uint64_t other = 0;                ///< violations seen while running

  [[nodiscard]] bool good() const {
    return lost_creates + doubled_creates + lost_completions + doubled_completions + foreign + other == 0;
  }
};

class Ledger {
 public:
  /// Numbers of active instances that agree with what is known.
  struct Bounds {
    std::uint64_t least = 0;
    std::uint64_t most = 0;
  };

  /// Books the intent to create; the number to send.
  std::uint64_t create();
  void created(std::uint64_t n, std::int64_t instance);
  void refused(std::uint64_t n);

  /// A job was offered. True if it should be completed now; books the intent.
  bool offered(std::uint64_t n, std::int64_t instance);
  void completed(std::uint64_t n);
  /// The server says that there is no such job: true only after a completion whose answer was lost or is under way.
  void completion_not_found(std::uint64_t n);
  /// The server died with the completion under way.
  void completion_unknown(std::uint64_t n);
  /// The server refused without doing anything.
  void completion_refused(std::uint64_t n);

  /// A new life of the server begins.
  void restarted() { ++life_; }
  [[nodiscard]] Bounds active() const;
  /// Answers to creates so far.
  struct Counts {
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  /// Books something that must not happen.
  void violation(std::string what);
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

  /// Compares with a dump of the journal, one line of JSON for each frame.
  void read_dump_line(std::string_view line);
  /// After the whole dump. `drained`: every instance should have ended.
  Verdict verdict(bool drained);

 private:
  struct Entry {
    std::int64_t instance = 0;  // as acknowledged, or as seen with a job
    bool acknowledged = false;
    bool refused = false;
    bool sending = false;          // a completion is under way
    bool completion_sent = false;  // at least once, whatever became of it
    bool completed = false;        // acknowledged
    bool gone = false;             // "no such job" after a completion with unknown outcome
    std::uint32_t completed_in_life = 0;
    std::uint32_t journal_instances = 0;
    std::uint32_t journal_completions = 0;
    std::uint32_t journal_ends = 0;
    std::int64_t journal_instance = 0;
  };
  Entry* entry(std::uint64_t n);
  std::uint64_t number_of(std::int64_t instance) const;

  std::vector<Entry> entries_{1};                                  // by n, from 1
  std::vector<std::pair<std::int64_t, std::uint64_t>> instances_;  // of the journal, ascending
  std::uint64_t foreign_ = 0;
  Counts counts_;
  std::uint32_t life_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace baton::crash
