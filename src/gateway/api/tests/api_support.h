// The gateway between a gRPC client and a partition whose journal is in memory, all in one process over loopback.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/api/gateway.h"
#include "gateway/grpc/client.h"
#include "gateway_protocol.pb.h"
#include "partition/tests/partition_support.h"

namespace baton::gateway::test {

namespace pb = gateway_protocol;

inline constexpr std::int64_t kMs = 1'000'000;
inline const std::string kService = "/gateway_protocol.Gateway/";

/// What came of a server-streaming call.
template <typename Message>
struct StreamResult {
  std::vector<Message> messages;
  bool ended = false;
  Status status;
  grpc::GrpcClient::CallHandle handle = 0;
};

class ApiTest : public ::testing::Test {
 protected:
  explicit ApiTest(partition::PartitionOptions options = {}) {
    grpc::GrpcServerOptions server_options;
    server_options.port = 0;
    auto made = grpc::GrpcServer::listen(loop_, server_options);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    server_ = std::move(*made);
    GatewayOptions gateway_options;
    gateway_options.port = server_->port();
    gateway_options.cluster_id = "the-cluster";
    gateway_options.request_timeout_ms = 10'000;
    gateway_options.long_poll_ms = 10'000;
    gateway_ = std::make_unique<Gateway>(loop_, clock_, gateway_options);
    partition_ = std::make_unique<partition::Partition>(clock_, *gateway_, options);
    const Status recovered = partition_->recover(
        [this](Position, const storage::BatchVisitor& visit) -> Result<std::unique_ptr<storage::Journal>> {
          storage::FileJournalOptions journal_options;
          journal_options.directory = "/data/journal";
          journal_options.prepare_in_background = false;
          BATON_ASSIGN(auto journal, storage::FileJournal::open(disk_, journal_options, visit));
          return std::unique_ptr<storage::Journal>(
              std::make_unique<partition::test::WatchedJournal>(std::move(journal), watch_));
        });
    EXPECT_TRUE(recovered);
    gateway_->serve(*server_, *partition_);
    partition_->start();
    client_ = make_client();
  }
  ~ApiTest() override {
    watch_.open();
    client_.reset();
    partition_->stop();
    server_.reset();
    partition_.reset();
    gateway_.reset();
  }

  /// `window`: how many bytes of a stream the server may send before the client consumes them.
  std::unique_ptr<grpc::GrpcClient> make_client(std::uint32_t window = 1U << 20) {
    grpc::GrpcClientOptions options;
    options.port = server_->port();
    options.session.stream_window_bytes = window;
    return std::make_unique<grpc::GrpcClient>(loop_, options);
  }

  /// Runs the loop until `done` or the limit; true if done.
  bool run_until(const std::function<bool()>& done, std::int64_t limit_ms = 20'000) {
    const std::int64_t end = clock_.boot_ns() + limit_ms * kMs;
    bool result = false;
    struct Poll {
      ApiTest* self;
      const std::function<bool()>* done;
      bool* result;
      std::int64_t end;
      void operator()() const {
        *result = (*done)();
        if (*result || self->clock_.boot_ns() > end) return self->loop_.stop();
        self->loop_.run_at(self->clock_.boot_ns() + kMs, *this);
      }
    };
    loop_.post(Poll{this, &done, &result, end});
    loop_.run();
    return result;
  }

  Result<std::string> raw(std::string_view rpc, std::string_view message) {
    Result<std::string> result = fail(Code::kUnknown, "no answer");
    bool done = false;
    client_->unary(kService + std::string(rpc), message, [&](Result<std::string_view> reply) {
      if (reply) {
        result = std::string(*reply);
      } else {
        result = fail(reply.error());
      }
      done = true;
    });
    EXPECT_TRUE(run_until([&] { return done; })) << rpc;
    return result;
  }
  template <typename Response, typename Request>
  Result<Response> call(std::string_view rpc, const Request& request) {
    BATON_ASSIGN(const std::string bytes, raw(rpc, request.SerializeAsString()));
    Response response;
    EXPECT_TRUE(response.ParseFromString(bytes)) << rpc;
    return response;
  }
  /// Starts a server-streaming call. `manual`: nothing is consumed, so that the window stays shut.
  template <typename Message, typename Request>
  void start_stream(grpc::GrpcClient& client, std::string_view rpc, const Request& request,
                    StreamResult<Message>& result, bool manual = false) {
    grpc::CallOptions options;
    options.manual_windows = manual;
    result.handle = client.server_stream(
        kService + std::string(rpc), request.SerializeAsString(),
        [&result](std::string_view bytes) {
          result.messages.emplace_back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
        },
        [&result](const Status& status) {
          result.status = status;
          result.ended = true;
        },
        options);
  }
  /// Polls to the end.
  Result<std::vector<pb::ActivatedJob>> activate(const pb::ActivateJobsRequest& request) {
    StreamResult<pb::ActivateJobsResponse> result;
    start_stream(*client_, "ActivateJobs", request, result);
    EXPECT_TRUE(run_until([&] { return result.ended; }));
    if (!result.status) return fail(result.status.error());
    std::vector<pb::ActivatedJob> jobs;
    for (const auto& message : result.messages) jobs.insert(jobs.end(), message.jobs().begin(), message.jobs().end());
    return jobs;
  }
  static pb::ActivateJobsRequest poll(std::int32_t most = 10, std::int64_t wait_ms = -1) {
    pb::ActivateJobsRequest request;
    request.set_type("work");
    request.set_worker("w");
    request.set_timeout(60'000);
    request.set_maxjobstoactivate(most);
    request.set_requesttimeout(wait_ms);
    return request;
  }
  Result<pb::DeployResourceResponse> deploy(const std::string& bpmn = partition::test::one_task(),
                                            const std::string& name = "p.bpmn") {
    pb::DeployResourceRequest request;
    auto* resource = request.add_resources();
    resource->set_name(name);
    resource->set_content(bpmn);
    return call<pb::DeployResourceResponse>("DeployResource", request);
  }
  static pb::CreateProcessInstanceRequest creation(const std::string& variables = {}) {
    pb::CreateProcessInstanceRequest request;
    request.set_bpmnprocessid("p");
    request.set_variables(variables);
    return request;
  }
  std::int64_t create(const std::string& variables = {}) {
    const auto response = call<pb::CreateProcessInstanceResponse>("CreateProcessInstance", creation(variables));
    EXPECT_TRUE(response) << response.error().to_string();
    return response ? response->processinstancekey() : 0;
  }
  pb::ActivatedJob take_one() {
    const auto jobs = activate(poll(1));
    EXPECT_TRUE(jobs);
    EXPECT_EQ(jobs->size(), 1U);
    return jobs && !jobs->empty() ? jobs->front() : pb::ActivatedJob{};
  }

  SystemClock clock_;
  http2::EventLoop loop_;
  partition::test::JournalWatch watch_;
  storage::MemoryDisk disk_;
  std::unique_ptr<grpc::GrpcServer> server_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<partition::Partition> partition_;
  std::unique_ptr<grpc::GrpcClient> client_;
};

}  // namespace baton::gateway::test
