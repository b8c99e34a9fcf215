// The job's state machine: what every command does in every state, to the letter (camunda-8-api.md 1.3 and 5.3).
#include <limits>

#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kLease = 1000;
constexpr std::int64_t kBackoff = 500;

enum class Given {
  kActivatable,
  kActivated,
  kExpired,
  kBackingOff,
  kBackoffOver,
  kBackoffEnded,
  kNoRetries,
  kGone,
  kTerminating
};

struct Fixture {
  World world;
  Key instance;
  Key job;

  explicit Fixture(Given given) {
    ProcessText text;
    text.start().parallel("fork").flow("start", "fork");
    const int tasks = given == Given::kTerminating ? 1100 : 1;
    for (int i = 0; i < tasks; ++i) text.service(fmt::format("t{}", i)).flow("fork", fmt::format("t{}", i));
    if (tasks > 1) world.check_every(100);
    world.deploy(text);
    instance = world.create();
    world.pass(0);
    job = world.job(instance, fmt::format("t{}", tasks - 1));
    bring(given);
  }
  void bring(Given given) {
    switch (given) {
      case Given::kActivatable:
        return;
      case Given::kActivated:
      case Given::kExpired:
        world.activate(job, given == Given::kActivated ? kLease : 0);
        return;
      case Given::kBackingOff:
        world.fail(job, 2, "later", kBackoff);
        return;
      case Given::kBackoffOver:
        world.fail(job, 2, "later", kBackoff);
        world.advance(kBackoff);
        return;
      case Given::kBackoffEnded:
        world.fail(job, 2, "later", kBackoff);
        EXPECT_EQ(world.pass(kBackoff), 1U);
        return;
      case Given::kNoRetries:
        world.fail(job, 0, "broken");
        return;
      case Given::kGone:
        world.complete(job);
        return;
      case Given::kTerminating:
        EXPECT_TRUE(world.cancel(instance));
        EXPECT_FALSE(world.ended(instance));
        return;
    }
  }
};

/// What a command does in a state: the rejection without key, or the job's state afterwards ("gone").
struct Row {
  Given given;
  const char* complete;
  const char* fail;
  const char* activate;
  const char* update_timeout;
  const char* time_out;
  const char* end_backoff;
  const char* yield;
};

constexpr const char* kNoJob = "but no such job was found";
constexpr const char* kFailedState = "but it is in state 'FAILED'";
constexpr const char* kNotActive = "but it is not active";

constexpr Row kRows[] = {
    {Given::kActivatable, "gone", "ACTIVATABLE", "ACTIVATED", kNotActive, "refused", "refused", "refused"},
    {Given::kActivated, "gone", "ACTIVATABLE", "refused", "ACTIVATED", "refused", "refused", "ACTIVATABLE"},
    {Given::kExpired, "gone", "ACTIVATABLE", "refused", "ACTIVATED", "ACTIVATABLE", "refused", "ACTIVATABLE"},
    {Given::kBackingOff, kFailedState, kFailedState, "refused", kNotActive, "refused", "refused", "refused"},
    {Given::kBackoffOver, kFailedState, kFailedState, "refused", kNotActive, "refused", "ACTIVATABLE", "refused"},
    {Given::kBackoffEnded, "gone", "ACTIVATABLE", "ACTIVATED", kNotActive, "refused", "refused", "refused"},
    {Given::kNoRetries, kFailedState, kFailedState, "refused", kNotActive, "refused", "refused", "refused"},
    {Given::kGone, kNoJob, kNoJob, "refused", kNoJob, "refused", "refused", "refused"},
    {Given::kTerminating, kNoJob, kNoJob, "refused", kNoJob, "refused", "refused", "refused"},
};

class JobMatrix : public ::testing::TestWithParam<Row> {
 protected:
  // `doing` is the verb of the rejection; internal commands are refused silently.
  static void expect(const CommandBody& body, const char* doing, const char* outcome) {
    Fixture f(GetParam().given);
    CommandBody command = body;
    std::visit(
        [&f](auto& c) {
          if constexpr (requires { c.job; }) c.job = f.job;
        },
        command);
    const bool accepted = f.world.run(command);
    const Instance* instance = f.world.state().instance(f.instance);
    const JobRow* row = instance == nullptr ? nullptr : instance->job(f.job);
    const std::string expected(outcome);
    if (expected == "refused") {
      EXPECT_FALSE(accepted);
      EXPECT_TRUE(f.world.effects().empty());
      return;
    }
    if (expected.starts_with("but ")) {
      EXPECT_FALSE(accepted);
      EXPECT_EQ(f.world.rejection(), fmt::format("Expected to {} with key '{}', {}", doing, f.job.value(), outcome));
      EXPECT_EQ(f.world.rejection_code(), expected == kNoJob ? Code::kNotFound : Code::kFailedPrecondition);
      return;
    }
    EXPECT_TRUE(accepted) << f.world.rejection();
    EXPECT_EQ(row == nullptr ? "gone" : job_state_name(f.world.state().state_of(*row)), expected);
  }
};

