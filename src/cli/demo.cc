// `baton demo`: deploys an example, starts its instances, works their jobs as instances.json says, and prints where
// each one is. With --only-work it starts nothing and works jobs until it is stopped, so that resolved incidents move.
#include <unistd.h>

#include <cstdio>
#include <map>

#include "base/json.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "cli/json_view.h"
#include "gateway_protocol.pb.h"

namespace baton::cli {

namespace pb = gateway_protocol;

namespace {

constexpr std::int64_t kJobTimeoutMs = 60'000;
constexpr int kQuietRounds = 2;  // polls without a job before everything counts as settled

struct DemoInstance {
  std::string name;
  JsonView jobs;
  std::string order;  // id, which messages are correlated by
  bool cancel = false;
  std::map<std::string, int> failures;  // by job type, so far
};

class Demo {
 public:
  Demo(BlockingClient& client, const ClientOptions& options, const JsonView& spec)
      : client_(client), options_(options), spec_(spec) {
    for (auto& [type, answer] : spec_["defaultJobs"].members()) types_.push_back(type);
  }

  Status deploy(const std::string& directory) {
    const std::string name = spec_["processId"].text() + ".bpmn";
    BATON_ASSIGN(std::string content, read_file(directory + "/" + name));
    pb::DeployResourceRequest request;
    auto* resource = request.add_resources();
    resource->set_name(name);
    resource->set_content(std::move(content));
    BATON_ASSIGN(const auto response, (client_.call<pb::DeployResourceResponse>("DeployResource", request)));
    const auto& process = response.deployments(0).process();
    std::printf("Deployed %s version %d.\n", process.bpmnprocessid().c_str(), process.version());
    return {};
  }

  Status start_instances() {
    for (const JsonView& instance : spec_["instances"].items()) {
      pb::CreateProcessInstanceRequest request;
      request.set_bpmnprocessid(spec_["processId"].text());
      request.set_version(-1);
      request.set_variables(std::string(instance["variables"].raw()));
      BATON_ASSIGN(const auto response,
                   (client_.call<pb::CreateProcessInstanceResponse>("CreateProcessInstance", request)));
      instances_[response.processinstancekey()] = {instance["name"].text(),
                                                   instance["jobs"],
                                                   instance["variables"]["order"]["id"].text(),
                                                   !instance["cancel"].missing(),
                                                   {}};
    }
    std::printf("Started %zu instances.\n\n", instances_.size());
    return {};
  }

  /// One round over all job types; the number of jobs worked.
  Result<std::size_t> work_once(std::int64_t wait_ms) {
    std::size_t worked = 0;
    for (const std::string& type : types_) {
      pb::ActivateJobsRequest request;
      request.set_type(type);
      request.set_worker("demo");
      request.set_timeout(kJobTimeoutMs);
      request.set_maxjobstoactivate(100);
      request.set_requesttimeout(wait_ms);
      BATON_ASSIGN(const auto messages,
                   client_.collect("ActivateJobs", request.SerializeAsString(), BlockingClient::kTimeoutMs));
      for (const auto& bytes : messages) {
        pb::ActivateJobsResponse response;
        response.ParseFromString(bytes);
        for (const auto& job : response.jobs()) {
          BATON_TRY(answer(job));
          ++worked;
        }
      }
    }
    return worked;
  }

  /// Works until nothing moves any more.
  Status settle() {
    for (int quiet = 0; quiet < kQuietRounds;) {
      BATON_ASSIGN(const std::size_t worked, work_once(-1));
      quiet = worked == 0 ? quiet + 1 : 0;
    }
    return {};
  }

  /// The customers of some orders change their minds.
  Status cancel_orders() {
    for (const auto& [key, instance] : instances_) {
      if (!instance.cancel) continue;
      pb::PublishMessageRequest request;
      request.set_name("order-cancelled");
      request.set_correlationkey(instance.order);
      BATON_TRY((client_.call<pb::PublishMessageResponse>("PublishMessage", request)));
      std::printf("Order %s is cancelled by a message.\n", instance.order.c_str());
    }
    std::printf("\n");
    return {};
  }

