// What the rpcs do when all goes well, and how work finds its way back when it does not.
#include <gmock/gmock.h>

#include <limits>

#include "gateway/api/tests/api_support.h"

namespace baton::gateway::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(ApiTest, Topology) {
  const auto response = call<pb::TopologyResponse>("Topology", pb::TopologyRequest{});
  ASSERT_TRUE(response) << response.error().to_string();
  ASSERT_EQ(response->brokers_size(), 1);
  EXPECT_EQ(response->brokers(0).host(), "127.0.0.1");
  EXPECT_EQ(response->brokers(0).port(), server_->port());
  ASSERT_EQ(response->brokers(0).partitions_size(), 1);
  EXPECT_EQ(response->brokers(0).partitions(0).partitionid(), 1);
  EXPECT_EQ(response->brokers(0).partitions(0).role(), pb::Partition::LEADER);
  EXPECT_EQ(response->brokers(0).partitions(0).health(), pb::Partition::HEALTHY);
  EXPECT_EQ(response->clustersize(), 1);
  EXPECT_EQ(response->partitionscount(), 1);
  EXPECT_EQ(response->replicationfactor(), 1);
  EXPECT_EQ(response->gatewayversion(), kApiVersion);
  EXPECT_EQ(response->clusterid(), "the-cluster");
}

TEST_F(ApiTest, DeployAnswersWithWhatItDeployedAndTheSameAgainIsTheSameVersion) {
  const auto first = deploy();
  ASSERT_TRUE(first) << first.error().to_string();
  ASSERT_EQ(first->deployments_size(), 1);
  const auto& process = first->deployments(0).process();
  EXPECT_EQ(process.bpmnprocessid(), "p");
  EXPECT_EQ(process.version(), 1);
  EXPECT_EQ(process.resourcename(), "p.bpmn");
  EXPECT_EQ(process.tenantid(), "<default>");
  EXPECT_GT(process.processdefinitionkey(), 0);
  const auto again = deploy();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->deployments(0).process().version(), 1);
  EXPECT_EQ(again->deployments(0).process().processdefinitionkey(), process.processdefinitionkey());
  const auto renamed = deploy(partition::test::one_task(), "q.bpmn");
  ASSERT_TRUE(renamed);
  EXPECT_EQ(renamed->deployments(0).process().version(), 2);
}

TEST_F(ApiTest, CreateActivateComplete) {
  const auto deployed = deploy();
  ASSERT_TRUE(deployed);
  auto request = creation(R"({"order":{"id":7},"name":"x"})");
  request.add_tags("tag-1");
  const auto created = call<pb::CreateProcessInstanceResponse>("CreateProcessInstance", request);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->bpmnprocessid(), "p");
  EXPECT_EQ(created->version(), 1);
  EXPECT_EQ(created->processdefinitionkey(), deployed->deployments(0).process().processdefinitionkey());
  EXPECT_EQ(created->tenantid(), "<default>");
  const auto job = take_one();
  EXPECT_EQ(job.type(), "work");
  EXPECT_EQ(job.worker(), "w");
  EXPECT_EQ(job.processinstancekey(), created->processinstancekey());
  EXPECT_EQ(job.bpmnprocessid(), "p");
  EXPECT_EQ(job.elementid(), "a");
  EXPECT_EQ(job.retries(), 3);
  EXPECT_EQ(job.tenantid(), "<default>");
  EXPECT_THAT(job.variables(), HasSubstr(R"("order":{"id":7})"));
  ASSERT_EQ(job.tags_size(), 1);
  EXPECT_EQ(job.tags(0), "tag-1");
  EXPECT_NEAR(static_cast<double>(job.deadline()), static_cast<double>(clock_.wall().value() + 60'000), 5000);
  pb::CompleteJobRequest complete;
  complete.set_jobkey(job.key());
  complete.set_variables(R"({"done":true})");
  ASSERT_TRUE(call<pb::CompleteJobResponse>("CompleteJob", complete));
  const auto twice = call<pb::CompleteJobResponse>("CompleteJob", complete);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Code::kNotFound);
  EXPECT_THAT(*activate(poll()), IsEmpty());
}

TEST_F(ApiTest, CreateByKeyAndByVersion) {
  const auto deployed = deploy();
  ASSERT_TRUE(deployed);
  pb::CreateProcessInstanceRequest by_key;
  by_key.set_processdefinitionkey(deployed->deployments(0).process().processdefinitionkey());
  EXPECT_TRUE(call<pb::CreateProcessInstanceResponse>("CreateProcessInstance", by_key));
  for (const std::int32_t version : {-1, 0, 1}) {
    auto request = creation();
    request.set_version(version);
    const auto created = call<pb::CreateProcessInstanceResponse>("CreateProcessInstance", request);
    ASSERT_TRUE(created) << version;
    EXPECT_EQ(created->version(), 1);
  }
}

