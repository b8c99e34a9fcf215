#include "bpmn/compile.h"

#include <algorithm>
#include <map>

#include "bpmn/compile_parts.h"
#include "bpmn/elements/element_spec.h"
#include "bpmn/numbering.h"
#include "bpmn/text_or_expression.h"

namespace baton::bpmn {
namespace {

// What the compiler adds gets ids that no file can hold: '#' is no part of an XML id.
std::string body_id(const RawNode& node) {
  return node.id + "#multiInstanceBody";
}
std::string link_id(const RawNode& node) {
  return node.id + "#link";
}

bool is_link(const RawNode& node, ElementType type) {
  return node.spec->type == type && node.events.size() == 1 && node.events.front().type == EventType::kLink;
}

class ProcessCompiler {
 public:
  ProcessCompiler(const Definitions& definitions, const RawProcess& process, const ElementTable& table)
      : definitions_(definitions), process_(process), elements_(table.elements), flows_(table.flows) {}

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
    for (const RawNode& node : process_.nodes) BATON_TRY(place(node));
    for (const RawFlow& flow : process_.flows) BATON_TRY(add_flow(flow));
    BATON_TRY(add_links());
    for (const RawNode& node : process_.nodes) BATON_TRY(resolve_default_flow(node));
    finish();
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
    for (const RawNode& node : process_.nodes) {
      if (node.multi_instance) BATON_TRY(elements_.number(body_id(node)));
      if (is_link(node, ElementType::kIntermediateThrowEvent)) BATON_TRY(flows_.number(link_id(node)));
    }
    BATON_TRY(elements_.all_known_used());
    return flows_.all_known_used();
  }

  [[nodiscard]] ElementIndex index_of(const RawNode& node) const { return ElementIndex(*elements_.find(node.id)); }
  /// What flows lead to and boundary events are attached to: the multi-instance body, if there is one.
  [[nodiscard]] ElementIndex outer_index_of(const RawNode& node) const {
    return node.multi_instance ? ElementIndex(*elements_.find(body_id(node))) : index_of(node);
  }
  [[nodiscard]] ElementIndex scope_index(std::uint32_t parent) const {
    return parent == RawNode::kNoParent ? ElementIndex(0) : index_of(process_.nodes[parent]);
  }
  Element& element(ElementIndex index) { return model_.elements[index.value()]; }

  Status add_node(const RawNode& node) {
    if (!node.unsupported.empty()) {
      return failure_at(node, node.unsupported.front().line,
                        node.unsupported.front().what + " is not supported by this version");
    }
    Element& added = element(index_of(node));
    added.id = node.id;
    added.name = node.name;
    added.type = node.spec->type;
    if (added.type == ElementType::kSubProcess && node.triggered_by_event) added.type = ElementType::kEventSubProcess;
    added.scope = scope_index(node.parent);
    added.line = node.line;
    BATON_ASSIGN(added.inputs, compile_mappings(node, node.inputs));
    BATON_ASSIGN(added.outputs, compile_mappings(node, node.outputs));
    if (!node.called_decisions.empty()) {
      BATON_ASSIGN(added.decision, compile_decision(node));
    } else if (!node.scripts.empty()) {
      BATON_ASSIGN(added.script, compile_script(node));
    } else if (creates_job(node)) {
      BATON_ASSIGN(added.job, compile_job(node));
    }
    BATON_ASSIGN(added.event, compile_event(definitions_, node));
    if (added.type == ElementType::kCallActivity) {
      BATON_ASSIGN(added.called, compile_called_element(node));
    }
    if (added.type == ElementType::kUserTask) {
      BATON_ASSIGN(added.user_task, compile_user_task(node));
    } else if (added.type == ElementType::kStartEvent) {
      BATON_ASSIGN(added.start_form, compile_form(node));
    }
    by_id_.emplace(node.id, &node);
    return node.multi_instance ? add_body(node) : Status();
  }

  Status add_body(const RawNode& node) {
    Element& inner = element(index_of(node));
    const ElementIndex index = outer_index_of(node);
    Element& body = element(index);
    body.id = node.id;
    body.name = node.name;
    body.type = ElementType::kMultiInstanceBody;
    body.scope = inner.scope;
    body.line = node.line;
    body.inner = index_of(node);
    BATON_ASSIGN(body.loop, compile_loop(node));
    inner.scope = index;
    inner.is_item = true;
    return {};
  }

  /// Tells the scope, or the activity, what belongs to it.
  Status place(const RawNode& node) {
    const ElementIndex index = index_of(node);
    const ElementType type = element(index).type;
    if (type == ElementType::kStartEvent) return place_start(node, index);
    if (type == ElementType::kEventSubProcess) element(scope_index(node.parent)).event_sub_processes.push_back(index);
    if (type != ElementType::kBoundaryEvent) return {};
    const auto host = by_id_.find(node.attached_to);
    if (host == by_id_.end()) return failure_at(node, node.line, "the boundary event is attached to nothing");
    const ElementIndex attached = outer_index_of(*host->second);
    element(index).attached_to = attached;
    element(attached).boundary_events.push_back(index);
    return {};
  }

