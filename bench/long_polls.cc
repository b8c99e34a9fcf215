#include "long_polls.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <random>

#include "base/clock.h"
#include "gateway/grpc/client.h"
#include "gateway_protocol.pb.h"
#include "host.h"
#include "models.h"
#include "rest_client.h"

namespace baton::bench {

namespace {
namespace pb = gateway_protocol;
constexpr std::int64_t kMsNs = 1'000'000;
constexpr std::int64_t kLimitNs = 60'000 * kMsNs;
constexpr std::int64_t kLookEveryNs = 50 * kMsNs;
/// A poll is on its way when its bytes are written; it waits for sure a little later.
constexpr std::int64_t kPollSettlesNs = 3 * kMsNs;

void allow_files(int count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto wanted = static_cast<rlim_t>(count) + 200;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}
}  // namespace

struct LongPolls::Impl {
  Impl(http2::EventLoop& event_loop, const LongPollOptions& settings)
      : loop(event_loop), options(settings), client(loop, {.host = options.host, .port = options.port}) {
    const std::string run_id = fmt::format("{:08x}", std::random_device{}());
    process_id = "bench_" + run_id;
    job_type = "bench-" + run_id;
  }

  void fail_with(const std::string& text) {
    ++result.errors;
    if (result.first_error.empty()) result.first_error = text;
  }
  [[nodiscard]] std::string poll_body(const std::string& type, std::int64_t wait_ms) const {
    return fmt::format(R"({{"type":"{}","worker":"w","timeout":60000,"maxJobsToActivate":1,"requestTimeout":{}}})",
                       type, wait_ms);
  }
  /// Runs the loop for a while.
  void pause(std::int64_t ns) {
    loop.refresh_now();
    loop.run_at(loop.now_ns() + ns, [alive = std::weak_ptr<int>(token), this] {
      if (!alive.expired()) loop.stop();
    });
    loop.run();
  }
  Status deploy();
  [[nodiscard]] double waiting_polls() const {
    const auto text = http_get(options.host, options.http_port, "/metrics");
    return text ? prometheus_value(*text, "baton_long_polls").value_or(0) : 0;
  }
  Status open_idle();
  void measure_arrivals();
  void next_job();

  http2::EventLoop& loop;
  LongPollOptions options;
  grpc::GrpcClient client;
  std::unique_ptr<RestClient> idle, poll, create;
  std::string process_id, job_type;
  LongPollResult result;
  int left = 0;
  bool stopping = false;
  std::shared_ptr<int> token = std::make_shared<int>(0);
};

Status LongPolls::Impl::deploy() {
  pb::DeployResourceRequest request;
  auto* resource = request.add_resources();
  resource->set_name(process_id + ".bpmn");
  resource->set_content(make_bpmn(process_id, 1, job_type));
  Status status = fail(Code::kUnavailable, "no answer");
  client.unary("/gateway_protocol.Gateway/DeployResource", request.SerializeAsString(),
               [&](Result<std::string_view> reply) {
                 status = reply ? Status() : fail(reply.error());
                 loop.stop();
               });
  loop.run();
  return status;
}

/// Opens the idle polls, waits until the server says that they wait, and looks at what they cost.
Status LongPolls::Impl::open_idle() {
  allow_files(options.polls);
  const double before_mb = process_rss_mb(options.server_pid);
  const double waited_before = waiting_polls();
  idle = std::make_unique<RestClient>(loop, options.host, options.http_port, options.polls, 1);
  const std::string body = poll_body(job_type + "-nothing", 3'600'000);
  for (int i = 0; i < options.polls; ++i) {
    idle->post("/v2/jobs/activation", body, [this](unsigned status, std::string_view text) {
      if (!stopping) fail_with(fmt::format("an idle poll ended with {} {}", status, text));
    });
  }
  const std::int64_t end = SystemClock().boot_ns() + kLimitNs;
  while (!stopping && waiting_polls() - waited_before < options.polls) {
    if (SystemClock().boot_ns() > end) {
      return failf(Code::kUnavailable, "only {} of {} long polls wait", waiting_polls() - waited_before, options.polls);
    }
    pause(kLookEveryNs);
  }
  result.bytes_per_poll =
      (process_rss_mb(options.server_pid) - before_mb) * 1024 * 1024 / static_cast<double>(options.polls);
  return {};
}

void LongPolls::Impl::next_job() {
  if (stopping || left-- == 0) return loop.stop();
  auto sent = std::make_shared<std::int64_t>(0);
  poll->post("/v2/jobs/activation", poll_body(job_type, 30'000), [this, sent](unsigned status, std::string_view body) {
    const std::int64_t now = SystemClock().boot_ns();
    if (stopping) return;
    if (status != 200 || body.find("\"jobKey\"") == std::string_view::npos) {
      fail_with(fmt::format("a poll ended with {} {}", status, body));
    } else {
      result.arrival.record(static_cast<std::uint64_t>(now - *sent));
    }
    loop.post([this] { next_job(); });
  });
  loop.refresh_now();
  loop.run_at(loop.now_ns() + kPollSettlesNs, [alive = std::weak_ptr<int>(token), this, sent] {
    if (alive.expired() || stopping) return;
    *sent = SystemClock().boot_ns();
    create->post("/v2/process-instances",
                 fmt::format(R"({{"processDefinitionId":"{}","variables":{}}})", process_id, make_payload()),
                 [this](unsigned status, std::string_view body) {
                   if (status != 200) fail_with(fmt::format("a create ended with {} {}", status, body));
                 });
  });
}

void LongPolls::Impl::measure_arrivals() {
  poll = std::make_unique<RestClient>(loop, options.host, options.http_port, 1, 1);
  create = std::make_unique<RestClient>(loop, options.host, options.http_port, 1, 4);
  left = options.jobs;
  next_job();
  loop.run();
}

LongPolls::LongPolls(http2::EventLoop& loop, const LongPollOptions& options)
    : impl_(std::make_unique<Impl>(loop, options)) {}
LongPolls::~LongPolls() = default;

void LongPolls::interrupt() {
  impl_->stopping = true;
  impl_->loop.stop();
}

Result<LongPollResult> LongPolls::run() {
  BATON_TRY(impl_->deploy());
  BATON_TRY(impl_->open_idle());
  impl_->measure_arrivals();
  impl_->stopping = true;  // what ends now is no error
  return std::move(impl_->result);
}

}  // namespace baton::bench
