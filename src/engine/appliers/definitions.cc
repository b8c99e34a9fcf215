// Appliers of deployments, definitions and instances.
#include "base/ensure.h"
#include "engine/appliers/appliers.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

void take_key(ApplyContext& context, Key key) {
  const InstanceRow& row = context.state.instance(context.instance)->row;
  ENSURE(key == row.next_key && key < row.block_end, "keys of an instance are taken in order");
  context.state.put_next_key(context.instance, Key(key.value() + 1), row.block_end);
}

void apply(ApplyContext& context, const DeploymentCreated& event) {
  context.state.put_next_block(event.key.value() + event.blocks * kKeyBlockSize);
}

void apply(ApplyContext& context, const ProcessDefined& event) {
  if (context.resources == nullptr || event.resource >= context.resources->size()) {
    context.status = fail(Code::kDataLoss, "a process definition names a resource that its command does not have");
    return;
  }
  const Resource& resource = (*context.resources)[event.resource];
  DefinitionRow row;
  row.key = event.key;
  row.process_id = event.process_id;
  row.version = event.version;
  row.version_tag = event.version_tag;
  row.tenant = context.tenant;
  row.deployment = event.deployment;
  row.resource_name = resource.name;
  row.checksum = event.checksum;
  row.table = event.table;
  row.resource = SharedBytes(resource.content);
  if (context.status = row.finish_loading(); !context.status) return;
  context.state.put(LatestDefinitionRow{row.tenant, context.state.intern(event.process_id), event.version, event.key});
  context.state.put_definition(std::move(row));
}

void apply(ApplyContext& context, const InstanceCreated& event) {
  context.state.put_next_block(event.key.value() + kKeyBlockSize);
  InstanceRow row;
  row.key = event.key;
  row.definition = event.definition;
  row.tenant = context.tenant;
  row.root = event.root.value() == 0 ? event.key : event.root;
  row.parent = event.parent;
  row.next_key = Key(event.key.value() + 1);
  row.block_end = Key(event.key.value() + kKeyBlockSize);
  row.await_result = event.await_result;
  row.fetch_variables = event.fetch_variables;
  row.tags = event.tags;
  row.created = context.state.time();
  row.depth = event.depth;
  row.locks_start = event.locks_start;
  row.start_key = event.start_key;
  row.business_id = context.state.intern(event.business_id);
  row.terminate_after = event.terminate_after;
  context.state.put_instance(row);
}

void apply(ApplyContext& context, const BlockTaken& event) {
  context.state.put_next_block(event.block.value() + kKeyBlockSize);
  context.state.put_directory(event.block, context.instance);
  context.state.put_next_key(context.instance, event.block, Key(event.block.value() + kKeyBlockSize));
}

}  // namespace baton::engine
