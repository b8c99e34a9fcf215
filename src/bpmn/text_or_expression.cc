#include "bpmn/text_or_expression.h"

namespace baton::bpmn {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_expression(std::string_view text) {
  return trimmed(text).starts_with('=');
}

Result<feel::Expression> compile_expression(std::string_view text) {
  const std::string_view source = trimmed(trimmed(text).substr(is_expression(text) ? 1 : 0));
  if (source.empty()) return fail(Code::kInvalidArgument, "the expression is empty");
  return feel::Expression::compile(source, {});
}

Result<TextOrExpression> compile_text_or_expression(std::string_view text) {
  TextOrExpression value;
  value.text = std::string(text);
  if (is_expression(text)) {
    BATON_ASSIGN(value.expression, compile_expression(text));
  }
  return value;
}

}  // namespace baton::bpmn
