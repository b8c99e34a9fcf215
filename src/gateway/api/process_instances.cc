// Topology, deployment, process instances, variables, incidents.
#include <algorithm>

#include "gateway/api/gateway.h"
#include "gateway_protocol.pb.h"

namespace baton::gateway {

namespace {

namespace pb = gateway_protocol;

constexpr std::size_t kMostTags = 10;
constexpr std::size_t kLongestTag = 100;

/// `^[A-Za-z][A-Za-z0-9_\-:.]{0,99}$`
bool is_tag(std::string_view tag) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto inner = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ':' || c == '.';
  };
  return !tag.empty() && tag.size() <= kLongestTag && letter(tag[0]) && std::all_of(tag.begin(), tag.end(), inner);
}

bool accept_instructions(Gateway& gateway, Gateway::Call call, const pb::CreateProcessInstanceRequest& request,
                         engine::CreateInstance& out) {
  for (const auto& instruction : request.startinstructions()) out.start_elements.push_back(instruction.elementid());
  for (const auto& instruction : request.runtimeinstructions()) {
    if (!instruction.has_terminate()) {
      gateway.refuse(call, Code::kInvalidArgument,
                     "Expected a runtime instruction to say what it does, but it is empty");
      return false;
    }
    out.terminate_after.push_back(instruction.terminate().afterelementid());
  }
  out.business_id = request.businessid();
  return true;
}

bool to_command(Gateway& gateway, Gateway::Call call, const pb::CreateProcessInstanceRequest& request,
                engine::CreateInstance& out) {
  if (!accept_tenant(gateway, call, "CreateProcessInstance", request.tenantid())) return false;
  if (!accept_instructions(gateway, call, request, out)) return false;
  out.definition =
      Key(request.processdefinitionkey() > 0 ? static_cast<std::uint64_t>(request.processdefinitionkey()) : 0);
  out.process_id = request.bpmnprocessid();
  out.version = request.version() == 0 ? -1 : request.version();
  out.tags.assign(request.tags().begin(), request.tags().end());
  if (const Status tags = check_tags(out.tags); !tags) {
    gateway.refuse(call, tags.error().code, tags.error().message);
    return false;
  }
  return accept_variables(gateway, call, request.variables(), out.variables);
}

}  // namespace

Status check_tags(const std::vector<std::string>& tags) {
  if (tags.size() > kMostTags) {
    return failf(Code::kInvalidArgument, "Expected at most {} tags, but {} were given", kMostTags, tags.size());
  }
  for (const auto& tag : tags) {
    if (is_tag(tag)) continue;
    return failf(Code::kInvalidArgument,
                 "The tag '{}' must start with a letter and hold at most {} letters, digits and _-:.", tag,
                 kLongestTag);
  }
  return {};
}

void topology(Gateway& gateway, Gateway::Call call, std::string_view) {
  pb::TopologyResponse response;
  auto* broker = response.add_brokers();
  broker->set_host(gateway.options().host);
  broker->set_port(gateway.options().port);
  broker->set_version(std::string(kApiVersion));
  auto* partition = broker->add_partitions();
  partition->set_partitionid(1);
  partition->set_role(pb::Partition::LEADER);
  partition->set_health(pb::Partition::HEALTHY);
  response.set_clustersize(1);
  response.set_partitionscount(1);
  response.set_replicationfactor(1);
  response.set_gatewayversion(std::string(kApiVersion));
  response.set_clusterid(gateway.options().cluster_id);
  gateway.server().reply(call, response.SerializeAsString());
}

void deploy_resource(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::DeployResourceRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  if (!accept_tenant(gateway, call, "DeployResource", request.tenantid())) return;
  engine::DeployResources command;
  for (auto& resource : *request.mutable_resources()) {
    command.resources.push_back({std::move(*resource.mutable_name()), std::move(*resource.mutable_content())});
  }
  gateway.submit_command(call, std::move(command));
}

void create_process_instance(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::CreateProcessInstanceRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  engine::CreateInstance command;
  if (!to_command(gateway, call, request, command)) return;
  gateway.submit_command(call, std::move(command), request.operationreference());
}

