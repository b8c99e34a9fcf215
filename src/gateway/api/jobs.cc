// Jobs: activation by poll and stream, completion, failure, updates.
#include "base/bytes.h"
#include "gateway/api/gateway.h"
#include "gateway_protocol.pb.h"

namespace baton::gateway {

namespace {

namespace pb = gateway_protocol;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// Checks what polls and streams have in common.
template <typename Request>
bool to_job_request(Gateway& gateway, Gateway::Call call, const char* rpc, const Request& request,
                    partition::JobRequest& out) {
  if (gateway.stopping()) {
    gateway.refuse(call, Code::kUnavailable, "The server is shutting down");
    return false;
  }
  if (is_blank(request.type())) {
    gateway.refuse(call, Code::kInvalidArgument, "Expected to activate jobs with type to be present, but it was blank");
    return false;
  }
  if (request.timeout() < 1) {
    gateway.refuse(call, Code::kInvalidArgument,
                   fmt::format("Expected to activate jobs with timeout to be greater than zero, but it was {}",
                               request.timeout()));
    return false;
  }
  for (const auto& tenant : request.tenantids()) {
    if (!accept_tenant(gateway, call, rpc, tenant)) return false;
  }
  out.type = request.type();
  out.worker = request.worker();
  out.timeout_ms = limited_ms(request.timeout());
  out.fetch_variables.assign(request.fetchvariable().begin(), request.fetchvariable().end());
  out.tenants = {gateway.caller().tenant};
  return true;
}

Key key_of(std::int64_t key) {
  return Key(static_cast<std::uint64_t>(key));
}

}  // namespace

void activate_jobs(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::ActivateJobsRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  partition::Poll poll;
  if (!to_job_request(gateway, call, "ActivateJobs", request, poll.request)) return;
  if (is_blank(request.worker())) {
    gateway.refuse(call, Code::kInvalidArgument,
                   "Expected to activate jobs with worker to be present, but it was blank");
    return;
  }
  if (request.maxjobstoactivate() < 1) {
    gateway.refuse(
        call, Code::kInvalidArgument,
        fmt::format("Expected to activate jobs with maxJobsToActivate to be greater than zero, but it was {}",
                    request.maxjobstoactivate()));
    return;
  }
  poll.id = call.value();
  poll.max_jobs = request.maxjobstoactivate();
  const std::int64_t wait_ms =
      request.requesttimeout() == 0 ? gateway.options().long_poll_ms : request.requesttimeout();
  constexpr std::int64_t kLongestWaitMs = 24LL * 3600 * 1000;
  poll.deadline_ns = wait_ms < 0 ? 0 : gateway.now_ns() + std::min(wait_ms, kLongestWaitMs) * 1'000'000;
  gateway.open_poll(call);
  gateway.submit(std::move(poll));
}

void stream_activated_jobs(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::StreamActivatedJobsRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  partition::Stream stream;
  if (!to_job_request(gateway, call, "StreamActivatedJobs", request, stream.request)) return;
  stream.id = call.value();
  gateway.open_stream(call);
  gateway.submit(std::move(stream));
}

void complete_job(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::CompleteJobRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  if (request.has_result() && (request.result().has_denied() || request.result().activateelements_size() != 0)) {
    gateway.refuse(
        call, Code::kInvalidArgument,
        "A job result is only possible for task listener and ad-hoc sub-process jobs, and this version has none");
    return;
  }
  engine::CompleteJob command;
  command.job = key_of(request.jobkey());
  if (!accept_variables(gateway, call, request.variables(), command.variables)) return;
  gateway.submit_command(call, std::move(command));
}

void fail_job(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::FailJobRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  engine::FailJob command;
  command.job = key_of(request.jobkey());
  command.retries = request.retries();
  command.message = request.errormessage();
  command.backoff_ms = limited_ms(request.retrybackoff());
  if (!accept_variables(gateway, call, request.variables(), command.variables)) return;
  gateway.submit_command(call, std::move(command));
}

void update_job_retries(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::UpdateJobRetriesRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  gateway.submit_command(call, engine::UpdateJobRetries{key_of(request.jobkey()), request.retries()},
                         request.operationreference());
}

void update_job_timeout(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::UpdateJobTimeoutRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  gateway.submit_command(call, engine::UpdateJobTimeout{key_of(request.jobkey()), limited_ms(request.timeout())},
                         request.operationreference());
}

void append_job(std::string& response, std::string_view job) {
  ByteWriter out(response);
  out.u8(0x0A);  // field 1, length-delimited; a protobuf varint is LEB128
  out.bytes(job);
}

std::string activated_job_bytes(const engine::ActivatedJob& job) {
  pb::ActivatedJob out;
  out.set_key(static_cast<std::int64_t>(job.key.value()));
  out.set_type(job.type);
  out.set_processinstancekey(static_cast<std::int64_t>(job.instance.value()));
  out.set_bpmnprocessid(job.process_id);
  out.set_processdefinitionversion(job.version.value());
  out.set_processdefinitionkey(static_cast<std::int64_t>(job.definition.value()));
  out.set_elementid(job.element_id);
  out.set_elementinstancekey(static_cast<std::int64_t>(job.element_instance.value()));
  out.set_customheaders(job.headers);
  out.set_worker(job.worker);
  out.set_retries(job.retries);
  out.set_deadline(job.deadline.value());
  out.set_variables(job.variables);
  out.set_tenantid(job.tenant);
  out.set_kind(pb::ActivatedJob::BPMN_ELEMENT);
  out.set_listenereventtype(pb::ActivatedJob::UNSPECIFIED);
  for (const auto& tag : job.tags) out.add_tags(tag);
  return out.SerializeAsString();
}

}  // namespace baton::gateway
