// Given / when / then for the engine: a World runs commands on an engine with a clock moved by hand, and tests assert
// on the stream of events.
//
//   World world;
//   world.deploy(one_task());
//   const Key instance = world.create("p");
//   world.complete(world.job(instance, "a"));
//   EXPECT_THAT(world.trace(), Contains("ELEMENT_COMPLETED end"));
//
// After every frame it checks, without being asked: a second engine that replays the frames has the same state (I2),
// the counts of children and tokens equal what is really there (I4), a refused command changed nothing, and a third
// engine, whose rows are in a store and evicted all the time, writes the same frames.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/tests/cold_engine.h"
#include "engine/tests/process_text.h"

namespace baton::engine::testing {

inline constexpr TimeMs kStart{1'700'000'000'000};

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // --- given and when ---
  /// Runs any command; true if it was accepted. Its reply is reply(), its events are trace().
  bool run(CommandBody body);
  /// As another caller.
  bool run_as(std::string tenant, CommandBody body);
  bool deploy(const std::vector<Resource>& resources);
  /// Deploys one file that must be accepted; the key of its first process.
  Key deploy(const ProcessText& process, std::string name = "p.bpmn");
  bool try_create(CreateInstance command);
  /// Creates an instance that must be accepted.
  Key create(std::string process_id = "p", std::string_view variables = "{}");
  bool cancel(Key instance) { return run(CancelInstance{instance}); }
  /// Hands the job to worker "w" for 60 s; must be accepted.
  ActivatedJob activate(Key job, std::int64_t timeout_ms = 60'000, std::vector<std::string> fetch = {});
  bool complete(Key job, std::string_view variables = "{}");
  bool fail(Key job, std::int32_t retries, std::string message = "", std::int64_t backoff_ms = 0,
            std::string_view variables = "{}");
  bool set_variables(Key scope, std::string_view variables, bool local = false);
  bool throw_error(Key job, std::string code, std::string message = "", std::string_view variables = "{}");
  /// Publishes a message; its key, or 0 if it was refused.
  Key publish(std::string name, std::string correlation_key, std::string_view variables = "{}", std::int64_t ttl_ms = 0,
              std::string message_id = "");
  bool signal(std::string name, std::string_view variables = "{}");
  bool resolve(Key incident) { return run(ResolveIncident{incident}); }
  /// Moves the clock only.
  void advance(std::int64_t ms) { now_ = now_ + ms; }
  /// Moves the clock and runs everything that fell due, until nothing is left; the number of frames.
  std::size_t pass(std::int64_t ms);
  /// Runs at most `limit` due commands once.
  std::size_t run_due(std::size_t limit);

  // --- then ---
  Engine& engine() { return live_; }
  void set_unique_business_ids() {
    live_.set_unique_business_ids(true);
    cold_.engine().set_unique_business_ids(true);
  }
  [[nodiscard]] const StateView& state() const { return live_.state(); }
  [[nodiscard]] TimeMs now() const { return now_; }
  /// Events of the last command and of what it sent to other instances, readable: "ELEMENT_ACTIVATED a", "FLOW_TAKEN
  /// f1", "VARIABLE_CREATED x=1", "JOB_CREATED".
  [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }
  /// trace() of all frames since the last call.
  std::vector<std::string> take_traces() { return std::exchange(traces_, {}); }
  [[nodiscard]] const Effects& effects() const { return effects_; }
  /// The reason of the last rejection without its frame, or "".
  [[nodiscard]] std::string rejection() const;
  [[nodiscard]] Code rejection_code() const;
  template <typename T>
  [[nodiscard]] const T* reply() const {
    return reply_ ? std::get_if<T>(&*reply_) : nullptr;
  }
  /// Effects of the last frame that are a T.
  template <typename T>
  [[nodiscard]] std::vector<T> effects_of() const {
    std::vector<T> found;
    for (const Effect& effect : effects_) {
      if (const T* one = std::get_if<T>(&effect)) found.push_back(*one);
    }
    return found;
  }
  [[nodiscard]] bool ended(Key instance) const { return state().instance(instance) == nullptr; }
  /// Live element instances of the element `id`, oldest first.
  [[nodiscard]] std::vector<Key> elements(Key instance, std::string_view id) const;
  /// The only live element instance of `id`; fails the test if there is not exactly one.
  [[nodiscard]] Key element(Key instance, std::string_view id) const;
  /// The multi-instance body of the element `id`, and its live items, oldest first.
  [[nodiscard]] Key body(Key instance, std::string_view id) const;
  [[nodiscard]] std::vector<Key> items(Key instance, std::string_view id) const;
  /// The job of the n-th live item, from 0.
  [[nodiscard]] Key item_job(Key instance, std::string_view id, std::size_t n) const;
  /// Live instances of a process, oldest first.
  [[nodiscard]] std::vector<Key> instances(std::string_view process_id) const;
  /// The instance that the call activity `id` waits for.
  [[nodiscard]] Key called(Key instance, std::string_view id) const;
  /// Its state's name; "" if there is none.
  [[nodiscard]] std::string element_state(Key instance, std::string_view id) const;
  /// The job of the only live element instance of `id`.
  [[nodiscard]] Key job(Key instance, std::string_view id) const;
  /// With the state as everybody sees it.
  [[nodiscard]] JobRow job_row(Key job) const;
  /// The only incident of the instance.
  [[nodiscard]] const IncidentRow& incident(Key instance) const;
  [[nodiscard]] std::size_t incidents(Key instance) const;
  /// Variables of exactly this scope as a JSON object, in the order of creation.
  [[nodiscard]] std::string variables(Key scope) const;
  /// Rows of a kind that belongs to no instance.
  template <typename Row>
  [[nodiscard]] std::size_t count() const {
    std::size_t rows = 0;
    state().rows<Row>().for_each_in_memory([&rows](const Row&) { ++rows; });
    return rows;
  }
  /// All frames so far.
  [[nodiscard]] const std::string& journal() const { return journal_; }

  /// Large tests switch the checks that look at the whole state to every n-th frame.
  void check_every(std::size_t frames) { check_every_ = frames; }
  void check_all();

 private:
  /// A command and what follows from it at once.
  bool process(const Command& command);
  bool process_one(const Command& command);
  void replay_frame(std::string_view bytes);
  void record_events(const FrameView& frame);
  std::string readable(std::string event, Key instance);
  void check_instance(const Instance& instance) const;
  void check_subscriptions() const;

  Engine live_{PartitionId(1)};
  Engine replayed_{PartitionId(1)};
  ColdEngine cold_{PartitionId(1)};
  TimeMs now_ = kStart;
  std::uint64_t token_ = 0;
  std::size_t frames_ = 0;
  std::size_t check_every_ = 1;
  std::string journal_;
  Effects effects_;
  std::optional<ReplyBody> reply_;
  std::vector<std::string> trace_;
  std::vector<std::string> traces_;
  std::map<std::uint64_t, const bpmn::ProcessModel*> models_;  // instance -> model
  std::map<std::uint64_t, std::string> element_ids_;           // element instance -> element
  std::map<std::uint64_t, std::map<std::uint64_t, int>>
      live_count_;  // instance -> element instance -> activated - ended
};

/// A JSON object that must be well-formed.
JsonDocument json(std::string_view text);

/// Names only: "ELEMENT_ACTIVATED a" -> "ELEMENT_ACTIVATED".
std::vector<std::string> names_of(const std::vector<std::string>& trace);
/// The lines that start with `prefix`, without it and a space.
std::vector<std::string> only(const std::vector<std::string>& trace, std::string_view prefix);

}  // namespace baton::engine::testing
