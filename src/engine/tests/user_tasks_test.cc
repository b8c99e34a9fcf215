// User tasks, job-based and native, and start and terminate instructions of a create.
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProcessText with_user_task(std::string_view extensions) {
  ProcessText text;
  text.start().raw("userTask", "u", "", fmt::format("<bpmn:extensionElements>{}</bpmn:extensionElements>", extensions));
  text.end().sequence({"start", "u", "end"});
  return text;
}

const UserTaskRow& task_of(const World& world, Key instance) {
  static const UserTaskRow kNone;
  const Instance* row = world.state().instance(instance);
  return row == nullptr || row->user_tasks.empty() ? kNone : row->user_tasks.begin()->second;
}

const char* const kNative =
    "<zeebe:userTask/>"
    "<zeebe:assignmentDefinition assignee=\"= who\" candidateGroups=\"a, b\" candidateUsers=\"= users\"/>"
    "<zeebe:taskSchedule dueDate=\"= now() + duration(&quot;P1D&quot;)\" followUpDate=\"2030-01-31T12:00:00Z\"/>"
    "<zeebe:priorityDefinition priority=\"= 7 * 10\"/>"
    "<zeebe:formDefinition externalReference=\"form\"/>"
    "<zeebe:taskHeaders><zeebe:header key=\"k\" value=\"v\"/></zeebe:taskHeaders>";

TEST(UserTask, NativeOnesAreRowsWithEvaluatedValues) {
  World world;
  world.deploy(with_user_task(kNative));
  const Key instance = world.create("p", R"({"who":"ada","users":["u1","u2"]})");
  const UserTaskRow& task = task_of(world, instance);
  EXPECT_EQ(task.assignee, "ada");
  EXPECT_THAT(task.candidate_groups, ElementsAre("a", "b"));
  EXPECT_THAT(task.candidate_users, ElementsAre("u1", "u2"));
  EXPECT_EQ(task.due_date, "2023-11-15T22:13:20Z");
  EXPECT_EQ(task.follow_up_date, "2030-01-31T12:00:00Z");
  EXPECT_EQ(task.priority, 70);
  EXPECT_EQ(task.external_reference, "form");
  EXPECT_EQ(task.headers.json(), R"({"k":"v"})");
  EXPECT_EQ(world.state().job_count(), 0U);
  ASSERT_TRUE(world.run(CompleteUserTask{task.key, json(R"({"ok":true})"), ""}));
  EXPECT_TRUE(world.ended(instance));
}

TEST(UserTask, JobBasedOnesCarryTheValuesInHeaders) {
  World world;
  world.deploy(
      with_user_task("<zeebe:assignmentDefinition assignee=\"ada\" candidateGroups=\"= [&quot;a&quot;]\"/>"
                     "<zeebe:formDefinition formKey=\"key\"/><zeebe:taskHeaders><zeebe:header key=\"k\" "
                     "value=\"v\"/></zeebe:taskHeaders>"));
  const Key instance = world.create();
  const ActivatedJob job = world.activate(world.job(instance, "u"));
  EXPECT_EQ(job.type, "io.camunda.zeebe:userTask");
  EXPECT_EQ(job.retries, 1);
  EXPECT_EQ(job.headers, R"({"k":"v","io.camunda.zeebe:assignee":"ada","io.camunda.zeebe:candidateGroups":"[\"a\"]",)"
                         R"("io.camunda.zeebe:formKey":"key"})");
  world.complete(job.key);
  EXPECT_TRUE(world.ended(instance));
}

struct BadValueCase {
  const char* name;
  const char* extensions;
  IncidentKind kind;
  const char* message;
};
class UserTaskIncident : public ::testing::TestWithParam<BadValueCase> {};

TEST_P(UserTaskIncident, NamesWhatIsWrong) {
  World world;
  world.deploy(with_user_task(std::string("<zeebe:userTask/>") + GetParam().extensions));
  const Key instance = world.create("p", R"({"n":1})");
  EXPECT_EQ(world.incident(instance).incident, GetParam().kind);
  EXPECT_THAT(std::string(world.incident(instance).message.json()), HasSubstr(GetParam().message));
}

