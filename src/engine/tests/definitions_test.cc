// Deployments, versions, creating instances and waiting for their result (camunda-8-api.md 5.11, 5.12).
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Resource resource(std::string name, const ProcessText& text) {
  return {std::move(name), text.file()};
}

TEST(Deployment, AChangedResourceIsANewVersion) {
  World world;
  const Key first = world.deploy(one_task({.type = "one"}));
  EXPECT_EQ(world.reply<DeployReply>()->processes[0].version, Version(1));
  EXPECT_EQ(world.reply<DeployReply>()->processes[0].resource_name, "p.bpmn");
  const Key second = world.deploy(one_task({.type = "two"}));
  EXPECT_NE(first, second);
  EXPECT_EQ(world.reply<DeployReply>()->processes[0].version, Version(2));
  EXPECT_EQ(world.job_row(world.job(world.create(), "a")).type.text(), "two");
}

TEST(Deployment, TheSameNameAndContentIsADuplicate) {
  World world;
  const Key first = world.deploy(one_task());
  EXPECT_EQ(world.deploy(one_task()), first);
  EXPECT_THAT(world.trace(), ElementsAre("DEPLOYMENT_CREATED"));
  EXPECT_EQ(world.state().definition_count(), 1U);
  EXPECT_NE(world.deploy(one_task(), "other-name.bpmn"), first) << "another name is another resource";
  EXPECT_NE(world.deploy(one_task()), first) << "only the latest version counts";
  EXPECT_EQ(world.reply<DeployReply>()->processes[0].version, Version(3));
}

TEST(Deployment, OneNewResourceMakesAllOfThemNew) {
  World world;
  ASSERT_TRUE(
      world.deploy({resource("a.bpmn", one_task({}, "a_process")), resource("b.bpmn", one_task({}, "b_process"))}));
  ASSERT_TRUE(world.deploy(
      {resource("a.bpmn", one_task({}, "a_process")), resource("b.bpmn", one_task({.type = "new"}, "b_process"))}));
  const auto& processes = world.reply<DeployReply>()->processes;
  ASSERT_EQ(processes.size(), 2U);
  EXPECT_EQ(processes[0].version, Version(2));
  EXPECT_EQ(processes[1].version, Version(2));
}

TEST(Deployment, IsAllOrNothing) {
  World world;
  EXPECT_FALSE(world.deploy({resource("good.bpmn", one_task()), {"bad.bpmn", "<nonsense"}, {"notes.txt", ""}}));
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
  EXPECT_THAT(world.reply<Error>()->message,
              StartsWith("Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new "
                         "resources, but encountered the following errors:\n'bad.bpmn': "));
  EXPECT_THAT(world.rejection(), HasSubstr("'notes.txt': unknown resource type"));
  EXPECT_EQ(world.state().definition_count(), 0U);
  EXPECT_FALSE(world.deploy(std::vector<Resource>{}));
  EXPECT_EQ(world.rejection(), "Expected to deploy at least one resource, but none given");
}

TEST(Deployment, NamesTheElementOfEveryViolation) {
  World world;
  EXPECT_FALSE(world.deploy({resource(
      "p.bpmn", ProcessText().start().node("complexGateway", "form").end().sequence({"start", "form", "end"}))}));
  EXPECT_THAT(world.rejection(), HasSubstr("'p.bpmn': - Element: form\n"));
}

TEST(Deployment, RefusesOneProcessIdInTwoResources) {
  World world;
  EXPECT_FALSE(world.deploy({resource("a.bpmn", one_task()), resource("b.bpmn", one_task())}));
  EXPECT_THAT(world.rejection(), HasSubstr("'b.bpmn': Duplicated process id in resources: 'p'"));
}

