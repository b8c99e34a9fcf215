// Appliers of decisions, and of what is deleted.
#include "base/ensure.h"
#include "engine/appliers/appliers.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

void apply(ApplyContext& context, const DecisionRequirementsDefined& event) {
  if (context.resources == nullptr || event.resource >= context.resources->size()) {
    context.status = fail(Code::kDataLoss, "a decision definition names a resource that its command does not have");
    return;
  }
  const Resource& resource = (*context.resources)[event.resource];
  DecisionRequirementsRow row;
  row.key = event.key;
  row.tenant = context.tenant;
  row.requirements_id = event.requirements_id;
  row.name = event.name;
  row.version = event.version;
  row.deployment = event.deployment;
  row.resource_name = resource.name;
  row.checksum = event.checksum;
  row.resource = SharedBytes(resource.content);
  if (context.status = row.finish_loading(); !context.status) return;
  context.state.put(LatestRequirementsRow{context.tenant, event.requirements_id, event.version, event.key});
  context.state.put_new(std::move(row));
}

void apply(ApplyContext& context, const DecisionDefined& event) {
  DecisionRow row;
  row.key = event.key;
  row.tenant = context.tenant;
  row.decision_id = event.decision_id;
  row.name = event.name;
  row.version = event.version;
  row.version_tag = event.version_tag;
  row.requirements = event.requirements;
  row.deployment = event.deployment;
  context.state.put(LatestDecisionRow{context.tenant, event.decision_id, event.version, event.key});
  context.state.put_new(std::move(row));
}

void apply(ApplyContext& context, const DecisionEvaluated& event) {
  if (context.instance.value() != 0) {
    take_key(context, event.key);
    return;
  }
  CountersRow counters = context.state.view().counters();
  ENSURE(event.key.value() == counters.next_block, "an evaluation for a client takes a block of its own");
  counters.next_block += kKeyBlockSize;
  context.state.put_counters(counters);
}

void apply(ApplyContext& context, const ProcessDeleted& event) {
  const StateView& view = context.state.view();
  const DefinitionRow* row = view.definition(event.key);
  ENSURE(row != nullptr, "a definition is deleted that does not exist");
  LatestDefinitionRow latest = *view.latest(row->tenant.text(), row->process_id);
  const Symbol tenant = row->tenant;
  context.state.erase_definition(event.key);
  if (latest.latest != event.key) return;
  latest.latest = Key(0);
  const std::tuple versions(tenant, std::string(latest.process_id.text()));
  for (const auto& [version, key] : view.index<DefinitionVersions>().all(versions)) latest.latest = key;
  context.state.put(std::move(latest));
}

void apply(ApplyContext& context, const DecisionDeleted& event) {
  const StateView& view = context.state.view();
  const DecisionRow* row = view.decision(event.key);
  ENSURE(row != nullptr, "a decision is deleted that does not exist");
  const std::tuple id(row->tenant, row->decision_id);
  LatestDecisionRow latest = *view.rows<LatestDecisionRow>().find(id);
  context.state.erase<DecisionRow>(std::tuple(event.key));
  if (latest.latest != event.key) return;
  const auto newest = view.index<DecisionVersions>().first(id);
  latest.latest = newest ? Key(~std::get<0>(*newest)) : Key(0);
  context.state.put(std::move(latest));
}

void apply(ApplyContext& context, const DecisionRequirementsDeleted& event) {
  const StateView& view = context.state.view();
  const DecisionRequirementsRow* row = view.requirements(event.key);
  ENSURE(row != nullptr, "a requirements graph is deleted that does not exist");
  const std::tuple id(row->tenant, row->requirements_id);
  LatestRequirementsRow latest = *view.rows<LatestRequirementsRow>().find(id);
  context.state.erase<DecisionRequirementsRow>(std::tuple(event.key));
  if (latest.latest != event.key) return;
  const auto newest = view.index<RequirementsVersions>().first(id);
  latest.latest = newest ? Key(~std::get<0>(*newest)) : Key(0);
  context.state.put(std::move(latest));
}

}  // namespace baton::engine
