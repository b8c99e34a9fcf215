#include "load.h"

#include <vector>

#include "gateway/grpc/client.h"
#include "gateway_protocol.pb.h"
#include "models.h"

namespace baton::crash {

namespace {

namespace pb = gateway_protocol;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kPollEveryNs = 50 * kMs;
constexpr std::int64_t kRetryNs = 5 * kMs;
constexpr int kPolledJobs = 500;

std::string path_of(std::string_view rpc) {
  return "/gateway_protocol.Gateway/" + std::string(rpc);
}

/// The value of "n" in a job's variables; 0 if there is none.
std::uint64_t number_in(const std::string& variables) {
  const std::size_t at = variables.find("\"n\":");
  return at == std::string::npos ? 0 : std::strtoull(variables.c_str() + at + 4, nullptr, 10);
}

}  // namespace

struct Load::Impl {
  Impl(http2::EventLoop& event_loop, Ledger& books, LoadOptions settings)
      : loop(event_loop), ledger(books), options(std::move(settings)) {
    for (int i = 0; i < options.connections; ++i) {
      clients.push_back(
          std::make_unique<grpc::GrpcClient>(loop, grpc::GrpcClientOptions{.host = "127.0.0.1", .port = options.port}));
    }
  }

  /// One call, waiting for its answer on the loop.
  Status call(std::string_view rpc, const google::protobuf::MessageLite& request) {
    Status answer;
    clients[0]->unary(path_of(rpc), request.SerializeAsString(), [&](Result<std::string_view> reply) {
      answer = reply ? Status() : fail(reply.error());
      loop.stop();
    });
    loop.run();
    return answer;
  }

  void later(std::int64_t ns, std::function<void()> task) {
    loop.run_at(loop.now_ns() + ns, [alive = std::weak_ptr<int>(token), task = std::move(task)] {
      if (!alive.expired()) task();
    });
  }

  void create();
  void on_created(std::uint64_t n, Result<std::string_view> reply);
  void open_stream(std::size_t client);
  void poll();
  void take(std::size_t client, const pb::ActivatedJob& job);
  void on_completed(std::uint64_t n, const Result<std::string_view>& reply);
  void closed() {
    --open;
    if (ending && open == 0 && idle) std::exchange(idle, nullptr)();
  }

