#include "bpmn/compile.h"

#include <unordered_map>

#include "base/json.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/mapping_path.h"
#include "bpmn/text_or_expression.h"

namespace baton::bpmn {
namespace {

constexpr std::string_view kDefaultRetries = "3";

Failure failure_at(const RawNode& node, int line, std::string_view message) {
  return failf(Code::kInvalidArgument, "element '{}', line {}: {}", node.id, line, message);
}

/// Assigns numbers: first those of the table, then new ones.
class Numbering {
 public:
  explicit Numbering(std::vector<std::string> known)
      : ids_(std::move(known)), known_(ids_.size()), used_(ids_.size(), false) {}

  Status index_known() {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (!index_.try_emplace(ids_[i], static_cast<std::uint32_t>(i)).second) {
        return failf(Code::kDataLoss, "the element table names '{}' twice", ids_[i]);
      }
    }
    return {};
  }

  Result<std::uint32_t> number(const std::string& id) {
    const auto [at, is_new] = index_.try_emplace(id, static_cast<std::uint32_t>(ids_.size()));
    if (is_new) {
      ids_.push_back(id);
      used_.push_back(false);
    }
    if (used_[at->second]) return failf(Code::kInvalidArgument, "the id '{}' is used twice", id);
    used_[at->second] = true;
    return at->second;
  }

  [[nodiscard]] Status all_known_used() const {
    for (std::size_t i = 0; i < known_; ++i) {
      if (!used_[i])
        return failf(Code::kDataLoss, "the element table names '{}', which the file does not have", ids_[i]);
    }
    return {};
  }

  [[nodiscard]] const std::uint32_t* find(const std::string& id) const {
    const auto at = index_.find(id);
    return at == index_.end() ? nullptr : &at->second;
  }
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  std::vector<std::string> take_ids() { return std::move(ids_); }

 private:
  std::vector<std::string> ids_;
  std::size_t known_;
  std::vector<bool> used_;
  std::unordered_map<std::string, std::uint32_t> index_;
};

std::string headers_json(const RawNode& node) {
  std::string json = "{";
  for (const RawHeader& header : node.headers) {
    if (header.ignored()) continue;
    if (json.size() > 1) json += ',';
    json_append_string(json, header.key);
    json += ':';
    json_append_string(json, header.value);
  }
  return json + "}";
}

Result<TextOrExpression> text_at(const RawNode& node, int line, std::string_view text) {
  auto value = compile_text_or_expression(text);
  if (!value) return failure_at(node, line, value.error().message);
  return value;
}

Result<JobDefinition> compile_job(const RawNode& node) {
  if (node.task_definitions.size() != 1)
    return failure_at(node, node.line, "exactly one zeebe:taskDefinition is needed");
  const RawTaskDefinition& raw = node.task_definitions.front();
  if (!raw.type || raw.type->empty()) return failure_at(node, raw.line, "the job type is missing");
  JobDefinition job;
  BATON_ASSIGN(job.type, text_at(node, raw.line, *raw.type));
  BATON_ASSIGN(job.retries, text_at(node, raw.line, raw.retries.value_or(std::string(kDefaultRetries))));
  job.headers_json = headers_json(node);
  return job;
}

Result<CalledDecision> compile_decision(const RawNode& node) {
  const RawCalledDecision& raw = node.called_decisions.front();
  CalledDecision decision;
  BATON_ASSIGN(decision.decision_id, text_at(node, raw.line, raw.decision_id));
  decision.result_variable = raw.result_variable;
  decision.binding = binding_of(raw.binding_type).value_or(Binding::kLatest);
  decision.version_tag = raw.version_tag;
  return decision;
}

Result<Script> compile_script(const RawNode& node) {
  const RawScript& raw = node.scripts.front();
  auto expression = compile_expression(raw.expression);
  if (!expression) return failure_at(node, raw.line, expression.error().message);
  return Script{std::move(*expression), raw.result_variable};
}

Result<std::vector<Mapping>> compile_mappings(const RawNode& node, const std::vector<RawMapping>& mappings) {
  std::vector<Mapping> compiled;
  compiled.reserve(mappings.size());
  for (const RawMapping& raw : mappings) {
    Mapping mapping;
    if (raw.source) {
      BATON_ASSIGN(mapping.source, text_at(node, raw.line, *raw.source));
    }
    auto path = split_mapping_path(raw.target);
    if (!path) return failure_at(node, raw.line, "the target of a mapping is not a path of names");
    mapping.target = std::move(*path);
    compiled.push_back(std::move(mapping));
  }
  return compiled;
}

class ProcessCompiler {
 public:
  ProcessCompiler(const RawProcess& process, const ElementTable& table)
      : process_(process), elements_(table.elements), flows_(table.flows) {}

  Result<ProcessModel> run() {
    BATON_TRY(number_all());
    model_.process_id = process_.id;
    model_.name = process_.name;
    model_.version_tag = process_.version_tag;
    model_.elements.resize(elements_.size());
    model_.flows.resize(flows_.size());
    Element& root = model_.elements[0];
    root.id = process_.id;
    root.name = process_.name;
    root.type = ElementType::kProcess;
    root.line = process_.line;
    for (const RawNode& node : process_.nodes) BATON_TRY(add_node(node));
    for (const RawFlow& flow : process_.flows) BATON_TRY(add_flow(flow));
    for (const RawNode& node : process_.nodes) BATON_TRY(resolve_default_flow(node));
    model_.table.elements = elements_.take_ids();
    model_.table.flows = flows_.take_ids();
    return std::move(model_);
  }

