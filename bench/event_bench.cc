#include "event_bench.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/thread.h"
#include "gateway/grpc/client.h"
#include "gateway_protocol.pb.h"
#include "models.h"

namespace baton::bench {

namespace pb = gateway_protocol;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kRetryNs = 20 * kMs;
constexpr double kBesideRate = 1000;
constexpr int kConnections = 4;
constexpr int kJobsPerPoll = 32;  // as workers of the official clients do unless told otherwise

double to_ms(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

/// Calls to one server, on the loop of the load.
class Calls {
 public:
  Calls(http2::EventLoop& loop, std::uint16_t port) : loop_(loop) {
    for (int i = 0; i < kConnections; ++i)
      clients_.push_back(std::make_unique<grpc::GrpcClient>(loop, grpc::GrpcClientOptions{.port = port}));
  }
  grpc::GrpcClient& client() { return *clients_[turn_++ % clients_.size()]; }

  Status deploy(const std::string& id, const std::string& bpmn) {
    pb::DeployResourceRequest request;
    auto* resource = request.add_resources();
    resource->set_name(id + ".bpmn");
    resource->set_content(bpmn);
    Status status;
    client().unary(path_of("DeployResource"), request.SerializeAsString(), [&](Result<std::string_view> reply) {
      if (!reply) status = fail(reply.error());
      loop_.stop();
    });
    loop_.run();
    return status;
  }

  /// Creates `count` instances, `in_flight` at a time; refused ones again.
  Status create(std::uint64_t count, int in_flight, const std::function<std::string(std::uint64_t)>& request) {
    if (count == 0) return {};
    Status failed;
    std::uint64_t begun = 0;
    std::uint64_t done = 0;
    std::function<void(std::uint64_t)> start = [&](std::uint64_t index) {
      client().unary(create_path_, request(index), [&, index](Result<std::string_view> reply) {
        if (!reply && reply.error().code == Code::kResourceExhausted) {
          loop_.run_at(loop_.now_ns() + kRetryNs, [&, index] { start(index); });
          return;
        }
        if (!reply && failed) failed = fail(reply.error());
        if (++done == count) return loop_.stop();
        if (begun < count) start(begun++);
      });
    };
    loop_.refresh_now();
    while (begun < count && begun < static_cast<std::uint64_t>(in_flight)) start(begun++);
    loop_.run();
    return failed;
  }

 private:
  http2::EventLoop& loop_;
  std::vector<std::unique_ptr<grpc::GrpcClient>> clients_;
  std::size_t turn_ = 0;
  const std::string create_path_ = path_of("CreateProcessInstance");
};

std::string timer_request(std::int64_t due_ms) {
  pb::CreateProcessInstanceRequest request;
  request.set_bpmnprocessid("timers");
  request.set_version(-1);
  const auto seconds = fmt::gmtime(static_cast<std::time_t>(due_ms / 1000));
  request.set_variables(fmt::format("{{\"due\":\"{:%Y-%m-%dT%H:%M:%S}.{:03}Z\"}}", seconds, due_ms % 1000));
  return request.SerializeAsString();
}

Status run_timers(http2::EventLoop& loop, const StateBenchOptions& options, const DataDirectory& directory,
                  Report& report) {
  constexpr std::int64_t kLongMs = 6 * 3'600'000;
  constexpr std::int64_t kCreatedPerMs = 8;  // slower than the server: the time is there for slow machines
  BATON_ASSIGN(auto server, start_server(directory.path(), options.server_options));
  BATON_TRY(wait_ready(loop, server));
  Calls calls(loop, server.grpc_port);
  BATON_TRY(calls.deploy("timers", make_timer_bpmn("timers")));
  const SystemClock clock;
  const auto due = static_cast<std::int64_t>(std::min(options.due, options.instances));
  const std::int64_t far = clock.wall().value() + kLongMs;
  BATON_TRY(calls.create(options.instances - static_cast<std::uint64_t>(due), options.in_flight,
                         [&](std::uint64_t i) { return timer_request(far + static_cast<std::int64_t>(i)); }));
  BATON_TRY(wait_until_stored(server));
  BATON_ASSIGN(const LoadResult alone, one_task(loop, server, options, kBesideRate));
  const std::int64_t target = clock.wall().value() + 8'000 + due / kCreatedPerMs;
  const auto due_of = [&](std::int64_t i) { return target + i * 1000 / due; };
  BATON_TRY(calls.create(static_cast<std::uint64_t>(due), options.in_flight,
                         [&](std::uint64_t i) { return timer_request(due_of(static_cast<std::int64_t>(i))); }));
  // One-task is measured from two seconds after its start on: the timers fall due in the midst of it.
  const std::int64_t left_ms = target - clock.wall().value();
  if (left_ms < 4000) return fail(Code::kDeadlineExceeded, "the machine is too slow to set the timers in time");
  std::this_thread::sleep_for(std::chrono::milliseconds(left_ms - 4000));
  BATON_ASSIGN(const LoadResult beside, one_task(loop, server, options, kBesideRate));
  server.process.stop();
  BATON_ASSIGN(const std::vector<std::int64_t> fired, frame_times(directory.path(), "TRIGGER_TIMER"));
  std::int64_t early = 0, worst = 0;
  for (std::size_t i = 0; i < fired.size(); ++i) {  // both in order
    const std::int64_t late = fired[i] - due_of(static_cast<std::int64_t>(i));
    if (late < 0) ++early;
    worst = std::max(worst, late);
  }
  report.add("instances", static_cast<double>(options.instances));
  report.add("due_in_one_second", static_cast<double>(due));
  report.add("fired", static_cast<double>(fired.size()));
  report.add("early", static_cast<double>(early));
  report.add("worst_late_ms", static_cast<double>(worst));
  report.add("p99_alone_ms", to_ms(alone.latency.percentile(99)));
  report.add("p99_beside_ms", to_ms(beside.latency.percentile(99)));
  return {};
}

/// A worker that completes whatever jobs of a type there are, until it is stopped. On a thread of its own: workers are
/// other programs, and what they are busy with is not the latency that one-task sees.
class JobWorker {
 public:
  JobWorker(std::uint16_t port, std::string type)
      : client_(loop_, grpc::GrpcClientOptions{.port = port}), type_(std::move(type)) {
    loop_.post([this] { poll(); });
    thread_ = std::thread([this] {
      ask_for_short_turns();
      loop_.run();
    });
  }
  ~JobWorker() { (void)stop(); }
  JobWorker(const JobWorker&) = delete;
  JobWorker& operator=(const JobWorker&) = delete;

  /// The first error that it met.
  Status stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    return status_;
  }

 private:
  void poll_if_idle() {
    if (!polling_ && open_ == 0) poll();
  }
  void poll() {
    polling_ = true;
    pb::ActivateJobsRequest request;
    request.set_type(type_);
    request.set_worker("baton-bench");
    request.set_timeout(3'600'000);
    request.set_maxjobstoactivate(kJobsPerPoll);
    request.set_requesttimeout(10'000);
    request.add_fetchvariable("item");
    client_.server_stream(
        path_of("ActivateJobs"), request.SerializeAsString(),
        [this](std::string_view message) {
          pb::ActivateJobsResponse response;
          if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
          for (const auto& job : response.jobs()) complete(job.key());
        },
        [this, alive = std::weak_ptr<int>(alive_)](const Status& status) {
          if (alive.expired()) return;
          if (!status && status.error().code != Code::kResourceExhausted) {
            status_ = status;
            return;
          }
          polling_ = false;
          poll_if_idle();
        });
  }
  void complete(std::int64_t key) {
    ++open_;
    pb::CompleteJobRequest request;
    request.set_jobkey(key);
    client_.unary(path_of("CompleteJob"), request.SerializeAsString(),
                  [this, alive = std::weak_ptr<int>(alive_), key](Result<std::string_view> reply) {
                    if (alive.expired()) return;
                    --open_;
                    if (!reply && reply.error().code == Code::kResourceExhausted) return complete(key);
                    if (!reply) status_ = fail(reply.error());
                    poll_if_idle();
                  });
  }

  http2::EventLoop loop_;
  grpc::GrpcClient client_;
  std::string type_;
  Status status_;
  std::thread thread_;
  int open_ = 0;
  bool polling_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

struct LoopRun {
  double seconds = 0;  // from the create call to the result
  LoadResult beside;
};

/// One instance with a loop, begun in the midst of one-task, and awaited.
Result<LoopRun> run_loop(http2::EventLoop& loop, const StateBenchOptions& options, const OwnServer& server,
                         const std::string& id, const std::string& job_type) {
  constexpr std::int64_t kBeginNs = 3'000 * kMs;
  constexpr std::int64_t kLimitNs = 300'000 * kMs;
  Calls calls(loop, server.grpc_port);
  BATON_TRY(calls.deploy(id, make_loop_bpmn(id, job_type)));
  std::optional<JobWorker> worker;
  if (!job_type.empty()) worker.emplace(server.grpc_port, job_type);
  pb::CreateProcessInstanceWithResultRequest request;
  request.mutable_request()->set_bpmnprocessid(id);
  request.mutable_request()->set_version(-1);
  request.mutable_request()->set_variables(fmt::format("{{\"items\":{}}}", options.items));
  request.set_requesttimeout(kLimitNs / kMs);
  request.add_fetchvariables("none");
  LoopRun run;
  const SystemClock clock;
  std::int64_t begin = 0;
  std::optional<Status> ended;
  loop.refresh_now();
  loop.run_at(loop.now_ns() + kBeginNs, [&] {
    begin = clock.boot_ns();
    calls.client().unary(path_of("CreateProcessInstanceWithResult"), request.SerializeAsString(),
                         [&](Result<std::string_view> reply) {
                           run.seconds = static_cast<double>(clock.boot_ns() - begin) / 1e9;
                           ended = reply ? Status() : fail(reply.error());
                         });
  });
  BATON_ASSIGN(run.beside, one_task(loop, server, options, kBesideRate));
  while (!ended && (begin == 0 || clock.boot_ns() - begin < kLimitNs)) {
    loop.refresh_now();
    loop.run_at(loop.now_ns() + kRetryNs, [&] { loop.stop(); });
    loop.run();
  }
  if (!ended) return failf(Code::kDeadlineExceeded, "the loop over {} items does not end", options.items);
  BATON_TRY(*ended);
  if (worker) BATON_TRY(worker->stop());
  return run;
}

Status run_multi_instance(http2::EventLoop& loop, const StateBenchOptions& options, const DataDirectory& directory,
                          Report& report) {
  BATON_ASSIGN(auto server, start_server(directory.path(), options.server_options));
  BATON_ASSIGN(const LoadResult alone, one_task(loop, server, options, kBesideRate));
  BATON_ASSIGN(const LoopRun plain, run_loop(loop, options, server, "loop", ""));
  BATON_ASSIGN(const LoopRun jobs, run_loop(loop, options, server, "loop_of_jobs", "bench-item"));
  server.process.stop();
  report.add("items", static_cast<double>(options.items));
  report.add("without_jobs_s", plain.seconds);
  report.add("with_jobs_s", jobs.seconds);
  report.add("p99_alone_ms", to_ms(alone.latency.percentile(99)));
  report.add("p99_beside_ms", to_ms(plain.beside.latency.percentile(99)));
  report.add("p99_beside_jobs_ms", to_ms(jobs.beside.latency.percentile(99)));
  return {};
}

}  // namespace

Result<Report> measure_timers(http2::EventLoop& loop, const StateBenchOptions& options) {
  return measure(
      "timers", "waiting timers, one-task at 1000/s beside them", options,
      [&](const DataDirectory& directory, Report& report) { return run_timers(loop, options, directory, report); });
}

Result<Report> measure_multi_instance(http2::EventLoop& loop, const StateBenchOptions& options) {
  return measure("multi-instance", "a loop over many items, one-task at 1000/s beside it", options,
                 [&](const DataDirectory& directory, Report& report) {
                   return run_multi_instance(loop, options, directory, report);
                 });
}

}  // namespace baton::bench
