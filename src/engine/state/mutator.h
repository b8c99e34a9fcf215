// The only way to write state: put a row, erase a row. Handed to appliers alone. Every call is mixed into the frame
// hash and leaves an undo image, so a frame that fails late can be taken back whole.
#pragma once

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/state/fields.h"
#include "engine/state/view.h"

namespace baton::engine {

class Mutator;

/// Takes back one change of a row of a kind that is found through Mutator::table().
class UndoStep {
 public:
  virtual ~UndoStep() = default;
  virtual void undo(Mutator& mutator) = 0;
};

/// The state itself. Processors get it as `const StateView&`.
class State final : public StateView {
 public:
  State() = default;
  /// For building commands and records; interning writes no row.
  SymbolTable& symbols() { return symbols_; }
  using StateView::symbols;
  /// Job types that got an activatable job since the last call. A hint for dispatch, not part of the state.
  std::vector<std::string> take_ready_types();

 private:
  friend class Mutator;
  Collection<SentCommandRow>& collection(const SentCommandRow*) { return sent_commands_; }
  StartTimers& collection(const StartTimerRow*) { return start_timers_; }
  Messages& collection(const MessageRow*) { return messages_; }
  MessageSubscriptions& collection(const MessageSubscriptionRow*) { return message_subscriptions_; }
  StartSubscriptions& collection(const StartSubscriptionRow*) { return start_subscriptions_; }
  Collection<StartLockRow>& collection(const StartLockRow*) { return start_locks_; }
  Requests& collection(const RequestRow*) { return requests_; }
};

class Mutator {
 public:
  explicit Mutator(State& state) : state_(state) {}

  [[nodiscard]] const State& view() const { return state_; }

  /// The instance with this key, or null; quick for the one that the frame changes.
  [[nodiscard]] const Instance* instance(Key key);

  /// Starts a frame at `position`; its time is `time`.
  void begin(Position position, TimeMs time);
  [[nodiscard]] Position position() const { return position_; }
  [[nodiscard]] TimeMs time() const { return time_; }
  /// Hash over the calls of this frame so far.
  [[nodiscard]] std::uint64_t frame_hash() const { return hash_; }
  /// Keeps what the frame did and moves the last position and time on.
  void commit();
  /// Takes back everything since begin().
  void roll_back();

  void put_counters(const CountersRow& row);
  /// The blocks up to `next_block` are given out.
  void put_next_block(std::uint64_t next_block);
  void put_definition(DefinitionRow row);
  void put_latest(LatestDefinitionRow row);
  void put_directory(Key block, Key instance);
  void put_instance(const InstanceRow& row);
  /// Moves the instance's key counter: the one field that changes with nearly every event.
  void put_next_key(Key instance, Key next_key, Key block_end);
  void put(Key instance, const ElementInstanceRow& row);
  void put(Key instance, const WaitingTokensRow& row);  // a count of 0 erases
  void put(Key instance, const JobRow& row);
  void put(Key instance, const VariableRow& row);
  void put(Key instance, const IncidentRow& row);
  void put(Key instance, const DeferredStepRow& row);
  void put(Key instance, const SubscriptionRow& row) { put_in(instance, row); }
  void put(Key instance, const LoopRow& row) { put_in(instance, row); }
  void put(Key instance, const LoopItemRow& row) { put_in(instance, row); }
  void put(Key instance, const UserTaskRow& row) { put_in(instance, row); }
  void erase_subscription(Key instance, Key owner, Key key) {
    erase_in<SubscriptionRow>(instance, {owner.value(), key.value()});
  }
  void erase_loop(Key instance, Key body) { erase_in<LoopRow>(instance, body.value()); }
  void erase_item(Key instance, Key body, std::uint32_t index) {
    erase_in<LoopItemRow>(instance, {body.value(), index});
  }
  void erase_user_task(Key instance, Key key) { erase_in<UserTaskRow>(instance, key.value()); }

  // Rows of the partition.
  template <typename Row>
  void put(const Row& row) {
    put_in(Key(0), row);
  }
  template <typename Row>
  void erase(const typename Row::Id& id) {
    erase_in<Row>(Key(0), id);
  }
  void erase_element(Key instance, Key key);
  void erase_job(Key instance, Key key);
  void erase_variable(Key instance, Key scope, Key key);
  void erase_incident(Key instance, Key key);
  void erase_deferred(Key instance, Key key);
  /// Erases an instance with all that is left of it, and its directory rows.
  void erase_instance(Key key);

 private:
  struct AbsentRow {
    RowKind kind;
    Key key;
    Key scope = Key(0);  // variables only
  };
  struct DirectoryImage {
    Key block;
  };
  struct ErasedInstance {
    std::unique_ptr<Instance> instance;
  };
  struct NextKeyImage {
    Key next_key;
    Key block_end;
  };
  using Image =
      std::variant<AbsentRow, CountersRow, LatestDefinitionRow, DirectoryImage, InstanceRow, ElementInstanceRow,
                   WaitingTokensRow, JobRow, VariableRow, IncidentRow, DeferredStepRow, ErasedInstance, NextKeyImage,
                   std::pair<std::string, std::string>, std::unique_ptr<UndoStep>>;
  struct Undo {
    Key instance;
    Image image;
  };

  Instance& find(Key instance);
  template <typename Row>
  void mix(const Row& row);
  void mix_erase(RowKind kind, Key key);
  template <typename Row>
  void put_row(Key instance, RowTable<Row>& table, const Row& row);
  template <typename Row>
  void erase_row(Key instance, RowTable<Row>& table, Key key);
  struct Restore;
  void restore(Undo& undo);

  // Rows whose type says how to find their table: those of an instance, or with instance 0 of the partition.
  template <typename Row>
  class Replaced;
  template <typename Row>
  void put_in(Key instance, const Row& row);
  template <typename Row>
  void erase_in(Key instance, const typename Row::Id& id);
  /// Sets or erases without hash and undo; the indexes follow. What was there before.
  template <typename Row>
  std::optional<Row> exchange(Key instance, const typename Row::Id& id, std::optional<Row> row);

  // Index upkeep: called with the row that leaves or enters the state, also while undoing.
  template <typename Row>
  void index_add(const Instance&, const Row&) {}
  template <typename Row>
  void index_remove(const Instance&, const Row&) {}
  void index_add(const Instance& instance, const JobRow& job);
  void index_remove(const Instance& instance, const JobRow& job);
  void index_add(const Instance& instance, const IncidentRow&);
  void index_remove(const Instance& instance, const IncidentRow&);
  void index_instance(Instance& instance, bool add);
  void index_deferred(Instance& instance);
  void index_subscription(const Instance& instance, const SubscriptionRow& row, bool add);
  void index_business_id(const Instance& instance, bool add);
  void enqueue(const Instance& instance, const JobRow& job);
  void dequeue(const Instance& instance, const JobRow& job);
  void follow_process(Instance& instance, const ElementInstanceRow& row);

  State& state_;
  Position position_;
  TimeMs time_;
  std::uint64_t hash_ = 0;
  std::vector<Undo> undo_;
  Instance* last_ = nullptr;  // most frames change one instance
};

}  // namespace baton::engine
