// The convention of the Camunda 8 extensions: a text with a leading '=' is a FEEL expression, any other text is itself.
#pragma once

#include <string_view>

#include "base/result.h"
#include "bpmn/process_model.h"

namespace baton::bpmn {

/// `text` without leading and trailing XML white space.
std::string_view trimmed(std::string_view text);

/// True if `text` is '=' and FEEL. White space before the '=' does not count: modelers break lines in element text.
bool is_expression(std::string_view text);

/// Compiles the FEEL after the '='. Errors as feel::Expression::compile; an empty expression is an error.
Result<feel::Expression> compile_expression(std::string_view text);

/// Static texts are kept as written.
Result<TextOrExpression> compile_text_or_expression(std::string_view text);

}  // namespace baton::bpmn