void create_process_instance_with_result(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::CreateProcessInstanceWithResultRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  engine::CreateInstance command;
  if (!to_command(gateway, call, request.request(), command)) return;
  command.await_result = true;
  command.fetch_variables.assign(request.fetchvariables().begin(), request.fetchvariables().end());
  gateway.await_result(call);
  gateway.expire_after(call,
                       request.requesttimeout() > 0 ? request.requesttimeout() : gateway.options().request_timeout_ms);
  gateway.submit_command(call, std::move(command), request.request().operationreference());
}

void cancel_process_instance(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::CancelProcessInstanceRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  gateway.submit_command(call, engine::CancelInstance{Key(static_cast<std::uint64_t>(request.processinstancekey()))},
                         request.operationreference());
}

void set_variables(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::SetVariablesRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  engine::SetVariables command;
  command.scope = Key(static_cast<std::uint64_t>(request.elementinstancekey()));
  command.local = request.local();
  if (!accept_variables(gateway, call, request.variables(), command.variables)) return;
  gateway.submit_command(call, std::move(command), request.operationreference());
}

void resolve_incident(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::ResolveIncidentRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  gateway.submit_command(call, engine::ResolveIncident{Key(static_cast<std::uint64_t>(request.incidentkey()))},
                         request.operationreference());
}

std::string reply_bytes(const engine::DeployReply& reply) {
  pb::DeployResourceResponse response;
  response.set_key(static_cast<std::int64_t>(reply.key.value()));
  response.set_tenantid(reply.tenant);
  for (const auto& deployed : reply.processes) {
    auto* process = response.add_deployments()->mutable_process();
    process->set_bpmnprocessid(deployed.process_id);
    process->set_version(deployed.version.value());
    process->set_processdefinitionkey(static_cast<std::int64_t>(deployed.key.value()));
    process->set_resourcename(deployed.resource_name);
    process->set_tenantid(reply.tenant);
  }
  for (const auto& deployed : reply.decisions) {
    auto* decision = response.add_deployments()->mutable_decision();
    decision->set_dmndecisionid(deployed.decision_id);
    decision->set_dmndecisionname(deployed.name);
    decision->set_version(deployed.version.value());
    decision->set_decisionkey(shown(deployed.key));
    decision->set_dmndecisionrequirementsid(deployed.requirements_id);
    decision->set_decisionrequirementskey(shown(deployed.requirements));
    decision->set_tenantid(reply.tenant);
  }
  for (const auto& deployed : reply.requirements) {
    auto* requirements = response.add_deployments()->mutable_decisionrequirements();
    requirements->set_dmndecisionrequirementsid(deployed.requirements_id);
    requirements->set_dmndecisionrequirementsname(deployed.name);
    requirements->set_version(deployed.version.value());
    requirements->set_decisionrequirementskey(shown(deployed.key));
    requirements->set_resourcename(deployed.resource_name);
    requirements->set_tenantid(reply.tenant);
  }
  for (const auto& deployed : reply.forms) {
    auto* form = response.add_deployments()->mutable_form();
    form->set_formid(deployed.form_id);
    form->set_version(deployed.version.value());
    form->set_formkey(shown(deployed.key));
    form->set_resourcename(deployed.resource_name);
    form->set_tenantid(reply.tenant);
  }
  return response.SerializeAsString();
}

namespace {
template <typename Response>
void fill_created(Response& response, const engine::CreateReply& reply) {
  response.set_processdefinitionkey(static_cast<std::int64_t>(reply.definition.value()));
  response.set_bpmnprocessid(reply.process_id);
  response.set_version(reply.version.value());
  response.set_processinstancekey(static_cast<std::int64_t>(reply.instance.value()));
  response.set_tenantid(reply.tenant);
  for (const auto& tag : reply.tags) response.add_tags(tag);
  if (!reply.business_id.empty()) response.set_businessid(reply.business_id);
}
}  // namespace

std::string reply_bytes(const engine::CreateReply& reply) {
  pb::CreateProcessInstanceResponse response;
  fill_created(response, reply);
  return response.SerializeAsString();
}

std::string reply_bytes(const engine::ResultReply& reply) {
  pb::CreateProcessInstanceWithResultResponse response;
  fill_created(response, reply.created);
  response.set_variables(reply.variables);
  return response.SerializeAsString();
}

std::string reply_bytes(const engine::SetVariablesReply& reply) {
  pb::SetVariablesResponse response;
  response.set_key(static_cast<std::int64_t>(reply.key.value()));
  return response.SerializeAsString();
}

}  // namespace baton::gateway
