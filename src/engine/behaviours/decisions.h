// Evaluating decisions, for business rule tasks and for clients.
#pragma once

#include <string>

#include "dmn/decision_model.h"
#include "engine/execution.h"

namespace baton::engine {

/// Evaluates `decision` with `variables`; `reply` gets everything but the evaluation's key. A failed decision is not an
/// error: it is named in the reply.
void evaluate_decision(const Execution& x, const DecisionRow& decision, const feel::Variables& variables,
                       EvaluateDecisionReply& reply);

/// The event that keeps an evaluation for the history.
DecisionEvaluated evaluated_event(const EvaluateDecisionReply& reply, Key element_instance);

/// What a deployment and an evaluation tell about a decision.
DeployedDecision deployed_decision(const StateView& view, const DecisionRow& row);

/// Finds and evaluates the decision of a business rule task; its output is left in x.pending_result. Fails with
/// CALLED_DECISION_ERROR if there is no such decision, DECISION_EVALUATION_ERROR if it has no result.
StepResult evaluate_called_decision(Execution& x, Key element_instance, const bpmn::CalledDecision& called);

/// Sets `variable` to x.pending_result as a job's result would be set.
void take_pending_result(Execution& x, Key element_instance, const bpmn::Element& element, std::string_view variable);

}  // namespace baton::engine
