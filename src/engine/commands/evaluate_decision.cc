// Evaluating a decision for a client: by key, or the latest version of an id. What fails inside is part of the answer.
#include "engine/authorize.h"
#include "engine/behaviours/decisions.h"
#include "engine/commands/handler.h"
#include "feel/json.h"

namespace baton::engine {

namespace {

/// The variables of the command, the last one of equal names.
class CommandDocument final : public feel::Variables {
 public:
  explicit CommandDocument(const JsonDocument& document) : document_(document) {}
  std::optional<feel::Value> find(std::size_t, std::string_view name, feel::Evaluation& evaluation) const override {
    for (std::size_t i = document_.size(); i-- > 0;) {
      const auto entry = document_[i];
      if (entry.name != name) continue;
      auto value = feel::from_json(entry.value, evaluation);
      if (!value) return std::nullopt;
      return *value;
    }
    return std::nullopt;
  }

 private:
  const JsonDocument& document_;
};

Result<const DecisionRow*> find_decision(const CommandContext& context, const EvaluateDecision& command) {
  const StateView& view = context.x.view;
  const std::string& tenant = context.command.tenant;
  const bool has_key = command.decision.value() != 0;
  if (has_key == !command.decision_id.empty()) {
    return fail(Code::kInvalidArgument,
                has_key ? "Expected either a decision id or a valid decision key, but both given"
                        : "Expected either a decision id or a valid decision key, but none provided");
  }
  if (has_key) {
    const DecisionRow* row = view.decision(command.decision);
    if (row != nullptr && authorize(context.command.principal, tenant, row->tenant.text())) return row;
    return failf(Code::kNotFound,
                 "Expected to evaluate decision with key '{}', but no decision found for key '{}'",
                 shown(command.decision), shown(command.decision));
  }
  const LatestDecisionRow* latest = view.latest_decision(tenant, command.decision_id);
  const DecisionRow* row = latest == nullptr ? nullptr : view.decision(latest->latest);
  if (row != nullptr) return row;
  return failf(Code::kNotFound, "Expected to evaluate decision '{}', but no decision found for id '{}'",
               command.decision_id, command.decision_id);
}

}  // namespace

Outcome handle(CommandContext& context, const EvaluateDecision& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const DecisionRow* decision, find_decision(context, command));
  EvaluateDecisionReply reply;
  evaluate_decision(x, *decision, CommandDocument(command.variables), reply);
  reply.evaluation = Key(x.view.counters().next_block);
  x.events.append(evaluated_event(reply, Key(0)));
  context.reply(std::move(reply));
  return {};
}

}  // namespace baton::engine
