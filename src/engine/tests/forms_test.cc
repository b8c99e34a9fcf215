// Forms: deployment, versions, links of user tasks with every binding, deletion (camunda-8-api.md 3.3, 5.11).
#include "engine/behaviours/forms.h"
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string form_text(std::string_view id, std::string_view more = "") {
  return fmt::format(R"({{"id":"{}","type":"default","components":[]{}}})", id, more);
}

Resource form(std::string_view id, std::string_view more = "", std::string name = "a.form") {
  return {std::move(name), form_text(id, more)};
}

ProcessText linking(std::string_view attributes, bool native = true) {
  ProcessText text;
  text.start().raw("userTask", "u", "",
                   fmt::format("<bpmn:extensionElements>{}<zeebe:formDefinition {}/></bpmn:extensionElements>",
                               native ? "<zeebe:userTask/>" : "", attributes));
  text.end().sequence({"start", "u", "end"});
  return text;
}

Resource process(std::string_view attributes, bool native = true) {
  return {"p.bpmn", linking(attributes, native).file()};
}

const DeployedForm& deployed(const World& world) {
  static const DeployedForm kNone;
  const auto* reply = world.reply<DeployReply>();
  return reply == nullptr || reply->forms.empty() ? kNone : reply->forms.front();
}

Key form_of(const World& world, Key instance) {
  const Instance* row = world.state().instance(instance);
  return row == nullptr || row->user_tasks.empty() ? Key(0) : row->user_tasks.begin()->second.form;
}

TEST(Forms, HaveVersionsAndAreDeduplicated) {
  World world;
  ASSERT_TRUE(world.deploy({form("f")}));
  const DeployedForm first = deployed(world);
  EXPECT_EQ(first.form_id, "f");
  EXPECT_EQ(first.version, Version(1));
  EXPECT_EQ(first.resource_name, "a.form");
  ASSERT_TRUE(world.deploy({form("f")}));
  EXPECT_EQ(deployed(world).key, first.key) << "the same name and content";
  ASSERT_TRUE(world.deploy({form("f", "", "b.form")}));
  EXPECT_EQ(deployed(world).version, Version(2)) << "another name";
  ASSERT_TRUE(world.deploy({form("f", R"(,"x":1)", "b.form")}));
  EXPECT_EQ(deployed(world).version, Version(3)) << "another content";
  ASSERT_TRUE(world.deploy({form("f", R"(,"x":1)", "b.form"), {"p.bpmn", one_task().file()}}));
  EXPECT_EQ(deployed(world).version, Version(4)) << "with something new in the deployment everything is new";
  EXPECT_EQ(world.state().form(first.key)->resource.view(), form_text("f"));
}

struct BadFormCase {
  const char* name;
  const char* content;
  const char* message;
};
class BadForm : public ::testing::TestWithParam<BadFormCase> {};

TEST_P(BadForm, IsRefusedByName) {
  World world;
  EXPECT_FALSE(world.deploy(std::vector<Resource>{{"bad.form", GetParam().content}}));
  EXPECT_EQ(world.rejection_code(), Code::kInvalidArgument);
  EXPECT_THAT(world.rejection(), HasSubstr("'bad.form': "));
  EXPECT_THAT(world.rejection(), HasSubstr(GetParam().message));
}

const BadFormCase kBadForms[] = {
    {"Empty", "  ", "the form is empty"},
    {"NoJson", "{", "no JSON object"},
    {"List", "[1]", "no JSON object"},
    {"NoId", R"({"type":"default"})", "Expected the form id to be present"},
    {"BlankId", R"({"id":" "})", "Expected the form id to be present"},
    {"NumberAsId", R"({"id":7})", "the form's id must be a text"},
    {"TagList", R"({"id":"f","versionTag":[]})", "the form's versionTag must be a text"},
};
INSTANTIATE_TEST_SUITE_P(Table, BadForm, ::testing::ValuesIn(kBadForms),
                         [](const auto& test) { return test.param.name; });

TEST(Forms, IdsAreUniqueInADeployment) {
  World world;
  EXPECT_FALSE(world.deploy({form("f"), form("f", "", "b.form")}));
  EXPECT_THAT(world.rejection(), HasSubstr("a duplicated id 'f' in the resources 'a.form' and 'b.form'"));
  EXPECT_FALSE(world.deploy({form("f"), {"strange.txt", "x"}}));
  EXPECT_EQ(world.count<FormRow>(), 0U) << "all or nothing";
}

TEST(FormLink, LatestIsFoundWhenTheTaskIsCreated) {
  World world;
  ASSERT_TRUE(world.deploy({process("formId=\"f\"")}));
  const Key early = world.create();
  EXPECT_EQ(world.incident(early).incident, IncidentKind::kFormNotFound);
  EXPECT_THAT(std::string(world.incident(early).message.json()), HasSubstr("Expected to find a form with id 'f'"));
  ASSERT_TRUE(world.deploy({form("f")}));
  const Key first = deployed(world).key;
  ASSERT_TRUE(world.resolve(world.incident(early).key));
  EXPECT_EQ(form_of(world, early), first);
  ASSERT_TRUE(world.deploy({form("f", R"(,"x":1)")}));
  const Key second = deployed(world).key;
  EXPECT_EQ(form_of(world, world.create()), second);
  EXPECT_EQ(form_of(world, early), first) << "what runs keeps its form";
}

