// The only way to write state: put a row, erase a row. Handed to appliers alone. Every call is mixed into the frame
// hash and leaves an undo image, so a frame that fails late can be taken back whole. Indexes (tables.h) follow by
// themselves. The templates are defined in mutator_rows.h, which only appliers include: compiling them is slow.
#pragma once

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/state/fields.h"
#include "engine/state/instance_codec.h"
#include "engine/state/state.h"

namespace baton::engine {

class Mutator {
 public:
  explicit Mutator(State& state);
  ~Mutator();
  Mutator(const Mutator&) = delete;
  Mutator& operator=(const Mutator&) = delete;

  [[nodiscard]] const State& view() const { return state_; }
  Symbol intern(std::string_view text) { return state_.symbols().intern(text); }

  /// The instance with this key, or null; quick for the one that the frame changes. Throws RowsMissing.
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
  /// The blocks before `next_block` are given out.
  void put_next_block(std::uint64_t next_block);

  /// Puts or erases a row that belongs to no instance. `put_new`: its id was never used before; `put_absent`: it is
  /// used by no row now.
  template <typename Row>
  void put(Row row);
  template <typename Row>
  void put_new(Row row);
  template <typename Row>
  void put_absent(Row row);
  template <typename Row>
  void erase(const typename RowMap<Row>::Id& id);

  /// The row of a job's back-off, which is there. Throws RowsMissing.
  [[nodiscard]] const JobBackoffRow& backoff(Key job) const;
  /// The job's row with its back-off in it: a row of its own is erased, and the caller puts or erases what it gets.
  JobRow take_job(const JobRow& row);

  void put_definition(DefinitionRow row);
  void erase_definition(Key key);
  void put_directory(Key block, Key instance);
  void put_instance(const InstanceRow& row);
  /// Moves the instance's key counter: the one field that changes with nearly every event.
  void put_next_key(Key instance, Key next_key, Key block_end);

  /// Puts or erases a row of one of an instance's tables.
  template <typename Row>
  void put(Key instance, const Row& row);
  template <typename Row>
  void erase(Key instance, Key key);
  void put(Key instance, const ElementInstanceRow& row);
  void put(Key instance, const WaitingTokensRow& row);  // a count of 0 erases
  void put(Key instance, const VariableRow& row);
  void put(Key instance, const DeferredStepRow& row);
  void erase_element(Key instance, Key key);
  void erase_job(Key instance, Key key);
  void erase_variable(Key instance, Key scope, Key key);
  void erase_incident(Key instance, Key key);
  void erase_deferred(Key instance, Key key);
  /// Erases an instance with all that is left of it, and its directory rows.
  void erase_instance(Key key);

 private:
  // Undo images: what was there before.
  struct NoInstance {};
  struct ErasedInstance {
    std::unique_ptr<Instance> instance;
  };
  struct NextKeyImage {
    Key next_key;
    Key block_end;
  };
  struct NoFurtherBlock {};
  struct DefinitionCount {
    std::size_t before;
  };
  struct NoVariable {
    Key scope;
    Key key;
  };
  template <typename Row>
  struct TableImage {
    Key key;
    std::optional<Row> row;
  };
  template <typename Row>
  struct MapImage {
    typename RowMap<Row>::Id id;
    std::unique_ptr<Row> row;
  };
  template <typename Tables, typename Maps>
  struct Images;
  template <typename... T, typename... M>
  struct Images<TypeList<T...>, TypeList<M...>> {
    using Type =
        std::variant<NoInstance, CountersRow, InstanceRow, NextKeyImage, NoFurtherBlock, DefinitionCount,
                     ErasedInstance, WaitingTokensRow, VariableRow, NoVariable, TableImage<T>..., MapImage<M>...>;
  };
  using Image = Images<InstanceRows, MapRows>::Type;
  struct Undo {
    Key instance;
    Image image;
  };

  Instance& find(Key instance);
  template <typename Row>
  void mix(const Row& row);
  void mix_erase(RowKind kind, Key key);
  /// Sets or erases a row of a table, with all that follows from it; `old` takes what was there.
  template <typename Row>
  void replace(Instance& owner, Key key, const Row* row, std::optional<Row>* old);
  template <typename Row>
  void replace_map_row(const typename RowMap<Row>::Id& id, std::unique_ptr<Row> old, const Row* row);
  void replace_variable(Instance& owner, Key scope, Key key, const VariableRow* row);
  void note_change(Instance& instance, RowKind kind, std::uint64_t first, std::uint64_t second = 0);
  struct Restore;
  void restore(Undo& undo);

  // Index upkeep, also while undoing.
  template <typename Row>
  void index(const Instance& instance, const Row& row, bool add);
  template <typename Row>
  void count(const Row&, bool) {}
  void count(const JobRow& job, bool add);
  void count(const IncidentRow&, bool add);
  void index_rows(Instance& instance, bool add);
  void index_instance(const Instance& instance, bool add);
  void index_deferred(Instance& instance);
  void follow_process(Instance& instance, const ElementInstanceRow& row);
  void take_jobs(Key instance);
  template <typename Row>
  void announce(const Row&) {}
  void announce(const JobBackoffRow& row);

  State& state_;
  Position position_;
  TimeMs time_;
  std::uint64_t hash_ = 0;
  std::vector<Undo> undo_;
  const Instance* last_ = nullptr;  // most frames change one instance
  bool last_is_writable_ = false;
};

}  // namespace baton::engine