const BadValueCase kBadValues[] = {
    {"Assignee", "<zeebe:assignmentDefinition assignee=\"= n\"/>", IncidentKind::kExtractValueError, "to be a string"},
    {"Groups", "<zeebe:assignmentDefinition candidateGroups=\"= [n]\"/>", IncidentKind::kExtractValueError,
     "a list of strings"},
    {"Due", "<zeebe:taskSchedule dueDate=\"= &quot;soon&quot;\"/>", IncidentKind::kExtractValueError,
     "a date and time with a time zone"},
    {"Priority", "<zeebe:priorityDefinition priority=\"= 100 + n\"/>", IncidentKind::kExtractValueError,
     "from 0 to 100, but was 101"},
    {"Form", "<zeebe:formDefinition formId=\"f\"/>", IncidentKind::kFormNotFound, "a form with id 'f'"},
};
INSTANTIATE_TEST_SUITE_P(Table, UserTaskIncident, ::testing::ValuesIn(kBadValues),
                         [](const auto& test) { return test.param.name; });

TEST(UserTask, IsAssignedClaimedAndUpdated) {
  World world;
  world.deploy(with_user_task("<zeebe:userTask/>"));
  const Key instance = world.create();
  const Key task = task_of(world, instance).key;
  ASSERT_TRUE(world.run(AssignUserTask{task, "ada", false, true, "claim"}));
  EXPECT_EQ(task_of(world, instance).assignee, "ada");
  EXPECT_FALSE(world.run(AssignUserTask{task, "bob", false, true, "claim"}));
  EXPECT_THAT(world.rejection(), HasSubstr("but it has already been assigned"));
  EXPECT_TRUE(world.run(AssignUserTask{task, "ada", false, true, "claim"})) << "whoever has it may claim it again";
  EXPECT_FALSE(world.run(AssignUserTask{task, "bob", false, false, ""}));
  EXPECT_TRUE(world.run(AssignUserTask{task, "bob", true, false, ""}));
  EXPECT_TRUE(world.run(AssignUserTask{task, "", true, false, "unassign"}));
  EXPECT_FALSE(world.run(AssignUserTask{task, "", false, true, "claim"}));
  EXPECT_THAT(world.rejection(), HasSubstr("but provided assignee is empty"));
  UpdateUserTask update;
  update.user_task = task;
  update.candidate_groups = std::vector<std::string>{"g"};
  update.due_date = "2031-01-01T00:00:00Z";
  update.priority = 99;
  ASSERT_TRUE(world.run(update));
  EXPECT_THAT(task_of(world, instance).candidate_groups, ElementsAre("g"));
  EXPECT_EQ(task_of(world, instance).priority, 99);
  update = {};
  update.user_task = task;
  update.due_date = "";
  ASSERT_TRUE(world.run(update));
  EXPECT_EQ(task_of(world, instance).due_date, "");
  EXPECT_THAT(task_of(world, instance).candidate_groups, ElementsAre("g"));
  update.due_date = "soon";
  EXPECT_FALSE(world.run(update));
  update.due_date = std::nullopt;
  update.priority = 101;
  EXPECT_FALSE(world.run(update));
}

TEST(UserTask, EndsWithItsElement) {
  ProcessText text = with_user_task("<zeebe:userTask/>");
  text.boundary("b", "u", timer_duration("PT1S")).service("late").flow("b", "late");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  const Key task = task_of(world, instance).key;
  world.pass(1000);
  EXPECT_THAT(world.state().instance(instance)->user_tasks, IsEmpty());
  EXPECT_FALSE(world.run(CompleteUserTask{task, {}, ""}));
  EXPECT_EQ(world.rejection(), fmt::format("Expected to complete user task with key '{}', but no such user task was "
                                           "found",
                                           task.value()));
}

// --- start and terminate instructions, business ids ---

ProcessText with_inside() {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").service("t").service("t2").end("e").sequence({"s", "t", "t2", "e"});
  ProcessText text;
  text.start().service("a").sub_process("sub", inner,
                                        "<bpmn:extensionElements><zeebe:ioMapping><zeebe:input "
                                        "source=\"= 1\" target=\"x\"/></zeebe:ioMapping>"
                                        "</bpmn:extensionElements>");
  text.boundary("b", "sub", timer_duration("PT1S")).service("late").end();
  text.raw("serviceTask", "m", "",
           "<bpmn:extensionElements><zeebe:taskDefinition type=\"w\"/></bpmn:extensionElements>" + multi_instance({}));
  text.sequence({"start", "a", "sub", "m", "end"}).flow("b", "late");
  return text;
}

