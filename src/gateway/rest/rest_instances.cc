// Process instances, variables of elements, incidents.
#include "base/json.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

namespace {

/// What this version does not do is refused by name, never ignored.
const char* unsupported_option(const JsonValue& body) {
  if (body["startInstructions"].size() != 0) return "startInstructions";
  if (body["runtimeInstructions"].size() != 0) return "runtimeInstructions";
  if (body["businessId"]) return "businessId";
  return nullptr;
}

std::string created_json(const engine::CreateReply& created, std::string_view variables) {
  std::string tags;
  for (const std::string& tag : created.tags) tags += (tags.empty() ? "" : ",") + json_quote(tag);
  return fmt::format(R"({{"processDefinitionId":{},"processDefinitionVersion":{},"tenantId":{},"variables":{},)"
                     R"("processDefinitionKey":"{}","processInstanceKey":"{}","tags":[{}],"businessId":null}})",
                     json_quote(created.process_id), created.version.value(), json_quote(created.tenant), variables,
                     created.definition.value(), created.instance.value(), tags);
}

}  // namespace

void create_process_instance(RestCall& call) {
  const JsonValue& body = call.body;
  if (const char* what = unsupported_option(body)) {
    return call.responder.error(
        {Code::kUnimplemented,
         fmt::format("Creating a process instance with {} is not supported by this version", what)});
  }
  engine::CreateInstance command;
  if (!call.tenant(body["tenantId"].string_or())) return;
  command.definition = Key(body["processDefinitionKey"].key());
  command.process_id = body["processDefinitionId"].string_or();
  // By key the version is fixed; a version beside it means nothing.
  command.version = static_cast<std::int32_t>(body["processDefinitionVersion"].integer_or(-1));
  command.tags = body["tags"].strings();
  if (const Status tags = gateway::check_tags(command.tags); !tags) return call.responder.error(tags.error());
  if (!call.variables(body["variables"], command.variables)) return;
  if (body["processDefinitionKey"] && command.definition.value() == 0) {
    return call.responder.error(
        {Code::kNotFound,
         fmt::format("Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with key "
                     "'{}', but none found",
                     body["processDefinitionKey"].string_or())});
  }
  if (!body["awaitCompletion"].boolean_or(false)) {
    call.submit<engine::CreateReply>(std::move(command),
                                     [](const engine::CreateReply& created) { return created_json(created, "{}"); });
    return;
  }
  command.await_result = true;
  command.fetch_variables = body["fetchVariables"].strings();
  const std::int64_t wait = body["requestTimeout"].integer_or(0);
  const std::uint64_t token = call.submit<engine::ResultReply>(
      std::move(command),
      [](const engine::ResultReply& result) { return created_json(result.created, result.variables); });
  call.gateway.expire_answer_after(token, wait > 0 ? wait : call.gateway.options().request_timeout_ms);
  call.responder.reply().on_gone([&gateway = call.gateway, token] { gateway.abandon(token); });
}

void cancel_process_instance(RestCall& call) {
  call.submit(engine::CancelInstance{call.path_key()});
}

void set_element_variables(RestCall& call) {
  engine::SetVariables command;
  command.scope = call.path_key();
  command.local = call.body["local"].boolean_or(false);
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit(std::move(command));
}

void resolve_incident(RestCall& call) {
  call.submit(engine::ResolveIncident{call.path_key()});
}

}  // namespace baton::rest
