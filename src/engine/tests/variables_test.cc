// Scopes, propagation and mappings of variables (camunda-8-api.md 5.4).
#include "engine/behaviours/mappings.h"
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// An instance of start -> a (job) -> b (job) -> end.
struct TwoTasks {
  World world;
  Key instance;
  explicit TwoTasks(const JobText& a, std::string_view variables = "{}") {
    world.deploy(
        ProcessText().start().service("a", a).service("b", {.type = "b"}).end().sequence({"start", "a", "b", "end"}));
    instance = world.create("p", variables);
  }
  bool complete_a(std::string_view variables = "{}") { return world.complete(world.job(instance, "a"), variables); }
  std::string root() { return world.variables(instance); }
  std::string local() { return world.variables(world.element(instance, "a")); }
  std::string seen_by(const char* element) { return world.activate(world.job(instance, element)).variables; }
};

TEST(Variables, OfACreateAreThoseOfTheProcess) {
  TwoTasks t({}, R"({"b":1, "a":[1, {"x": null}], "text":"\u00e9"})");
  EXPECT_EQ(t.root(), R"({"b":1,"a":[1,{"x":null}],"text":"\u00e9"})");
  EXPECT_EQ(t.seen_by("a"), t.root());
}

TEST(Variables, AResultWithoutMappingsIsPropagated) {
  TwoTasks t({}, R"({"x":1,"y":2})");
  EXPECT_TRUE(t.complete_a(R"({"x":10,"new":null})"));
  EXPECT_EQ(t.root(), R"({"x":10,"y":2,"new":null})");
  EXPECT_THAT(t.world.trace(), Contains("VARIABLE_UPDATED x=10"));
  EXPECT_THAT(t.world.trace(), Contains("VARIABLE_CREATED new=null"));
}

TEST(Variables, AResultUpdatesTheLocalVariableThatShadowsAndNothingLeaksOut) {
  TwoTasks t({.inputs = {{"= x + 1", "x"}}}, R"({"x":1})");
  EXPECT_EQ(t.seen_by("a"), R"({"x":2})");
  EXPECT_TRUE(t.complete_a(R"({"x":99})"));
  EXPECT_EQ(t.root(), R"({"x":1})");
  EXPECT_EQ(t.seen_by("b"), R"({"x":1})");
}

TEST(Variables, AnEqualValueStopsThePropagationAndWritesNoEvent) {
  TwoTasks t({.inputs = {{"= 5", "x"}}}, R"({"x":1})");
  EXPECT_TRUE(t.complete_a(R"({"x":5})"));  // equal to the local one: it must not go on to the root
  EXPECT_THAT(only(t.world.trace(), "VARIABLE_UPDATED"), IsEmpty());
  EXPECT_EQ(t.root(), R"({"x":1})");
  EXPECT_TRUE(t.world.set_variables(t.instance, R"({"x":1})"));
  EXPECT_THAT(t.world.trace(), IsEmpty());
}

TEST(Variables, InputMappingsAreLocalInOrderAndSeeTheFormerOnes) {
  TwoTasks t({.inputs = {{"= x * 2", "double"}, {"= double + 1", "more"}, {"fixed text", "text"}}}, R"({"x":4})");
  EXPECT_EQ(t.local(), R"({"double":8,"more":9,"text":"fixed text"})");
  EXPECT_EQ(t.root(), R"({"x":4})");
  EXPECT_EQ(t.seen_by("a"), R"({"double":8,"more":9,"text":"fixed text","x":4})");
  EXPECT_TRUE(t.complete_a());
  EXPECT_EQ(t.seen_by("b"), R"({"x":4})");
}

TEST(Variables, AnInputOfWhatIsMissingIsNull) {
  TwoTasks t({.inputs = {{"= missing.path", "x"}, {"", "y"}}});
  EXPECT_EQ(t.local(), R"({"x":null,"y":null})");
}