TEST_P(JobMatrix, Complete) {
  expect(CompleteJob{}, "complete job", GetParam().complete);
}
TEST_P(JobMatrix, Fail) {
  expect(FailJob{Key(0), 1, "", 0, {}}, "fail job", GetParam().fail);
}
TEST_P(JobMatrix, Activate) {
  expect(ActivateJob{Key(0), "w", 10, {}, 0}, "", GetParam().activate);
}
TEST_P(JobMatrix, UpdateTimeout) {
  const bool missing = std::string_view(GetParam().update_timeout) == kNoJob;
  expect(UpdateJobTimeout{Key(0), 10}, missing ? "update job deadline" : "update the timeout of job",
         GetParam().update_timeout);
}
TEST_P(JobMatrix, TimeOut) {
  expect(TimeOutJob{}, "", GetParam().time_out);
}
TEST_P(JobMatrix, EndBackoff) {
  expect(EndJobBackoff{}, "", GetParam().end_backoff);
}
TEST_P(JobMatrix, Yield) {
  expect(YieldJob{}, "", GetParam().yield);
}

TEST_P(JobMatrix, UpdateRetries) {
  Fixture f(GetParam().given);
  const bool alive = GetParam().given != Given::kGone && GetParam().given != Given::kTerminating;
  EXPECT_EQ(f.world.run(UpdateJobRetries{f.job, 9}), alive);
  if (alive) {
    EXPECT_EQ(f.world.job_row(f.job).retries, 9);
    EXPECT_THAT(f.world.trace(), ElementsAre("JOB_RETRIES_UPDATED"));
  } else {
    EXPECT_EQ(
        f.world.rejection(),
        fmt::format("Expected to update retries for job with key '{}', but no such job was found", f.job.value()));
    EXPECT_EQ(f.world.rejection_code(), Code::kNotFound);
  }
  for (const std::int32_t retries : {0, -1}) {
    EXPECT_FALSE(f.world.run(UpdateJobRetries{f.job, retries}));
    EXPECT_EQ(f.world.rejection_code(), Code::kInvalidArgument);
    EXPECT_EQ(f.world.rejection(),
              fmt::format("Expected to update retries for job with key '{}' with a positive amount of retries, "
                          "but the amount given was '{}'",
                          f.job.value(), retries));
  }
}

std::string name_of(const ::testing::TestParamInfo<Row>& row) {
  constexpr const char* kNames[] = {"Activatable",  "Activated", "Expired", "BackingOff", "BackoffOver",
                                    "BackoffEnded", "NoRetries", "Gone",    "Terminating"};
  return kNames[static_cast<int>(row.param.given)];
}
INSTANTIATE_TEST_SUITE_P(States, JobMatrix, ::testing::ValuesIn(kRows), name_of);

TEST(Jobs, TheFrameOfARejectionNamesIntentAndCode) {
  World world;
  EXPECT_FALSE(world.complete(Key(77)));
  EXPECT_EQ(world.reply<Error>()->message,
            "Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete job with key '77', but no such "
            "job was found");
  Fixture f(Given::kNoRetries);
  EXPECT_FALSE(f.world.fail(f.job, 1));
  EXPECT_EQ(f.world.reply<Error>()->message, fmt::format("Command 'FAIL' rejected with code 'INVALID_STATE': Expected "
                                                         "to fail job with key '{}', but it is in state 'FAILED'",
                                                         f.job.value()));
}

TEST(Jobs, ALostLeaseMayStillBeCompletedIfNobodyElseDid) {
  Fixture f(Given::kActivated);
  EXPECT_EQ(f.world.pass(kLease - 1), 0U);
  EXPECT_EQ(f.world.pass(1), 1U);
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kActivatable);
  EXPECT_EQ(f.world.job_row(f.job).retries, 3) << "a time-out costs no retry";
  EXPECT_TRUE(f.world.complete(f.job));
  EXPECT_FALSE(f.world.complete(f.job)) << "exactly one completion is accepted (I6)";
}

