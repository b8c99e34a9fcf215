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
