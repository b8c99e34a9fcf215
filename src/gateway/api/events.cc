// Messages, signals and BPMN errors.
#include "gateway/api/gateway.h"
#include "gateway_protocol.pb.h"

namespace baton::gateway {

namespace pb = gateway_protocol;

void publish_message(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::PublishMessageRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  if (!accept_tenant(gateway, call, "PublishMessage", request.tenantid())) return;
  engine::PublishMessage command;
  command.name = request.name();
  command.correlation_key = request.correlationkey();
  command.ttl_ms = limited_ms(request.timetolive());
  command.message_id = request.messageid();
  if (!accept_variables(gateway, call, request.variables(), command.variables)) return;
  gateway.submit_command(call, std::move(command));
}

void broadcast_signal(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::BroadcastSignalRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  if (!accept_tenant(gateway, call, "BroadcastSignal", request.tenantid())) return;
  engine::BroadcastSignal command;
  command.name = request.signalname();
  if (!accept_variables(gateway, call, request.variables(), command.variables)) return;
  gateway.submit_command(call, std::move(command));
}

void throw_error(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::ThrowErrorRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  engine::ThrowError command;
  command.job = Key(static_cast<std::uint64_t>(request.jobkey()));
  command.code = request.errorcode();
  command.message = request.errormessage();
  if (!accept_variables(gateway, call, request.variables(), command.variables)) return;
  gateway.submit_command(call, std::move(command));
}

std::string reply_bytes(const engine::PublishReply& reply) {
  pb::PublishMessageResponse response;
  response.set_key(static_cast<std::int64_t>(reply.key.value()));
  response.set_tenantid(reply.tenant);
  return response.SerializeAsString();
}

std::string reply_bytes(const engine::SignalReply& reply) {
  pb::BroadcastSignalResponse response;
  response.set_key(static_cast<std::int64_t>(reply.key.value()));
  response.set_tenantid(reply.tenant);
  return response.SerializeAsString();
}

}  // namespace baton::gateway
