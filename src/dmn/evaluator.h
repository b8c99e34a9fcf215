// Evaluates a Model: one Run per set of inputs, that is one for the question and one per call of a decision service.
// Runs, frames and function values live in the arena of the evaluation and are never destroyed.
#pragma once

#include <span>
#include <string>

#include "dmn/model.h"

namespace baton::dmn {

/// Values of the names of a boxed expression.
struct Frame {
  const Frame* parent = nullptr;
  feel::Value* slots = nullptr;
};

class Run {
 public:
  Run(const Model& model, DecisionRun& out, const feel::Variables* variables, bool replace_decisions);
  /// Makes a run in the arena; nullptr if memory is exhausted.
  static Run* create(const Model& model, DecisionRun& out);

  /// Evaluates a decision after everything that it requires, with a stack of its own: chains may be long.
  feel::Value decide(std::uint32_t decision);
  /// Gives a decision or input its value in advance.
  void set_decision(std::uint32_t decision, const feel::Value& value);
  void set_input(std::uint32_t input, const feel::Value& value);
  /// The output decisions of a service, with inputs set in advance.
  feel::Value serve(std::uint32_t service);
  /// Calls a service: coerces the arguments; nothing is evaluated if one does not fit.
  feel::Value call_service(std::uint32_t service, std::span<const feel::Value> arguments);
  /// Calls a boxed function in the frame where it was made.
  feel::Value call_function(const Node& function, const Frame* frame, TypeId result_type,
                            std::span<const feel::Value> arguments, std::uint32_t decision);

  /// Coerces an input of a service as a caller from outside gives it: a misfit is null.
  feel::Value fit(const feel::Value& value, TypeId type, const std::string& what);
  void set_current(std::uint32_t decision) { current_ = decision; }

 private:
  friend class NodeVariables;
  friend class TableEvaluation;
  static constexpr std::uint32_t kNoDecision = 0xFFFFFFFFU;
  enum class State : std::uint8_t { kNew, kGiven, kDone };

  feel::Value evaluate_decision(std::uint32_t decision);
  feel::Value evaluate(const Node& node, const Frame* frame);
  feel::Value evaluate_parts(const Node& node, const Frame* frame);
  feel::Value evaluate_feel(const Feel& feel, const Frame* frame, const feel::Value* tested);
  feel::Value context(const Node& node, const Frame* frame);
  feel::Value relation(const Node& node, const Frame* frame);
  feel::Value list(const Node& node, const Frame* frame);
  feel::Value invocation(const Node& node, const Frame* frame);
  feel::Value conditional(const Node& node, const Frame* frame);
  feel::Value filter(const Node& node, const Frame* frame);
  feel::Value loop(const Node& node, const Frame* frame);
  feel::Value function(const Node& node, const Frame* frame, TypeId result_type);
  feel::Value coerced(const feel::Value& value, TypeId type, const Place& place);

  std::optional<feel::Value> value_of(const Ref& ref, std::string_view name, const Frame* frame,
                                      const feel::Value* tested);
  std::optional<feel::Value> input(std::uint32_t index);
  feel::Value knowledge(std::uint32_t index);
  feel::Value service(std::uint32_t index);
  feel::Value import(std::uint32_t index, const Frame* frame);
  Frame* frame_of(const Frame* parent, std::size_t slots);

  void report(const Place& place, std::string message, bool failure = false);
  void take_warnings(const Place& place);
  [[nodiscard]] bool stopped() const;
  [[nodiscard]] bool is_standard() const { return model_.options.dialect == feel::Dialect::kDmn; }

  const Model& model_;
  DecisionRun& out_;
  feel::Evaluation& feel_;
  const feel::Variables* variables_;
  bool replace_decisions_;
  bool is_root_ = true;
  std::uint32_t current_ = kNoDecision;
  bool failed_ = false;  // of the decision being evaluated
  feel::Value* decision_values_ = nullptr;
  State* decision_states_ = nullptr;
  feel::Value* input_values_ = nullptr;
  State* input_states_ = nullptr;
  EvaluatedDecision* record_ = nullptr;  // of the decision being evaluated, if its table is to be noted
};

/// "rule 3 (r3), input 2".
std::string describe(const Place& place);

}  // namespace baton::dmn