CreateInstance starting(std::vector<std::string> elements, std::vector<std::string> ends = {}) {
  CreateInstance create;
  create.process_id = "p";
  create.variables = json(R"({"items":[1,2]})");
  create.start_elements = std::move(elements);
  create.terminate_after = std::move(ends);
  return create;
}

TEST(StartInstructions, StartBeforeElementsInTheirScopes) {
  World world;
  world.deploy(with_inside());
  ASSERT_TRUE(world.try_create(starting({"a", "t2", "t"}))) << world.rejection();
  const Key instance = world.instances("p")[0];
  EXPECT_EQ(world.elements(instance, "a").size(), 1U);
  EXPECT_EQ(world.elements(instance, "sub").size(), 1U) << "shared by both";
  EXPECT_EQ(world.elements(instance, "t").size(), 1U);
  EXPECT_EQ(world.elements(instance, "t2").size(), 1U);
  EXPECT_EQ(world.variables(world.element(instance, "sub")), "{}") << "without input mappings";
  world.pass(1000);
  EXPECT_EQ(world.elements(instance, "late").size(), 1U) << "but with its boundary events";
}

TEST(StartInstructions, AMultiInstanceActivityIsStartedAsAWhole) {
  World world;
  world.deploy(with_inside());
  ASSERT_TRUE(world.try_create(starting({"m"}))) << world.rejection();
  EXPECT_EQ(world.items(world.instances("p")[0], "m").size(), 2U);
}

TEST(StartInstructions, NothingInsideAMultiInstanceActivity) {
  ProcessText inner = ProcessText::inside("sub");
  inner.start("s").service("t").sequence({"s", "t"});
  ProcessText text;
  text.start().sub_process("sub", inner, multi_instance({})).flow("start", "sub");
  World world;
  world.deploy(text);
  EXPECT_FALSE(world.try_create(starting({"t"})));
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
  EXPECT_TRUE(world.try_create(starting({"sub"})));
}

TEST(StartInstructions, BadOnesAreRefused) {
  World world;
  world.deploy(with_inside());
  for (const char* id : {"nothing", "start", "b", "p", "f1"}) {
    EXPECT_FALSE(world.try_create(starting({"a", id}))) << id;
    EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
  }
  EXPECT_FALSE(world.try_create(starting({}, {"nothing"})));
  EXPECT_EQ(world.state().instance_count(), 0U);
}

TEST(TerminateInstructions, EndTheInstanceAfterAnElement) {
  World world;
  world.deploy(with_inside());
  ASSERT_TRUE(world.try_create(starting({}, {"a"})));
  const Key first = world.instances("p")[0];
  ASSERT_TRUE(world.complete(world.job(first, "a")));
  EXPECT_TRUE(world.ended(first));
  EXPECT_THAT(only(world.trace(), "ELEMENT_TERMINATED"), ElementsAre("p"));
  ASSERT_TRUE(world.try_create(starting({"t"}, {"sub"})));
  const Key second = world.instances("p")[0];
  world.pass(1000);  // the boundary event terminates the sub-process
  EXPECT_TRUE(world.ended(second));
}

TEST(BusinessIds, AreUniqueWhenSwitchedOn) {
  World world;
  world.deploy(one_task());
  CreateInstance create;
  create.process_id = "p";
  create.business_id = "order-1";
  ASSERT_TRUE(world.try_create(create));
  EXPECT_EQ(world.reply<CreateReply>()->business_id, "order-1");
  ASSERT_TRUE(world.try_create(create)) << "off by default";
  world.set_unique_business_ids();
  EXPECT_FALSE(world.try_create(create));
  EXPECT_EQ(world.rejection_code(), Code::kAlreadyExists);
  for (const Key instance : world.instances("p")) world.cancel(instance);
  EXPECT_TRUE(world.try_create(create));
}

}  // namespace
}  // namespace baton::engine::testing
