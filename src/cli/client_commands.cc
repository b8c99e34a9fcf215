// Commands that talk to a running server.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "gateway_protocol.pb.h"

namespace baton::cli {

namespace pb = gateway_protocol;

namespace {

template <typename Request, typename Response>
int call_and_print(const ClientOptions& options, std::string_view rpc, const Request& request, const std::string& text,
                   std::string_view json) {
  auto client = BlockingClient::connect(options);
  if (!client) return report(client.error(), options.json);
  auto response = (*client)->call<Response>(rpc, request);
  if (!response) return report(response.error(), options.json);
  std::printf("%s\n", options.json ? std::string(json).c_str() : text.c_str());
  return 0;
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return failf(Code::kNotFound, "cannot read '{}'", path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

int report(const Error& error, bool json) {
  if (json) {
    std::printf("{\"error\":{\"code\":\"%s\",\"message\":%s}}\n", std::string(code_name(error.code)).c_str(),
                json_quote(error.message).c_str());
  } else {
    std::fprintf(stderr, "baton: %s\n", error.message.c_str());
  }
  return 1;
}

namespace {

/// A decision or a requirements graph of a deployment.
std::string decision_json(const pb::Deployment& deployment) {
  if (deployment.has_decision()) {
    const auto& decision = deployment.decision();
    return fmt::format(
        R"({{"decisionDefinitionId":{},"version":{},"decisionDefinitionKey":"{}","decisionRequirementsId":{}}})",
        json_quote(decision.dmndecisionid()), decision.version(), decision.decisionkey(),
        json_quote(decision.dmndecisionrequirementsid()));
  }
  const auto& requirements = deployment.decisionrequirements();
  return fmt::format(R"({{"decisionRequirementsId":{},"version":{},"decisionRequirementsKey":"{}","resourceName":{}}})",
                     json_quote(requirements.dmndecisionrequirementsid()), requirements.version(),
                     requirements.decisionrequirementskey(), json_quote(requirements.resourcename()));
}

void print_decision(const pb::Deployment& deployment) {
  if (!deployment.has_decision()) return;  // the graph is seen by its decisions
  const auto& decision = deployment.decision();
  std::printf("deployed decision %s version %d (key %lld) of %s\n", decision.dmndecisionid().c_str(),
              decision.version(), static_cast<long long>(decision.decisionkey()),
              decision.dmndecisionrequirementsid().c_str());
}

}  // namespace

int deploy(const ClientOptions& options, const std::vector<std::string>& files) {
  pb::DeployResourceRequest request;
  for (const auto& file : files) {
    auto content = read_file(file);
    if (!content) return report(content.error(), options.json);
    auto* resource = request.add_resources();
    resource->set_name(base_name(file));
    resource->set_content(std::move(*content));
  }
  auto client = BlockingClient::connect(options);
  if (!client) return report(client.error(), options.json);
  auto response = (*client)->call<pb::DeployResourceResponse>("DeployResource", request);
  if (!response) return report(response.error(), options.json);
  std::string json = fmt::format(R"({{"deploymentKey":"{}","deployments":[)", response->key());
  for (int i = 0; i < response->deployments_size(); ++i) {
    const auto& deployment = response->deployments(i);
    if (!deployment.has_process()) {
      json += (i == 0 ? "" : ",") + decision_json(deployment);
      if (!options.json) print_decision(deployment);
      continue;
    }
    const auto& process = deployment.process();
    json += fmt::format(R"({}{{"processDefinitionId":{},"version":{},"processDefinitionKey":"{}","resourceName":{}}})",
                        i == 0 ? "" : ",", json_quote(process.bpmnprocessid()), process.version(),
                        process.processdefinitionkey(), json_quote(process.resourcename()));
    if (!options.json) {
      std::printf("deployed %s version %d (key %lld) from %s\n", process.bpmnprocessid().c_str(), process.version(),
                  static_cast<long long>(process.processdefinitionkey()), process.resourcename().c_str());
    }
  }
  if (options.json) std::printf("%s]}\n", json.c_str());
  return 0;
}

int create(const ClientOptions& options, const std::string& process_id, int version, const std::string& variables,
           bool with_result) {
  pb::CreateProcessInstanceRequest request;
  request.set_bpmnprocessid(process_id);
  request.set_version(version);
  request.set_variables(variables);
  auto client = BlockingClient::connect(options);
  if (!client) return report(client.error(), options.json);
  if (with_result) {
    pb::CreateProcessInstanceWithResultRequest wrapped;
    *wrapped.mutable_request() = request;
    wrapped.set_requesttimeout(BlockingClient::kTimeoutMs);
    auto response =
        (*client)->call<pb::CreateProcessInstanceWithResultResponse>("CreateProcessInstanceWithResult", wrapped);
    if (!response) return report(response.error(), options.json);
    std::printf("%s\n",
                options.json
                    ? fmt::format(R"({{"processInstanceKey":"{}","variables":{}}})", response->processinstancekey(),
                                  response->variables())
                          .c_str()
                    : fmt::format("{} completed: {}", response->processinstancekey(), response->variables()).c_str());
    return 0;
  }
  auto response = (*client)->call<pb::CreateProcessInstanceResponse>("CreateProcessInstance", request);
  if (!response) return report(response.error(), options.json);
  std::printf("%s\n",
              options.json
                  ? fmt::format(R"({{"processInstanceKey":"{}","processDefinitionKey":"{}","version":{}}})",
                                response->processinstancekey(), response->processdefinitionkey(), response->version())
                        .c_str()
                  : fmt::format("created instance {} of {} version {}", response->processinstancekey(),
                                response->bpmnprocessid(), response->version())
                        .c_str());
  return 0;
}

int cancel(const ClientOptions& options, std::int64_t key) {
  pb::CancelProcessInstanceRequest request;
  request.set_processinstancekey(key);
  return call_and_print<pb::CancelProcessInstanceRequest, pb::CancelProcessInstanceResponse>(
      options, "CancelProcessInstance", request, fmt::format("cancelled instance {}", key), "{}");
}

int publish(const ClientOptions& options, const MessageOptions& message) {
  pb::PublishMessageRequest request;
  request.set_name(message.name);
  request.set_correlationkey(message.key);
  request.set_timetolive(message.ttl_ms);
  request.set_messageid(message.id);
  request.set_variables(message.variables);
  auto client = BlockingClient::connect(options);
  if (!client) return report(client.error(), options.json);
  auto response = (*client)->call<pb::PublishMessageResponse>("PublishMessage", request);
  if (!response) return report(response.error(), options.json);
  std::printf("%s\n", options.json ? fmt::format(R"({{"messageKey":"{}"}})", response->key()).c_str()
                                   : fmt::format("published message {}", response->key()).c_str());
  return 0;
}

int broadcast(const ClientOptions& options, const std::string& name, const std::string& variables) {
  pb::BroadcastSignalRequest request;
  request.set_signalname(name);
  request.set_variables(variables);
  auto client = BlockingClient::connect(options);
  if (!client) return report(client.error(), options.json);
  auto response = (*client)->call<pb::BroadcastSignalResponse>("BroadcastSignal", request);
  if (!response) return report(response.error(), options.json);
  std::printf("%s\n", options.json ? fmt::format(R"({{"signalKey":"{}"}})", response->key()).c_str()
                                   : fmt::format("broadcast signal {}", response->key()).c_str());
  return 0;
}

int resolve(const ClientOptions& options, std::int64_t incident, int retries) {
  if (retries > 0) {
    // The job of the incident is found in the instance that the incident belongs to.
    auto body = http_get(options, fmt::format("/baton/instances/{}", incident));
    if (!body) return report(body.error(), options.json);
    const std::string needle = fmt::format(R"("incidentKey":"{}")", incident);
    const auto at = body->find(needle);
    const auto job_at = at == std::string::npos ? at : body->find(R"("jobKey":")", at);
    if (job_at != std::string::npos) {
      pb::UpdateJobRetriesRequest update;
      update.set_jobkey(std::strtoll(body->c_str() + job_at + 10, nullptr, 10));
      update.set_retries(retries);
      auto client = BlockingClient::connect(options);
      if (!client) return report(client.error(), options.json);
      auto updated = (*client)->call<pb::UpdateJobRetriesResponse>("UpdateJobRetries", update);
      if (!updated) return report(updated.error(), options.json);
    }
  }
  pb::ResolveIncidentRequest request;
  request.set_incidentkey(incident);
  return call_and_print<pb::ResolveIncidentRequest, pb::ResolveIncidentResponse>(
      options, "ResolveIncident", request, fmt::format("resolved incident {}", incident), "{}");
}

int status(const ClientOptions& options) {
  auto client = BlockingClient::connect(options);
  if (!client) return report(client.error(), options.json);
  auto response = (*client)->call<pb::TopologyResponse>("Topology", pb::TopologyRequest());
  if (!response) return report(response.error(), options.json);
  if (options.json) {
    std::printf(R"({"gatewayVersion":"%s","clusterSize":%d,"partitionsCount":%d,"replicationFactor":%d})"
                "\n",
                response->gatewayversion().c_str(), response->clustersize(), response->partitionscount(),
                response->replicationfactor());
    return 0;
  }
  std::printf("gateway version %s, %d node(s), %d partition(s)\n", response->gatewayversion().c_str(),
              response->clustersize(), response->partitionscount());
  for (const auto& broker : response->brokers()) {
    std::printf("  node %d at %s:%d, version %s\n", broker.nodeid(), broker.host().c_str(), broker.port(),
                broker.version().c_str());
    for (const auto& partition : broker.partitions()) {
      std::printf("    partition %d: %s, %s\n", partition.partitionid(),
                  pb::Partition::PartitionBrokerRole_Name(partition.role()).c_str(),
                  pb::Partition::PartitionBrokerHealth_Name(partition.health()).c_str());
    }
  }
  return 0;
}

}  // namespace baton::cli
