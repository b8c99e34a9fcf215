// Appliers of forms.
#include "base/ensure.h"
#include "engine/appliers/appliers.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

void apply(ApplyContext& context, const FormDefined& event) {
  if (context.resources == nullptr || event.resource >= context.resources->size()) {
    context.status = fail(Code::kDataLoss, "a form names a resource that its command does not have");
    return;
  }
  const Resource& resource = (*context.resources)[event.resource];
  FormRow row;
  row.key = event.key;
  row.tenant = context.tenant;
  row.form_id = event.form_id;
  row.version = event.version;
  row.version_tag = event.version_tag;
  row.deployment = event.deployment;
  row.resource_name = resource.name;
  row.checksum = event.checksum;
  row.resource = SharedBytes(resource.content);
  context.state.put(LatestFormRow{context.tenant, event.form_id, event.version, event.key});
  context.state.put_new(std::move(row));
}

void apply(ApplyContext& context, const FormDeleted& event) {
  const StateView& view = context.state.view();
  const FormRow* row = view.form(event.key);
  ENSURE(row != nullptr, "a form is deleted that does not exist");
  const std::tuple id(row->tenant, row->form_id);
  LatestFormRow latest = *view.rows<LatestFormRow>().find(id);
  context.state.erase<FormRow>(std::tuple(event.key));
  if (latest.latest != event.key) return;
  const auto newest = view.index<FormVersions>().first(id);
  latest.latest = newest ? Key(~std::get<0>(*newest)) : Key(0);
  context.state.put(std::move(latest));
}

}  // namespace baton::engine
