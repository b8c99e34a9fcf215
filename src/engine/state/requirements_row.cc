// What the row of a decision requirements graph derives from its resource.
#include "dmn/decision_model.h"
#include "engine/state/rows.h"

namespace baton::engine {

Status DecisionRequirementsRow::finish_loading() {
  auto compiled = dmn::DecisionModel::load(resource.view(), {});
  if (!compiled) {
    return failf(Code::kDataLoss, "the deployed resource '{}' cannot be read any more: {}", resource_name,
                 compiled.error().message);
  }
  model = std::move(*compiled);
  return {};
}

}  // namespace baton::engine