TEST(FormLink, DeploymentBindingStaysWithTheProcess) {
  World world;
  ASSERT_TRUE(world.deploy({process("formId=\"f\" bindingType=\"deployment\""), form("f")}));
  const Key bound = deployed(world).key;
  ASSERT_TRUE(world.deploy({form("f", R"(,"x":1)")}));
  EXPECT_EQ(form_of(world, world.create()), bound);
  World alone;
  ASSERT_TRUE(alone.deploy({process("formId=\"f\" bindingType=\"deployment\"")}));
  ASSERT_TRUE(alone.deploy({form("f")}));
  EXPECT_THAT(std::string(alone.incident(alone.create()).message.json()),
              HasSubstr("no such form found in the deployment with key"));
}

TEST(FormLink, VersionTagFindsTheNewestWithIt) {
  World world;
  ASSERT_TRUE(world.deploy({process("formId=\"f\" bindingType=\"versionTag\" versionTag=\"v1\"")}));
  ASSERT_TRUE(world.deploy({form("f", R"(,"versionTag":"v1")")}));
  ASSERT_TRUE(world.deploy({form("f", R"(,"versionTag":"v1","x":1)")}));
  const Key tagged = deployed(world).key;
  ASSERT_TRUE(world.deploy({form("f", R"(,"versionTag":"v2")")}));
  EXPECT_EQ(form_of(world, world.create()), tagged);
  ASSERT_TRUE(world.run(DeleteResource{tagged}));
  EXPECT_NE(form_of(world, world.create()), tagged);
}

TEST(FormLink, IdsMayBeExpressions) {
  World world;
  ASSERT_TRUE(world.deploy({process("formId=\"= which\""), form("f")}));
  const Key key = deployed(world).key;
  EXPECT_EQ(form_of(world, world.create("p", R"({"which":"f"})")), key);
  EXPECT_EQ(world.incident(world.create("p", R"({"which":7})")).incident, IncidentKind::kExtractValueError);
}

TEST(FormLink, AJobGetsTheKeyInAHeader) {
  World world;
  ASSERT_TRUE(world.deploy({process("formId=\"f\"", false), form("f")}));
  const Key key = deployed(world).key;
  const ActivatedJob job = world.activate(world.job(world.create(), "u"));
  EXPECT_EQ(job.headers, fmt::format(R"({{"io.camunda.zeebe:formKey":"{}"}})", key.value()));
}

TEST(FormLink, OfTheStartEvent) {
  ProcessText text;
  text.raw("startEvent", "start", "",
           "<bpmn:extensionElements><zeebe:formDefinition formId=\"f\"/></bpmn:extensionElements>");
  text.service("a").sequence({"start", "a"});
  World world;
  const Key definition = world.deploy(text);
  const auto find = [&world, definition]() -> const FormRow* {
    const DefinitionRow& row = *world.state().definition(definition);
    const auto& link = row.model->element(row.model->none_start).start_form;
    return link ? find_form(world.state(), row, *link, link->form_id.text) : nullptr;
  };
  EXPECT_EQ(find(), nullptr);
  EXPECT_FALSE(world.ended(world.create())) << "the form is for people: an instance starts without it";
  ASSERT_TRUE(world.deploy({form("f")}));
  ASSERT_NE(find(), nullptr);
  EXPECT_EQ(find()->key, deployed(world).key);
}

TEST(Forms, AreDeletedAndTheVersionBeforeIsTheLatestAgain) {
  World world;
  ASSERT_TRUE(world.deploy({form("f")}));
  const Key first = deployed(world).key;
  ASSERT_TRUE(world.deploy({form("f", R"(,"x":1)")}));
  const Key second = deployed(world).key;
  EXPECT_FALSE(world.run_as("red", DeleteResource{second}));
  ASSERT_TRUE(world.run(DeleteResource{second}));
  EXPECT_EQ(world.state().newest_form("<default>", "f")->key, first);
  ASSERT_TRUE(world.run(DeleteResource{first}));
  EXPECT_EQ(world.state().newest_form("<default>", "f"), nullptr);
  EXPECT_FALSE(world.run(DeleteResource{first}));
  ASSERT_TRUE(world.deploy({form("f")}));
  EXPECT_EQ(deployed(world).version, Version(3)) << "version numbers are not used again";
}

TEST(UserTasks, AreListedWhileSomebodyMayWorkOnThem) {
  ProcessText text;
  text.start().raw("userTask", "u", "", "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>").end();
  text.sequence({"start", "u", "end"});
  World world;
  world.deploy(text);
  std::vector<Key> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(world.state().instance(world.create())->user_tasks.begin()->second.key);
  EXPECT_EQ(world.state().user_tasks("<default>", Key(0), 10), tasks);
  EXPECT_THAT(world.state().user_tasks("<default>", Key(0), 2), ElementsAre(tasks[0], tasks[1]));
  EXPECT_THAT(world.state().user_tasks("<default>", tasks[1], 2), ElementsAre(tasks[2]));
  EXPECT_THAT(world.state().user_tasks("red", Key(0), 10), IsEmpty());
  ASSERT_TRUE(world.run(CompleteUserTask{tasks[0], {}, ""}));
  ASSERT_TRUE(world.cancel(world.state().instance_of(tasks[1])->row.key));
  EXPECT_THAT(world.state().user_tasks("<default>", Key(0), 10), ElementsAre(tasks[2]));
}

}  // namespace
}  // namespace baton::engine::testing
