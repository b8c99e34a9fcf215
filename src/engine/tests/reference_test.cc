// The engine against the reference model: random processes, random paths; after every action the same elements are
// active. BATON_REFERENCE_PROCESSES changes the number of processes (nightly: 100,000), BATON_REFERENCE_SEED runs one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "engine/tests/harness.h"
#include "engine/tests/reference_process.h"

namespace baton::engine::testing::reference {
namespace {

constexpr int kActionsPerPath = 60;

std::map<std::string, int> active_in_engine(const World& world, Key key) {
  std::map<std::string, int> counts;
  const Instance* instance = world.state().instance(key);
  if (instance == nullptr) return counts;
  for (const auto& [id, row] : instance->elements) ++counts[std::string(instance->model().element(row.element).id)];
  return counts;
}

std::string show(const std::map<std::string, int>& counts) {
  std::string out;
  for (const auto& [id, count] : counts) out += fmt::format("{}{} ", id, count == 1 ? "" : fmt::format("x{}", count));
  return out;
}

/// One process and one path through it; what was done, if the two differ.
class Path {
 public:
  explicit Path(std::uint64_t seed) : random_(seed), graph_(random_graph(random_)) {}

  std::optional<std::string> run() {
    world_.check_every(50);
    if (!world_.deploy({{"p.bpmn", to_bpmn(graph_)}})) return "not deployed: " + world_.rejection();
    std::string variables = "{";
    std::vector<int> values;
    for (int i = 0; i < kVariables; ++i) {
      values.push_back(static_cast<int>(random_.below(4)));
      variables += fmt::format("{}\"v{}\":{}", i == 0 ? "" : ",", i, values.back());
    }
    instance_ = world_.create("p", variables + "}");
    finish_steps();
    Interpreter model(graph_, values, world_.now().value());
    log_ = "created with " + variables + "}\n";
    if (auto difference = compare(model)) return difference;
    for (int i = 0; i < kActionsPerPath && !model.ended(); ++i) {
      if (!act(model)) break;
      if (auto difference = compare(model)) return difference;
    }
    world_.check_all();
    return std::nullopt;
  }

 private:
  std::optional<std::string> compare(const Interpreter& model) {
    const auto wanted = model.active();
    const auto got = active_in_engine(world_, instance_);
    if (wanted == got) return std::nullopt;
    return fmt::format("{}reference: {}\nengine:    {}\n{}", log_, show(wanted), show(got), to_bpmn(graph_));
  }

  /// The job of the `ordinal`-th active instance of an element, in the order of the reference: by the age of the scopes
  /// around it, outermost first, then by its own. (The jobs of two sequential loops do not follow each other by age.)
  Key job_of(const std::string& element, std::size_t ordinal) {
    std::map<std::vector<std::uint64_t>, Key> jobs;
    const Instance* instance = world_.state().instance(instance_);
    for (const auto& [id, row] : instance->elements) {
      if (row.job.value() == 0 || instance->model().element(row.element).id != element) continue;
      std::vector<std::uint64_t> path;
      for (const ElementInstanceRow* at = instance->element(Key(id)); at != nullptr;
           at = instance->element(at->scope)) {
        path.insert(path.begin(), at->key.value());
      }
      jobs.emplace(std::move(path), row.job);
    }
    return ordinal < jobs.size() ? std::next(jobs.begin(), static_cast<std::ptrdiff_t>(ordinal))->second : Key(0);
  }

  /// Does one thing that both can do; false if nothing can happen any more.
  bool act(Interpreter& model) {
    const auto jobs = model.jobs();
    const auto messages = model.messages();
    const auto due = model.next_due();
    const std::size_t choices = jobs.size() + messages.size() + (due ? 1 : 0);
    if (choices == 0) return false;
    world_.advance(1);
    std::size_t choice = random_.below(choices);
    if (choice < jobs.size()) {
      act_on_job(model, jobs[choice]);
      return true;
    }
    choice -= jobs.size();
    if (choice < messages.size()) {
      log_ += "publish " + messages[choice] + "\n";
      PublishMessage message;
      message.name = messages[choice];
      message.correlation_key = "k";
      EXPECT_TRUE(world_.run(std::move(message))) << world_.rejection();
      finish_steps();
      model.publish(messages[choice], world_.now().value());
      return true;
    }
    const std::int64_t wait = *due - world_.now().value();
    log_ += fmt::format("pass {} ms\n", wait);
    pass(std::max<std::int64_t>(wait, 0));
    model.pass_time(world_.now().value());
    return true;
  }

  /// One timer after the other, each with everything that follows from it, as the reference does. Otherwise a timer may
  /// fire between two frames of a path that is long: right as well, but another order.
  void pass(std::int64_t ms) {
    world_.advance(ms);
    do finish_steps();
    while (world_.run_due(1) != 0);
  }

  /// The rest of a path that is too long for one frame.
  void finish_steps() {
    while (true) {
      Key next{0};
      world_.state().instances_with_deferred_steps(1, [&](Key key) { next = key; });
      if (next.value() == 0) return;
      EXPECT_TRUE(world_.run(Continue{next})) << world_.rejection();
    }
  }

  void act_on_job(Interpreter& model, const Interpreter::JobAction& job) {
    const Key key = job_of(job.element, job.ordinal);
    if (!job.catchable_errors.empty() && random_.one_in(3)) {
      const std::string& code = job.catchable_errors[random_.below(job.catchable_errors.size())];
      log_ += fmt::format("throw {} at {}\n", code, job.element);
      ThrowError error;
      error.job = key;
      error.code = code;
      EXPECT_TRUE(world_.run(std::move(error))) << world_.rejection();
      finish_steps();
      model.throw_error(job.element, job.ordinal, code, world_.now().value());
      return;
    }
    log_ += "complete " + job.element + "\n";
    EXPECT_TRUE(world_.complete(key)) << world_.rejection();
    finish_steps();
    model.complete_job(job.element, job.ordinal, world_.now().value());
  }

  Random random_;
  Graph graph_;
  World world_;
  Key instance_;
  std::string log_;
};

TEST(Reference, RandomProcessesAndPaths) {
  std::uint64_t first = 1;
  std::uint64_t count = 2000;
  if (const char* wanted = std::getenv("BATON_REFERENCE_PROCESSES")) count = std::strtoull(wanted, nullptr, 10);
  if (const char* seed = std::getenv("BATON_REFERENCE_SEED")) {
    first = std::strtoull(seed, nullptr, 10);
    count = 1;
  }
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    const auto difference = Path(seed).run();
    if (!difference) continue;
    ++failures;
    ADD_FAILURE() << "BATON_REFERENCE_SEED=" << seed << "\n" << *difference;
  }
}

}  // namespace
}  // namespace baton::engine::testing::reference
