// Incidents of every kind, and that resolving repeats exactly the step that failed (camunda-8-api.md 5.5).
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Broken {
  World world;
  Key instance;
  explicit Broken(const JobText& job, std::string_view variables = "{}") {
    world.deploy(one_task(job));
    instance = world.create("p", variables);
  }
  IncidentRow row() { return world.incident(instance); }
  std::string message() { return std::string(row().message.json()); }
};

TEST(Incidents, JobWithoutRetries) {
  Broken b({});
  const Key job = b.world.job(b.instance, "a");
  b.world.activate(job);
  EXPECT_TRUE(b.world.fail(job, 0, "it broke"));
  EXPECT_THAT(b.world.trace(), ElementsAre("JOB_FAILED", "INCIDENT_CREATED"));
  const IncidentRow incident = b.row();
  EXPECT_EQ(incident.incident, IncidentKind::kJobNoRetries);
  EXPECT_EQ(incident.job, job);
  EXPECT_EQ(incident.element_instance, b.world.element(b.instance, "a"));
  EXPECT_EQ(incident.created, b.world.now());
  EXPECT_EQ(incident.attempt, 1U);
  EXPECT_EQ(b.message(), "\"it broke\"");

  EXPECT_FALSE(b.world.resolve(incident.key));
  EXPECT_EQ(b.world.rejection_code(), Code::kFailedPrecondition);
  EXPECT_EQ(b.world.rejection(),
            fmt::format("Expected to resolve incident with key '{}', but job with key '{}' has no retries left. "
                        "Please update the job retries before resolving the incident",
                        incident.key.value(), job.value()));
  EXPECT_TRUE(b.world.run(UpdateJobRetries{job, 1}));
  EXPECT_EQ(b.world.job_row(job).state, JobState::kFailed) << "more retries do not resolve the incident";
  EXPECT_TRUE(b.world.resolve(incident.key));
  EXPECT_THAT(b.world.trace(), ElementsAre("INCIDENT_RESOLVED", "JOB_ACTIVATABLE"));
  EXPECT_EQ(b.world.state().oldest_job("work", kDefaultTenant), job);
  EXPECT_FALSE(b.world.resolve(incident.key));
  EXPECT_EQ(
      b.world.rejection(),
      fmt::format("Expected to resolve incident with key '{}', but no such incident was found", incident.key.value()));
  EXPECT_EQ(b.world.rejection_code(), Code::kNotFound);

  EXPECT_TRUE(b.world.fail(job, -1));
  EXPECT_EQ(b.row().attempt, 2U);
  EXPECT_EQ(b.message(), "\"No more retries left.\"");
}

TEST(Incidents, AJobThatStartsWithoutRetriesIsStillHandedOut) {
  Broken b({.retries = "0"});
  const Key job = b.world.job(b.instance, "a");
  EXPECT_EQ(b.world.activate(job).retries, 0);
  EXPECT_TRUE(b.world.complete(job));
}

TEST(Incidents, InputMappingThatCannotBeStored) {
  Broken b({.inputs = {{"= if ok then 1 else function(x) x", "y"}}}, R"({"ok":false})");
  EXPECT_EQ(b.row().incident, IncidentKind::kIoMappingError);
  EXPECT_EQ(b.row().job, Key(0));
  EXPECT_EQ(b.world.element_state(b.instance, "a"), "ACTIVATING");
  EXPECT_EQ(b.world.job(b.instance, "a"), Key(0)) << "no job before the element is active";
  EXPECT_TRUE(b.world.set_variables(b.instance, R"({"ok":true})"));
  EXPECT_TRUE(b.world.resolve(b.row().key));
  EXPECT_THAT(b.world.trace(),
              ElementsAre("INCIDENT_RESOLVED", "VARIABLE_CREATED y=1", "ELEMENT_ACTIVATED a", "JOB_CREATED"));
}

TEST(Incidents, OutputMappingThatCannotBeStored) {
  Broken b({.outputs = {{"= if ok then n else function(x) x", "y"}}}, R"({"ok":false})");
  EXPECT_TRUE(b.world.complete(b.world.job(b.instance, "a"), R"({"n":7})"));
  EXPECT_EQ(b.row().incident, IncidentKind::kIoMappingError);
  EXPECT_EQ(b.world.element_state(b.instance, "a"), "COMPLETING");
  EXPECT_TRUE(b.world.resolve(b.row().key));
  EXPECT_EQ(b.row().attempt, 2U);
  EXPECT_TRUE(b.world.set_variables(b.instance, R"({"ok":true})"));
  EXPECT_TRUE(b.world.resolve(b.row().key));
  EXPECT_THAT(names_of(b.world.trace()).at(1), "VARIABLE_CREATED");
  EXPECT_EQ(only(b.world.trace(), "VARIABLE_CREATED"), std::vector<std::string>{"y=7"})
      << "the job's result is still there";
  EXPECT_TRUE(b.world.ended(b.instance));
}

struct BadJob {
  const char* type;
  const char* retries;
  const char* expected;
};

