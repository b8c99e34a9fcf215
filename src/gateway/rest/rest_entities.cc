// Live entities by key, straight from the partition. What is over is not found.
#include <ctime>

#include "base/json.h"
#include "engine/authorize.h"
#include "gateway/rest/entity_json.h"

namespace baton::rest {

std::string iso_time(TimeMs time) {
  const std::time_t seconds = time.value() / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z\"", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, time.value() % 1000);
}

std::string nullable_text(std::string_view text) {
  return text.empty() ? "null" : json_quote(text);
}
std::string nullable_key(Key key) {
  return key.value() == 0 ? "null" : fmt::format("\"{}\"", key.value());
}

const engine::Instance* visible_instance(const engine::StateView& state, const gateway::Caller& caller, Key key) {
  const engine::Instance* instance = state.instance_of(key);
  if (instance == nullptr || !engine::authorize(caller.principal, caller.tenant, instance->row.tenant.text())) {
    return nullptr;
  }
  return instance;
}

const engine::DefinitionRow* visible_definition(const engine::StateView& state, const gateway::Caller& caller,
                                                Key key) {
  const engine::DefinitionRow* row = state.definition(key);
  if (row == nullptr || !engine::authorize(caller.principal, caller.tenant, row->tenant.text())) return nullptr;
  return row;
}

std::string texts_json(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + json_quote(text);
  return "[" + out + "]";
}

std::string named(std::string_view what, Key key) {
  return fmt::format("{} with key '{}'", what, key.value());
}

namespace {

const engine::DecisionRequirementsRow* visible_requirements(const engine::StateView& state,
                                                            const gateway::Caller& caller, Key key) {
  const engine::DecisionRequirementsRow* row = state.requirements(key);
  if (row == nullptr || !engine::authorize(caller.principal, caller.tenant, row->tenant.text())) return nullptr;
  return row;
}

const engine::DecisionRow* visible_decision(const engine::StateView& state, const gateway::Caller& caller, Key key) {
  const engine::DecisionRow* row = state.decision(key);
  if (row == nullptr || !engine::authorize(caller.principal, caller.tenant, row->tenant.text())) return nullptr;
  return row;
}

std::string_view process_name(const engine::DefinitionRow& definition) {
  return definition.model->element(ElementIndex(0)).name;
}

std::string instance_result(const engine::StateView& state, const engine::Instance& instance) {
  const engine::DefinitionRow& definition = *instance.definition;
  const engine::Instance* caller = instance.row.parent.value() == 0 ? nullptr : state.instance_of(instance.row.parent);
  return fmt::format(
      R"({{"processDefinitionId":{},"processDefinitionName":{},"processDefinitionVersion":{},"processDefinitionVersionTag":{},)"
      R"("startDate":{},"endDate":null,"state":"ACTIVE","hasIncident":{},"tenantId":{},"processInstanceKey":"{}",)"
      R"("processDefinitionKey":"{}","parentProcessInstanceKey":{},"parentElementInstanceKey":{},)"
      R"("rootProcessInstanceKey":"{}","tags":{},"businessId":{}}})",
      json_quote(definition.process_id), nullable_text(process_name(definition)), definition.version.value(),
      nullable_text(definition.version_tag), iso_time(instance.row.created), !instance.incidents.empty(),
      json_quote(instance.row.tenant.text()), instance.row.key.value(), definition.key.value(),
      nullable_key(caller == nullptr ? Key(0) : caller->row.key), nullable_key(instance.row.parent),
      instance.row.root.value(), texts_json(instance.row.tags), nullable_text(instance.row.business_id.text()));
}

std::string element_result(const engine::Instance& instance, const engine::ElementInstanceRow& row) {
  const bpmn::Element& element = instance.model().element(row.element);
  return fmt::format(
      R"({{"processDefinitionId":{},"startDate":{},"endDate":null,"elementId":{},"elementName":{},"type":"{}",)"
      R"("state":"ACTIVE","hasIncident":{},"tenantId":{},"elementInstanceKey":"{}","processInstanceKey":"{}",)"
      R"("rootProcessInstanceKey":"{}","processDefinitionKey":"{}","incidentKey":{}}})",
      json_quote(instance.definition->process_id), iso_time(row.created), json_quote(element.id),
      json_quote(element.name.empty() ? element.id : element.name), bpmn::element_type_name(element.type),
      row.incident.value() != 0, json_quote(instance.row.tenant.text()), row.key.value(), instance.row.key.value(),
      instance.row.root.value(), instance.definition->key.value(), nullable_key(row.incident));
}

std::string incident_result(const engine::Instance& instance, const engine::IncidentRow& row) {
  const engine::ElementInstanceRow* element = instance.element(row.element_instance);
  return fmt::format(
      R"({{"processDefinitionId":{},"errorType":"{}","errorMessage":{},"elementId":{},"creationTime":{},"state":"ACTIVE",)"
      R"("tenantId":{},"incidentKey":"{}","processDefinitionKey":"{}","processInstanceKey":"{}",)"
      R"("rootProcessInstanceKey":"{}","elementInstanceKey":"{}","jobKey":{}}})",
      json_quote(instance.definition->process_id), engine::incident_kind_name(row.incident), row.message.json(),
      json_quote(instance.model().element(element->element).id), iso_time(row.created),
      json_quote(instance.row.tenant.text()), row.key.value(), instance.definition->key.value(),
      instance.row.key.value(), instance.row.root.value(), row.element_instance.value(), nullable_key(row.job));
}

std::string definition_result(const engine::DefinitionRow& row) {
  return fmt::format(
      R"({{"name":{},"resourceName":{},"version":{},"versionTag":{},"processDefinitionId":{},"tenantId":{},)"
      R"("processDefinitionKey":"{}","hasStartForm":{},"state":"ACTIVE"}})",
      nullable_text(process_name(row)), json_quote(row.resource_name), row.version.value(),
      nullable_text(row.version_tag), json_quote(row.process_id), json_quote(row.tenant.text()), row.key.value(),
      start_form_of(row) != nullptr);
}

}  // namespace

