// What a command processor may see of the state: everything, and change nothing. Only appliers get the Mutator.
//
// Pointers and references into the state are valid until the next event is appended.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/state/instance.h"
#include "engine/state/message_subscriptions.h"
#include "engine/state/messages.h"
#include "engine/state/requests.h"
#include "engine/state/rows.h"
#include "engine/state/start_subscriptions.h"
#include "engine/state/start_timers.h"
#include "engine/state/symbol.h"

namespace baton::engine {

/// Activatable jobs of one type and tenant, the one that became ready first in front.
using JobQueue = absl::btree_set<std::pair<std::uint64_t, std::uint64_t>>;  // (ready position, job key)

/// Who waits for signals of one name and tenant: (position at which it began to wait, owner, subscription).
using SignalWaiters = absl::btree_set<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>>;

class StateView {
 public:
  StateView(const StateView&) = delete;
  StateView& operator=(const StateView&) = delete;
  virtual ~StateView() = default;

  [[nodiscard]] const SymbolTable& symbols() const { return symbols_; }
  [[nodiscard]] const CountersRow& counters() const { return counters_; }
  [[nodiscard]] Position last_position() const { return last_position_; }
  [[nodiscard]] TimeMs last_time() const { return last_time_; }

  /// The instance that `key` (of any of its entities) belongs to.
  [[nodiscard]] const Instance* instance_of(Key key) const;
  [[nodiscard]] const Instance* instance(Key key) const;
  [[nodiscard]] const DefinitionRow* definition(Key key) const;
  [[nodiscard]] const LatestDefinitionRow* latest(std::string_view tenant, std::string_view process_id) const;
  [[nodiscard]] const DefinitionRow* definition(std::string_view tenant, std::string_view process_id,
                                                Version version) const;
  /// Calls `visit` for the versions of a process, newest first, until it returns false.
  void for_each_version(std::string_view tenant, std::string_view process_id,
                        const std::function<bool(const DefinitionRow&)>& visit) const;
  /// The root instance with this business id, or 0.
  [[nodiscard]] Key instance_with_business_id(std::string_view tenant, std::string_view process_id,
                                              std::string_view business_id) const;

  [[nodiscard]] const Collection<SentCommandRow>& sent_commands() const { return sent_commands_; }
  [[nodiscard]] const StartTimers& start_timers() const { return start_timers_; }
  [[nodiscard]] const Messages& messages() const { return messages_; }
  [[nodiscard]] const MessageSubscriptions& message_subscriptions() const { return message_subscriptions_; }
  [[nodiscard]] const StartSubscriptions& start_subscriptions() const { return start_subscriptions_; }
  [[nodiscard]] const Collection<StartLockRow>& start_locks() const { return start_locks_; }
  [[nodiscard]] const Requests& requests() const { return requests_; }
  /// Null if nobody waits.
  [[nodiscard]] const SignalWaiters* signal_waiters(std::string_view tenant, std::string_view name) const;
  /// Calls `visit(owner, subscription)` for up to `limit` due timers, earliest first.
  void due_timers(TimeMs now, std::size_t limit, const std::function<void(Key, Key)>& visit) const;

  [[nodiscard]] std::size_t instance_count() const { return instances_.size(); }
  [[nodiscard]] std::size_t job_count() const { return job_count_; }
  [[nodiscard]] std::size_t incident_count() const { return incident_count_; }
  [[nodiscard]] std::size_t definition_count() const { return definitions_.size(); }

  /// The oldest activatable job of `type` in `tenant`; key 0 if there is none.
  [[nodiscard]] Key oldest_job(std::string_view type, std::string_view tenant) const;
  /// Calls `visit` for up to `limit` due jobs or instances, earliest first.
  void due_deadlines(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const;
  void due_backoffs(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const;
  void instances_with_deferred_steps(std::size_t limit, const std::function<void(Key)>& visit) const;
  /// When there is something due: the next deadline or back-off, or at once if an instance has deferred steps.
  [[nodiscard]] std::optional<TimeMs> next_due() const;

  /// Sum of the hashes of all canonical rows (docs/formats/state.md section 4).
  [[nodiscard]] std::uint64_t full_hash() const;
  /// Calls `visit(key bytes, value bytes)` for every row, in no particular order.
  void for_each_row(const std::function<void(std::string_view, std::string_view)>& visit) const;
  /// The newest `limit` instances, newest first.
  [[nodiscard]] std::vector<const Instance*> newest_instances(std::size_t limit) const;
  /// Calls `visit` for every instance, in key order.
  void for_each_instance(const std::function<void(const Instance&)>& visit) const;

 protected:
  StateView() = default;

  using TimeIndex = absl::btree_set<std::pair<std::int64_t, std::uint64_t>>;
  using LatestKey = std::pair<std::string, std::string>;

  SymbolTable symbols_;  // first: outlives every row
  CountersRow counters_;
  Position last_position_;
  TimeMs last_time_;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<DefinitionRow>> definitions_;
  absl::btree_map<LatestKey, LatestDefinitionRow> latest_;
  absl::flat_hash_map<std::uint64_t, Key> directory_;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Instance>> instances_;

  Collection<SentCommandRow> sent_commands_;
  StartTimers start_timers_;
  Messages messages_;
  MessageSubscriptions message_subscriptions_;
  StartSubscriptions start_subscriptions_;
  Collection<StartLockRow> start_locks_;
  Requests requests_;

  // Indexes, derived from the rows.
  absl::btree_map<std::tuple<std::string, std::string, std::int32_t>, Key> versions_;  // (tenant, process id, version)
  absl::btree_map<std::tuple<std::string, std::string, std::string>, Key> business_ids_;
  DueIndex<SubscriptionRow::Id> timers_;
  absl::btree_map<std::pair<std::string, std::string>, SignalWaiters> signals_;  // (tenant, name)
  absl::flat_hash_map<std::pair<Symbol, Symbol>, JobQueue> activatable_;         // (type, tenant)
  TimeIndex deadlines_;
  TimeIndex backoffs_;
  absl::btree_set<std::pair<std::uint64_t, std::uint64_t>> with_deferred_;  // (position, instance): they take turns
  absl::flat_hash_set<Symbol> ready_types_;  // job types that got an activatable job since the partition last looked
  std::size_t job_count_ = 0;
  std::size_t incident_count_ = 0;
};

}  // namespace baton::engine