class BadJobs : public ::testing::TestWithParam<BadJob> {};

TEST_P(BadJobs, AreIncidentsOfTheActivation) {
  Broken b({.type = GetParam().type, .retries = GetParam().retries});
  EXPECT_EQ(b.row().incident, IncidentKind::kExtractValueError);
  EXPECT_THAT(b.message(), HasSubstr(GetParam().expected));
  EXPECT_EQ(b.world.element_state(b.instance, "a"), "ACTIVATING");
  EXPECT_TRUE(b.world.set_variables(b.instance, R"({"t":"work","r":2})"));
  EXPECT_TRUE(b.world.resolve(b.row().key));
  EXPECT_EQ(b.world.job_row(b.world.job(b.instance, "a")).type.text(), "work");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadJobs,
    ::testing::Values(BadJob{"= t", "3", "to be a string, but it was"},
                      BadJob{"= if t = null then 5 else t", "3", "to be a string, but it was"},
                      BadJob{"= if t = null then \"\" else t", "3", "not to be empty"},
                      BadJob{"work", "= r", "to be a number, but it was"},
                      BadJob{"work", "= if r = null then 2.5 else r", "a whole number, but it was '2.5'"},
                      BadJob{"work", "= if r = null then \"many\" else r", "a whole number, but it was 'many'"},
                      BadJob{"work", "= if r = null then 3000000000 else r",
                             "a whole number, but it was '3000000000'"}));

// --- every place where an expression must give a type ---

struct PlaceCase {
  const char* name;
  ProcessText (*build)();  // uses v
  const char* wrong;       // variables
  const char* expected;    // part of the message
  const char* right;       // variables; what is resolved does not fail for the same reason again
};
class Places : public ::testing::TestWithParam<PlaceCase> {};

TEST_P(Places, AWrongTypeIsAnIncidentOfTheStep) {
  World world;
  world.deploy(GetParam().build());
  const Key instance = world.create("p", GetParam().wrong);
  const IncidentRow incident = world.incident(instance);
  EXPECT_EQ(incident.incident, IncidentKind::kExtractValueError);
  EXPECT_EQ(incident.job, Key(0));
  EXPECT_THAT(std::string(incident.message.json()), HasSubstr(GetParam().expected));
  EXPECT_TRUE(world.resolve(incident.key));
  EXPECT_NE(world.incident(instance).key, incident.key) << "the cause is still there";
  EXPECT_TRUE(world.set_variables(instance, GetParam().right));
  EXPECT_TRUE(world.resolve(world.incident(instance).key));
  if (world.ended(instance) || world.incidents(instance) == 0) return;
  EXPECT_NE(world.incident(instance).incident, IncidentKind::kExtractValueError);
}

constexpr const char* kNumber = R"({"v":1})";
constexpr const char* kText = R"({"v":"text"})";

/// start -> "x" -> end, with "x" added by `add`.
template <typename Add>
ProcessText with(Add add) {
  ProcessText text;
  text.start().end();
  add(text);
  text.sequence({"start", "x", "end"});
  return text;
}
ProcessText catching(std::string_view definition) {
  return with([&](ProcessText& text) { text.catch_event("x", definition); });
}
ProcessText loop_of_tasks(const LoopText& loop) {
  return with([&](ProcessText& text) { text.raw("task", "x", "", multi_instance(loop)); });
}
ProcessText boundary_at(std::string_view definition, bool interrupting = true) {
  return with([&](ProcessText& text) {
    text.service("x").boundary("b", "x", definition, interrupting).end("late").flow("b", "late");
  });
}
ProcessText gateway(std::string_view kind) {
  ProcessText text;
  text.start().node(kind, "x").end().end("end2").flow("start", "x").flow("x", "end", "= v").flow("x", "end2", "= true");
  return text;
}
ProcessText extended(std::string_view kind, std::string_view extension) {
  return with([&](ProcessText& text) {
    text.raw(kind, "x", "", fmt::format("<bpmn:extensionElements>{}</bpmn:extensionElements>", extension));
  });
}

