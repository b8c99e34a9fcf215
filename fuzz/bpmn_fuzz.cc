// Any bytes through the whole deployment path of a BPMN file: parse, validate, compile, compile again by table.
//
// Beyond not crashing: what validation accepts must compile, every violation must name element, line and rule, and
// compiling by the table of a model must give the same table.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ensure.h"
#include "base/limits.h"
#include "bpmn/compile.h"
#include "bpmn/validation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  const auto definitions = bpmn::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!definitions) {
    ENSURE(definitions.error().message.starts_with("line "), "an XML error names its line");
    return 0;
  }
  const auto violations = bpmn::validate(*definitions);
  for (const bpmn::Violation& violation : violations) {
    ENSURE(!violation.element_id.empty() && violation.line > 0 && !violation.rule.empty(),
           "a violation names element, line and rule");
  }
  ENSURE(bpmn::violations_text("fuzz.bpmn", violations).size() <= limits::kViolationTextBytes,
         "the text of violations is limited");
  const auto models = bpmn::compile(*definitions);
  if (!violations.empty()) return 0;
  ENSURE(models.has_value(), "what validation accepts compiles");
  for (const bpmn::ProcessModel& model : *models) {
    const auto again = bpmn::compile(*definitions, model.process_id, model.table);
    ENSURE(again.has_value() && again->table == model.table, "a model's own table gives the same numbers");
  }
  return 0;
}
