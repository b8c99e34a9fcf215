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

/// Evaluates `mappings` in order into `results`, all or nothing: a step that fails is repeated, so it must leave no
/// variable that the repetition would see. `existing` finds what a dotted target extends.
template <typename Find>
StepResult evaluate_mappings(Execution& x, Key element_instance, const std::vector<bpmn::Mapping>& mappings,
                             Find existing, Overlay& results) {
  for (const bpmn::Mapping& mapping : mappings) {
    auto json = source_json(x, element_instance, mapping, &results);
    if (!json) return tl::unexpected(std::move(json.error()));
    const std::string& name = mapping.target[0];
    auto found = std::find_if(results.begin(), results.end(), [&](const auto& r) { return r.first == name; });
    if (mapping.target.size() > 1) {
      std::string_view base;
      if (found != results.end()) {
        base = found->second;
      } else if (const VariableRow* row = existing(x.symbols.intern(name))) {
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
  return {};
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
  if (element.inputs.empty()) return {};
  Overlay results;
  const auto local = [&](const Symbol& name) { return x.instance().variables.find(element_instance, name); };
  if (StepResult done = evaluate_mappings(x, element_instance, element.inputs, local, results); !done) return done;
  for (const auto& [name, json] : results) set_local(x, element_instance, named(x, name, json));
  return {};
}

StepResult apply_outputs(Execution& x, Key element_instance, const bpmn::Element& element) {
  if (element.outputs.empty()) return {};
  const Key parent = x.element(element_instance).scope;
  Overlay results;
  const auto outer = [&](const Symbol& name) { return find_visible(x.instance(), parent, name); };
  if (StepResult done = evaluate_mappings(x, element_instance, element.outputs, outer, results); !done) return done;
  // In an item of a loop the result may be its own: a local output element is hit first (camunda-8-api.md 5.4).
  const Key from = element.is_item ? element_instance : parent;
  for (const auto& [name, json] : results) propagate(x, from, named(x, name, json));
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