const PlaceCase kPlaces[] = {
    {"MessageName", [] { return catching(message_event("m")).message("m", "= v", "= \"k\""); }, kNumber, "a string",
     kText},
    {"CorrelationKey", [] { return catching(message_event("m")).message("m", "paid", "= v"); }, R"({"v":null})",
     "either a string or a number", kText},
    {"CorrelationKeyOfABoundary", [] { return boundary_at(message_event("m")).message("m", "paid", "= v"); },
     R"({"v":true})", "either a string or a number", kNumber},
    {"SignalCaught", [] { return catching(signal_event("s")).signal("s", "= v"); }, kNumber, "a string", kText},
    {"SignalThrown",
     [] { return with([](ProcessText& text) { text.throw_event("x", signal_event("s")).signal("s", "= v"); }); },
     kNumber, "a string", kText},
    {"ErrorCode",
     [] { return ProcessText().start().end_event("x", error_event("e")).error("e", "= v").flow("start", "x"); },
     kNumber, "a string", kText},
    {"EscalationCode",
     [] {
       return with([](ProcessText& text) { text.throw_event("x", escalation_event("e")).escalation("e", "= v"); });
     },
     kNumber, "a string", kText},
    {"ProcessId", [] { return with([](ProcessText& text) { text.call("x", "processId=\"= v\""); }); }, kNumber,
     "a string", kText},
    {"DecisionId",
     [] { return extended("businessRuleTask", "<zeebe:calledDecision decisionId=\"= v\" resultVariable=\"r\"/>"); },
     kNumber, "a string", kText},
    {"FormId", [] { return extended("userTask", "<zeebe:userTask/><zeebe:formDefinition formId=\"= v\"/>"); }, kNumber,
     "a string", kText},
    {"ExternalReference",
     [] { return extended("userTask", "<zeebe:userTask/><zeebe:formDefinition externalReference=\"= v\"/>"); }, kNumber,
     "a string", kText},
    {"ExclusiveCondition", [] { return gateway("exclusiveGateway"); }, kNumber, "a boolean", R"({"v":true})"},
    {"ExclusiveConditionNull", [] { return gateway("exclusiveGateway"); }, "{}", "a boolean", R"({"v":false})"},
    {"InclusiveCondition", [] { return gateway("inclusiveGateway"); }, kText, "a boolean", R"({"v":true})"},
    {"InclusiveConditionNull", [] { return gateway("inclusiveGateway"); }, "{}", "a boolean", R"({"v":false})"},
    {"InputCollection", [] { return loop_of_tasks({.input = "= v"}); }, kNumber, "a list", R"({"v":[]})"},
    {"InputCollectionNull", [] { return loop_of_tasks({.input = "= v"}); }, "{}", "a list", R"({"v":[1]})"},
    {"CompletionCondition", [] { return loop_of_tasks({.input = "= [1]", .until = "= v"}); }, kText, "a boolean",
     R"({"v":true})"},
    {"CompletionConditionNull", [] { return loop_of_tasks({.input = "= [1]", .until = "= v"}); }, "{}", "a boolean",
     R"({"v":false})"},
    {"OutputElement",
     [] {
       return loop_of_tasks(
           {.input = "= [1]", .output = "out", .output_element = "= if v = 1 then function(a) a else v"});
     },
     kNumber, "cannot be stored", kText},
    {"TimerDuration", [] { return catching(timer_duration("= v")); }, kText, "is not a duration", R"({"v":"PT1S"})"},
    {"TimerDate", [] { return catching(timer_date("= v")); }, kText, "with a time zone",
     R"({"v":"2030-01-01T00:00:00Z"})"},
    {"TimerCycle", [] { return boundary_at(timer_cycle("= v"), false); }, kText, "cron", R"({"v":"R/PT1H"})"},
};
INSTANTIATE_TEST_SUITE_P(Table, Places, ::testing::ValuesIn(kPlaces), [](const auto& test) { return test.param.name; });

TEST(Incidents, EndWithTheElementThatIsInterrupted) {
  ProcessText text = one_task();
  text.boundary("b", "a", signal_event("s")).service("late").flow("b", "late").signal("s", "alarm");
  World world;
  world.deploy(text);
  const Key instance = world.create();
  ASSERT_TRUE(world.fail(world.job(instance, "a"), 0));
  EXPECT_EQ(world.incidents(instance), 1U);
  ASSERT_TRUE(world.signal("alarm"));
  EXPECT_EQ(world.incidents(instance), 0U);
  EXPECT_EQ(world.element_state(instance, "late"), "ACTIVATED");
}

TEST(Incidents, AnExpressionThatExhaustsItsBudget) {
  Broken b({.inputs = {{"= count(for a in 1..100000, b in 1..100000 return a)", "n"}}});
  EXPECT_EQ(b.row().incident, IncidentKind::kIoMappingError);
  EXPECT_THAT(b.message(), HasSubstr("Failed to evaluate expression"));
}

TEST(Incidents, AreTakenAlongWhenTheInstanceIsCancelled) {
  Broken b({.inputs = {{"= function(x) x", "y"}}});
  EXPECT_TRUE(b.world.cancel(b.instance));
  EXPECT_THAT(b.world.trace(), ElementsAre("ELEMENT_TERMINATING p", "ELEMENT_TERMINATING a", "INCIDENT_RESOLVED",
                                           "ELEMENT_TERMINATED a", "ELEMENT_TERMINATED p"));
  EXPECT_EQ(b.world.state().incident_count(), 0U);
}

TEST(Incidents, OnlyAnIncidentsKeyResolvesIt) {
  Broken b({.inputs = {{"= function(x) x", "y"}}});
  for (const Key key : {b.instance, b.world.element(b.instance, "a"), Key(1)}) {
    EXPECT_FALSE(b.world.resolve(key));
    EXPECT_EQ(b.world.rejection_code(), Code::kNotFound);
  }
}

}  // namespace
}  // namespace baton::engine::testing