TEST(Variables, DottedInputTargetsMergeIntoOneObject) {
  TwoTasks t({.inputs = {{"= 1", "o.a"}, {"= 2", "o.b.c"}, {"= 3", "o.b.d"}, {"= o.b.d", "copy"}}},
             R"({"o":{"outer":true}})");
  EXPECT_EQ(t.local(), R"({"o":{"a":1,"b":{"c":2,"d":3}},"copy":3})");
  EXPECT_EQ(t.root(), R"({"o":{"outer":true}})") << "the outer variable of the same name is shadowed, not changed";
}

TEST(Variables, OutputMappingsAloneLeaveTheElement) {
  TwoTasks t({.outputs = {{"= result.total", "total"}, {"= total * 2", "twice"}}}, R"({"x":1})");
  EXPECT_TRUE(t.complete_a(R"({"result":{"total":21},"rest":"vanishes"})"));
  EXPECT_EQ(t.root(), R"({"x":1,"total":21,"twice":42})");
}

TEST(Variables, OutputMappingsStartAtTheParentScope) {
  TwoTasks t({.inputs = {{"= 1", "x"}}, .outputs = {{"= x + 1", "x"}}}, R"({"x":10})");
  EXPECT_TRUE(t.complete_a(R"({"x":5})"));  // local first: the mapping sees 5
  EXPECT_EQ(t.root(), R"({"x":6})");
}

TEST(Variables, DottedOutputTargetsMergeIntoWhatTheParentHas) {
  TwoTasks t({.outputs = {{"= r", "o.a"}, {"= r + 1", "o.b.c"}}}, R"({"o":{"keep":1,"b":"no object"}})");
  EXPECT_TRUE(t.complete_a(R"({"r":7})"));
  EXPECT_EQ(t.root(), R"({"o":{"keep":1,"b":{"c":8},"a":7}})");
}

TEST(Variables, SetVariablesPropagatesOrStaysLocal) {
  TwoTasks t({.inputs = {{"= 1", "inner"}}}, R"({"x":1})");
  const Key scope = t.world.element(t.instance, "a");
  EXPECT_TRUE(t.world.set_variables(scope, R"({"x":2,"inner":2,"new":2})"));
  EXPECT_EQ(t.local(), R"({"inner":2})");
  EXPECT_EQ(t.root(), R"({"x":2,"new":2})");
  ASSERT_NE(t.world.reply<SetVariablesReply>(), nullptr);
  EXPECT_EQ(partition_of(t.world.reply<SetVariablesReply>()->key), PartitionId(1));
  EXPECT_TRUE(t.world.set_variables(scope, R"({"x":3})", true));
  EXPECT_EQ(t.local(), R"({"inner":2,"x":3})");
  EXPECT_EQ(t.root(), R"({"x":2,"new":2})");
}

TEST(Variables, SetVariablesOfAnUnknownScopeIsRejected) {
  TwoTasks t({});
  const Key job = t.world.job(t.instance, "a");  // an entity, but no scope
  for (const Key scope : {job, Key(12345), Key(0)}) {
    EXPECT_FALSE(t.world.set_variables(scope, R"({"x":1})"));
    EXPECT_EQ(t.world.rejection_code(), Code::kNotFound);
    EXPECT_EQ(t.world.rejection(),
              fmt::format("Expected to update variables for element with key '{}', but no such element was found",
                          scope.value()));
  }
}

TEST(Variables, FailJobSetsThemLocally) {
  TwoTasks t({}, R"({"x":1})");
  EXPECT_TRUE(t.world.fail(t.world.job(t.instance, "a"), 1, "", 0, R"({"x":2,"why":"because"})"));
  EXPECT_EQ(t.local(), R"({"x":2,"why":"because"})");
  EXPECT_EQ(t.root(), R"({"x":1})");
}

