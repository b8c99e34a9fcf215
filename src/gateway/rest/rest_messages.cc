// Messages and signals.
#include "base/json.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

namespace {

/// Messages carry no business id at this level of the API.
bool refuse_business_id(const RestCall& call) {
  if (!call.body["businessId"]) return false;
  call.responder.error({Code::kUnimplemented, "A message with a businessId is not supported by this version"});
  return true;
}

}  // namespace

void publish_message(RestCall& call) {
  if (refuse_business_id(call) || !call.tenant(call.body["tenantId"].string_or())) return;
  engine::PublishMessage command;
  command.name = call.body["name"].string_or();
  command.correlation_key = call.body["correlationKey"].string_or();
  command.ttl_ms = gateway::limited_ms(call.body["timeToLive"].integer_or(0));
  command.message_id = call.body["messageId"].string_or();
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit<engine::PublishReply>(std::move(command), [](const engine::PublishReply& published) {
    return fmt::format(R"({{"tenantId":{},"messageKey":"{}"}})", json_quote(published.tenant), published.key.value());
  });
}

void correlate_message(RestCall& call) {
  if (refuse_business_id(call) || !call.tenant(call.body["tenantId"].string_or())) return;
  engine::RequestCorrelation command;
  command.name = call.body["name"].string_or();
  command.correlation_key = call.body["correlationKey"].string_or();
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit<engine::CorrelateReply>(std::move(command), [](const engine::CorrelateReply& reached) {
    return fmt::format(R"({{"tenantId":{},"messageKey":"{}","processInstanceKey":"{}"}})", json_quote(reached.tenant),
                       reached.message.value(), reached.instance.value());
  });
}

void broadcast_signal(RestCall& call) {
  if (!call.tenant(call.body["tenantId"].string_or())) return;
  engine::BroadcastSignal command;
  command.name = call.body["signalName"].string_or();
  if (!call.variables(call.body["variables"], command.variables)) return;
  call.submit<engine::SignalReply>(std::move(command), [](const engine::SignalReply& sent) {
    return fmt::format(R"({{"tenantId":{},"signalKey":"{}"}})", json_quote(sent.tenant), sent.key.value());
  });
}

}  // namespace baton::rest
