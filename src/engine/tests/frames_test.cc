// Frames: all or nothing, limits, determinism, and what replay refuses.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A JSON string of `bytes` characters.
std::string text_of(std::size_t bytes) {
  return "\"" + std::string(bytes, 'x') + "\"";
}

TEST(Frames, AFrameThatGrowsTooLargeIsTakenBackWhole) {
  World world;
  JobText job;
  for (int i = 0; i < 12; ++i) job.outputs.push_back({"= big", fmt::format("copy{}", i)});
  world.deploy(one_task(job));
  const Key instance = world.create("p", R"({"x":1})");
  const Key key = world.job(instance, "a");
  world.activate(key);
  const std::uint64_t before = world.state().full_hash();
  EXPECT_FALSE(world.complete(key, "{\"big\":" + text_of(3U << 20) + ",\"x\":2}"));
  EXPECT_EQ(world.state().full_hash(), before);
  EXPECT_EQ(world.rejection_code(), Code::kUnknown);
  EXPECT_THAT(world.reply<Error>()->message,
              StartsWith("Command 'COMPLETE' rejected with code 'EXCEEDED_BATCH_RECORD_SIZE'"));
  EXPECT_EQ(world.effects_of<JobReleased>().size(), 0U) << "its effects are taken back too";
  EXPECT_EQ(world.job_row(key).state, JobState::kActivated);
  EXPECT_TRUE(world.complete(key, R"({"big":1})"));
  EXPECT_TRUE(world.ended(instance));
}

TEST(Frames, ACreateThatGrowsTooLargeLeavesNoInstance) {
  World world;
  ProcessText text;
  Pairs outputs;
  for (int i = 0; i < 12; ++i) outputs.push_back({"= big", fmt::format("copy{}", i)});
  world.deploy(text.start().node("task", "a", {}, outputs).end().sequence({"start", "a", "end"}));
  CreateInstance create;
  create.process_id = "p";
  create.variables = json("{\"big\":" + text_of(3U << 20) + "}");
  create.await_result = true;
  EXPECT_FALSE(world.try_create(create));
  EXPECT_EQ(world.state().instance_count(), 0U);
  create.variables = json(R"({"big":1})");
  EXPECT_TRUE(world.try_create(create))
      << "the ended instance is the second with this key, and the first that anyone saw";
}

TEST(Frames, ACommandThatIsTooLargeForAFrameIsRefusedWithoutOne) {
  World world;
  const std::size_t journal = world.journal().size();
  EXPECT_FALSE(world.deploy({{"p.bpmn", std::string(kMaxFrameBytes + 1, ' ')}}));
  EXPECT_EQ(world.journal().size(), journal);
  EXPECT_THAT(world.rejection(), HasSubstr("Expected a command of at most"));
}

TEST(Frames, ManyBrokenResourcesGiveAReadableRejection) {
  World world;
  EXPECT_FALSE(world.deploy(std::vector<Resource>(100'000, Resource{"a.bpmn", "garbage"})));
  EXPECT_LT(world.rejection().size(), 64U << 10);
  EXPECT_THAT(world.rejection(), HasSubstr("\n... and possibly more"));
}

TEST(Frames, TheSameCommandsGiveTheSameBytes) {
  const auto play = [] {
    World world;
    world.deploy(one_task({.inputs = {{"= x * 2", "y"}}, .outputs = {{"= y + 1", "z"}}}));
    for (int i = 0; i < 20; ++i) {
      const Key instance = world.create("p", fmt::format("{{\"x\":{},\"now\":null}}", i));
      world.activate(world.job(instance, "a"), 10);
      if (i % 3 == 0) world.pass(11);
      if (i % 4 == 0) world.fail(world.job(instance, "a"), 0, "why");
      if (i % 5 == 0) world.cancel(instance);
      world.complete(Key(instance.value() + 5));
    }
    return world.journal();
  };
  EXPECT_EQ(play(), play());
}

TEST(Frames, ReplayRefusesWhatIsOutOfOrderOrChanged) {
  World world;
  world.deploy(one_task());
  world.create("p", R"({"x":1})");
  std::string_view rest = world.journal();
  const auto first = read_frame(rest);
  ASSERT_TRUE(first);
  auto second = read_frame(rest);
  ASSERT_TRUE(second);

  Engine engine(PartitionId(1));
  EXPECT_EQ(engine.replay(*second).error().code, Code::kDataLoss) << "a frame is missing";
  ASSERT_TRUE(engine.replay(*first));
  EXPECT_EQ(engine.replay(*first).error().code, Code::kDataLoss) << "the same frame twice";

  const std::uint64_t before = engine.state().full_hash();
  FrameView changed = *second;
  changed.hash ^= 1;
  EXPECT_THAT(engine.replay(changed).error().message, HasSubstr("does not lead to the state"));
  changed = *second;
  changed.event_count -= 1;
  EXPECT_EQ(engine.replay(changed).error().code, Code::kDataLoss);
  changed = *second;
  changed.header.time = TimeMs(0);
  EXPECT_THAT(engine.replay(changed).error().message, HasSubstr("time goes back"));
  const std::string unknown("\xFF\x01", 2);
  changed = *second;
  changed.event_count = 1;
  changed.events = unknown;
  EXPECT_THAT(engine.replay(changed).error().message, HasSubstr("no applier for event kind 255 version 1"));
  EXPECT_EQ(engine.state().full_hash(), before) << "a refused frame leaves nothing";
  EXPECT_TRUE(engine.replay(*second));
}

TEST(Frames, ReadFrameRefusesEveryCutAndUnknownFlag) {
  World world;
  world.deploy(one_task());
  const std::string& whole = world.journal();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view cut = std::string_view(whole).substr(0, size);
    EXPECT_FALSE(read_frame(cut)) << size;
  }
  std::string bad = whole;
  bad[4 + 2] = 9;  // version
  std::string_view in = bad;
  EXPECT_THAT(read_frame(in).error().message, HasSubstr("version 9"));
}

TEST(MessageSize, AJobThatNoMessageCanCarryIsAnIncident) {
  World world;
  world.deploy(one_task());
  const Key instance = world.create("p", "{\"a\":" + text_of(3U << 20) + "}");
  EXPECT_TRUE(world.set_variables(instance, "{\"b\":" + text_of(3U << 20) + "}"));
  const Key job = world.job(instance, "a");
  EXPECT_TRUE(world.run(ActivateJob{job, "w", 10, {}, 7}));
  EXPECT_TRUE(world.effects_of<JobPush>().empty());
  EXPECT_EQ(world.incident(instance).incident, IncidentKind::kMessageSizeExceeded);
  EXPECT_THAT(std::string(world.incident(instance).message.json()),
              HasSubstr(fmt::format("The job with key '{}' can not be activated, because with", job.value())));
  EXPECT_EQ(world.job_row(job).state, JobState::kFailed);
  EXPECT_EQ(world.state().oldest_job("work", kDefaultTenant), Key(0));
  EXPECT_TRUE(world.resolve(world.incident(instance).key));
  EXPECT_EQ(world.activate(job, 10, {"a"}).variables.size(), (3U << 20) + 8);  // fewer variables: it fits
}

}  // namespace
}  // namespace baton::engine::testing