  Status print_table() {
    BATON_ASSIGN(const std::string body, http_get(options_, "/baton/instances"));
    std::map<std::string, JsonView> active;
    for (const JsonView& item : JsonView(body)["items"].items()) active[item["processInstanceKey"].text()] = item;
    std::printf("%-18s %-34s %-10s %s\n", "INSTANCE", "ORDER", "STATE", "WHERE, AND WHY");
    for (const auto& [key, instance] : instances_) {
      auto it = active.find(std::to_string(key));
      if (it == active.end()) {
        std::printf("%-18lld %-34s %-10s %s\n", static_cast<long long>(key), instance.name.c_str(), "completed", "");
        continue;
      }
      std::string where;
      for (const JsonView& element : it->second["waitsAt"].items())
        where += (where.empty() ? "" : ", ") + element.text();
      const auto incidents = it->second["incidents"].items();
      std::printf("%-18lld %-34s %-10s %s\n", static_cast<long long>(key), instance.name.c_str(),
                  incidents.empty() ? "waiting" : "INCIDENT", where.c_str());
      for (const JsonView& incident : incidents) {
        const std::string message = incident["message"].text();
        std::printf("%-18s %-34s %-10s   %s at %s: %s\n", "", "", "", incident["errorType"].text().c_str(),
                    incident["elementId"].text().c_str(), message.substr(0, message.find('\n')).c_str());
      }
    }
    return {};
  }

 private:
  Status answer(const pb::ActivatedJob& job) {
    const auto found = instances_.find(job.processinstancekey());
    JsonView answer = spec_["defaultJobs"][job.type()];
    if (found != instances_.end() && !found->second.jobs[job.type()].missing()) answer = found->second.jobs[job.type()];
    if (!answer["wait"].missing()) return {};  // whoever should do it does not
    const JsonView failure = answer["fail"];
    if (!failure.missing() && found != instances_.end()) {
      int& failures = found->second.failures[job.type()];
      const JsonView times = answer["times"];
      if (times.missing() || failures < std::atoi(times.text().c_str())) {
        ++failures;
        pb::FailJobRequest request;
        request.set_jobkey(job.key());
        request.set_retries(job.retries() - 1);
        request.set_errormessage(failure.text());
        BATON_TRY((client_.call<pb::FailJobResponse>("FailJob", request)));
        return {};
      }
    }
    if (const JsonView error = answer["error"]; !error.missing()) {
      pb::ThrowErrorRequest request;
      request.set_jobkey(job.key());
      request.set_errorcode(error.text());
      BATON_TRY((client_.call<pb::ThrowErrorResponse>("ThrowError", request)));
      return {};
    }
    pb::CompleteJobRequest request;
    request.set_jobkey(job.key());
    const JsonView own = answer["complete"];
    const JsonView result = own.missing() ? spec_["defaultJobs"][job.type()]["complete"] : own;
    request.set_variables(std::string(result.raw()));
    BATON_TRY((client_.call<pb::CompleteJobResponse>("CompleteJob", request)));
    return {};
  }

  BlockingClient& client_;
  ClientOptions options_;
  JsonView spec_;
  std::vector<std::string> types_;
  std::map<std::int64_t, DemoInstance> instances_;
};

/// Works jobs until the process is stopped, and tells what it did.
Status work_on(Demo& demo) {
  std::printf("The demo workers go on: resolve an incident and its instance moves.\n");
  std::printf("  build/release/baton show KEY                        where an instance is, and with which data\n");
  std::printf("  build/release/baton resolve INCIDENT --retries 1    try a failed job again\n");
  std::fflush(stdout);
  while (true) {
    BATON_ASSIGN(const std::size_t worked, demo.work_once(200));
    if (worked != 0) std::printf("worked %zu jobs\n", worked);
    std::fflush(stdout);
  }
}

Status run_demo(const ClientOptions& options, const std::string& directory, bool only_work) {
  BATON_ASSIGN(const std::string spec_text, read_file(directory + "/instances.json"));
  const JsonView spec(spec_text);
  if (spec.missing()) return failf(Code::kInvalidArgument, "'{}/instances.json' is not valid JSON", directory);
  BATON_ASSIGN(const auto client, BlockingClient::connect(options));
  Demo demo(*client, options, spec);
  if (only_work) return work_on(demo);
  BATON_TRY(demo.deploy(directory));
  BATON_TRY(demo.start_instances());
  BATON_TRY(demo.settle());
  BATON_TRY(demo.cancel_orders());
  BATON_TRY(demo.settle());
  return demo.print_table();
}

}  // namespace

int demo(const ClientOptions& options, const std::string& directory, bool only_work) {
  const Status status = run_demo(options, directory, only_work);
  return status ? 0 : report(status.error(), options.json);
}

}  // namespace baton::cli