 private:
  // Every id gets its number before anything refers to it.
  Status number_all() {
    BATON_TRY(elements_.index_known());
    BATON_TRY(flows_.index_known());
    BATON_ASSIGN(const std::uint32_t root, elements_.number(process_.id));
    if (root != 0) return failf(Code::kDataLoss, "the element table does not begin with the process '{}'", process_.id);
    for (const RawNode& node : process_.nodes) {
      if (node.spec == nullptr)
        return failure_at(node, node.line, "a " + words(node.kind) + " is not supported by this version");
      if (node.id.empty()) return failure_at(node, node.line, "a flow node without id");
      BATON_TRY(elements_.number(node.id));
    }
    for (const RawFlow& flow : process_.flows) {
      if (flow.id.empty())
        return failf(Code::kInvalidArgument, "process '{}', line {}: a sequence flow without id", process_.id,
                     flow.line);
      BATON_TRY(flows_.number(flow.id));
    }
    BATON_TRY(elements_.all_known_used());
    return flows_.all_known_used();
  }

  Status add_node(const RawNode& node) {
    if (!node.unsupported.empty()) {
      return failure_at(node, node.unsupported.front().line,
                        node.unsupported.front().what + " is not supported by this version");
    }
    const ElementIndex index(*elements_.find(node.id));
    Element& element = model_.elements[index.value()];
    element.id = node.id;
    element.name = node.name;
    element.type = node.spec->type;
    element.scope = ElementIndex(0);
    element.line = node.line;
    BATON_ASSIGN(element.inputs, compile_mappings(node, node.inputs));
    BATON_ASSIGN(element.outputs, compile_mappings(node, node.outputs));
    if (!node.called_decisions.empty()) {
      BATON_ASSIGN(element.decision, compile_decision(node));
    } else if (!node.scripts.empty()) {
      BATON_ASSIGN(element.script, compile_script(node));
    } else if (node.spec->has_job) {
      BATON_ASSIGN(element.job, compile_job(node));
    }
    if (element.type == ElementType::kStartEvent) {
      if (model_.none_start != kNoElement) return failure_at(node, node.line, "a second none start event");
      model_.none_start = index;
    }
    return {};
  }

  Status add_flow(const RawFlow& raw) {
    const FlowIndex index(*flows_.find(raw.id));
    SequenceFlow& flow = model_.flows[index.value()];
    flow.id = raw.id;
    BATON_ASSIGN(flow.source, resolve(raw, raw.source));
    BATON_ASSIGN(flow.target, resolve(raw, raw.target));
    if (raw.condition) {
      auto condition = compile_expression(*raw.condition);
      if (!condition)
        return failf(Code::kInvalidArgument, "sequence flow '{}', line {}: {}", raw.id, raw.condition_line,
                     condition.error().message);
      flow.condition = std::move(*condition);
    }
    model_.elements[flow.source.value()].outgoing.push_back(index);
    model_.elements[flow.target.value()].incoming.push_back(index);
    return {};
  }

  Result<ElementIndex> resolve(const RawFlow& flow, const std::string& id) const {
    const std::uint32_t* index = elements_.find(id);
    if (index == nullptr || *index == 0) {
      return failf(Code::kInvalidArgument, "sequence flow '{}', line {}: '{}' is not a flow node of process '{}'",
                   flow.id, flow.line, id, process_.id);
    }
    return ElementIndex(*index);
  }

  Status resolve_default_flow(const RawNode& node) {
    if (!node.default_flow || !node.spec->has_conditional_flows) return {};
    const std::uint32_t* index = flows_.find(*node.default_flow);
    const ElementIndex owner(*elements_.find(node.id));
    if (index == nullptr || model_.flows[*index].source != owner) {
      return failure_at(node, node.line, "the default flow does not start here");
    }
    model_.elements[owner.value()].default_flow = FlowIndex(*index);
    return {};
  }

  const RawProcess& process_;
  Numbering elements_;
  Numbering flows_;
  ProcessModel model_;
};

}  // namespace

Result<std::vector<ProcessModel>> compile(const Definitions& definitions) {
  std::vector<ProcessModel> models;
  for (const RawProcess& process : definitions.processes) {
    if (!process.is_executable) continue;
    BATON_ASSIGN(ProcessModel model, ProcessCompiler(process, ElementTable{}).run());
    models.push_back(std::move(model));
  }
  return models;
}

Result<ProcessModel> compile(const Definitions& definitions, std::string_view process_id, const ElementTable& table) {
  for (const RawProcess& process : definitions.processes) {
    if (process.is_executable && process.id == process_id) return ProcessCompiler(process, table).run();
  }
  return failf(Code::kNotFound, "no executable process '{}' in this file", process_id);
}

}  // namespace baton::bpmn
