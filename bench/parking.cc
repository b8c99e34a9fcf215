#include "parking.h"

#include <fmt/format.h>

#include <deque>
#include <random>

#include "base/clock.h"
#include "gateway/grpc/client.h"
#include "gateway_protocol.pb.h"
#include "models.h"

namespace baton::bench {

namespace pb = gateway_protocol;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kRetryNs = 20 * kMs;
constexpr std::int64_t kCallLimitNs = 60'000 * kMs;
constexpr std::int64_t kJobTimeoutMs = 3'600'000;
constexpr int kJobsPerPoll = 1000;

/// The server did nothing and asks to be tried again.
bool is_refusal(const Error& error) {
  return error.code == Code::kResourceExhausted;
}

}  // namespace

struct Parking::Impl {
  Impl(http2::EventLoop& event_loop, std::uint16_t port, int most_in_flight, std::size_t payload_bytes)
      : loop(event_loop), in_flight(most_in_flight), payload(payload_bytes) {
    const std::string run_id = fmt::format("{:08x}", std::random_device{}());
    process_id = "parked_" + run_id;
    job_type = "parked-" + run_id;
    connect(port);
    pb::CreateProcessInstanceRequest request;
    request.set_bpmnprocessid(process_id);
    request.set_version(-1);
    request.set_variables(payload == 0 ? make_payload() : "{\"data\":\"" + std::string(payload, 'x') + "\"}");
    create_bytes = request.SerializeAsString();
  }
  void connect(std::uint16_t port) {
    constexpr int kConnections = 4;
    clients.clear();
    for (int i = 0; i < kConnections; ++i) {
      clients.push_back(std::make_unique<grpc::GrpcClient>(loop, grpc::GrpcClientOptions{.port = port}));
    }
  }
  grpc::GrpcClient& client() { return *clients[turn++ % clients.size()]; }

  Result<std::string> call(std::string_view rpc, const google::protobuf::MessageLite& request, std::int64_t limit_ns) {
    Result<std::string> answer = fail(Code::kCancelled, "no answer");
    loop.refresh_now();
    grpc::CallOptions options;
    options.deadline_ns = loop.now_ns() + limit_ns;
    client().unary(
        path_of(rpc), request.SerializeAsString(),
        [&](Result<std::string_view> reply) {
          answer = reply ? Result<std::string>(std::string(*reply)) : fail(reply.error());
          loop.stop();
        },
        options);
    loop.run();
    return answer;
  }

  void pause(std::int64_t ns) {
    loop.refresh_now();
    loop.run_at(loop.now_ns() + ns, [this] { loop.stop(); });
    loop.run();
  }

  // --- creating ---
  void create() {
    ++open;
    client().unary(create_path, create_bytes, [this](Result<std::string_view> reply) {
      --open;
      if (reply) {
        ++acknowledged;
      } else if (is_refusal(reply.error())) {
        ++refused;
      } else {
        ++unknown;
        if (error.message.empty()) error = reply.error();
      }
      if (refused != 0 && open == 0) {  // all of them wait a moment
        refused = 0;
        loop.run_at(loop.now_ns() + kRetryNs, [this] { fill(); });
      } else if (refused == 0) {
        fill();
      }
      if (open == 0 && (acknowledged >= target || stopped)) loop.stop();
    });
  }
  void fill() {
    while (!stopped && open < in_flight && acknowledged + static_cast<std::uint64_t>(open) < target) create();
  }
  void watch(const std::function<bool()>& while_running) {
    loop.run_at(loop.now_ns() + 10 * kMs, [this, &while_running] {
      if (stopped || acknowledged >= target) return;
      if (while_running && !while_running()) stopped = true;
      if (!error.message.empty()) stopped = true;
      if (stopped && open == 0) loop.stop();
      watch(while_running);
    });
  }

  // --- failing jobs ---
  void poll_jobs() {
    pb::ActivateJobsRequest request;
    request.set_type(job_type);
    request.set_worker("baton-bench");
    request.set_timeout(kJobTimeoutMs);
    request.set_maxjobstoactivate(static_cast<int>(std::min<std::uint64_t>(kJobsPerPoll, to_take)));
    request.set_requesttimeout(-1);
    request.add_fetchvariable("none");
    client().server_stream(
        path_of("ActivateJobs"), request.SerializeAsString(),
        [this](std::string_view message) {
          pb::ActivateJobsResponse response;
          if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
          for (const auto& job : response.jobs()) keys.push_back(job.key());
          to_take -= std::min<std::uint64_t>(to_take, static_cast<std::uint64_t>(response.jobs_size()));
        },
        [this](const Status& status) {
          if (!status && !is_refusal(status.error())) error = status.error();
          fail_more();
        });
  }
  void fail_more() {
    while (open < in_flight && !keys.empty()) {
      pb::FailJobRequest request;
      request.set_jobkey(keys.front());
      request.set_retries(1);
      request.set_errormessage("later");
      request.set_retrybackoff(backoff(failed++));
      keys.pop_front();
      ++open;
      client().unary(path_of("FailJob"), request.SerializeAsString(), [this](Result<std::string_view> reply) {
        --open;
        if (!reply) error = reply.error();
        if (keys.empty() && open == 0) {
          if (to_take == 0 || !error.message.empty()) {
            loop.stop();
          } else {
            poll_jobs();
          }
          return;
        }
        fail_more();
      });
    }
    if (keys.empty() && open == 0) {
      if (!error.message.empty()) {
        loop.stop();
      } else {
        loop.run_at(loop.now_ns() + kRetryNs, [this] { poll_jobs(); });
      }
    }
  }