  http2::EventLoop& loop;
  Ledger& ledger;
  LoadOptions options;
  std::vector<std::unique_ptr<grpc::GrpcClient>> clients;
  bool offering = false;
  bool ending = false;
  std::uint64_t open = 0;
  std::function<void()> idle;
  std::shared_ptr<int> token = std::make_shared<int>(0);
};

void Load::Impl::create() {
  const std::uint64_t n = ledger.create();
  pb::CreateProcessInstanceRequest request;
  request.set_bpmnprocessid(options.process_id);
  request.set_version(-1);
  request.set_variables(fmt::format(R"({{"n":{},"customer":"Nordlicht GmbH","items":[1,2,3]}})", n));
  ++open;
  clients[n % clients.size()]->unary(path_of("CreateProcessInstance"), request.SerializeAsString(),
                                     [this, n](Result<std::string_view> reply) { on_created(n, reply); });
}

void Load::Impl::on_created(std::uint64_t n, Result<std::string_view> reply) {
  bool again = true;
  if (reply) {
    pb::CreateProcessInstanceResponse response;
    if (response.ParseFromArray(reply->data(), static_cast<int>(reply->size())) && response.processinstancekey() > 0) {
      ledger.created(n, response.processinstancekey());
    } else {
      ledger.violation(fmt::format("request {} was answered with what is no response", n));
    }
  } else if (reply.error().code == Code::kResourceExhausted) {
    // Back-pressure is a definite answer: nothing was done.
    ledger.refused(n);
    again = false;
    later(kRetryNs, [this] {
      if (offering && !ending) create();
    });
  } else if (reply.error().code == Code::kUnavailable) {
    again = false;
  } else {
    ledger.violation(fmt::format("request {}: {}", n, reply.error().to_string()));
  }
  if (again && offering && !ending) create();
  closed();
}

void Load::Impl::open_stream(std::size_t client) {
  pb::StreamActivatedJobsRequest request;
  request.set_type(options.job_type);
  request.set_worker("crash-driver");
  request.set_timeout(options.job_timeout_ms);
  ++open;
  clients[client]->server_stream(
      path_of("StreamActivatedJobs"), request.SerializeAsString(),
      [this, client](std::string_view message) {
        pb::ActivatedJob job;
        if (!job.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
          ledger.violation("a stream message is no job");
        } else {
          take(client, job);
        }
      },
      [this](const Status&) { closed(); });
}

void Load::Impl::poll() {
  pb::ActivateJobsRequest request;
  request.set_type(options.job_type);
  request.set_worker("crash-driver");
  request.set_timeout(options.job_timeout_ms);
  request.set_maxjobstoactivate(kPolledJobs);
  request.set_requesttimeout(-1);
  ++open;
  clients[0]->server_stream(
      path_of("ActivateJobs"), request.SerializeAsString(),
      [this](std::string_view message) {
        pb::ActivateJobsResponse response;
        if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
        for (const auto& job : response.jobs()) take(0, job);
      },
      [this](const Status&) {
        if (!ending) {
          later(kPollEveryNs, [this] {
            if (!ending) poll();
          });
        }
        closed();
      });
}

void Load::Impl::take(std::size_t client, const pb::ActivatedJob& job) {
  const std::uint64_t n = number_in(job.variables());
  if (ending || !ledger.offered(n, job.processinstancekey())) return;
  pb::CompleteJobRequest request;
  request.set_jobkey(job.key());
  request.set_variables(fmt::format(R"({{"done":{}}})", n));
  ++open;
  clients[client]->unary(path_of("CompleteJob"), request.SerializeAsString(),
                         [this, n](Result<std::string_view> reply) { on_completed(n, reply); });
}

void Load::Impl::on_completed(std::uint64_t n, const Result<std::string_view>& reply) {
  if (reply) {
    ledger.completed(n);
  } else if (reply.error().code == Code::kNotFound) {
    ledger.completion_not_found(n);
  } else if (reply.error().code == Code::kUnavailable) {
    ledger.completion_unknown(n);
  } else {
    ledger.completion_refused(n);
    ledger.violation(fmt::format("completion of request {}: {}", n, reply.error().to_string()));
  }
  closed();
}

Load::Load(http2::EventLoop& loop, Ledger& ledger, LoadOptions options)
    : impl_(std::make_unique<Impl>(loop, ledger, std::move(options))) {}

Load::~Load() = default;

Status Load::wait_ready(std::int64_t limit_ns, const std::function<bool()>& alive) {
  impl_->loop.refresh_now();
  const std::int64_t end = impl_->loop.now_ns() + limit_ns;
  for (;;) {
    const Status ready = impl_->call("Topology", pb::TopologyRequest());
    if (ready) return {};
    if (impl_->loop.now_ns() > end || (alive && !alive())) return fail(ready.error());
    impl_->later(kMs, [this] { impl_->loop.stop(); });
    impl_->loop.run();
  }
}

Status Load::deploy() {
  pb::DeployResourceRequest request;
  auto* resource = request.add_resources();
  resource->set_name("crash.bpmn");
  resource->set_content(bench::make_bpmn(impl_->options.process_id, 1, impl_->options.job_type));
  return impl_->call("DeployResource", request);
}

void Load::start(bool offering) {
  impl_->offering = offering;
  for (std::size_t i = 0; i < impl_->clients.size(); ++i) impl_->open_stream(i);
  impl_->poll();
  for (int i = 0; offering && i < impl_->options.in_flight; ++i) impl_->create();
}

void Load::end(std::function<void()> idle) {
  impl_->ending = true;
  impl_->idle = std::move(idle);
  if (impl_->open == 0 && impl_->idle) std::exchange(impl_->idle, nullptr)();
}

std::uint64_t Load::open_calls() const {
  return impl_->open;
}

}  // namespace baton::crash
