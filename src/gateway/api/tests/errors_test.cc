// Every rpc with missing, wrong and unknown arguments: the code and the text that clients match on
// (camunda-8-api.md 1.3).
#include <gmock/gmock.h>

#include <limits>

#include "gateway/api/tests/api_support.h"

namespace baton::gateway::test {
namespace {

using ::testing::HasSubstr;

class ErrorsTest : public ApiTest {
 protected:
  void SetUp() override { ASSERT_TRUE(deploy()); }
  template <typename Request>
  void expect(std::string_view rpc, const Request& request, Code code, const std::string& text) {
    const auto answer = raw(rpc, request.SerializeAsString());
    ASSERT_FALSE(answer) << rpc;
    EXPECT_EQ(answer.error().code, code) << rpc << ": " << answer.error().to_string();
    EXPECT_THAT(answer.error().message, HasSubstr(text)) << rpc;
  }
  void expect_poll(const pb::ActivateJobsRequest& request, const std::string& text) {
    const auto jobs = activate(request);
    ASSERT_FALSE(jobs);
    EXPECT_EQ(jobs.error().code, Code::kInvalidArgument);
    EXPECT_THAT(jobs.error().message, HasSubstr(text));
  }
};

TEST_F(ErrorsTest, BytesThatAreNoMessageAreInvalidEverywhere) {
  for (const char* rpc :
       {"DeployResource", "CreateProcessInstance", "CreateProcessInstanceWithResult", "CancelProcessInstance",
        "SetVariables", "ResolveIncident", "CompleteJob", "FailJob", "UpdateJobRetries", "UpdateJobTimeout",
        "EvaluateDecision", "DeleteResource", "PublishMessage", "BroadcastSignal", "ThrowError"}) {
    const auto answer = raw(rpc, "\xFF\xFF\xFF");
    ASSERT_FALSE(answer) << rpc;
    EXPECT_EQ(answer.error().code, Code::kInvalidArgument) << rpc;
    EXPECT_THAT(answer.error().message, HasSubstr("is not a valid")) << rpc;
  }
}

TEST_F(ErrorsTest, RpcsThatThisVersionDoesNotHaveAreUnimplemented) {
  for (const char* rpc :
       {"DeployProcess", "ModifyProcessInstance", "MigrateProcessInstance", "EvaluateConditional", "NoSuchRpc"}) {
    const auto answer = raw(rpc, "");
    ASSERT_FALSE(answer) << rpc;
    EXPECT_EQ(answer.error().code, Code::kUnimplemented) << rpc;
  }
}

TEST_F(ErrorsTest, ActivateJobsArguments) {
  auto request = poll();
  request.set_type(" \t");
  expect_poll(request, "Expected to activate jobs with type to be present, but it was blank");
  request = poll();
  request.set_worker("");
  expect_poll(request, "Expected to activate jobs with worker to be present, but it was blank");
  request = poll();
  request.set_timeout(0);
  expect_poll(request, "Expected to activate jobs with timeout to be greater than zero, but it was 0");
  expect_poll(poll(0), "Expected to activate jobs with maxJobsToActivate to be greater than zero, but it was 0");
  expect_poll(poll(-3), "greater than zero, but it was -3");
  request = poll();
  request.add_tenantids("acme");
  expect_poll(
      request,
      "Expected to handle gRPC request ActivateJobs with tenant identifier 'acme', but multi-tenancy is disabled");
  request = poll();
  request.add_tenantids("<default>");
  EXPECT_TRUE(activate(request)) << "what the Node and Python workers send";
}

TEST_F(ErrorsTest, StreamActivatedJobsArguments) {
  const auto expect_stream = [this](const pb::StreamActivatedJobsRequest& request, const std::string& text) {
    StreamResult<pb::ActivatedJob> result;
    start_stream(*client_, "StreamActivatedJobs", request, result);
    ASSERT_TRUE(run_until([&] { return result.ended; }));
    ASSERT_FALSE(result.status);
    EXPECT_EQ(result.status.error().code, Code::kInvalidArgument);
    EXPECT_THAT(result.status.error().message, HasSubstr(text));
  };
  pb::StreamActivatedJobsRequest request;
  request.set_timeout(1000);
  expect_stream(request, "type to be present, but it was blank");
  request.set_type("work");
  request.set_timeout(-1);
  expect_stream(request, "timeout to be greater than zero, but it was -1");
  request.set_timeout(1000);
  request.add_tenantids("acme");
  expect_stream(request, "StreamActivatedJobs with tenant identifier 'acme'");
}

TEST_F(ErrorsTest, CreateProcessInstanceArguments) {
  const std::string rpc = "CreateProcessInstance";
  expect(rpc, pb::CreateProcessInstanceRequest{}, Code::kInvalidArgument,
         "Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected at least a bpmnProcessId or a key greater "
         "than -1, but none given");
  auto request = creation();
  request.set_bpmnprocessid("nobody");
  expect(rpc, request, Code::kNotFound,
         "Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with process ID "
         "'nobody', but none found");
  request = creation();
  request.set_version(9);
  expect(rpc, request, Code::kNotFound,
         "Expected to find process definition with process ID 'p' and version '9', but none found");
  request = {};
  request.set_processdefinitionkey(4711);
  expect(rpc, request, Code::kNotFound, "Expected to find process definition with key '4711', but none found");
  for (const char* variables : {"{", "[1]", "7", "\"x\"", "{\"a\":}", "{} {}"}) {
    expect(rpc, creation(variables), Code::kInvalidArgument, "Expected variables to be a valid JSON object");
  }
  request = creation();
  request.set_tenantid("acme");
  expect(rpc, request, Code::kInvalidArgument, "tenant identifier 'acme', but multi-tenancy is disabled");
  request = creation();
  request.set_businessid(std::string(257, 'b'));
  expect(rpc, request, Code::kInvalidArgument, "a business id of at most 256 bytes");
  request = creation();
  request.add_startinstructions()->set_elementid("nothing");
  expect(rpc, request, Code::kInvalidArgument, "no element found with id 'nothing'");
  request = creation();
  request.add_runtimeinstructions();
  expect(rpc, request, Code::kInvalidArgument, "a runtime instruction");
  request = creation();
  request.add_runtimeinstructions()->mutable_terminate()->set_afterelementid("nothing");
  expect(rpc, request, Code::kInvalidArgument, "no element found with id 'nothing'");
}

TEST_F(ErrorsTest, MessagesSignalsAndErrors) {
  pb::PublishMessageRequest message;
  expect("PublishMessage", message, Code::kInvalidArgument, "a message with a name");
  message.set_name("paid");
  message.set_tenantid("acme");
  expect("PublishMessage", message, Code::kInvalidArgument, "PublishMessage with tenant identifier 'acme'");
  message.set_tenantid("");
  message.set_variables("[]");
  expect("PublishMessage", message, Code::kInvalidArgument, "a valid JSON object");
  message.set_variables("");
  message.set_messageid("id");
  message.set_timetolive(60'000);
  ASSERT_TRUE((call<pb::PublishMessageResponse>("PublishMessage", message)));
  expect("PublishMessage", message, Code::kAlreadyExists,
         "Command 'PUBLISH' rejected with code 'ALREADY_EXISTS': Expected to publish a new message with id 'id', but a "
         "message with that id was already published");
  expect("BroadcastSignal", pb::BroadcastSignalRequest{}, Code::kInvalidArgument, "a signal with a name");
  pb::ThrowErrorRequest error;
  error.set_jobkey(1);
  expect(
      "ThrowError", error, Code::kNotFound,
      "Command 'THROW_ERROR' rejected with code 'NOT_FOUND': Expected to throw an error for job with key '1', but no "
      "such job was found");
}

TEST_F(ErrorsTest, TagsAtTheLimitAndBeyond) {
  auto request = creation();
  for (int i = 0; i < 10; ++i) request.add_tags(i == 0 ? std::string(100, 'x') : "t-_:." + std::to_string(i));
  EXPECT_TRUE(call<pb::CreateProcessInstanceResponse>("CreateProcessInstance", request));
  request.add_tags("one-more");
  expect("CreateProcessInstance", request, Code::kInvalidArgument, "at most 10 tags, but 11");
  for (const std::string& tag :
       {std::string(101, 'x'), std::string(), std::string("1a"), std::string("a b"), std::string("ä")}) {
    request = creation();
    request.add_tags(tag);
    expect("CreateProcessInstance", request, Code::kInvalidArgument, "The tag '" + tag + "'");
  }
}

TEST_F(ErrorsTest, CreateWithResultArguments) {
  pb::CreateProcessInstanceWithResultRequest request;
  expect("CreateProcessInstanceWithResult", request, Code::kInvalidArgument, "but none given");
  *request.mutable_request() = creation("nonsense");
  expect("CreateProcessInstanceWithResult", request, Code::kInvalidArgument, "valid JSON object");
  *request.mutable_request() = creation();
  request.mutable_request()->set_bpmnprocessid("nobody");
  expect("CreateProcessInstanceWithResult", request, Code::kNotFound, "process ID 'nobody'");
}

template <typename Request>
Request with_job(std::int64_t key) {
  Request request;
  request.set_jobkey(key);
  return request;
}

TEST_F(ErrorsTest, UnknownKeysAreNotFoundWithTheTextThatClientsKnow) {
  expect("CompleteJob", with_job<pb::CompleteJobRequest>(4711), Code::kNotFound,
         "Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete job with key '4711', but no such job "
         "was found");
  expect(
      "FailJob", with_job<pb::FailJobRequest>(4711), Code::kNotFound,
      "Command 'FAIL' rejected with code 'NOT_FOUND': Expected to fail job with key '4711', but no such job was found");
  auto retries = with_job<pb::UpdateJobRetriesRequest>(4711);
  retries.set_retries(1);
  expect("UpdateJobRetries", retries, Code::kNotFound,
         "Command 'UPDATE_RETRIES' rejected with code 'NOT_FOUND': Expected to update retries for job with key '4711', "
         "but no such job was found");
  expect("UpdateJobTimeout", with_job<pb::UpdateJobTimeoutRequest>(4711), Code::kNotFound,
         "Command 'UPDATE_TIMEOUT' rejected with code 'NOT_FOUND': Expected to update job deadline with key '4711', "
         "but no such job was found");
  pb::CancelProcessInstanceRequest cancel;
  cancel.set_processinstancekey(4711);
  expect("CancelProcessInstance", cancel, Code::kNotFound,
         "Command 'CANCEL' rejected with code 'NOT_FOUND': Expected to cancel a process instance with key '4711', but "
         "no such process was found");
  pb::ResolveIncidentRequest resolve;
  resolve.set_incidentkey(4711);
  expect("ResolveIncident", resolve, Code::kNotFound,
         "Command 'RESOLVE' rejected with code 'NOT_FOUND': Expected to resolve incident with key '4711', but no such "
         "incident was found");
  pb::SetVariablesRequest set;
  set.set_elementinstancekey(4711);
  expect("SetVariables", set, Code::kNotFound,
         "Expected to update variables for element with key '4711', but no such element was found");
}

TEST_F(ErrorsTest, KeysOfAnotherKindAndStrangeKeysAreNotFound) {
  const std::int64_t instance = create();
  const auto job = take_one();
  for (const std::int64_t key : {instance, job.elementinstancekey(), std::int64_t{0}, std::int64_t{-1},
                                 std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    expect("CompleteJob", with_job<pb::CompleteJobRequest>(key), Code::kNotFound, "no such job was found");
    pb::ResolveIncidentRequest resolve;
    resolve.set_incidentkey(key);
    expect("ResolveIncident", resolve, Code::kNotFound, "no such incident was found");
  }
  pb::CancelProcessInstanceRequest cancel;
  cancel.set_processinstancekey(job.key());
  expect("CancelProcessInstance", cancel, Code::kNotFound, "no such process was found");
}

TEST_F(ErrorsTest, VariablesThatAreNoObjectAreInvalid) {
  auto complete = with_job<pb::CompleteJobRequest>(1);
  complete.set_variables("[]");
  expect("CompleteJob", complete, Code::kInvalidArgument, "Expected variables to be a valid JSON object");
  auto failed = with_job<pb::FailJobRequest>(1);
  failed.set_variables("x");
  expect("FailJob", failed, Code::kInvalidArgument, "Expected variables to be a valid JSON object");
  pb::SetVariablesRequest set;
  set.set_variables("1");
  expect("SetVariables", set, Code::kInvalidArgument, "Expected variables to be a valid JSON object");
}

TEST_F(ErrorsTest, JobsInTheWrongStateAreAFailedPrecondition) {
  create();
  auto job = take_one();
  auto failed = with_job<pb::FailJobRequest>(job.key());
  failed.set_retries(0);
  ASSERT_TRUE(call<pb::FailJobResponse>("FailJob", failed));
  expect("CompleteJob", with_job<pb::CompleteJobRequest>(job.key()), Code::kFailedPrecondition,
         "Command 'COMPLETE' rejected with code 'INVALID_STATE': Expected to complete job with key '" +
             std::to_string(job.key()) + "', but it is in state 'FAILED'");
  expect("FailJob", failed, Code::kFailedPrecondition, "but it is in state 'FAILED'");
  expect("UpdateJobTimeout", with_job<pb::UpdateJobTimeoutRequest>(job.key()), Code::kFailedPrecondition,
         "but it is not active");
  auto retries = with_job<pb::UpdateJobRetriesRequest>(job.key());
  for (const std::int32_t amount : {0, -1}) {
    retries.set_retries(amount);
    expect("UpdateJobRetries", retries, Code::kInvalidArgument,
           "with a positive amount of retries, but the amount given was '" + std::to_string(amount) + "'");
  }
}

TEST_F(ErrorsTest, AJobResultIsRefused) {
  create();
  auto complete = with_job<pb::CompleteJobRequest>(take_one().key());
  complete.mutable_result()->set_denied(true);
  expect("CompleteJob", complete, Code::kInvalidArgument, "A job result is only possible for");
}

TEST_F(ErrorsTest, DeploymentsThatAreRefusedSayWhyForEachResource) {
  expect("DeployResource", pb::DeployResourceRequest{}, Code::kInvalidArgument,
         "Expected to deploy at least one resource, but none given");
  pb::DeployResourceRequest tenant;
  tenant.set_tenantid("acme");
  expect("DeployResource", tenant, Code::kInvalidArgument, "DeployResource with tenant identifier 'acme'");
  pb::DeployResourceRequest request;
  const auto add = [&request](const std::string& name, const std::string& content) {
    auto* resource = request.add_resources();
    resource->set_name(name);
    resource->set_content(content);
  };
  namespace text = bpmn::testing;
  add("broken.bpmn", "<bpmn:definitions");
  add("gate.bpmn", text::around(text::node("eventBasedGateway", "id=\"a\"")));
  add("strange.txt", "hello");
  add("nameless.form", R"({"type":"default"})");
  add("good.bpmn", partition::test::one_task());
  const auto answer = raw("DeployResource", request.SerializeAsString());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kInvalidArgument);
  const std::string& message = answer.error().message;
  EXPECT_THAT(message, HasSubstr("Expected to deploy new resources, but encountered the following errors:"));
  EXPECT_THAT(message, HasSubstr("broken.bpmn"));
  EXPECT_THAT(message, HasSubstr("gate.bpmn"));
  EXPECT_THAT(message, HasSubstr("'strange.txt': unknown resource type"));
  EXPECT_THAT(message, HasSubstr("'nameless.form': Expected the form id to be present, but none given"));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("good.bpmn")));
}

}  // namespace
}  // namespace baton::gateway::test
