// Forms: by key, of a user task, of a start event.
#include "base/json.h"
#include "engine/authorize.h"
#include "engine/behaviours/forms.h"
#include "gateway/rest/entity_json.h"

namespace baton::rest {

const engine::FormRow* visible_form(const engine::StateView& state, const gateway::Caller& caller, Key key) {
  const engine::FormRow* row = state.form(key);
  if (row == nullptr || !engine::authorize(caller.principal, caller.tenant, row->tenant.text())) return nullptr;
  return row;
}

const bpmn::LinkedForm* start_form_of(const engine::DefinitionRow& definition) {
  const ElementIndex start = definition.model->none_start;
  if (start == kNoElement) return nullptr;
  const auto& form = definition.model->element(start).start_form;
  return form ? &*form : nullptr;
}

namespace {

constexpr std::string_view kNoForm = "none";

std::string form_result(const engine::FormRow& row) {
  return fmt::format(R"({{"tenantId":{},"formId":{},"schema":{},"version":{},"formKey":"{}"}})",
                     json_quote(row.tenant.text()), json_quote(row.form_id.text()), json_quote(row.resource.view()),
                     row.version.value(), row.key.value());
}

/// Like RestCall::read, but `ask` may also give kNoForm: a 204.
void read_form(const RestCall& call, std::string what, std::function<std::string(const engine::StateView&)> ask) {
  call.gateway.read(std::move(ask), [answer = call.responder, what = std::move(what)](std::string found) {
    if (found.empty()) return answer.error({Code::kNotFound, what + " not found"});
    if (found == kNoForm) return answer.no_content();
    answer.json(std::move(found));
  });
}

}  // namespace

void get_form(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Form", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::FormRow* row = visible_form(state, caller, key);
    return row == nullptr ? std::string() : form_result(*row);
  });
}

void get_user_task_form(RestCall& call) {
  const Key key = call.path_key();
  read_form(call, named("User task", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::Instance* instance = visible_instance(state, caller, key);
    const engine::UserTaskRow* task = instance == nullptr ? nullptr : instance->user_task(key);
    if (task == nullptr) return std::string();
    const engine::FormRow* row = task->form.value() == 0 ? nullptr : visible_form(state, caller, task->form);
    return row == nullptr ? std::string(kNoForm) : form_result(*row);
  });
}

void get_start_form(RestCall& call) {
  const Key key = call.path_key();
  read_form(call, named("Process definition", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::DefinitionRow* definition = visible_definition(state, caller, key);
    if (definition == nullptr) return std::string();
    const bpmn::LinkedForm* link = start_form_of(*definition);
    const engine::FormRow* row =
        link == nullptr ? nullptr : engine::find_form(state, *definition, *link, link->form_id.text);
    return row == nullptr ? std::string(kNoForm) : form_result(*row);
  });
}

}  // namespace baton::rest
