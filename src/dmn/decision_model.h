// DMN (OMG Decision Model and Notation 1.1 to 1.5): compiled once, evaluated many times.
//
//   auto model = dmn::DecisionModel::load(xml, {});
//   dmn::DecisionRun run(now);                                  // memory and results; reset() to use it again
//   auto status = (*model)->evaluate(*(*model)->find_decision("discount"), variables, run);
//   run.output(), run.decisions(), run.problems()
//
// A DecisionModel is immutable and may be shared between threads; a DecisionRun belongs to one. Evaluation has access
// to nothing but the given variables and the given time, and stops at the counted budgets of FEEL.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dmn/definitions.h"
#include "dmn/types.h"
#include "feel/evaluation.h"
#include "feel/expression.h"

namespace baton::dmn {

enum class HitPolicy : std::uint8_t { kUnique, kAny, kPriority, kFirst, kRuleOrder, kOutputOrder, kCollect };
enum class Aggregation : std::uint8_t { kNone, kSum, kMin, kMax, kCount };

struct CompileOptions {
  /// kDmn: types are checked as the standard says, a failed decision is null and the evaluation goes on.
  /// kCamunda: values that do not fit their type are kept, and the first failed decision ends the evaluation.
  feel::Dialect dialect = feel::Dialect::kCamunda;
};

/// A column of a decision table.
struct ColumnInfo {
  std::string id;
  std::string name;
};

struct RuleInfo {
  std::string id;
  int line = 0;
};

struct DecisionInfo {
  std::string id;
  std::string name;
  std::string version_tag;
  std::string logic;  // "DECISION_TABLE", "LITERAL_EXPRESSION", "CONTEXT", ...; "UNSPECIFIED" without any
  TypeId type = kAnyType;
  int line = 0;
  bool imported = false;
  // of decision tables
  HitPolicy hit_policy = HitPolicy::kUnique;
  std::vector<ColumnInfo> inputs;
  std::vector<ColumnInfo> outputs;
  std::vector<RuleInfo> rules;
};

/// A name that comes from outside: input data, or a variable that decisions use without declaring it.
struct InputInfo {
  std::string name;
  std::string uri;   // namespace of the file that declares it
  TypeId type = kAnyType;
  bool declared = false;
};

struct ServiceInfo {
  std::string id;
  std::string name;
  std::vector<std::size_t> outputs;  // decisions
};

/// A rule that matched, in the order that the hit policy gives.
struct MatchedRule {
  std::uint32_t rule = 0;  // index, from 0
  std::span<const feel::Value> outputs;
};

/// A decision that was evaluated for the result.
struct EvaluatedDecision {
  std::size_t decision = 0;
  feel::Value output;
  bool failed = false;
  std::span<const feel::Value> inputs;  // of a decision table
  std::span<const MatchedRule> rules;
};

/// Why something is null or wrong: which decision, where in it, why.
struct Problem {
  std::string decision;  // id
  std::string place;     // "rule 3 (r3), input 2", "expression e1", ...
  std::string message;
  bool failure = false;  // the decision has no result because of it
  [[nodiscard]] std::string to_string() const;
};

class Run;

/// Memory and result of evaluations, one at a time. Values live until reset() or the next evaluation.
class DecisionRun {
 public:
  explicit DecisionRun(TimeMs now, const feel::Budgets& budgets = {}) : feel_(now, budgets) {}
  /// Makes it ready for the next evaluation without giving memory back.
  void reset(TimeMs now);
  /// For values of variables.
  [[nodiscard]] feel::Evaluation& feel() { return feel_; }
  /// The result; null if it failed.
  [[nodiscard]] const feel::Value& output() const { return output_; }
  /// Everything that was evaluated, required decisions first, the asked one last.
  [[nodiscard]] std::span<const EvaluatedDecision> decisions() const { return decisions_; }
  [[nodiscard]] std::span<const Problem> problems() const { return problems_; }
  /// The first problem that left a decision without a result, or nullptr.
  [[nodiscard]] const Problem* failure() const;

 private:
  friend class Run;
  friend class DecisionModel;
  static constexpr std::size_t kMaxProblems = 100;
  feel::Evaluation feel_;
  feel::Value output_;
  std::vector<EvaluatedDecision> decisions_;
  std::vector<Problem> problems_;
  bool failed_ = false;
};

struct Model;

class DecisionModel {
 public:
  /// Compiles files that import each other by namespace; the first one is the main one. What is wrong in single
  /// expressions is left to diagnostics(); errors are what makes the whole useless: decisions that require themselves.
  static Result<std::shared_ptr<const DecisionModel>> compile(std::span<const Definitions> files,
                                                              const CompileOptions& options);
  /// Parses and compiles one file.
  static Result<std::shared_ptr<const DecisionModel>> load(std::string_view xml, const CompileOptions& options);
  explicit DecisionModel(std::unique_ptr<const Model> model);
  ~DecisionModel();
  DecisionModel(const DecisionModel&) = delete;
  DecisionModel& operator=(const DecisionModel&) = delete;

  [[nodiscard]] const std::string& id() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::span<const Diagnostic> diagnostics() const;
  [[nodiscard]] std::span<const DecisionInfo> decisions() const;
  [[nodiscard]] std::span<const ServiceInfo> services() const;
  [[nodiscard]] std::span<const InputInfo> inputs() const;
  [[nodiscard]] const Types& types() const;
  /// A decision of the main file by id, else by name, else of an imported file.
  [[nodiscard]] std::optional<std::size_t> find_decision(std::string_view id_or_name) const;
  [[nodiscard]] std::optional<std::size_t> find_service(std::string_view id_or_name) const;

  struct EvaluateOptions {
    /// A variable of a required decision's name replaces its evaluation.
    bool variables_replace_decisions = false;
  };
  /// Evaluates a decision and what it requires. `variables` is asked with the index in inputs() as slot. Errors are
  /// exhausted budgets; what fails inside is in run.problems().
  Status evaluate(std::size_t decision, const feel::Variables& variables, DecisionRun& run,
                  const EvaluateOptions& options) const;
  Status evaluate(std::size_t decision, const feel::Variables& variables, DecisionRun& run) const {
    return evaluate(decision, variables, run, EvaluateOptions{});
  }
  /// Evaluates a decision service; its inputs are taken from `variables` by name. The output is that of the one output
  /// decision, or a context of all of them.
  Status evaluate_service(std::size_t service, const feel::Variables& variables, DecisionRun& run) const;

  [[nodiscard]] const Model& model() const { return *model_; }

 private:
  std::unique_ptr<const Model> model_;
};

}  // namespace baton::dmn