void get_process_instance(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Process instance", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::Instance* instance = visible_instance(state, caller, key);
    return instance == nullptr || instance->row.key != key ? std::string() : instance_result(state, *instance);
  });
}

void get_element_instance(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Element instance", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::Instance* instance = visible_instance(state, caller, key);
    const engine::ElementInstanceRow* row = instance == nullptr ? nullptr : instance->element(key);
    return row == nullptr ? std::string() : element_result(*instance, *row);
  });
}

void get_variable(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Variable", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::Instance* instance = visible_instance(state, caller, key);
    if (instance == nullptr) return std::string();
    for (const auto& [place, row] : instance->variables.rows()) {
      if (row.key != key) continue;
      return fmt::format(R"({{"name":{},"tenantId":{},"variableKey":"{}","scopeKey":"{}","processInstanceKey":"{}",)"
                         R"("rootProcessInstanceKey":"{}","value":{}}})",
                         json_quote(row.name.text()), json_quote(instance->row.tenant.text()), row.key.value(),
                         row.scope.value(), instance->row.key.value(), instance->row.root.value(),
                         json_quote(row.value.json()));
    }
    return std::string();
  });
}

void get_incident(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Incident", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::Instance* instance = visible_instance(state, caller, key);
    const engine::IncidentRow* row = instance == nullptr ? nullptr : instance->incident(key);
    return row == nullptr ? std::string() : incident_result(*instance, *row);
  });
}

void get_decision_definition(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Decision definition", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::DecisionRow* row = visible_decision(state, caller, key);
    const engine::DecisionRequirementsRow* graph = row == nullptr ? nullptr : state.requirements(row->requirements);
    if (graph == nullptr) return std::string();
    return fmt::format(
        R"({{"decisionDefinitionId":{},"decisionDefinitionKey":"{}","decisionRequirementsId":{},"decisionRequirementsKey":"{}",)"
        R"("decisionRequirementsName":{},"decisionRequirementsVersion":{},"name":{},"tenantId":{},"version":{}}})",
        json_quote(row->decision_id.text()), row->key.value(), json_quote(graph->requirements_id.text()),
        graph->key.value(), json_quote(graph->name), graph->version.value(), json_quote(row->name),
        json_quote(row->tenant.text()), row->version.value());
  });
}

