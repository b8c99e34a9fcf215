// Evaluating decisions, deleting resources.
#include "base/json.h"
#include "gateway/api/gateway.h"
#include "gateway_protocol.pb.h"

namespace baton::gateway {

namespace {

namespace pb = gateway_protocol;

std::int64_t number(Key key) {
  return shown(key);
}

void fill_evaluated(pb::EvaluatedDecision& out, const engine::EvaluatedDecisionReply& one,
                    const engine::EvaluateDecisionReply& reply, int instance) {
  out.set_decisionkey(number(one.key));
  out.set_decisionid(one.decision_id);
  out.set_decisionname(one.name);
  out.set_decisionversion(one.version.value());
  out.set_decisiontype(one.type);
  out.set_decisionoutput(one.output);
  out.set_tenantid(reply.tenant);
  out.set_decisionevaluationinstancekey(fmt::format("{}-{}", number(reply.evaluation), instance));
  for (const auto& input : one.inputs) {
    auto* added = out.add_evaluatedinputs();
    added->set_inputid(input.id);
    added->set_inputname(input.name);
    added->set_inputvalue(input.value);
  }
  for (const auto& rule : one.rules) {
    auto* added = out.add_matchedrules();
    added->set_ruleid(rule.id);
    added->set_ruleindex(rule.index);
    for (const auto& output : rule.outputs) {
      auto* value = added->add_evaluatedoutputs();
      value->set_outputid(output.id);
      value->set_outputname(output.name);
      value->set_outputvalue(output.value);
    }
  }
}

}  // namespace

void evaluate_decision(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::EvaluateDecisionRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  if (!accept_tenant(gateway, call, "EvaluateDecision", request.tenantid())) return;
  engine::EvaluateDecision command;
  command.decision = Key(request.decisionkey() > 0 ? static_cast<std::uint64_t>(request.decisionkey()) : 0);
  command.decision_id = request.decisionid();
  if (!accept_variables(gateway, call, request.variables(), command.variables)) return;
  gateway.submit_command(call, std::move(command));
}

void delete_resource(Gateway& gateway, Gateway::Call call, std::string_view message) {
  pb::DeleteResourceRequest request;
  if (!parse_request(gateway, call, message, request)) return;
  if (request.deletehistory()) {
    gateway.refuse(call, Code::kUnimplemented,
                   "Deleting a resource with deleteHistory is not supported by this version");
    return;
  }
  gateway.submit_command(call, engine::DeleteResource{Key(static_cast<std::uint64_t>(request.resourcekey()))},
                         request.operationreference());
}

std::string reply_bytes(const engine::EvaluateDecisionReply& reply) {
  pb::EvaluateDecisionResponse response;
  response.set_decisionkey(number(reply.decision.key));
  response.set_decisionid(reply.decision.decision_id);
  response.set_decisionname(reply.decision.name);
  response.set_decisionversion(reply.decision.version.value());
  response.set_decisionrequirementsid(reply.decision.requirements_id);
  response.set_decisionrequirementskey(number(reply.decision.requirements));
  response.set_decisionoutput(reply.output);
  response.set_faileddecisionid(reply.failed_decision);
  response.set_failuremessage(reply.failure);
  response.set_tenantid(reply.tenant);
  response.set_decisioninstancekey(number(reply.evaluation));
  response.set_decisionevaluationkey(number(reply.evaluation));
  int instance = 0;
  for (const auto& one : reply.evaluated) fill_evaluated(*response.add_evaluateddecisions(), one, reply, ++instance);
  return response.SerializeAsString();
}

std::string reply_bytes(const engine::DeleteReply& reply) {
  pb::DeleteResourceResponse response;
  response.set_resourcekey(fmt::format("{}", number(reply.resource)));
  return response.SerializeAsString();
}

}  // namespace baton::gateway
