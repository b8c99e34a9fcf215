// Deployments.
#include "base/json.h"
#include "gateway/rest/multipart.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

namespace {

std::string deployed_json(const engine::DeployReply& reply) {
  std::string items;
  for (const auto& process : reply.processes) {
    if (!items.empty()) items.push_back(',');
    items += fmt::format(
        R"({{"processDefinition":{{"processDefinitionId":{},"processDefinitionVersion":{},"resourceName":{},"tenantId":{},)"
        R"("processDefinitionKey":"{}"}},"decisionDefinition":null,"decisionRequirements":null,"form":null,"resource":null}})",
        json_quote(process.process_id), process.version.value(), json_quote(process.resource_name),
        json_quote(reply.tenant), process.key.value());
  }
  for (const auto& decision : reply.decisions) {
    if (!items.empty()) items.push_back(',');
    items += fmt::format(
        R"({{"processDefinition":null,"decisionDefinition":{{"decisionDefinitionId":{},"version":{},"name":{},"tenantId":{},)"
        R"("decisionRequirementsId":{},"decisionDefinitionKey":"{}","decisionRequirementsKey":"{}"}},)"
        R"("decisionRequirements":null,"form":null,"resource":null}})",
        json_quote(decision.decision_id), decision.version.value(), json_quote(decision.name), json_quote(reply.tenant),
        json_quote(decision.requirements_id), decision.key.value(), decision.requirements.value());
  }
  for (const auto& graph : reply.requirements) {
    if (!items.empty()) items.push_back(',');
    items += fmt::format(
        R"({{"processDefinition":null,"decisionDefinition":null,"decisionRequirements":{{"decisionRequirementsId":{},)"
        R"("decisionRequirementsName":{},"version":{},"resourceName":{},"tenantId":{},"decisionRequirementsKey":"{}"}},)"
        R"("form":null,"resource":null}})",
        json_quote(graph.requirements_id), json_quote(graph.name), graph.version.value(),
        json_quote(graph.resource_name), json_quote(reply.tenant), graph.key.value());
  }
  for (const auto& form : reply.forms) {
    if (!items.empty()) items.push_back(',');
    items += fmt::format(
        R"({{"processDefinition":null,"decisionDefinition":null,"decisionRequirements":null,"form":{{"formId":{},)"
        R"("version":{},"resourceName":{},"tenantId":{},"formKey":"{}"}},"resource":null}})",
        json_quote(form.form_id), form.version.value(), json_quote(form.resource_name), json_quote(reply.tenant),
        form.key.value());
  }
  return fmt::format(R"({{"deploymentKey":"{}","tenantId":{},"deployments":[{}]}})", reply.key.value(),
                     json_quote(reply.tenant), items);
}

}  // namespace

/// Every part with a file name is a resource, whatever its part is called.
void create_deployment(RestCall& call) {
  const std::string_view type = call.request.header("content-type");
  if (!equal_ignoring_case(type.substr(0, type.find(';')), "multipart/form-data")) {
    return call.responder.problem(415, "Unsupported Media Type",
                                  fmt::format("Content-Type '{}' is not supported, only multipart/form-data", type));
  }
  const auto parts = parse_multipart(type, call.request.body);
  if (!parts) {
    return call.responder.problem(400, "Bad Request", "Failed to read the deployment: " + parts.error().message);
  }
  engine::DeployResources command;
  for (const FormPart& part : *parts) {
    if (!part.filename.empty()) {
      command.resources.push_back({part.filename, std::string(part.content)});
    } else if (part.name == "tenantId") {
      if (!is_utf8(part.content)) return call.responder.problem(400, "Bad Request", "tenantId is not UTF-8");
      if (!call.tenant(part.content)) return;
    } else {
      return call.responder.error(
          {Code::kInvalidArgument, fmt::format("The part '{}' is no file: its file name is missing.", part.name)});
    }
  }
  call.submit<engine::DeployReply>(std::move(command), &deployed_json);
}

}  // namespace baton::rest
