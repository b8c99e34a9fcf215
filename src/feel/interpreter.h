// Walks the nodes of a Program. One per evaluation; functions of other programs are run by switching to their nodes.
#pragma once

#include <span>
#include <string>

#include "feel/builtins.h"
#include "feel/operators.h"
#include "feel/program.h"

namespace baton::feel {

class Interpreter final : public Call {
 public:
  Interpreter(const Program& program, Evaluation& evaluation, const Variables* variables)
      : program_(&program), nodes_(program.nodes.data()), evaluation_(evaluation), variables_(variables) {}

  /// Evaluates the program's root.
  Value run();

  [[nodiscard]] Evaluation& evaluation() override { return evaluation_; }
  Value fail(std::string message) override;
  Value invoke(const Value& function, std::span<const Value> arguments) override;
  [[nodiscard]] int named_alternative() const override { return named_alternative_; }

 private:
  struct Iteration;

  Value eval(NodeId id);
  Value variable(const Node& node);
  Value item_field(const Node& node);
  Value arithmetic(const Node& node);
  Value comparison(const Node& node);
  Value equality(const Node& node);
  Value conjunction(const Node& node);
  Value between(const Node& node);
  Value in(const Node& node);
  Ternary test(const Value& input, NodeId test, bool table);
  Value negated(const Node& node);
  Value condition(const Node& node);
  Value path(const Node& node);
  Value path_of(const Value& base, std::string_view name, const Node& node);
  Value filter(const Node& node);
  Value at_index(std::span<const Value> items, const Value& index, const Node& node);
  Value loop(const Node& node);
  Value list(const Node& node);
  Value context(const Node& node);
  Value range(const Node& node);
  Value call_builtin(const Node& node);
  Value call(const Node& node);
  Value call_named(const Node& node);
  Value function(const Node& node);
  Value run_builtin(const Builtin& builtin, std::span<const Value> arguments);
  Value run_closure(const FunctionData& function, std::span<const Value> arguments);
  bool coerce_parameter(Value& argument, const Program& program, std::uint32_t type);

  bool iterate(Iteration& iteration, std::size_t level);
  bool iterate_range(Iteration& iteration, std::size_t level, std::uint32_t slot, const RangeData& range);
  bool iterate_body(Iteration& iteration);

  [[nodiscard]] bool wants_warning() const {
    return evaluation_.warnings().size() < Evaluation::kMaxWarnings && !evaluation_.exhausted();
  }
  Value warn(const Node& node, std::string message);

  const Program* program_;
  const Node* nodes_;
  Evaluation& evaluation_;
  const Variables* variables_;
  Value* locals_ = nullptr;
  struct Cached {
    Value value;
    bool known;
  };
  Cached* cache_ = nullptr;
  std::uint32_t call_offset_ = 0;
  int named_alternative_ = 0;
};

/// Evaluates the function value with a fresh interpreter, for hosts.
Value invoke_function(const Value& function, std::span<const Value> arguments, Evaluation& evaluation);

}  // namespace baton::feel
