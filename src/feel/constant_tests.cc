// What a decision table may index: cells that only compare the input with constants.
#include "feel/expression.h"
#include "feel/program.h"

namespace baton::feel {
namespace {

bool is_input(const Program& program, const Node& node) {
  return node.op == Op::kVariable && program.free_names[node.b] == "?";
}

/// The constant of a test, if it is one; null as a test means something else to each kind of input.
std::optional<ConstantTests::Test> constant_test(const Program& program, const Node& node) {
  if (node.op == Op::kConstant) return ConstantTests::Test{program.constants[node.b], false};
  if (node.op != Op::kNot || program.nodes[node.b].op != Op::kConstant) return std::nullopt;
  return ConstantTests::Test{program.constants[program.nodes[node.b].b], true};
}

}  // namespace

std::optional<ConstantTests> Expression::constant_tests() const {
  const Program& program = *program_;
  ConstantTests result;
  const Node* root = &program.nodes[program.root];
  if (root->op == Op::kConstant) {
    if (!program.constants[root->b].is_true()) return std::nullopt;
    result.any = true;
    return result;
  }
  if (root->op == Op::kNot) {
    result.negated = true;
    root = &program.nodes[root->b];
  }
  if (root->op != Op::kIn || (root->flags & kUnaryTests) == 0 || !is_input(program, program.nodes[root->b]))
    return std::nullopt;
  for (const NodeId child : program.children_of(*root)) {
    const auto test = constant_test(program, program.nodes[child]);
    if (!test) return std::nullopt;
    result.tests.push_back(*test);
  }
  return result;
}

}  // namespace baton::feel
