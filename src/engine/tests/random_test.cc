// Random processes on random paths, and random commands: the World checks replay, accounting and undo after every
// frame. A failure prints its seed.
#include "engine/tests/harness.h"
#include "engine/tests/random_process.h"

namespace baton::engine::testing {
namespace {

constexpr int kProcesses = 200;

std::vector<Key> jobs_of(const World& world, Key instance) {
  std::vector<Key> keys;
  if (const Instance* row = world.state().instance(instance)) {
    for (const auto& [key, job] : row->jobs) keys.emplace_back(key);
  }
  return keys;
}

/// Where an instance stands, for a failure's message.
std::string where(const World& world, Key instance) {
  const Instance& row = *world.state().instance(instance);
  std::string text;
  for (const auto& [key, element] : row.elements) {
    text += fmt::format("{} {} {} children {} tokens {} interrupted {}\n", key, row.model().element(element.element).id,
                        element_state_name(element.state), element.children, element.tokens,
                        element.interrupted_at.value());
    if (const std::string variables = world.variables(Key(key)); variables != "{}") text += "  " + variables + "\n";
  }
  for (const auto& [key, count] : row.waiting)
    text += fmt::format("in {} {} tokens wait on {}\n", key.first, count, row.model().flows[key.second].id);
  for (const auto& [key, incident] : row.incidents) text += std::string(incident.message.json()) + "\n";
  return text;
}

/// One random thing that may happen to a job.
void handle_job(World& world, Random& random, Key job) {
  const JobRow row = world.job_row(job);
  const std::string result =
      fmt::format(R"({{"result":{},"v{}":{}}})", random.below(5), random.below(4), random.below(5));
  switch (random.below(9)) {
    case 8:
      world.throw_error(job, random.one_in(2) ? "E" : "F");
      return;
    case 0:
      world.run(ActivateJob{job, "w", static_cast<std::int64_t>(random.below(100)), {}, 1});
      return;
    case 1:
      world.fail(job, static_cast<std::int32_t>(random.below(3)), "random",
                 static_cast<std::int64_t>(random.below(50)));
      return;
    case 2:
      world.pass(static_cast<std::int64_t>(random.below(60)));
      return;
    case 3:
      world.run(UpdateJobTimeout{job, 20});
      return;
    default:
      break;
  }
  if (row.incident.value() != 0) {
    EXPECT_TRUE(world.run(UpdateJobRetries{job, 1}));
    EXPECT_TRUE(world.resolve(row.incident));
    return;
  }
  world.complete(job, result);
}

TEST(RandomProcesses, EndOnEveryPath) {
  std::size_t completed = 0;
  for (std::uint64_t seed = 1; seed <= kProcesses; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Random random(seed);
    World world;
    const ProcessText text = random_process(random);
    world.deploy(text);
    const Key instance =
        world.create("p", fmt::format(R"({{"v0":{},"v1":{},"v2":1,"v3":0}})", random.below(5), random.below(5)));
    const bool will_cancel = random.one_in(10);
    for (int step = 0; step < 5000 && !world.ended(instance); ++step) {
      auto jobs = jobs_of(world, instance);
      if (jobs.empty()) {  // then a timer, or steps that were put off, go on
        ASSERT_TRUE(world.state().next_due()) << "stuck without a job:\n" << where(world, instance) << text.file();
        world.pass(50);
        continue;
      }
      handle_job(world, random, jobs[random.below(jobs.size())]);
      if (will_cancel && random.one_in(8) && !world.ended(instance)) {
        EXPECT_TRUE(world.cancel(instance));
      }
    }
    EXPECT_TRUE(world.ended(instance)) << text.file();
    EXPECT_EQ(world.state().job_count() + world.state().incident_count() + world.state().instance_count(), 0U);
    completed += only(world.take_traces(), "ELEMENT_COMPLETED").back() == "p" ? 1U : 0U;
    if (HasFailure()) return;
  }
  EXPECT_GT(completed, 100U);
}

/// A key that may or may not mean something.
Key some_key(const World& world, Random& random, const std::vector<Key>& instances) {
  const Key instance = instances[random.below(instances.size())];
  const auto jobs = jobs_of(world, instance);
  if (!jobs.empty() && random.one_in(2)) return jobs[random.below(jobs.size())];
  return Key(instance.value() + random.below(80));
}

CommandBody random_command(const World& world, Random& random, const std::vector<Key>& instances) {
  const Key key = some_key(world, random, instances);
  const auto number = static_cast<std::int32_t>(random.below(4)) - 1;
  const JsonDocument variables = json(fmt::format(R"({{"v0":{},"n{}":[1]}})", random.below(5), random.below(5)));
  switch (random.below(22)) {
    case 15:
      return ThrowError{key, random.one_in(2) ? "E" : "F", "m", variables};
    case 16:
      return PublishMessage{"m", std::to_string(random.below(3)), number * 10, "", variables};
    case 17:
      return BroadcastSignal{"s", variables};
    case 18:
      return TriggerTimer{key};
    case 19:
      return CorrelateMessage{key, key, "p", variables};
    case 20:
      return CompleteCall{key, key, variables};
    case 21:
      return CatchInCaller{key, key, key, ElementIndex(1), variables};
    case 0:
      return CancelInstance{random.one_in(4) ? instances[random.below(instances.size())] : key};
    case 1:
      return ActivateJob{key, "w", number * 10, {}, 0};
    case 2:
    case 3:
      return CompleteJob{key, variables};
    case 4:
      return FailJob{key, number, "m", number * 10, variables};
    case 5:
      return UpdateJobRetries{key, number};
    case 6:
      return UpdateJobTimeout{key, number};
    case 7:
      return ResolveIncident{key};
    case 8:
      return SetVariables{key, random.one_in(2), variables};
    case 9:
      return TimeOutJob{key};
    case 10:
      return EndJobBackoff{key};
    case 11:
      return YieldJob{key};
    case 12:
      return Continue{key};
    case 13:
      return DeployResources{{{"x.bpmn", random.one_in(2) ? "broken" : one_task({}, "x").file()}}};
    default: {
      CreateInstance create;
      create.process_id = random.one_in(3) ? "unknown" : "p";
      create.variables = json(R"({"v0":1,"v1":2,"v2":3,"v3":0})");
      create.await_result = random.one_in(2);
      return create;
    }
  }
}

TEST(RandomCommands, LeaveNothingWhenTheyAreRefused) {
  for (std::uint64_t seed = 1000; seed < 1030; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Random random(seed);
    World world;
    world.deploy(random_process(random));
    std::vector<Key> instances = {world.create("p", R"({"v0":1,"v1":2,"v2":3,"v3":0})")};
    int refused = 0;
    for (int i = 0; i < 200; ++i) {
      CommandBody command = random_command(world, random, instances);
      const bool creates = std::holds_alternative<CreateInstance>(command);
      const bool accepted = world.run(std::move(command));
      refused += accepted ? 0 : 1;
      if (creates && accepted) instances.emplace_back(world.state().counters().next_block - kKeyBlockSize);
      if (random.one_in(20)) world.pass(static_cast<std::int64_t>(random.below(30)));
    }
    EXPECT_GT(refused, 20);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace baton::engine::testing
