// What a command processor may see of the state: everything, and change nothing. Only appliers get the Mutator.
//
// Pointers and references into the state are valid until the next event is appended. In a state with a store, look-ups
// throw RowsMissing (cold.h) when they need rows that are not in memory.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/state/instance_table.h"
#include "engine/state/ordered_index.h"
#include "engine/state/row_map.h"
#include "engine/state/symbol.h"
#include "engine/state/tables.h"

namespace baton::engine {

namespace internal {

template <template <typename> class Collection, typename List>
struct Collections;
template <typename Collection>
struct Slot {
  std::unique_ptr<Collection> collection;
};
/// One collection per type of a list, found by that type.
template <template <typename> class Collection, typename... T>
struct Collections<Collection, TypeList<T...>> : Slot<Collection<T>>... {
  template <typename... Args>
  explicit Collections(Args&... args)
      : Slot<Collection<T>>{std::unique_ptr<Collection<T>>(new Collection<T>(args...))}... {}
  template <typename One>
  [[nodiscard]] Collection<One>& get() const {
    return *static_cast<const Slot<Collection<One>>&>(*this).collection;
  }
  template <typename F>
  void for_each(F&& visit) const {
    (visit(get<T>()), ...);
  }
};

}  // namespace internal

class StateView {
 public:
  StateView(const StateView&) = delete;
  StateView& operator=(const StateView&) = delete;
  virtual ~StateView();

  [[nodiscard]] const SymbolTable& symbols() const { return symbols_; }
  [[nodiscard]] const CountersRow& counters() const { return counters_; }
  [[nodiscard]] Position last_position() const { return last_position_; }
  [[nodiscard]] TimeMs last_time() const { return last_time_; }

  /// The rows of one kind that belong to no instance.
  template <typename Row>
  [[nodiscard]] const RowMap<Row>& rows() const {
    return maps_.get<Row>();
  }
  template <typename Index>
  [[nodiscard]] const OrderedIndex<Index>& index() const {
    return indexes_.get<Index>();
  }

  /// The instance that `key` (of any of its entities) belongs to.
  [[nodiscard]] const Instance* instance_of(Key key) const;
  [[nodiscard]] const Instance* instance(Key key) const { return instances_.find(key); }
  [[nodiscard]] const DefinitionRow* definition(Key key) const;
  [[nodiscard]] const LatestDefinitionRow* latest(std::string_view tenant, std::string_view process_id) const;
  [[nodiscard]] const DefinitionRow* definition(std::string_view tenant, std::string_view process_id,
                                                Version version) const;
  [[nodiscard]] const DecisionRow* decision(Key key) const;
  [[nodiscard]] const DecisionRequirementsRow* requirements(Key key) const;
  [[nodiscard]] const LatestDecisionRow* latest_decision(std::string_view tenant, std::string_view id) const;
  [[nodiscard]] const LatestRequirementsRow* latest_requirements(std::string_view tenant, std::string_view id) const;
  /// The newest version with that tag, or that of a deployment; null if there is none.
  [[nodiscard]] const DecisionRow* tagged_decision(std::string_view tenant, std::string_view id,
                                                   std::string_view tag) const;
  [[nodiscard]] const DecisionRow* deployed_decision(Key deployment, std::string_view id) const;
  [[nodiscard]] const FormRow* form(Key key) const;
  [[nodiscard]] const LatestFormRow* latest_form(std::string_view tenant, std::string_view id) const;
  /// The newest version; the newest one with that tag; that of a deployment. Null if there is none.
  [[nodiscard]] const FormRow* newest_form(std::string_view tenant, std::string_view id) const;
  [[nodiscard]] const FormRow* tagged_form(std::string_view tenant, std::string_view id, std::string_view tag) const;
  [[nodiscard]] const FormRow* deployed_form(Key deployment, std::string_view id) const;
  /// Native user tasks of a tenant: up to `limit` keys behind `after`, in their order.
  [[nodiscard]] std::vector<Key> user_tasks(std::string_view tenant, Key after, std::size_t limit) const;
  /// Users by the name they sign in with, and API tokens.
  [[nodiscard]] const UserRow* user(std::string_view username) const;
  [[nodiscard]] const UserRow* user(Key key) const;
  [[nodiscard]] const TokenRow* token(Key key) const;
  /// All of them, oldest first.
  [[nodiscard]] std::vector<Key> users() const;
  [[nodiscard]] std::vector<Key> tokens() const;
  [[nodiscard]] std::size_t instance_count() const { return instances_.size(); }
  [[nodiscard]] std::size_t job_count() const { return job_count_; }
  [[nodiscard]] std::size_t incident_count() const { return incident_count_; }
  [[nodiscard]] std::size_t definition_count() const { return definition_count_; }

