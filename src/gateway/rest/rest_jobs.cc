// Jobs: activation with long polling, completion, failure, updates.
#include <algorithm>

#include "base/json.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

namespace {

void append_job(std::string& out, const engine::ActivatedJob& job) {
  std::string tags;
  for (const std::string& tag : job.tags) tags += (tags.empty() ? "" : ",") + json_quote(tag);
  fmt::format_to(
      std::back_inserter(out),
      R"({{"type":{},"processDefinitionId":{},"processDefinitionVersion":{},"elementId":{},"customHeaders":{},"worker":{},)"
      R"("retries":{},"deadline":{},"variables":{},"tenantId":{},"jobKey":"{}","processInstanceKey":"{}",)"
      R"("processDefinitionKey":"{}","elementInstanceKey":"{}","kind":"BPMN_ELEMENT","listenerEventType":"UNSPECIFIED",)"
      R"("userTask":null,"tags":[{}],"rootProcessInstanceKey":"{}"}})",
      json_quote(job.type), json_quote(job.process_id), job.version.value(), json_quote(job.element_id), job.headers,
      json_quote(job.worker), job.retries, job.deadline.value(), job.variables, json_quote(job.tenant), job.key.value(),
      job.instance.value(), job.definition.value(), job.element_instance.value(), tags, job.root.value());
}

void answer_jobs(gateway::Gateway& gateway, const Responder& answer, std::vector<engine::ActivatedJob> jobs) {
  std::string body = R"({"jobs":[)";
  std::vector<Key> keys;
  for (const engine::ActivatedJob& job : jobs) {
    if (!keys.empty()) body.push_back(',');
    append_job(body, job);
    keys.push_back(job.key);
  }
  body.append("]}");
  HttpResponse response{200, "application/json", std::move(body)};
  response.on_unsent = [&gateway, keys = std::move(keys)] {
    for (const Key key : keys) gateway.give_back(key);
  };
  answer.send(std::move(response));
}

}  // namespace

void activate_jobs(RestCall& call) {
  const JsonValue& body = call.body;
  gateway::Gateway& gateway = call.gateway;
  if (gateway.stopping()) return call.responder.error({Code::kUnavailable, "The server is shutting down"});
  if (body["withLease"].boolean_or(false)) {
    return call.responder.error(
        {Code::kUnimplemented, "Activating jobs with withLease is not supported by this version"});
  }
  for (const std::string& tenant : body["tenantIds"].strings()) {
    if (!call.tenant(tenant)) return;
  }
  partition::Poll poll;
  poll.request.type = body["type"].string_or();
  poll.request.worker = body["worker"].string_or();
  poll.request.timeout_ms = gateway::limited_ms(body["timeout"].integer_or(0));
  poll.request.fetch_variables = body["fetchVariable"].strings();
  poll.request.tenants = {call.caller.tenant};
  poll.max_jobs = static_cast<std::int32_t>(body["maxJobsToActivate"].integer_or(1));
  const std::int64_t asked = body["requestTimeout"].integer_or(0);
  const std::int64_t wait = asked == 0 ? gateway.options().long_poll_ms : asked;
  constexpr std::int64_t kLongestWaitMs = 24LL * 3600 * 1000;
  poll.deadline_ns = wait < 0 ? 0 : gateway.now_ns() + std::min(wait, kLongestWaitMs) * 1'000'000;
  const std::uint64_t token = gateway.submit_poll(
      std::move(poll), [&gateway, answer = call.responder](Result<std::vector<engine::ActivatedJob>> jobs) {
        if (!jobs) return answer.error(jobs.error());
        answer_jobs(gateway, answer, std::move(*jobs));
      });
  call.responder.reply().on_gone([&gateway, token] { gateway.abandon(token); });
}

namespace {
/// Leases are not given out, so no token can be right.
bool refuse_lease(const RestCall& call) {
  if (!call.body["leaseToken"]) return false;
  call.responder.error({Code::kUnimplemented, "Job leases (leaseToken) are not supported by this version"});
  return true;
}
}  // namespace

void complete_job(RestCall& call) {
  if (refuse_lease(call)) return;
  const JsonValue result = call.body["result"];
  if (result["denied"].boolean_or(false) || result["corrections"] || result["activateElements"].size() != 0) {
    return call.responder.error(
        {Code::kInvalidArgument,
         "A job result is only possible for task listener and ad-hoc sub-process jobs, and this version has none"});
  }
  engine::CompleteJob command;
  command.job = call.path_key();
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit(std::move(command));
}

void fail_job(RestCall& call) {
  if (refuse_lease(call)) return;
  engine::FailJob command;
  command.job = call.path_key();
  command.retries = static_cast<std::int32_t>(call.body["retries"].integer_or(0));
  command.message = call.body["errorMessage"].string_or();
  command.backoff_ms = gateway::limited_ms(call.body["retryBackOff"].integer_or(0));
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit(std::move(command));
}

/// Retries and timeout are two commands: the second one follows when the first was accepted.
void update_job(RestCall& call) {
  if (refuse_lease(call)) return;
  const JsonValue changes = call.body["changeset"];
  if (changes["priority"]) {
    return call.responder.error({Code::kUnimplemented, "Changing a job's priority is not supported by this version"});
  }
  const bool retries = static_cast<bool>(changes["retries"]);
  const bool timeout = static_cast<bool>(changes["timeout"]);
  if (!retries && !timeout) {
    return call.responder.error({Code::kInvalidArgument, "At least one of [retries, timeout] is required."});
  }
  const engine::UpdateJobTimeout later{call.path_key(), gateway::limited_ms(changes["timeout"].integer_or(0))};
  if (!retries) return call.submit(later);
  const engine::UpdateJobRetries first{call.path_key(), static_cast<std::int32_t>(changes["retries"].integer_or(0))};
  if (!timeout) return call.submit(first);
  // One request id names one command.
  const std::string id = call.request_id();
  const auto marks = [reference = call.operation_reference(), id](const char* part) {
    return gateway::Gateway::CommandMarks{reference, id.empty() ? id : id + part};
  };
  call.gateway.submit_command(call.caller, first, marks("/1"),
                              [&gateway = call.gateway, caller = call.caller, later, second = marks("/2"),
                               answer = call.responder](const engine::ReplyBody& reply) {
                                if (const auto* error = std::get_if<Error>(&reply)) return answer.error(*error);
                                gateway.submit_command(caller, later, second, [answer](const engine::ReplyBody& last) {
                                  if (const auto* error = std::get_if<Error>(&last)) return answer.error(*error);
                                  answer.no_content();
                                });
                              });
}

void throw_job_error(RestCall& call) {
  if (refuse_lease(call)) return;
  engine::ThrowError command;
  command.job = call.path_key();
  command.code = call.body["errorCode"].string_or();
  command.message = call.body["errorMessage"].string_or();
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit(std::move(command));
}

}  // namespace baton::rest
