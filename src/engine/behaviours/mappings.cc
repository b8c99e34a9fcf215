#include "engine/behaviours/mappings.h"

#include "base/json.h"
#include "engine/behaviours/expressions.h"
#include "engine/behaviours/variables.h"

namespace baton::engine {

namespace {

tl::expected<std::string, StepFailure> source_json(Execution& x, Key element_instance, const bpmn::Mapping& mapping,
                                                   const Overlay* overlay) {
  if (!mapping.source) return std::string("null");
  if (!mapping.source->expression) return json_quote(mapping.source->text);
  return evaluate_json(x, element_instance, *mapping.source->expression, IncidentKind::kIoMappingError, overlay);
}

NamedValue named(Execution& x, std::string_view name, std::string_view json) {
  return {x.symbols.intern(name), Value(json), -1};
}

}  // namespace

std::string json_with_path(std::string_view object, const std::vector<std::string>& path, std::size_t from,
                           std::string_view value) {
  if (from == path.size()) return std::string(value);
  JsonDocument result;
  bool placed = false;
  const auto parsed = object.starts_with('{') ? JsonDocument::parse(object) : Result<JsonDocument>(JsonDocument());
  for (std::size_t i = 0; parsed && i < parsed->size(); ++i) {
    const auto entry = (*parsed)[i];
    if (entry.name == path[from]) {
      result.add(entry.name, json_with_path(entry.value, path, from + 1, value));
      placed = true;
    } else {
      result.add(entry.name, entry.value);
    }
  }
  if (!placed) result.add(path[from], json_with_path("", path, from + 1, value));
  return result.to_json();
}

StepResult apply_inputs(Execution& x, Key element_instance, const bpmn::Element& element) {
  for (const bpmn::Mapping& mapping : element.inputs) {
    auto json = source_json(x, element_instance, mapping, nullptr);
    if (!json) return tl::unexpected(std::move(json.error()));
    if (mapping.target.size() > 1) {
      const Symbol name = x.symbols.intern(mapping.target[0]);
      const VariableRow* local = x.instance().variables.find(element_instance, name);
      *json = json_with_path(local == nullptr ? std::string_view{} : local->value.json(), mapping.target, 1, *json);
    }
    set_local(x, element_instance, named(x, mapping.target[0], *json));
  }
  return {};
}

StepResult apply_outputs(Execution& x, Key element_instance, const bpmn::Element& element) {
  if (element.outputs.empty()) return {};
  const Key parent = x.element(element_instance).scope;
  Overlay results;
  for (const bpmn::Mapping& mapping : element.outputs) {
    auto json = source_json(x, element_instance, mapping, &results);
    if (!json) return tl::unexpected(std::move(json.error()));
    const std::string& name = mapping.target[0];
    auto found = std::find_if(results.begin(), results.end(), [&](const auto& r) { return r.first == name; });
    if (mapping.target.size() > 1) {
      std::string_view base;
      if (found != results.end()) {
        base = found->second;
      } else if (const VariableRow* row = find_visible(x.instance(), parent, x.symbols.intern(name))) {
        base = row->value.json();
      }
      *json = json_with_path(base, mapping.target, 1, *json);
    }
    if (found != results.end()) {
      found->second = std::move(*json);
    } else {
      results.emplace_back(name, std::move(*json));
    }
  }
  for (const auto& [name, json] : results) propagate(x, parent, named(x, name, json));
  return {};
}

void take_result(Execution& x, Key element_instance, const bpmn::Element& element, const CommandVariables& variables) {
  for (const NamedValue& variable : variables) {
    if (element.outputs.empty()) {
      propagate(x, element_instance, variable);
    } else {
      set_local(x, element_instance, variable);
    }
  }
}

}  // namespace baton::engine