  /// The oldest activatable job of `type` in `tenant`; key 0 if there is none.
  [[nodiscard]] Key oldest_job(std::string_view type, std::string_view tenant) const;
  /// The job's state, never kBackingOff. Throws RowsMissing.
  [[nodiscard]] JobState state_of(const JobRow& job) const;
  /// The oldest `limit` of them, oldest first.
  [[nodiscard]] std::vector<Key> oldest_jobs(std::string_view type, std::string_view tenant, std::size_t limit) const;
  /// Calls `visit` for up to `limit` due jobs or instances, earliest first.
  void due_deadlines(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const;
  void due_backoffs(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const;
  void instances_with_deferred_steps(std::size_t limit, const std::function<void(Key)>& visit) const;
  /// When there is something due: the next deadline or back-off, or at once if an instance has deferred steps.
  [[nodiscard]] std::optional<TimeMs> next_due() const;

  // --- messages, signals, timers (messaging_view.cc) ---

  /// The oldest command between instances, or null.
  [[nodiscard]] const SentCommandRow* oldest_sent() const;
  /// Calls `visit` for the versions of a process, newest first, until it returns false.
  void for_each_version(std::string_view tenant, std::string_view process_id,
                        const std::function<bool(const DefinitionRow&)>& visit) const;
  /// The root instance with this business id, or 0.
  [[nodiscard]] Key instance_with_business_id(std::string_view tenant, std::string_view process_id,
                                              const Symbol& business_id) const;
  [[nodiscard]] const StartTimerRow* start_timer(Key definition, ElementIndex element) const;
  [[nodiscard]] const StartSubscriptionRow* start_subscription(Key definition, ElementIndex element) const;
  [[nodiscard]] const MessageRow* message(Key key) const;
  [[nodiscard]] const MessageSubscriptionRow* message_subscription(Key key) const;
  [[nodiscard]] const StartLockRow* start_lock(std::string_view tenant, std::string_view process_id,
                                               std::string_view correlation_key) const;
  /// The buffered message with this message id, or null.
  [[nodiscard]] const MessageRow* message_with_id(std::string_view tenant, std::string_view name,
                                                  std::string_view correlation_key, std::string_view id) const;
  /// Calls `visit` for the buffered messages with this name and key, oldest first, until it returns false.
  void for_each_message(std::string_view tenant, std::string_view message_name, std::string_view correlation_key,
                        const std::function<bool(const MessageRow&)>& visit) const;
  /// The same for those who wait for them.
  void for_each_message_subscription(std::string_view tenant, std::string_view message_name,
                                     std::string_view correlation_key,
                                     const std::function<bool(const MessageSubscriptionRow&)>& visit) const;
  /// Name what these two will look at for a prefetch.
  void want_message_subscriptions(std::string_view tenant, std::string_view message_name,
                                  std::string_view correlation_key) const;
  void want_messages(std::string_view tenant, std::string_view message_name, std::string_view correlation_key) const;
  void for_each_start_subscription(std::string_view tenant, bpmn::EventType type, std::string_view event_name,
                                   const std::function<void(const StartSubscriptionRow&)>& visit) const;
  /// Who waits for a signal: up to `limit` of them behind `after`, in order.
  [[nodiscard]] std::vector<SignalWaiters::Order> signal_waiters(std::string_view tenant, std::string_view signal_name,
                                                                 const SignalWaiters::Order& after,
                                                                 std::size_t limit) const;
  /// Calls `visit` for up to `limit` due timers, earliest first.
  void due_timers(TimeMs now, std::size_t limit, const std::function<void(Key)>& visit) const;
  void due_start_timers(TimeMs now, std::size_t limit, const std::function<void(Key, ElementIndex)>& visit) const;
  /// True if the first entry of an index by time is due.
  template <typename Index>
  [[nodiscard]] bool is_due(TimeMs now) const {
    const auto first = index<Index>().first({});
    return first && std::get<TimeMs>(*first) <= now;
  }

  /// Names the rows of the instance of `key` for a prefetch, as far as they are not in memory.
  void want_instance_of(Key key) const;
  /// Takes the list of rows that look-ups missed or that were named for a prefetch.
  [[nodiscard]] Wanted take_wanted() const { return std::exchange(cold_.wanted, {}); }

  /// Sum of the hashes of all canonical rows in memory (docs/formats/state.md section 4): of the whole state, if it has
  /// no store.
  [[nodiscard]] std::uint64_t full_hash() const;
  /// Calls `visit(key bytes, value bytes)` for every row in memory, in no particular order.
  void for_each_row(const std::function<void(std::string_view, std::string_view)>& visit) const;
  /// The newest `limit` instances, newest first.
  [[nodiscard]] std::vector<const Instance*> newest_instances(std::size_t limit) const;
  /// Calls `visit` for every instance in memory, in key order.
  void for_each_instance(const std::function<void(const Instance&)>& visit) const;

 protected:
  // Both in view.cc: they alone need every collection whole, which takes seconds to compile.
  StateView();

  /// The symbol of a text, or the empty one if no row can have it.
  [[nodiscard]] Symbol name(std::string_view text) const {
    return cold_.has_store ? symbols_.intern(text) : symbols_.find(text);
  }

  mutable SymbolTable symbols_;  // first: outlives every row
  mutable Cold cold_;
  CountersRow counters_;
  Position last_position_;
  TimeMs last_time_;
  internal::Collections<RowMap, MapRows> maps_;
  InstanceTable instances_;
  internal::Collections<OrderedIndex, Indexes> indexes_;
  absl::flat_hash_set<Symbol> ready_types_;  // job types that got an activatable job since the partition last looked
  std::size_t job_count_ = 0;
  std::size_t incident_count_ = 0;
  std::size_t definition_count_ = 0;
};

}  // namespace baton::engine