TEST(Deployment, TakesAsManyBlocksOfKeysAsItNeeds) {
  World world;
  for (const int count : {63, 64}) {
    std::vector<Resource> resources;
    for (int i = 0; i < count; ++i)
      resources.push_back(resource(fmt::format("p{}.bpmn", i), one_task({}, fmt::format("p{}", i))));
    ASSERT_TRUE(world.deploy(resources)) << world.rejection();
    const DeployReply reply = *world.reply<DeployReply>();
    EXPECT_EQ(reply.processes.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(world.state().counters().next_block, reply.key.value() + (count == 63 ? 64U : 128U));
    EXPECT_LT(reply.processes.back().key.value(), world.state().counters().next_block);
  }
}

TEST(Deployment, OfAFileWithSeveralProcessesHasOneDefinitionEach) {
  World world;
  ProcessText second("second");
  second.start("s2").end("e2").flow("s2", "e2", "", "f_s2");
  ASSERT_TRUE(world.deploy({{"two.bpmn", file_of({one_task({}, "first"), second})}})) << world.rejection();
  ASSERT_EQ(world.reply<DeployReply>()->processes.size(), 2U);
  EXPECT_TRUE(world.ended(world.create("second")));
  EXPECT_FALSE(world.ended(world.create("first")));
}

TEST(Create, FindsTheDefinitionByKeyVersionOrLatest) {
  World world;
  const Key first = world.deploy(one_task({.type = "one"}));
  world.deploy(one_task({.type = "two"}));
  CreateInstance create;
  create.definition = first;
  create.tags = {"t1", "t2"};
  EXPECT_TRUE(world.try_create(create));
  EXPECT_EQ(world.reply<CreateReply>()->version, Version(1));
  EXPECT_EQ(world.reply<CreateReply>()->tags, create.tags);
  EXPECT_EQ(world.activate(world.job(world.reply<CreateReply>()->instance, "a")).tags, create.tags);
  create = {};
  create.process_id = "p";
  create.version = 1;
  EXPECT_TRUE(world.try_create(create));
  EXPECT_EQ(world.reply<CreateReply>()->definition, first);
  create.version = -1;
  EXPECT_TRUE(world.try_create(create));
  EXPECT_EQ(world.reply<CreateReply>()->version, Version(2));
}

TEST(Create, OfWhatIsUnknownIsRejected) {
  World world;
  world.deploy(one_task());
  const auto refused = [&](Key key, const char* id, int version) {
    CreateInstance create;
    create.definition = key;
    create.process_id = id;
    create.version = version;
    EXPECT_FALSE(world.try_create(create));
    return world.rejection();
  };
  EXPECT_EQ(refused(Key(9), "", -1), "Expected to find process definition with key '9', but none found");
  EXPECT_EQ(refused(Key(0), "q", -1), "Expected to find process definition with process ID 'q', but none found");
  EXPECT_EQ(refused(Key(0), "p", 2),
            "Expected to find process definition with process ID 'p' and version '2', but none found");
  EXPECT_EQ(world.rejection_code(), Code::kNotFound);
  EXPECT_EQ(refused(Key(0), "", -1), "Expected at least a bpmnProcessId or a key greater than -1, but none given");
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
}

class Result : public ::testing::Test {
 protected:
  Key create(std::vector<std::string> fetch, std::uint64_t token) {
    CreateInstance body;
    body.process_id = "p";
    body.variables = json(R"({"x":1,"y":2})");
    body.await_result = true;
    body.fetch_variables = std::move(fetch);
    EXPECT_TRUE(world.run(body));
    EXPECT_FALSE(world.reply<CreateReply>()) << "the answer comes at the end";
    last_token = token;
    return Key(world.state().counters().next_block - kKeyBlockSize);
  }
  World world;
  std::uint64_t last_token = 0;
};

TEST_F(Result, IsAnsweredAtTheEndWithTheVariables) {
  world.deploy(one_task());
  const Key instance = create({}, 0);
  EXPECT_TRUE(world.complete(world.job(instance, "a"), R"({"z":3})"));
  const auto replies = world.effects_of<Reply>();
  ASSERT_EQ(replies.size(), 2U);  // that of the create, then that of the completion
  const auto* result = std::get_if<ResultReply>(&replies[0].body);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->variables, R"({"x":1,"y":2,"z":3})");
  EXPECT_EQ(result->created.instance, instance);
  EXPECT_NE(replies[0].token, replies[1].token);
}

TEST_F(Result, HoldsTheFetchedVariablesAlone) {
  world.deploy(ProcessText().start().end().sequence({"start", "end"}));
  create({"y", "missing"}, 0);
  ASSERT_NE(world.reply<ResultReply>(), nullptr) << "an instance that ends at once is answered at once";
  EXPECT_EQ(world.reply<ResultReply>()->variables, R"({"y":2})");
}

TEST_F(Result, OfACancelledInstanceNeverComes) {
  world.deploy(one_task());
  const Key instance = create({}, 0);
  EXPECT_TRUE(world.cancel(instance));
  EXPECT_EQ(world.effects_of<Reply>().size(), 1U);
  EXPECT_TRUE(world.effects_of<InstanceResult>().empty());
}

TEST_F(Result, IsAddressedToNobodyWhenTheCallerIsGone) {
  world.deploy(one_task());
  const Key instance = create({}, 0);
  world.engine().forget_waiting(2);  // the token of the second command
  EXPECT_TRUE(world.complete(world.job(instance, "a")));
  EXPECT_EQ(world.effects_of<Reply>()[0].token, 0U);
}

}  // namespace
}  // namespace baton::engine::testing