  http2::EventLoop& loop;
  std::vector<std::unique_ptr<grpc::GrpcClient>> clients;
  std::size_t turn = 0;
  int in_flight;
  std::size_t payload;
  std::string process_id, job_type, create_bytes;
  const std::string create_path = path_of("CreateProcessInstance");
  int open = 0;
  bool stopped = false;
  std::uint64_t target = 0, acknowledged = 0, unknown = 0, refused = 0;
  std::uint64_t to_take = 0, failed = 0;
  std::deque<std::int64_t> keys;
  std::function<std::int64_t(std::uint64_t)> backoff;
  Error error{Code::kOk, {}};
};

Parking::Parking(http2::EventLoop& loop, std::uint16_t port, int in_flight, std::size_t payload)
    : impl_(std::make_unique<Impl>(loop, port, in_flight, payload)) {}
Parking::~Parking() = default;

Status Parking::deploy() {
  pb::DeployResourceRequest request;
  auto* resource = request.add_resources();
  resource->set_name(impl_->process_id + ".bpmn");
  resource->set_content(make_bpmn(impl_->process_id, 1, impl_->job_type));
  for (int tries = 0;; ++tries) {
    const auto answer = impl_->call("DeployResource", request, kCallLimitNs);
    if (answer) return {};
    if (tries == 1000 || answer.error().code != Code::kUnavailable) return fail(answer.error());
    impl_->pause(kRetryNs);
  }
}

Status Parking::create_until(std::uint64_t acknowledged, const std::function<bool()>& while_running) {
  Impl& impl = *impl_;
  impl.target = acknowledged;
  impl.stopped = false;
  impl.error = {Code::kOk, {}};
  impl.loop.refresh_now();
  impl.fill();
  impl.watch(while_running);
  if (impl.open > 0) impl.loop.run();
  if (!impl.error.message.empty()) return fail(impl.error);
  return {};
}

Status Parking::create_one(double limit_s) {
  const std::int64_t end = SystemClock().boot_ns() + static_cast<std::int64_t>(limit_s * 1e9);
  pb::CreateProcessInstanceRequest request;
  request.ParseFromString(impl_->create_bytes);
  while (true) {
    const auto answer = impl_->call("CreateProcessInstance", request, 1000 * kMs);
    if (answer) {
      ++impl_->acknowledged;
      return {};
    }
    if (answer.error().code != Code::kUnavailable && !is_refusal(answer.error())) ++impl_->unknown;
    if (SystemClock().boot_ns() > end) return fail(answer.error());
    impl_->pause(2 * kMs);
  }
}

Status Parking::fail_jobs(std::uint64_t count, const std::function<std::int64_t(std::uint64_t)>& backoff_ms) {
  Impl& impl = *impl_;
  if (count == 0) return {};
  impl.to_take = count;
  impl.failed = 0;
  impl.backoff = backoff_ms;
  impl.error = {Code::kOk, {}};
  impl.loop.refresh_now();
  impl.poll_jobs();
  impl.loop.run();
  if (!impl.error.message.empty()) return fail(impl.error);
  return {};
}

Result<bool> Parking::take_one() {
  pb::ActivateJobsRequest request;
  request.set_type(impl_->job_type);
  request.set_worker("baton-bench");
  request.set_timeout(kJobTimeoutMs);
  request.set_maxjobstoactivate(1);
  request.set_requesttimeout(1000);
  bool found = false;
  Status ended;
  impl_->loop.refresh_now();
  impl_->client().server_stream(
      path_of("ActivateJobs"), request.SerializeAsString(), [&](std::string_view) { found = true; },
      [&](const Status& status) {
        ended = status;
        impl_->loop.stop();
      });
  impl_->loop.run();
  if (!ended) return fail(ended.error());
  return found;
}

std::uint64_t Parking::acknowledged() const {
  return impl_->acknowledged;
}
std::uint64_t Parking::unknown() const {
  return impl_->unknown;
}
void Parking::reconnect(std::uint16_t port) {
  impl_->connect(port);
}

}  // namespace baton::bench
