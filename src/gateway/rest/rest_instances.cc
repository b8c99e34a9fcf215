// Process instances, variables of elements, incidents.
#include "base/json.h"
#include "gateway/rest/entity_json.h"

namespace baton::rest {

namespace {

constexpr std::string_view kTerminate = "TERMINATE_PROCESS_INSTANCE";

/// Where the instance begins and ends, if not as usual. Errors: kInvalidArgument.
Status read_instructions(const JsonValue& body, engine::CreateInstance& out) {
  body["startInstructions"].for_each(
      [&out](const JsonValue& start) { out.start_elements.push_back(start["elementId"].string_or()); });
  Status status;
  body["runtimeInstructions"].for_each([&](const JsonValue& instruction) {
    const std::string type = instruction["type"].string_or(kTerminate);
    if (type != kTerminate) {
      status = failf(Code::kInvalidArgument, "The value for type is '{}' but must be {}.", type, kTerminate);
    }
    out.terminate_after.push_back(instruction["afterElementId"].string_or());
  });
  return status;
}

std::string created_json(const engine::CreateReply& created, std::string_view variables) {
  return fmt::format(R"({{"processDefinitionId":{},"processDefinitionVersion":{},"tenantId":{},"variables":{},)"
                     R"("processDefinitionKey":"{}","processInstanceKey":"{}","tags":{},"businessId":{}}})",
                     json_quote(created.process_id), created.version.value(), json_quote(created.tenant), variables,
                     created.definition.value(), created.instance.value(), texts_json(created.tags),
                     nullable_text(created.business_id));
}

}  // namespace

void create_process_instance(RestCall& call) {
  const JsonValue& body = call.body;
  engine::CreateInstance command;
  if (!call.tenant(body["tenantId"].string_or())) return;
  command.definition = Key(body["processDefinitionKey"].key());
  command.process_id = body["processDefinitionId"].string_or();
  // By key the version is fixed; a version beside it means nothing.
  command.version = static_cast<std::int32_t>(body["processDefinitionVersion"].integer_or(-1));
  command.business_id = body["businessId"].string_or();
  if (const Status read = read_instructions(body, command); !read) return call.responder.error(read.error());
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
