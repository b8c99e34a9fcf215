// What a node says about itself, the caller, and the clock.
#include "base/json.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

std::string topology_json(const gateway::GatewayOptions& options) {
  return fmt::format(
      R"({{"brokers":[{{"nodeId":0,"host":{},"port":{},"partitions":[{{"partitionId":1,"role":"leader","health":"healthy"}}],)"
      R"("version":"{}"}}],"clusterId":{},"clusterSize":1,"partitionsCount":1,"replicationFactor":1,"gatewayVersion":"{}",)"
      R"("lastCompletedChangeId":"-1"}})",
      json_quote(options.host), options.port, gateway::kApiVersion, json_quote(options.cluster_id),
      gateway::kApiVersion);
}

/// 204 once a question has reached the partition and what it knows is durable.
void get_status(RestCall& call) {
  call.gateway.read([](const engine::StateView&) { return std::string(); },
                    [answer = call.responder](const std::string&) { answer.no_content(); });
}

void get_topology(RestCall& call) {
  call.responder.json(topology_json(call.gateway.options()));
}

void get_license(RestCall& call) {
  call.responder.json(R"({"validLicense":true,"licenseType":"Apache-2.0","isCommercial":false,"expiresAt":null})");
}

void get_authentication(RestCall& call) {
  const bool anonymous = call.caller.principal.kind == engine::Principal::Kind::kAnonymous;
  const std::string name = anonymous ? "anonymous" : call.caller.principal.id;
  call.responder.json(fmt::format(
      R"({{"username":{},"displayName":{},"email":null,"authorizedComponents":["*"],"tenants":[{{"name":{},"tenantId":{},)"
      R"("description":null}}],"groups":[],"roles":[],"salesPlanType":null,"c8Links":{{}},"canLogout":{}}})",
      json_quote(name), json_quote(name),
      json_quote(call.caller.tenant == engine::kDefaultTenant ? std::string_view("Default") : call.caller.tenant),
      json_quote(call.caller.tenant), anonymous ? "false" : "true"));
}

/// No metrics of jobs are exported yet, so none of these limits cuts anything.
void get_system_configuration(RestCall& call) {
  call.responder.json(
      R"({"jobMetrics":{"enabled":false,"exportInterval":"PT5M","maxWorkerNameLength":100,"maxJobTypeLength":100,)"
      R"("maxTenantIdLength":30,"maxUniqueKeys":9500}})");
}

namespace {
void control_clock(RestCall& call, std::optional<TimeMs> time) {
  if (!call.api.options().dev) {
    return call.responder.error({Code::kPermissionDenied, "The clock can be controlled only with --dev"});
  }
  call.gateway.pin_clock(time, [answer = call.responder](engine::ReplyBody reply) {
    if (const auto* error = std::get_if<Error>(&reply)) return answer.error(*error);
    answer.no_content();
  });
}
}  // namespace

void pin_clock(RestCall& call) {
  control_clock(call, TimeMs(gateway::limited_ms(call.body["timestamp"].integer_or(0))));
}

void reset_clock(RestCall& call) {
  control_clock(call, std::nullopt);
}

}  // namespace baton::rest
