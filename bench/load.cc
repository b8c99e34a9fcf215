#include "load.h"

#include <fmt/format.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <random>
#include <vector>

#include "base/clock.h"
#include "gateway/grpc/client.h"
#include "gateway_protocol.pb.h"
#include "models.h"
#include "rest_client.h"

namespace baton::bench {
namespace {

namespace pb = gateway_protocol;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kPollEveryNs = kSecondNs / 2;
constexpr std::int64_t kRetryNs = 20'000'000;  // closed loop: after a refused call
constexpr std::int64_t kPaceNs = 100'000;      // due instances are sent together at this grain
constexpr std::int64_t kCallLimitNs = 30 * kSecondNs;
constexpr std::int64_t kJobTimeoutMs = 60'000;
constexpr int kPolledJobs = 256;
constexpr int kRestPolls = 2;
constexpr std::uint64_t kWaitingAhead = 1000;  // kMessage: instances that wait before their message is due

std::int64_t to_ns(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

/// A precise absolute timer (CLOCK_BOOTTIME); the loop's wheel is too coarse to pace an open loop.
class PaceTimer final : private http2::FdEvents {
 public:
  PaceTimer(http2::EventLoop& loop, std::function<void()> fire)
      : fire_(std::move(fire)), watcher_(loop, ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC), *this) {
    watcher_.wait_readable();
  }
  virtual ~PaceTimer() = default;
  void arm(std::int64_t due_ns) {
    itimerspec spec{};
    spec.it_value.tv_sec = due_ns / kSecondNs;
    spec.it_value.tv_nsec = due_ns % kSecondNs;
    ::timerfd_settime(watcher_.fd(), TFD_TIMER_ABSTIME, &spec, nullptr);
  }

 private:
  void on_readable() override {
    std::uint64_t expirations = 0;
    const bool fired = ::read(watcher_.fd(), &expirations, sizeof expirations) == sizeof expirations;
    watcher_.wait_readable();
    if (fired) fire_();
  }
  void on_writable() override {}
  std::function<void()> fire_;
  http2::FdWatcher watcher_;
};

/// A serialized create request whose payload number is patched in place: no protobuf work per instance.
class RequestTemplate {
 public:
  void set(std::string bytes) {
    bytes_ = std::move(bytes);
    at_ = bytes_.find(std::to_string(kFirstSeq));
  }
  std::string_view with(std::uint64_t index) {
    auto value = static_cast<std::uint64_t>(kFirstSeq) + index;
    for (int i = kSeqDigits - 1; i >= 0; --i, value /= 10) {
      bytes_[at_ + static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    }
    return bytes_;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

/// The instance's number from a job's variables; nullopt if it is not ours.
std::optional<std::uint64_t> index_of(std::string_view variables) {
  constexpr std::string_view kName = "\"seq\":";
  const std::size_t at = variables.find(kName);
  if (at == std::string_view::npos || variables.size() < at + kName.size() + kSeqDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : variables.substr(at + kName.size(), kSeqDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value < static_cast<std::uint64_t>(kFirstSeq)) return std::nullopt;
  return value - static_cast<std::uint64_t>(kFirstSeq);
}

}  // namespace

struct LoadDriver::Impl {
  Impl(http2::EventLoop& event_loop, LoadOptions settings, LoadHooks load_hooks)
      : loop(event_loop),
        options(std::move(settings)),
        hooks(std::move(load_hooks)),
        pace(loop, [this] { on_pace(); }),
        waiter(loop, [this] {
          if (pausing) loop.stop();
        }) {
    loop.refresh_now();
    for (int i = 0; i < options.connections; ++i) {
      clients.push_back(std::make_unique<grpc::GrpcClient>(
          loop, grpc::GrpcClientOptions{.host = options.host, .port = options.port}));
    }
    const std::string run_id = fmt::format("{:08x}", std::random_device{}());
    process_id = "bench_" + run_id;
    job_type = "bench-" + run_id;
    if (rest_workload()) {
      rest = std::make_unique<RestClient>(loop, options.host, options.http_port, options.http_connections,
                                          options.pipeline);
      polls = std::make_unique<RestClient>(loop, options.host, options.http_port, kRestPolls, 1);
    }
    tasks = options.workload == Workload::kOneTask || rest_workload() ? 1
            : options.workload == Workload::kTenTasks                 ? 10
                                                                      : 0;
  }

  grpc::GrpcClient& client_of(std::uint64_t index) { return *clients[index % clients.size()]; }

  /// One call, waiting for its answer on the loop.
  Result<std::string> call(std::string_view rpc, const google::protobuf::MessageLite& request, std::int64_t limit_ns) {
    if (stopping) return fail(Code::kCancelled, "Interrupted");
    Result<std::string> answer = fail(Code::kCancelled, "Interrupted");
    loop.refresh_now();
    grpc::CallOptions call_options;
    call_options.deadline_ns = loop.now_ns() + limit_ns;
    auto waiting = std::make_shared<bool>(true);  // an interrupted wait may leave the callback behind
    clients[0]->unary(
        path_of(rpc), request.SerializeAsString(),
        [&, waiting](Result<std::string_view> reply) {
          if (!*waiting) return;
          answer = reply ? Result<std::string>(std::string(*reply)) : fail(reply.error());
          loop.stop();
        },
        call_options);
    loop.run();
    *waiting = false;
    return answer;
  }

  /// Runs the loop for a while, precisely: a cold start is measured in steps of this.
  void pause(std::int64_t ns) {
    loop.refresh_now();
    pausing = true;
    waiter.arm(loop.now_ns() + ns);
    loop.run();
    pausing = false;
  }

  /// Like EventLoop::run_at(), but forgotten when the driver is gone.
  void later(std::int64_t due, std::function<void()> task) {
    loop.run_at(due, [alive = std::weak_ptr<int>(token), task = std::move(task)] {
      if (!alive.expired()) task();
    });
  }

  Status wait_ready();
  Status deploy();
  void open_streams();
  void open_stream(std::size_t client);
  void poll();
  void make_template();
  Result<LoadResult> run();

  void start_instance(std::uint64_t index, std::int64_t due_ns);
  void create(std::uint64_t index);
  void publish(std::uint64_t index);
  void on_created(std::uint64_t index, const Result<std::string_view>& reply);
  void complete_job(std::size_t client, const pb::ActivatedJob& job);
  void on_completed(std::uint64_t index);
  void on_error(const Error& error);
  void replace_later();
  void on_pace();
  void begin_measuring();
  void end_measuring();

  void rest_poll();
  void rest_complete(std::string_view key, std::uint64_t index);
  void on_rest_error(unsigned status, std::string_view body);
  [[nodiscard]] bool rest_workload() const { return options.workload == Workload::kOneTaskRest; }
  [[nodiscard]] bool open_loop() const { return options.rate > 0; }
  [[nodiscard]] std::int64_t due_of(std::uint64_t index) const {
    return start_ns + static_cast<std::int64_t>(static_cast<double>(index) * 1e9 / options.rate);
  }

  http2::EventLoop& loop;
  LoadOptions options;
  LoadHooks hooks;
  std::vector<std::unique_ptr<grpc::GrpcClient>> clients;
  std::unique_ptr<RestClient> rest, polls;
  PaceTimer pace;
  PaceTimer waiter;
  bool pausing = false;
  std::string process_id, job_type;
  int tasks = 0;
  RequestTemplate create_request, publish_request;
  std::string create_path;
  const std::string complete_path = path_of("CompleteJob");
  const std::string publish_path = path_of("PublishMessage");
  std::string last_task;
  std::vector<std::int64_t> due_ns;  // by instance index; 0: completed
  std::int64_t start_ns = 0, measure_ns = 0, end_ns = 0;
  std::uint64_t measured_open = 0;  // open loop: due in the measured time and not completed
  bool measuring = false;
  bool offering = false;  // new instances are started
  bool working = false;   // jobs are taken and completed: until the end of the cooldown
  bool stopping = false;
  pb::ActivatedJob job_buffer;
  pb::CompleteJobRequest complete_buffer;
  LoadResult result;
  std::shared_ptr<int> token = std::make_shared<int>(0);
};

Status LoadDriver::Impl::wait_ready() {
  const std::int64_t end = SystemClock().boot_ns() + to_ns(options.ready_s);
  for (;;) {
    const auto reply = call("Topology", pb::TopologyRequest(), kSecondNs * 5);
    if (reply) return {};
    if (stopping) return fail(Code::kCancelled, "Interrupted");
    if (SystemClock().boot_ns() > end) {
      return failf(Code::kUnavailable, "{}:{} is not ready: {}", options.host, options.port, reply.error().to_string());
    }
    pause(10'000'000);
  }
}

Status LoadDriver::Impl::deploy() {
  pb::DeployResourceRequest request;
  auto* resource = request.add_resources();
  resource->set_name(process_id + ".bpmn");
  resource->set_content(options.workload == Workload::kMessage ? make_message_bpmn(process_id)
                                                               : make_bpmn(process_id, tasks, job_type));
  BATON_TRY(call("DeployResource", request, kCallLimitNs));
  return {};
}

void LoadDriver::Impl::make_template() {
  pb::CreateProcessInstanceRequest create;
  create.set_bpmnprocessid(process_id);
  create.set_version(-1);
  create.set_variables(make_payload());
  if (rest_workload()) {
    create_request.set(fmt::format(R"({{"processDefinitionId":"{}","variables":{}}})", process_id, make_payload()));
  } else if (tasks == 0) {
    pb::CreateProcessInstanceWithResultRequest request;
    *request.mutable_request() = create;
    request.set_requesttimeout(kCallLimitNs / 1'000'000);
    create_request.set(request.SerializeAsString());
    create_path = path_of("CreateProcessInstanceWithResult");
    pb::PublishMessageRequest publish;
    publish.set_name("paid");
    publish.set_correlationkey(std::to_string(kFirstSeq));
    publish_request.set(publish.SerializeAsString());
  } else {
    create_request.set(create.SerializeAsString());
    create_path = path_of("CreateProcessInstance");
    last_task = "task_" + std::to_string(tasks);
  }
}

void LoadDriver::Impl::open_stream(std::size_t client) {
  pb::StreamActivatedJobsRequest request;
  request.set_type(job_type);
  request.set_worker("baton-bench");
  request.set_timeout(kJobTimeoutMs);
  clients[client]->server_stream(
      path_of("StreamActivatedJobs"), request.SerializeAsString(),
      [this, client](std::string_view message) {
        if (!job_buffer.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
        if (measuring) ++result.jobs_pushed;
        complete_job(client, job_buffer);
      },
      [this, client](const Status& status) {
        if (!working) return;
        if (!status) on_error(status.error());
        later(loop.now_ns() + kSecondNs / 10, [this, client] {
          if (working) open_stream(client);
        });
      });
}

void LoadDriver::Impl::open_streams() {
  if (tasks == 0) return;
  if (rest_workload()) {
    for (int i = 0; i < kRestPolls; ++i) rest_poll();
    return;
  }
  for (std::size_t i = 0; i < clients.size(); ++i) open_stream(i);
  poll();
}

/// Streams are not given the backlog (jobs that found no free stream): a worker polls for it now and then.
void LoadDriver::Impl::poll() {
  pb::ActivateJobsRequest request;
  request.set_type(job_type);
  request.set_worker("baton-bench");
  request.set_timeout(kJobTimeoutMs);
  request.set_maxjobstoactivate(kPolledJobs);
  request.set_requesttimeout(-1);
  auto found = std::make_shared<int>(0);
  clients[0]->server_stream(
      path_of("ActivateJobs"), request.SerializeAsString(),
      [this, found](std::string_view message) {
        pb::ActivateJobsResponse response;
        if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
        *found += response.jobs_size();
        if (measuring) result.jobs_polled += static_cast<std::uint64_t>(response.jobs_size());
        for (const auto& job : response.jobs()) complete_job(0, job);
      },
      [this, found](const Status& status) {
        if (!working) return;
        if (!status && status.error().code != Code::kResourceExhausted) on_error(status.error());
        later(loop.now_ns() + (*found > 0 ? kSecondNs / 100 : kPollEveryNs), [this] {
          if (working) poll();
        });
      });
}

void LoadDriver::Impl::start_instance(std::uint64_t index, std::int64_t due) {
  due_ns.push_back(due);
  if (due >= measure_ns && due < end_ns) {
    ++result.offered;
    ++measured_open;
  }
  if (rest_workload()) {
    rest->post("/v2/process-instances", create_request.with(index),
               [this, index](unsigned status, std::string_view body) {
                 if (status == 200) return;
                 due_ns[index] = 0;
                 on_rest_error(status, body);
                 replace_later();
               });
    return;
  }
  if (options.workload != Workload::kMessage) return create(index);
  create(index + kWaitingAhead);
  publish(index);
}

void LoadDriver::Impl::create(std::uint64_t index) {
  client_of(index).unary(create_path, create_request.with(index),
                         [this, index](Result<std::string_view> reply) { on_created(index, reply); });
}

/// kMessage: the answer to the create call, not the one to this, completes the instance.
void LoadDriver::Impl::publish(std::uint64_t index) {
  client_of(index).unary(publish_path, publish_request.with(index), [this, index](Result<std::string_view> reply) {
    if (reply) return;
    due_ns[index] = 0;
    on_error(reply.error());
    replace_later();
  });
}

void LoadDriver::Impl::on_created(std::uint64_t index, const Result<std::string_view>& reply) {
  if (!reply) {
    if (index < due_ns.size()) due_ns[index] = 0;  // else its message is not published yet
    on_error(reply.error());
    replace_later();
  } else if (tasks == 0) {
    on_completed(index);
  }
}

void LoadDriver::Impl::complete_job(std::size_t client, const pb::ActivatedJob& job) {
  complete_buffer.set_jobkey(job.key());
  const auto index = job.elementid() == last_task ? index_of(job.variables()) : std::nullopt;
  clients[client]->unary(complete_path, complete_buffer.SerializeAsString(),
                         [this, index](Result<std::string_view> reply) {
                           if (!reply) {
                             on_error(reply.error());
                             // Whatever became of the instance, the closed loop keeps its number in flight.
                             if (index) replace_later();
                           } else if (index) {
                             on_completed(*index);
                           }
                         });
}

/// A REST worker: long polls, each job completed by a request of its own.
void LoadDriver::Impl::rest_poll() {
  const std::string request = fmt::format(
      R"({{"type":"{}","worker":"baton-bench","timeout":{},"maxJobsToActivate":{},"requestTimeout":10000}})", job_type,
      kJobTimeoutMs, kPolledJobs);
  polls->post("/v2/jobs/activation", request, [this](unsigned status, std::string_view body) {
    if (!working) return;
    if (status != 200) {
      on_rest_error(status, body);
      return later(loop.now_ns() + kRetryNs, [this] {
        if (working) rest_poll();
      });
    }
    rest_poll();
    constexpr std::string_view kKey = "\"jobKey\":\"";
    while (true) {
      // Variables come before the key in each job.
      const auto index = index_of(body);
      const std::size_t at = body.find(kKey);
      if (at == std::string_view::npos) break;
      const std::size_t end = body.find('"', at + kKey.size());
      if (measuring) ++result.jobs_polled;
      if (index) rest_complete(body.substr(at + kKey.size(), end - at - kKey.size()), *index);
      body.remove_prefix(end);
    }
  });
}

void LoadDriver::Impl::rest_complete(std::string_view key, std::uint64_t index) {
  rest->post(fmt::format("/v2/jobs/{}/completion", key), "{}", [this, index](unsigned status, std::string_view body) {
    if (status == 204) return on_completed(index);
    on_rest_error(status, body);
    replace_later();
  });
}

void LoadDriver::Impl::on_rest_error(unsigned status, std::string_view body) {
  on_error({status == 503 ? Code::kResourceExhausted : Code::kUnknown, fmt::format("HTTP {}: {}", status, body)});
}

void LoadDriver::Impl::on_completed(std::uint64_t index) {
  if (index >= due_ns.size() || due_ns[index] == 0) return;
  const std::int64_t now = loop.now_ns();
  const std::int64_t due = std::exchange(due_ns[index], 0);
  if (measuring) ++result.completed;
  if (due >= measure_ns && due < end_ns) {
    --measured_open;
    if (open_loop()) result.latency.record(static_cast<std::uint64_t>(std::max<std::int64_t>(now - due, 0)));
  }
  if (!open_loop() && offering) start_instance(due_ns.size(), now);
  if (open_loop() && !offering && measured_open == 0) loop.stop();
}

void LoadDriver::Impl::on_error(const Error& error) {
  if (stopping) return;
  if (result.first_error.empty()) result.first_error = error.to_string();
  if (measuring) ++result.errors;
}

/// Closed loop: a failed instance is replaced after a moment, so that a refusing server is not hammered.
void LoadDriver::Impl::replace_later() {
  if (open_loop()) return;
  later(loop.now_ns() + kRetryNs, [this] {
    if (offering) start_instance(due_ns.size(), loop.now_ns());
  });
}

void LoadDriver::Impl::on_pace() {
  if (!offering) return;
  const std::int64_t now = loop.now_ns();
  while (due_of(due_ns.size()) <= now && due_of(due_ns.size()) < end_ns) {
    start_instance(due_ns.size(), due_of(due_ns.size()));
  }
  if (due_of(due_ns.size()) < end_ns) pace.arm(std::max(due_of(due_ns.size()), now + kPaceNs));
}

void LoadDriver::Impl::begin_measuring() {
  measuring = true;
  if (hooks.on_begin) hooks.on_begin();
}

void LoadDriver::Impl::end_measuring() {
  measuring = offering = false;
  result.seconds = static_cast<double>(loop.now_ns() - measure_ns) / 1e9;
  if (hooks.on_end) hooks.on_end();
  if (!open_loop() || measured_open == 0) return loop.stop();
  later(loop.now_ns() + to_ns(options.cooldown_s), [this] { loop.stop(); });
}

Result<LoadResult> LoadDriver::Impl::run() {
  BATON_TRY(deploy());
  make_template();
  offering = working = true;
  open_streams();
  if (options.workload == Workload::kMessage) {
    for (std::uint64_t i = 0; i < kWaitingAhead; ++i) create(i);
  }
  pause(kSecondNs / 10);  // the streams are registered before the first instance
  loop.refresh_now();
  start_ns = loop.now_ns();
  measure_ns = start_ns + to_ns(options.warmup_s);
  end_ns = measure_ns + to_ns(options.seconds);
  due_ns.reserve(1U << 20);
  later(measure_ns, [this] { begin_measuring(); });
  later(end_ns, [this] { end_measuring(); });
  if (open_loop()) {
    pace.arm(start_ns + 1);
  } else {
    for (int i = 0; i < options.in_flight; ++i) start_instance(due_ns.size(), start_ns);
  }
  if (!stopping) loop.run();
  if (measuring) {  // interrupted: what was measured until now
    result.seconds = static_cast<double>(loop.now_ns() - measure_ns) / 1e9;
    if (hooks.on_end) hooks.on_end();
  }
  offering = working = measuring = false;
  result.unfinished = open_loop() ? measured_open : 0;
  result.interrupted = stopping;
  clients.clear();
  rest.reset();
  polls.reset();
  return std::move(result);
}

LoadDriver::LoadDriver(http2::EventLoop& loop, LoadOptions options, LoadHooks hooks)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(hooks))) {}

LoadDriver::~LoadDriver() = default;

Status LoadDriver::wait_ready() {
  return impl_->wait_ready();
}

Result<LoadResult> LoadDriver::run() {
  return impl_->run();
}

Status LoadDriver::complete_one() {
  Impl& impl = *impl_;
  const std::int64_t end = SystemClock().boot_ns() + to_ns(impl.options.ready_s);
  for (;;) {
    const Status deployed = impl.deploy();
    if (deployed) break;
    if (impl.stopping || SystemClock().boot_ns() > end) return deployed;
    // Refused connections and a server that still recovers are what a cold start waits for.
    if (deployed.error().code != Code::kUnavailable && deployed.error().code != Code::kResourceExhausted)
      return deployed;
    impl.pause(200'000);
  }
  pb::CreateProcessInstanceWithResultRequest request;
  request.mutable_request()->set_bpmnprocessid(impl.process_id);
  request.mutable_request()->set_version(-1);
  request.mutable_request()->set_variables(make_payload());
  BATON_TRY(impl.call("CreateProcessInstanceWithResult", request, kCallLimitNs));
  return {};
}

void LoadDriver::interrupt() {
  impl_->stopping = true;
  impl_->loop.stop();
}

}  // namespace baton::bench