  Status place_start(const RawNode& node, ElementIndex index) {
    Element& scope = element(scope_index(node.parent));
    if (scope.type == ElementType::kProcess && element(index).event) {
      model_.start_events.push_back(index);
      return {};
    }
    if (scope.start != kNoElement) return failure_at(node, node.line, "a second none start event");
    scope.start = index;
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
    connect(index);
    return {};
  }

  void connect(FlowIndex index) {
    const SequenceFlow& flow = model_.flow(index);
    element(flow.source).outgoing.push_back(index);
    element(flow.target).incoming.push_back(index);
  }

  Result<ElementIndex> resolve(const RawFlow& flow, const std::string& id) const {
    const auto node = by_id_.find(id);
    if (node == by_id_.end() || node->second->parent != flow.parent) {
      return failf(Code::kInvalidArgument, "sequence flow '{}', line {}: '{}' is not a flow node of the same scope",
                   flow.id, flow.line, id);
    }
    return outer_index_of(*node->second);
  }

  /// A link is a sequence flow that the diagram does not draw.
  Status add_links() {
    std::map<std::pair<std::uint32_t, std::string_view>, ElementIndex> catches;
    for (const RawNode& node : process_.nodes) {
      if (is_link(node, ElementType::kIntermediateCatchEvent))
        catches.try_emplace({node.parent, node.events.front().link}, index_of(node));
    }
    for (const RawNode& node : process_.nodes) {
      if (!is_link(node, ElementType::kIntermediateThrowEvent)) continue;
      const auto target = catches.find({node.parent, node.events.front().link});
      if (target == catches.end()) return failure_at(node, node.line, "the link has no catch event in its scope");
      const FlowIndex index(*flows_.find(link_id(node)));
      SequenceFlow& flow = model_.flows[index.value()];
      flow.id = link_id(node);
      flow.source = index_of(node);
      flow.target = target->second;
      connect(index);
    }
    return {};
  }

  Status resolve_default_flow(const RawNode& node) {
    if (!node.default_flow || !node.spec->has_conditional_flows) return {};
    const std::uint32_t* index = flows_.find(*node.default_flow);
    const ElementIndex owner = index_of(node);
    if (index == nullptr || model_.flows[*index].source != owner) {
      return failure_at(node, node.line, "the default flow does not start here");
    }
    element(owner).default_flow = FlowIndex(*index);
    return {};
  }

  [[nodiscard]] bool subscribes(ElementIndex index) const {
    const auto& event = model_.element(index).event;
    return event && (event->type == EventType::kTimer || event->type == EventType::kMessage ||
                     event->type == EventType::kSignal);
  }

  void finish() {
    model_.none_start = model_.elements[0].start;
    for (std::size_t i = 0; i < model_.elements.size(); ++i) {
      Element& one = model_.elements[i];
      using enum ElementType;
      const bool waits = one.type == kIntermediateCatchEvent || one.type == kReceiveTask;
      one.opens_subscriptions =
          one.type == kEventBasedGateway || (waits && subscribes(ElementIndex(static_cast<std::uint32_t>(i)))) ||
          std::any_of(one.boundary_events.begin(), one.boundary_events.end(),
                      [&](ElementIndex event) { return subscribes(event); }) ||
          std::any_of(one.event_sub_processes.begin(), one.event_sub_processes.end(), [&](ElementIndex event) {
            const ElementIndex start = model_.element(event).start;
            return start != kNoElement && subscribes(start);
          });
      if (one.type == kInclusiveGateway && one.incoming.size() > 1) model_.has_inclusive_joins = true;
    }
  }

  const Definitions& definitions_;
  const RawProcess& process_;
  Numbering elements_;
  Numbering flows_;
  ProcessModel model_;
  std::unordered_map<std::string_view, const RawNode*> by_id_;
};

}  // namespace

Result<std::vector<ProcessModel>> compile(const Definitions& definitions) {
  std::vector<ProcessModel> models;
  for (const RawProcess& process : definitions.processes) {
    if (!process.is_executable) continue;
    BATON_ASSIGN(ProcessModel model, ProcessCompiler(definitions, process, ElementTable{}).run());
    models.push_back(std::move(model));
  }
  return models;
}

Result<ProcessModel> compile(const Definitions& definitions, std::string_view process_id, const ElementTable& table) {
  for (const RawProcess& process : definitions.processes) {
    if (process.is_executable && process.id == process_id) return ProcessCompiler(definitions, process, table).run();
  }
  return failf(Code::kNotFound, "no executable process '{}' in this file", process_id);
}

}  // namespace baton::bpmn
