// What a definition's row derives from its resource.
#include "bpmn/compile.h"
#include "bpmn/definitions.h"
#include "engine/state/rows.h"

namespace baton::engine {

Status DefinitionRow::finish_loading() {
  const auto compiled = [this]() -> Result<bpmn::ProcessModel> {
    BATON_ASSIGN(const auto definitions, bpmn::parse(resource.view()));
    return bpmn::compile(definitions, process_id, table);
  }();
  if (!compiled) {
    return failf(Code::kDataLoss, "the deployed resource '{}' cannot be read any more: {}", resource_name,
                 compiled.error().message);
  }
  model = std::make_shared<const bpmn::ProcessModel>(*compiled);
  return {};
}

}  // namespace baton::engine
