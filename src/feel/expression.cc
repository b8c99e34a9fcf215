#include "feel/expression.h"

#include <unordered_map>

#include "feel/interpreter.h"
#include "feel/parser.h"
#include "feel/program.h"

namespace baton::feel {
namespace {

Result<std::shared_ptr<const Program>> build(std::string_view source, const CompileOptions& options, bool unary_tests) {
  auto program = std::make_shared<Program>();
  program->source = std::string(source);
  Parser parser(*program, options);
  BATON_TRY(unary_tests ? parser.parse_unary_tests_source() : parser.parse_expression_source());
  if (program->storage().exhausted())
    return fail(Code::kInvalidArgument, "the constants of the FEEL expression are too large");
  program->self = program;
  return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace

std::string_view Program::intern(std::string_view text) {
  const auto known = text_index_.find(text);
  if (known != text_index_.end()) return *known;
  texts_.emplace_back(text);
  text_index_.insert(texts_.back());
  return texts_.back();
}

Result<Expression> Expression::compile(std::string_view source, const CompileOptions& options) {
  BATON_ASSIGN(auto program, build(source, options, false));
  return Expression(std::move(program));
}

Result<Expression> Expression::compile_unary_tests(std::string_view source, const CompileOptions& options) {
  BATON_ASSIGN(auto program, build(source, options, true));
  return Expression(std::move(program));
}

const std::string& Expression::source() const {
  return program_->source;
}

std::span<const std::string> Expression::free_names() const {
  return program_->free_names;
}

bool Expression::is_constant() const {
  return program_->free_names.empty() && !program_->uses_time;
}

Result<Value> Expression::evaluate(Evaluation& evaluation, const Variables& variables) const {
  Interpreter interpreter(*program_, evaluation, &variables);
  const Value value = interpreter.run();
  if (evaluation.exhausted()) [[unlikely]]
    return fail(evaluation.status().error());
  return value;
}

Result<Value> invoke(const Value& function, std::span<const Value> arguments, Evaluation& evaluation) {
  const Value value = invoke_function(function, arguments, evaluation);
  if (evaluation.exhausted()) return fail(evaluation.status().error());
  return value;
}

}  // namespace baton::feel