void get_decision_definition_xml(RestCall& call) {
  const Key key = call.path_key();
  call.read(
      named("Decision definition", key),
      [key, caller = call.caller](const engine::StateView& state) {
        const engine::DecisionRow* row = visible_decision(state, caller, key);
        const engine::DecisionRequirementsRow* graph = row == nullptr ? nullptr : state.requirements(row->requirements);
        return graph == nullptr ? std::string() : std::string(graph->resource.view());
      },
      "text/xml");
}

void get_decision_requirements(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Decision requirements", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::DecisionRequirementsRow* row = visible_requirements(state, caller, key);
    if (row == nullptr) return std::string();
    return fmt::format(
        R"({{"decisionRequirementsId":{},"decisionRequirementsKey":"{}","decisionRequirementsName":{},"resourceName":{},)"
        R"("tenantId":{},"version":{}}})",
        json_quote(row->requirements_id.text()), row->key.value(), json_quote(row->name),
        json_quote(row->resource_name), json_quote(row->tenant.text()), row->version.value());
  });
}

void get_decision_requirements_xml(RestCall& call) {
  const Key key = call.path_key();
  call.read(
      named("Decision requirements", key),
      [key, caller = call.caller](const engine::StateView& state) {
        const engine::DecisionRequirementsRow* row = visible_requirements(state, caller, key);
        return row == nullptr ? std::string() : std::string(row->resource.view());
      },
      "text/xml");
}

void get_process_definition(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Process definition", key), [key, caller = call.caller](const engine::StateView& state) {
    const engine::DefinitionRow* row = visible_definition(state, caller, key);
    return row == nullptr ? std::string() : definition_result(*row);
  });
}

void get_process_definition_xml(RestCall& call) {
  const Key key = call.path_key();
  call.read(
      named("Process definition", key),
      [key, caller = call.caller](const engine::StateView& state) {
        const engine::DefinitionRow* row = visible_definition(state, caller, key);
        return row == nullptr ? std::string() : std::string(row->resource.view());
      },
      "text/xml");
}

void get_resource(RestCall& call) {
  const Key key = call.path_key();
  call.read(named("Resource", key), [key, caller = call.caller](const engine::StateView& state) {
    if (const engine::DecisionRequirementsRow* graph = visible_requirements(state, caller, key)) {
      return fmt::format(
          R"({{"resourceName":{},"version":{},"versionTag":null,"resourceId":{},"tenantId":{},"resourceKey":"{}"}})",
          json_quote(graph->resource_name), graph->version.value(), json_quote(graph->requirements_id.text()),
          json_quote(graph->tenant.text()), graph->key.value());
    }
    if (const engine::FormRow* form = visible_form(state, caller, key)) {
      return fmt::format(
          R"({{"resourceName":{},"version":{},"versionTag":{},"resourceId":{},"tenantId":{},"resourceKey":"{}"}})",
          json_quote(form->resource_name), form->version.value(), nullable_text(form->version_tag.text()),
          json_quote(form->form_id.text()), json_quote(form->tenant.text()), form->key.value());
    }
    const engine::DefinitionRow* row = visible_definition(state, caller, key);
    if (row == nullptr) return std::string();
    return fmt::format(
        R"({{"resourceName":{},"version":{},"versionTag":{},"resourceId":{},"tenantId":{},"resourceKey":"{}"}})",
        json_quote(row->resource_name), row->version.value(), nullable_text(row->version_tag),
        json_quote(row->process_id), json_quote(row->tenant.text()), row->key.value());
  });
}

void get_resource_content(RestCall& call) {
  const Key key = call.path_key();
  call.read(
      named("Resource", key),
      [key, caller = call.caller](const engine::StateView& state) {
        if (const engine::DecisionRequirementsRow* graph = visible_requirements(state, caller, key)) {
          return std::string(graph->resource.view());
        }
        if (const engine::FormRow* form = visible_form(state, caller, key)) return std::string(form->resource.view());
        const engine::DefinitionRow* row = visible_definition(state, caller, key);
        return row == nullptr ? std::string() : std::string(row->resource.view());
      },
      "text/plain");
}

}  // namespace baton::rest