TEST(Variables, AnyNameIsAcceptedAndKept) {
  TwoTasks t({}, R"({"":1,"a b":2,"\u0000":3,"x.y":4,"\"":5})");
  EXPECT_EQ(t.root(), R"({"":1,"a b":2,"\u0000":3,"x.y":4,"\"":5})");
  EXPECT_TRUE(t.complete_a(R"({"":10,"x.y":40})"));
  EXPECT_EQ(t.root(), R"({"":10,"a b":2,"\u0000":3,"x.y":40,"\"":5})");
}

TEST(Variables, TheLastOfEqualNamesWins) {
  TwoTasks t({}, R"({"x":1,"x":2})");
  EXPECT_EQ(t.root(), R"({"x":2})");
}

TEST(Variables, NumbersKeepTheirText) {
  TwoTasks t({.inputs = {{"= big", "copy"}}}, R"({"big":12345678901234567890.125,"e":1e3})");
  EXPECT_EQ(t.root(), R"({"big":12345678901234567890.125,"e":1e3})");
  EXPECT_EQ(t.local(), R"({"copy":12345678901234567890.125})");
}

TEST(Variables, FetchVariablesLimitsWhatAWorkerGets) {
  TwoTasks t({.inputs = {{"= 2", "y"}}}, R"({"x":1,"y":1,"z":1})");
  EXPECT_EQ(t.world.activate(t.world.job(t.instance, "a"), 100, {"y", "z", "missing"}).variables, R"({"y":2,"z":1})");
}

TEST(Variables, WorkerGetsThemAsTheyAreAtActivation) {
  TwoTasks t({}, R"({"x":1})");
  EXPECT_TRUE(t.world.set_variables(t.instance, R"({"x":2})"));
  EXPECT_EQ(t.seen_by("a"), R"({"x":2})");
}

TEST(Variables, ManyOfThemAreFoundByName) {
  std::string many = "{";
  for (int i = 0; i < 200; ++i) many += fmt::format("{}\"v{}\":{}", i == 0 ? "" : ",", i, i);
  TwoTasks t({.inputs = {{"= v7 + v199", "sum"}}}, many + "}");
  EXPECT_EQ(t.local(), R"({"sum":206})");
  EXPECT_TRUE(t.complete_a(R"({"v150":"changed"})"));
  EXPECT_THAT(only(t.world.trace(), "VARIABLE_UPDATED"), ElementsAre("v150=\"changed\""));
}

TEST(Variables, JsonWithPathReplacesWhatIsNoObject) {
  EXPECT_EQ(json_with_path("", {"a", "b", "c"}, 1, "1"), R"({"b":{"c":1}})");
  EXPECT_EQ(json_with_path(R"({"b":[1]})", {"a", "b", "c"}, 1, "1"), R"({"b":{"c":1}})");
  EXPECT_EQ(json_with_path(R"({"x":0,"b":{"d":2}})", {"a", "b", "c"}, 1, "1"), R"({"x":0,"b":{"d":2,"c":1}})");
  EXPECT_EQ(json_with_path(R"({"b":5})", {"a"}, 1, "1"), "1");
}

TEST(Variables, AFailedInputMappingLeavesNoVariables) {
  // The second mapping cannot be stored: the first one must not be seen by its own repetition.
  TwoTasks t({.inputs = {{"= x + 1", "x"}, {"= if ok then 1 else function(a) a", "y"}}}, R"({"x":1,"ok":false})");
  EXPECT_EQ(t.world.incident(t.instance).incident, IncidentKind::kIoMappingError);
  EXPECT_TRUE(t.world.resolve(t.world.incident(t.instance).key));
  EXPECT_TRUE(t.world.set_variables(t.instance, R"({"ok":true})"));
  EXPECT_TRUE(t.world.resolve(t.world.incident(t.instance).key));
  EXPECT_EQ(t.local(), R"({"x":2,"y":1})");
}

}  // namespace
}  // namespace baton::engine::testing
