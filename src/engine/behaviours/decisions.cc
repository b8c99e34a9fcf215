#include "engine/behaviours/decisions.h"

#include "base/ensure.h"
#include "base/json.h"
#include "engine/behaviours/expressions.h"
#include "engine/behaviours/mappings.h"
#include "feel/json.h"
#include "feel/text.h"

namespace baton::engine {

namespace {

/// A value for the record: what JSON has no form for is kept as its text.
std::string shown(const feel::Value& value) {
  std::string json;
  if (feel::to_json(value, json)) return json;
  std::string text;
  constexpr std::size_t kMostBytes = 64U << 10;
  return feel::append_text(value, text, kMostBytes) ? json_quote(text) : "null";
}

EvaluatedDecisionReply evaluated(const std::vector<const DecisionRow*>& rows, const dmn::DecisionModel& model,
                                 const dmn::EvaluatedDecision& one) {
  const dmn::DecisionInfo& info = model.decisions()[one.decision];
  EvaluatedDecisionReply out;
  out.decision_id = info.id;
  out.name = info.name;
  out.type = info.logic;
  out.output = shown(one.output);
  // Decisions of a graph are defined in the order of the file.
  if (one.decision < rows.size() && rows[one.decision]->decision_id.text() == info.id) {
    out.key = rows[one.decision]->key;
    out.version = rows[one.decision]->version;
  }
  for (std::size_t i = 0; i < one.inputs.size(); ++i)
    out.inputs.push_back({info.inputs[i].id, info.inputs[i].name, shown(one.inputs[i])});
  for (const dmn::MatchedRule& rule : one.rules) {
    auto& added = out.rules.emplace_back();
    added.id = info.rules[rule.rule].id;
    added.index = static_cast<std::int32_t>(rule.rule + 1);
    for (std::size_t i = 0; i < rule.outputs.size(); ++i)
      added.outputs.push_back({info.outputs[i].id, info.outputs[i].name, shown(rule.outputs[i])});
  }
  return out;
}

void append_named(std::string& json, const char* list, const std::vector<EvaluatedDecisionReply::Named>& values) {
  json += fmt::format(R"(,"{}":[)", list);
  for (std::size_t i = 0; i < values.size(); ++i) {
    json += fmt::format(R"({}{{"id":{},"name":{},"value":{}}})", i == 0 ? "" : ",", json_quote(values[i].id),
                        json_quote(values[i].name), values[i].value);
  }
  json += ']';
}

std::string record_json(const std::vector<EvaluatedDecisionReply>& decisions) {
  std::string json = "[";
  for (const EvaluatedDecisionReply& one : decisions) {
    if (json.size() > 1) json += ',';
    json += fmt::format(R"({{"key":"{}","id":{},"name":{},"version":{},"type":"{}","output":{})", shown(one.key),
                        json_quote(one.decision_id), json_quote(one.name), one.version.value(), one.type, one.output);
    append_named(json, "inputs", one.inputs);
    json += R"(,"rules":[)";
    for (std::size_t i = 0; i < one.rules.size(); ++i) {
      json += fmt::format(R"({}{{"id":{},"index":{})", i == 0 ? "" : ",", json_quote(one.rules[i].id),
                          one.rules[i].index);
      append_named(json, "outputs", one.rules[i].outputs);
      json += '}';
    }
    json += "]}";
  }
  return json + "]";
}

tl::expected<const DecisionRow*, StepFailure> find_called(Execution& x, const bpmn::CalledDecision& called,
                                                          const std::string& id) {
  const DefinitionRow& definition = *x.instance().definition;
  const std::string_view tenant = definition.tenant.text();
  switch (called.binding) {
    case bpmn::Binding::kDeployment:
      if (const DecisionRow* row = x.view.deployed_decision(definition.deployment, id)) return row;
      return step_failure(
          IncidentKind::kCalledDecisionError,
          fmt::format("Expected to evaluate decision '{}' with binding type 'deployment', but no such decision found in "
                      "the deployment with key {} which contained the current process. To resolve this incident, "
                      "migrate the process instance to a process definition that is deployed together with the "
                      "intended decision to evaluate.",
                      id, shown(definition.deployment)));
    case bpmn::Binding::kVersionTag:
      if (const DecisionRow* row = x.view.tagged_decision(tenant, id, called.version_tag)) return row;
      return step_failure(IncidentKind::kCalledDecisionError,
                          fmt::format("Expected to evaluate decision '{}' with version tag '{}', but no such decision "
                                      "found. To resolve this incident, deploy a decision with the given decision id "
                                      "and version tag.",
                                      id, called.version_tag));
    case bpmn::Binding::kLatest:
      break;
  }
  const LatestDecisionRow* latest = x.view.latest_decision(tenant, id);
  const DecisionRow* row = latest == nullptr ? nullptr : x.view.decision(latest->latest);
  if (row != nullptr) return row;
  return step_failure(IncidentKind::kCalledDecisionError,
                      fmt::format("Expected to evaluate decision '{}', but no decision found for id '{}'", id, id));
}

}  // namespace

DeployedDecision deployed_decision(const StateView& view, const DecisionRow& row) {
  const DecisionRequirementsRow* requirements = view.requirements(row.requirements);
  ENSURE(requirements != nullptr, "a decision without its requirements graph");
  return {std::string(row.decision_id.text()),
          row.name,
          row.version,
          row.key,
          std::string(requirements->requirements_id.text()),
          requirements->key};
}

void evaluate_decision(const Execution& x, const DecisionRow& decision, const feel::Variables& variables,
                       EvaluateDecisionReply& reply) {
  const DecisionRequirementsRow* requirements = x.view.requirements(decision.requirements);
  ENSURE(requirements != nullptr, "a decision without its requirements graph");
  const dmn::DecisionModel& model = *requirements->model;
  const auto index = model.find_decision(decision.decision_id.text());
  ENSURE(index.has_value(), "a decision that its requirements graph does not have");
  reply.decision = deployed_decision(x.view, decision);
  reply.tenant = std::string(decision.tenant.text());
  reply.output = "null";
  dmn::DecisionRun run(x.now());
  const Status status = model.evaluate(*index, variables, run);
  std::vector<const DecisionRow*> rows;
  for (const auto& [key] : x.view.index<DecisionsOfRequirements>().all({decision.requirements}))
    rows.push_back(x.view.decision(key));
  for (const dmn::EvaluatedDecision& one : run.decisions()) reply.evaluated.push_back(evaluated(rows, model, one));
  const dmn::Problem* failure = run.failure();
  std::string output;
  if (!status) {
    reply.failed_decision = reply.evaluated.empty() ? reply.decision.decision_id : reply.evaluated.back().decision_id;
    reply.failure = status.error().message;
  } else if (failure != nullptr) {
    reply.failed_decision = failure->decision.empty() ? reply.decision.decision_id : failure->decision;
    reply.failure = fmt::format("Expected to evaluate decision '{}', but {}", reply.decision.decision_id,
                                failure->to_string());
  } else if (const Status stored = feel::to_json(run.output(), output); !stored) {
    reply.failed_decision = reply.decision.decision_id;
    reply.failure = fmt::format("Expected to evaluate decision '{}', but its result cannot be stored: {}",
                                reply.decision.decision_id, stored.error().message);
  } else {
    reply.output = std::move(output);
  }
}

DecisionEvaluated evaluated_event(const EvaluateDecisionReply& reply, Key element_instance) {
  DecisionEvaluated event;
  event.key = reply.evaluation;
  event.decision = reply.decision.key;
  event.element_instance = element_instance;
  event.output = Value(reply.output);
  event.decisions = Value(record_json(reply.evaluated));
  event.failed_decision = reply.failed_decision;
  event.failure = std::string(utf8_prefix(reply.failure, limits::kErrorMessageChars));
  return event;
}

StepResult evaluate_called_decision(Execution& x, Key element_instance, const bpmn::CalledDecision& called) {
  auto id = evaluate_text(x, element_instance, called.decision_id);
  if (!id) return tl::unexpected(std::move(id.error()));
  const auto decision = find_called(x, called, *id);
  if (!decision) return tl::unexpected(decision.error());
  EvaluateDecisionReply reply;
  evaluate_decision(x, **decision, ScopeVariables(x, element_instance, nullptr), reply);
  reply.evaluation = x.new_key();
  x.events.append(evaluated_event(reply, element_instance));
  if (!reply.failed_decision.empty())
    return step_failure(IncidentKind::kDecisionEvaluationError, std::move(reply.failure));
  x.pending_result = std::move(reply.output);
  return {};
}

void take_pending_result(Execution& x, Key element_instance, const bpmn::Element& element, std::string_view variable) {
  take_result(x, element_instance, element, {{x.symbols.intern(variable), Value(x.pending_result), -1}});
}

}  // namespace baton::engine
