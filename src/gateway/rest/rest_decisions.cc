// Evaluating decisions, deleting resources.
#include "base/json.h"
#include "gateway/rest/rest_api.h"

namespace baton::rest {

namespace {

template <typename Items, typename F>
std::string joined(const Items& items, F&& to_json) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ",") + to_json(item);
  return out;
}

std::string rule_json(const engine::EvaluatedDecisionReply::Rule& rule) {
  return fmt::format(R"({{"ruleId":{},"ruleIndex":{},"evaluatedOutputs":[{}]}})", json_quote(rule.id), rule.index,
                     joined(rule.outputs, [&rule](const auto& output) {
                       return fmt::format(
                           R"({{"outputId":{},"outputName":{},"outputValue":{},"ruleId":{},"ruleIndex":{}}})",
                           json_quote(output.id), json_quote(output.name), json_quote(output.value),
                           json_quote(rule.id), rule.index);
                     }));
}

std::string evaluated_json(const engine::EvaluatedDecisionReply& one, const engine::EvaluateDecisionReply& reply,
                           int instance) {
  return fmt::format(
      R"({{"decisionDefinitionId":{},"decisionDefinitionName":{},"decisionDefinitionVersion":{},"decisionDefinitionType":{},)"
      R"("output":{},"tenantId":{},"matchedRules":[{}],"evaluatedInputs":[{}],"decisionDefinitionKey":"{}",)"
      R"("decisionEvaluationInstanceKey":"{}-{}"}})",
      json_quote(one.decision_id), json_quote(one.name), one.version.value(), json_quote(one.type),
      json_quote(one.output), json_quote(reply.tenant), joined(one.rules, &rule_json),
      joined(one.inputs,
             [](const auto& input) {
               return fmt::format(R"({{"inputId":{},"inputName":{},"inputValue":{}}})", json_quote(input.id),
                                  json_quote(input.name), json_quote(input.value));
             }),
      one.key.value(), reply.evaluation.value(), instance);
}

std::string evaluation_json(const engine::EvaluateDecisionReply& reply) {
  const auto nullable = [](const std::string& text) { return text.empty() ? std::string("null") : json_quote(text); };
  int instance = 0;
  return fmt::format(
      R"({{"decisionDefinitionId":{},"decisionDefinitionKey":"{}","decisionDefinitionName":{},"decisionDefinitionVersion":{},)"
      R"("decisionEvaluationKey":"{}","decisionInstanceKey":"{}","decisionRequirementsId":{},"decisionRequirementsKey":"{}",)"
      R"("evaluatedDecisions":[{}],"failedDecisionDefinitionId":{},"failureMessage":{},"output":{},"tenantId":{}}})",
      json_quote(reply.decision.decision_id), reply.decision.key.value(), json_quote(reply.decision.name),
      reply.decision.version.value(), reply.evaluation.value(), reply.evaluation.value(),
      json_quote(reply.decision.requirements_id), reply.decision.requirements.value(),
      joined(reply.evaluated, [&](const auto& one) { return evaluated_json(one, reply, ++instance); }),
      nullable(reply.failed_decision), nullable(reply.failure), json_quote(reply.output), json_quote(reply.tenant));
}

}  // namespace

void evaluate_decision(RestCall& call) {
  const JsonValue& body = call.body;
  if (!call.tenant(body["tenantId"].string_or())) return;
  engine::EvaluateDecision command;
  command.decision = Key(body["decisionDefinitionKey"].key());
  command.decision_id = body["decisionDefinitionId"].string_or();
  if (!call.variables(body["variables"], command.variables)) return;
  call.submit<engine::EvaluateDecisionReply>(std::move(command), &evaluation_json);
}

void delete_resource(RestCall& call) {
  if (call.body["deleteHistory"].boolean_or(false)) {
    return call.responder.error(
        {Code::kUnimplemented, "Deleting a resource with deleteHistory is not supported by this version"});
  }
  call.submit<engine::DeleteReply>(engine::DeleteResource{call.path_key()}, [](const engine::DeleteReply& reply) {
    return fmt::format(R"({{"resourceKey":"{}","batchOperation":null}})", reply.resource.value());
  });
}

}  // namespace baton::rest