TEST_F(ApiTest, FetchVariablesLimitsWhatAJobCarries) {
  ASSERT_TRUE(deploy());
  create(R"({"a":1,"b":2})");
  auto request = poll();
  request.add_fetchvariable("b");
  const auto jobs = activate(request);
  ASSERT_TRUE(jobs);
  ASSERT_THAT(*jobs, SizeIs(1));
  EXPECT_EQ(jobs->front().variables(), R"({"b":2})");
}

TEST_F(ApiTest, AFailedJobWithRetriesComesBackAndWithoutBecomesAnIncidentThatCanBeResolved) {
  ASSERT_TRUE(deploy());
  create();
  auto job = take_one();
  pb::FailJobRequest failed;
  failed.set_jobkey(job.key());
  failed.set_retries(1);
  failed.set_errormessage("not today");
  failed.set_variables(R"({"attempt":1})");
  ASSERT_TRUE(call<pb::FailJobResponse>("FailJob", failed));
  job = take_one();
  EXPECT_EQ(job.retries(), 1);
  EXPECT_THAT(job.variables(), HasSubstr(R"("attempt":1)"));
  failed.set_retries(0);
  ASSERT_TRUE(call<pb::FailJobResponse>("FailJob", failed));
  EXPECT_THAT(*activate(poll()), IsEmpty());
  std::int64_t incident = 0;
  bool answered = false;
  gateway_->read(
      [](const engine::StateView& state) {
        std::string key;
        state.for_each_instance([&key](const engine::Instance& instance) {
          for (const auto& [id, row] : instance.incidents) key = std::to_string(row.key.value());
        });
        return key;
      },
      [&](const std::string& key) {
        incident = std::stoll("0" + key);
        answered = true;
      });
  // read() is for the loop's own code: a turn sends it.
  loop_.post([] {});
  ASSERT_TRUE(run_until([&] { return answered; }));
  pb::ResolveIncidentRequest resolve;
  resolve.set_incidentkey(incident);
  const auto too_early = call<pb::ResolveIncidentResponse>("ResolveIncident", resolve);
  ASSERT_FALSE(too_early);
  EXPECT_EQ(too_early.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(too_early.error().message, HasSubstr("has no retries left"));
  pb::UpdateJobRetriesRequest retries;
  retries.set_jobkey(job.key());
  retries.set_retries(5);
  ASSERT_TRUE(call<pb::UpdateJobRetriesResponse>("UpdateJobRetries", retries));
  ASSERT_TRUE(call<pb::ResolveIncidentResponse>("ResolveIncident", resolve));
  EXPECT_EQ(take_one().retries(), 5);
}

TEST_F(ApiTest, AShorterTimeoutGivesTheJobToTheNextPoll) {
  ASSERT_TRUE(deploy());
  create();
  const auto job = take_one();
  EXPECT_THAT(*activate(poll()), IsEmpty());
  pb::UpdateJobTimeoutRequest timeout;
  timeout.set_jobkey(job.key());
  timeout.set_timeout(10);
  ASSERT_TRUE(call<pb::UpdateJobTimeoutResponse>("UpdateJobTimeout", timeout));
  const auto again = activate(poll(1, 5000));
  ASSERT_TRUE(again);
  ASSERT_THAT(*again, SizeIs(1));
  EXPECT_EQ(again->front().key(), job.key());
}

// A worker that says "never" must not get a job whose deadline has wrapped around into the past.
TEST_F(ApiTest, TheLongestTimesAreTakenForVeryLongOnes) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  ASSERT_TRUE(deploy());
  create();
  auto request = poll(1, kMost);
  request.set_timeout(kMost);
  const auto jobs = activate(request);
  ASSERT_TRUE(jobs);
  ASSERT_THAT(*jobs, SizeIs(1));
  EXPECT_GT(jobs->front().deadline(), clock_.wall().value() + 1'000'000'000);
  EXPECT_THAT(*activate(poll(1, 20)), IsEmpty());
  pb::UpdateJobTimeoutRequest timeout;
  timeout.set_jobkey(jobs->front().key());
  timeout.set_timeout(kMost);
  ASSERT_TRUE(call<pb::UpdateJobTimeoutResponse>("UpdateJobTimeout", timeout));
  EXPECT_THAT(*activate(poll(1, 20)), IsEmpty());
  pb::FailJobRequest failed;
  failed.set_jobkey(jobs->front().key());
  failed.set_retries(1);
  failed.set_retrybackoff(kMost);
  ASSERT_TRUE(call<pb::FailJobResponse>("FailJob", failed));
  EXPECT_THAT(*activate(poll(1, 20)), IsEmpty()) << "a back-off without end";
  pb::CreateProcessInstanceWithResultRequest with_result;
  *with_result.mutable_request() = creation();
  with_result.set_requesttimeout(kMost);
  bool ended = false;
  client_->unary(kService + "CreateProcessInstanceWithResult", with_result.SerializeAsString(),
                 [&](auto&&) { ended = true; });
  EXPECT_FALSE(run_until([&] { return ended; }, 40)) << "it waits";
}

TEST_F(ApiTest, SetVariablesThenCancel) {
  ASSERT_TRUE(deploy());
  const std::int64_t instance = create(R"({"a":1})");
  pb::SetVariablesRequest set;
  set.set_elementinstancekey(instance);
  set.set_variables(R"({"a":2,"b":[]})");
  const auto answer = call<pb::SetVariablesResponse>("SetVariables", set);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_GT(answer->key(), 0);
  const auto job = take_one();
  EXPECT_THAT(job.variables(), HasSubstr(R"("a":2)"));
  EXPECT_THAT(job.variables(), HasSubstr(R"("b":[])"));
  pb::CancelProcessInstanceRequest cancel;
  cancel.set_processinstancekey(instance);
  ASSERT_TRUE(call<pb::CancelProcessInstanceResponse>("CancelProcessInstance", cancel));
  pb::CompleteJobRequest complete;
  complete.set_jobkey(job.key());
  EXPECT_EQ(call<pb::CompleteJobResponse>("CompleteJob", complete).error().code, Code::kNotFound);
  EXPECT_EQ(call<pb::CancelProcessInstanceResponse>("CancelProcessInstance", cancel).error().code, Code::kNotFound);
}

TEST_F(ApiTest, CreateWithResultAnswersAtTheEndWithTheVariables) {
  ASSERT_TRUE(deploy());
  pb::CreateProcessInstanceWithResultRequest request;
  *request.mutable_request() = creation(R"({"a":1,"b":2})");
  request.add_fetchvariables("b");
  request.add_fetchvariables("done");
  Result<std::string> answer = fail(Code::kUnknown, "none");
  bool ended = false;
  client_->unary(kService + "CreateProcessInstanceWithResult", request.SerializeAsString(),
                 [&](Result<std::string_view> reply) {
                   if (reply) answer = std::string(*reply);
                   ended = true;
                 });
  const auto jobs = activate(poll(1, 5000));
  ASSERT_TRUE(jobs);
  ASSERT_THAT(*jobs, SizeIs(1));
  EXPECT_FALSE(ended);
  pb::CompleteJobRequest complete;
  complete.set_jobkey(jobs->front().key());
  complete.set_variables(R"({"done":true})");
  ASSERT_TRUE(call<pb::CompleteJobResponse>("CompleteJob", complete));
  ASSERT_TRUE(run_until([&] { return ended; }));
  ASSERT_TRUE(answer);
  pb::CreateProcessInstanceWithResultResponse response;
  ASSERT_TRUE(response.ParseFromString(*answer));
  EXPECT_EQ(response.bpmnprocessid(), "p");
  EXPECT_EQ(response.processinstancekey(), jobs->front().processinstancekey());
  EXPECT_THAT(response.variables(), HasSubstr(R"("b":2)"));
  EXPECT_THAT(response.variables(), HasSubstr(R"("done":true)"));
  EXPECT_THAT(response.variables(), ::testing::Not(HasSubstr(R"("a")")));
}

TEST_F(ApiTest, CreateWithResultThatTakesTooLongIsDeadlineExceededAndTheInstanceGoesOn) {
  ASSERT_TRUE(deploy());
  pb::CreateProcessInstanceWithResultRequest request;
  *request.mutable_request() = creation();
  request.set_requesttimeout(20);
  const auto answer = call<pb::CreateProcessInstanceWithResultResponse>("CreateProcessInstanceWithResult", request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kDeadlineExceeded);
  EXPECT_THAT(answer.error().message, ::testing::StartsWith("Time out between gateway and broker"));
  pb::CompleteJobRequest complete;
  complete.set_jobkey(take_one().key());
  EXPECT_TRUE(call<pb::CompleteJobResponse>("CompleteJob", complete));
}

TEST_F(ApiTest, ALongPollIsWokenByACreateAndAShortOneEndsEmpty) {
  ASSERT_TRUE(deploy());
  const std::int64_t begin = clock_.boot_ns();
  EXPECT_THAT(*activate(poll(1, 20)), IsEmpty());
  EXPECT_GE(clock_.boot_ns() - begin, 20 * kMs);
  StreamResult<pb::ActivateJobsResponse> result;
  start_stream(*client_, "ActivateJobs", poll(5, 0), result);
  ASSERT_TRUE(run_until([&] { return partition_->stats().waiting_polls.load() == 1; }));
  EXPECT_FALSE(result.ended);
  create();
  ASSERT_TRUE(run_until([&] { return result.ended; }, 3000));
  ASSERT_TRUE(result.status);
  ASSERT_THAT(result.messages, SizeIs(1));
  EXPECT_EQ(result.messages[0].jobs_size(), 1);
}

TEST_F(ApiTest, ACancelledPollTakesNoJob) {
  ASSERT_TRUE(deploy());
  StreamResult<pb::ActivateJobsResponse> result;
  start_stream(*client_, "ActivateJobs", poll(5, 0), result);
  ASSERT_TRUE(run_until([&] { return partition_->stats().waiting_polls.load() == 1; }));
  ASSERT_TRUE(client_->cancel(result.handle));
  ASSERT_TRUE(run_until([&] { return partition_->stats().waiting_polls.load() == 0; }));
  create();
  EXPECT_THAT(*activate(poll()), SizeIs(1));
}

pb::StreamActivatedJobsRequest stream_request() {
  pb::StreamActivatedJobsRequest request;
  request.set_type("work");
  request.set_worker("streamer");
  request.set_timeout(60'000);
  return request;
}

TEST_F(ApiTest, AStreamGetsJobsAsTheyComeUntilItIsCancelled) {
  ASSERT_TRUE(deploy());
  StreamResult<pb::ActivatedJob> result;
  start_stream(*client_, "StreamActivatedJobs", stream_request(), result);
  ASSERT_TRUE(run_until([&] { return partition_->stats().open_streams.load() == 1; }));
  create();
  create();
  ASSERT_TRUE(run_until([&] { return result.messages.size() == 2; }));
  EXPECT_EQ(result.messages[0].worker(), "streamer");
  EXPECT_FALSE(result.ended);
  ASSERT_TRUE(client_->cancel(result.handle));
  ASSERT_TRUE(run_until([&] { return partition_->stats().open_streams.load() == 0; }));
  create();
  EXPECT_THAT(*activate(poll()), SizeIs(1)) << "the two that were delivered stay with the worker";
}

const std::string kLarge = R"({"blob":")" + std::string(600'000, 'x') + R"("})";

// Three jobs in one message that does not fit the client's window: all three come back, not only the first.
TEST_F(ApiTest, APollCancelledWithUnsentJobsHandsAllOfThemBack) {
  ASSERT_TRUE(deploy());
  for (int i = 0; i < 3; ++i) create(kLarge);
  auto slow = make_client(65'536);
  StreamResult<pb::ActivateJobsResponse> result;
  start_stream(*slow, "ActivateJobs", poll(3), result, true);
  const auto sent_before = server_->stats().messages_sent;
  ASSERT_TRUE(run_until([&] { return server_->stats().messages_sent > sent_before; }));
  EXPECT_THAT(*activate(poll()), IsEmpty()) << "they are on their way";
  ASSERT_TRUE(slow->cancel(result.handle));
  std::size_t back = 0;
  for (int i = 0; i < 5 && back < 3; ++i) back += activate(poll(3, 1000))->size();
  EXPECT_EQ(back, 3U);
  EXPECT_THAT(result.messages, IsEmpty());
}

TEST_F(ApiTest, AStreamCancelledWithUnsentJobsHandsThemBack) {
  ASSERT_TRUE(deploy());
  auto slow = make_client(65'536);
  StreamResult<pb::ActivatedJob> result;
  start_stream(*slow, "StreamActivatedJobs", stream_request(), result, true);
  ASSERT_TRUE(run_until([&] { return partition_->stats().open_streams.load() == 1; }));
  for (int i = 0; i < 6; ++i) create(kLarge);
  ASSERT_TRUE(slow->cancel(result.handle));
  std::size_t back = 0;
  for (int i = 0; i < 8 && back < 6; ++i) back += activate(poll(6, 1000))->size();
  EXPECT_EQ(back, 6U) << "none was sent whole";
}

// The job leaves the partition for a stream, and the stream ends before the journal has it.
TEST_F(ApiTest, AJobOnItsWayToAStreamThatEndsComesBack) {
  ASSERT_TRUE(deploy());
  StreamResult<pb::ActivatedJob> result;
  start_stream(*client_, "StreamActivatedJobs", stream_request(), result);
  ASSERT_TRUE(run_until([&] { return partition_->stats().open_streams.load() == 1; }));
  watch_.close();
  bool created = false;
  client_->unary(kService + "CreateProcessInstance", creation().SerializeAsString(), [&](auto&&) { created = true; });
  ASSERT_TRUE(run_until([&] { return partition_->stats().active_jobs.load() == 1; }));
  ASSERT_TRUE(client_->cancel(result.handle));
  ASSERT_TRUE(run_until([&] { return partition_->stats().open_streams.load() == 0; }));
  watch_.open();
  ASSERT_TRUE(run_until([&] { return created; }));
  EXPECT_THAT(*activate(poll(1, 1000)), SizeIs(1));
  EXPECT_THAT(result.messages, IsEmpty());
}

TEST_F(ApiTest, AJobOnItsWayToAPollThatEndsComesBack) {
  ASSERT_TRUE(deploy());
  watch_.close();
  bool created = false;
  client_->unary(kService + "CreateProcessInstance", creation().SerializeAsString(), [&](auto&&) { created = true; });
  ASSERT_TRUE(run_until([&] { return partition_->stats().active_jobs.load() == 1; }));
  StreamResult<pb::ActivateJobsResponse> result;
  const auto before = partition_->stats().last_position.load();
  start_stream(*client_, "ActivateJobs", poll(1, 5000), result);
  ASSERT_TRUE(run_until([&] { return partition_->stats().last_position.load() > before; }));
  ASSERT_TRUE(client_->cancel(result.handle));
  ASSERT_TRUE(run_until([&] { return result.ended && server_->stats().calls_open == 1; }));
  watch_.open();
  ASSERT_TRUE(run_until([&] { return created; }));
  EXPECT_THAT(*activate(poll(1, 1000)), SizeIs(1));
}

TEST_F(ApiTest, NothingIsAnsweredBeforeItIsDurable) {
  ASSERT_TRUE(deploy());
  watch_.close();
  bool answered = false;
  client_->unary(kService + "CreateProcessInstance", creation().SerializeAsString(), [&](auto&&) { answered = true; });
  ASSERT_TRUE(run_until([&] { return partition_->stats().active_instances.load() == 1; }));
  EXPECT_FALSE(run_until([&] { return answered; }, 30));
  watch_.open();
  EXPECT_TRUE(run_until([&] { return answered; }));
}

/// A queue for one request.
class FullQueueTest : public ApiTest {
 protected:
  FullQueueTest() : ApiTest(small()) {}
  static partition::PartitionOptions small() {
    partition::PartitionOptions options;
    options.max_queued = 1;
    return options;
  }
};

TEST_F(FullQueueTest, WhatBeginsWorkIsRefusedAndWhatEndsItIsTaken) {
  ASSERT_TRUE(deploy());
  create();
  const auto job = take_one();
  // Queued in one turn, they reach the partition as one list that is longer than its queue.
  std::vector<Result<std::string>> answers(4, fail(Code::kUnknown, "none"));
  std::size_t count = 0;
  const auto send = [&](std::size_t i, const std::string& rpc, const std::string& bytes) {
    client_->unary(kService + rpc, bytes, [&answers, &count, i](Result<std::string_view> reply) {
      if (reply) {
        answers[i] = std::string(*reply);
      } else {
        answers[i] = fail(reply.error());
      }
      ++count;
    });
  };
  pb::CompleteJobRequest complete;
  complete.set_jobkey(job.key());
  StreamResult<pb::ActivateJobsResponse> polled;
  send(0, "CreateProcessInstance", creation().SerializeAsString());
  send(1, "CompleteJob", complete.SerializeAsString());
  send(2, "CreateProcessInstance", creation().SerializeAsString());
  send(3, "Topology", "");
  start_stream(*client_, "ActivateJobs", poll(1, 5000), polled);
  ASSERT_TRUE(run_until([&] { return count == 4 && polled.ended; }));
  for (const std::size_t i : {0, 2}) {
    ASSERT_FALSE(answers[i]);
    EXPECT_EQ(answers[i].error().code, Code::kResourceExhausted);
  }
  EXPECT_TRUE(answers[1]) << answers[1].error().to_string();
  EXPECT_TRUE(answers[3]);
  ASSERT_FALSE(polled.status);
  EXPECT_EQ(polled.status.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace baton::gateway::test
