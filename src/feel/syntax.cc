#include "feel/syntax.h"

#include <iterator>

#include "base/ensure.h"
#include "feel/parser.h"

namespace baton::feel {

void SyntaxRecorder::add(SyntaxKind kind, std::uint32_t begin, std::uint32_t end) {
  SyntaxNode node{kind, begin, end, {}};
  auto first = open_.end();
  while (first != open_.begin() && std::prev(first)->begin >= begin) --first;
  node.children.assign(std::make_move_iterator(first), std::make_move_iterator(open_.end()));
  open_.erase(first, open_.end());
  open_.push_back(std::move(node));
}

SyntaxNode SyntaxRecorder::take() {
  ENSURE(open_.size() == 1, "a source has one root");
  SyntaxNode root = std::move(open_.front());
  open_.clear();
  return root;
}

namespace {

Result<SyntaxNode> parse(std::string_view source, const CompileOptions& options, bool unary_tests) {
  Program program;
  program.source = std::string(source);
  SyntaxRecorder recorder;
  Parser parser(program, options, &recorder);
  BATON_TRY(unary_tests ? parser.parse_unary_tests_source() : parser.parse_expression_source());
  return recorder.take();
}

}  // namespace

Result<SyntaxNode> parse_syntax(std::string_view source, const CompileOptions& options) {
  return parse(source, options, false);
}

Result<SyntaxNode> parse_unary_tests_syntax(std::string_view source, const CompileOptions& options) {
  return parse(source, options, true);
}

}  // namespace baton::feel