TEST(Jobs, ExtendingALeaseMovesItsDeadline) {
  Fixture f(Given::kActivated);
  EXPECT_TRUE(f.world.run(UpdateJobTimeout{f.job, 10 * kLease}));
  EXPECT_EQ(f.world.job_row(f.job).deadline, f.world.now() + 10 * kLease);
  EXPECT_EQ(f.world.pass(kLease), 0U);
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kActivated);
  EXPECT_FALSE(f.world.run(TimeOutJob{f.job})) << "a time-out that was on its way when the lease was extended";
  EXPECT_EQ(f.world.pass(9 * kLease), 1U);
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kActivatable);
}

TEST(Jobs, FailWithBackoffWaits) {
  Fixture f(Given::kActivated);
  EXPECT_TRUE(f.world.fail(f.job, 5, "not now", kBackoff));
  EXPECT_EQ(f.world.effects_of<JobReleased>().size(), 1U);
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kFailed);
  EXPECT_EQ(f.world.job_row(f.job).last_error.json(), "\"not now\"");
  EXPECT_EQ(f.world.incidents(f.instance), 0U);
  EXPECT_EQ(f.world.state().next_due(), f.world.now() + kBackoff);
  EXPECT_EQ(f.world.pass(kBackoff - 1), 0U);
  EXPECT_EQ(f.world.pass(1), 1U);
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kActivatable);
  EXPECT_EQ(f.world.job_row(f.job).retries, 5);
  EXPECT_EQ(f.world.state().next_due(), std::nullopt);
}

TEST(Jobs, FailWithoutBackoffIsActivatableAtOnce) {
  Fixture f(Given::kActivated);
  f.world.engine().take_ready_types();
  EXPECT_TRUE(f.world.fail(f.job, 1));
  EXPECT_EQ(f.world.state().oldest_job("work", kDefaultTenant), f.job);
  EXPECT_THAT(f.world.engine().take_ready_types(), ElementsAre("work"));
}

TEST(Jobs, OfATenantAreSeenByThatTenantAlone) {
  World world;
  ASSERT_TRUE(world.run_as("red", DeployResources{{{"p.bpmn", one_task().file()}}}));
  CreateInstance create;
  create.process_id = "p";
  EXPECT_FALSE(world.run(create));
  EXPECT_EQ(world.rejection(), "Expected to find process definition with process ID 'p', but none found");
  ASSERT_TRUE(world.run_as("red", create));
  const Key instance = world.reply<CreateReply>()->instance;
  EXPECT_EQ(world.reply<CreateReply>()->tenant, "red");
  const Key job = world.job(instance, "a");
  EXPECT_EQ(world.state().oldest_job("work", "red"), job);
  EXPECT_EQ(world.state().oldest_job("work", kDefaultTenant), Key(0));
  EXPECT_FALSE(world.complete(job));
  EXPECT_EQ(world.rejection(),
            fmt::format("Expected to complete job with key '{}', but no such job was found", job.value()));
  EXPECT_FALSE(world.cancel(instance));
  EXPECT_FALSE(world.set_variables(instance, R"({"x":1})"));
  EXPECT_TRUE(world.run_as("red", CompleteJob{job, {}}));
}

TEST(Jobs, ALongErrorMessageIsCutBetweenCharacters) {
  Fixture f(Given::kActivated);
  std::string message = "x";
  for (int i = 0; i < 20'000; ++i) message += "\u00e9";
  EXPECT_TRUE(f.world.fail(f.job, 0, message));
  EXPECT_TRUE(is_utf8(f.world.job_row(f.job).last_error.json()));
  EXPECT_TRUE(is_utf8(f.world.incident(f.instance).message.json()));
  EXPECT_LE(f.world.job_row(f.job).last_error.json().size(), 10'002U);
  EXPECT_GE(f.world.job_row(f.job).last_error.json().size(), 10'000U);
}

TEST(Jobs, TimesNearTheEndOfTimeDoNotOverflow) {
  constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
  Fixture f(Given::kActivatable);
  f.world.activate(f.job, kForever);
  EXPECT_EQ(f.world.pass(kLease), 0U) << "a lease without end does not run out";
  EXPECT_TRUE(f.world.run(UpdateJobTimeout{f.job, kForever}));
  EXPECT_TRUE(f.world.fail(f.job, 1, "", kForever));
  EXPECT_EQ(f.world.pass(kLease), 0U);
  EXPECT_EQ(f.world.job_row(f.job).state, JobState::kFailed);
}

}  // namespace
}  // namespace baton::engine::testing
