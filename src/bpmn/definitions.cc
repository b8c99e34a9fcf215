// Walks the fixed levels of a BPMN file (definitions, process, flow element, extension); nothing here recurses. Each
// level knows the children it reads and those that mean nothing to an engine. Every other child is kept as unsupported,
// so a construct that is not listed here can never be ignored by accident.
#include "bpmn/definitions.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "bpmn/elements/element_spec.h"
#include "bpmn/read_extensions.h"
#include "bpmn/text_or_expression.h"
#include "xml/xml.h"

namespace baton::bpmn {
namespace {

using xml::Namespace;

// Children of bpmn:definitions that only describe, or that have an effect only where a flow element refers to them.
constexpr auto kInertRoots = std::to_array<std::string_view>({"import",
                                                              "documentation",
                                                              "extensionElements",
                                                              "relationship",
                                                              "collaboration",
                                                              "itemDefinition",
                                                              "message",
                                                              "signal",
                                                              "error",
                                                              "escalation",
                                                              "interface",
                                                              "resource",
                                                              "dataStore",
                                                              "category",
                                                              "correlationProperty",
                                                              "endPoint",
                                                              "partnerEntity",
                                                              "partnerRole",
                                                              "globalTask",
                                                              "globalManualTask",
                                                              "globalScriptTask",
                                                              "globalUserTask",
                                                              "globalBusinessRuleTask"});

// Children of bpmn:process without effect on the flow of tokens: artifacts, lanes, data objects, descriptions.
constexpr auto kInertInProcess = std::to_array<std::string_view>(
    {"documentation", "laneSet", "association", "group", "textAnnotation", "dataObject", "dataObjectReference",
     "dataStoreReference", "ioSpecification", "ioBinding", "property", "auditing", "monitoring", "resourceRole",
     "performer", "humanPerformer", "potentialOwner", "supportedInterfaceRef", "supports"});

// Children of a flow node of the same sort. incoming and outgoing repeat what the sequence flows say.
constexpr auto kInertInNode = std::to_array<std::string_view>({"documentation",
                                                               "incoming",
                                                               "outgoing",
                                                               "ioSpecification",
                                                               "property",
                                                               "dataInputAssociation",
                                                               "dataOutputAssociation",
                                                               "dataInput",
                                                               "dataOutput",
                                                               "inputSet",
                                                               "outputSet",
                                                               "auditing",
                                                               "monitoring",
                                                               "categoryValueRef",
                                                               "resourceRole",
                                                               "performer",
                                                               "humanPerformer",
                                                               "potentialOwner",
                                                               "script",
                                                               "supportedInterfaceRef"});

constexpr auto kInertInFlow =
    std::to_array<std::string_view>({"documentation", "auditing", "monitoring", "categoryValueRef"});

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_true(std::string_view text) {
  return text == "true" || text == "1";
}

std::string text_of(const xml::Element& element, std::string_view attribute) {
  return std::string(element.attribute_or_empty(attribute));
}

void keep_unsupported(const xml::Element& element, std::vector<Unsupported>& unsupported) {
  std::string what = words(element.name);
  if (element.ns != Namespace::kBpmn) what = fmt::format("element '{}' of namespace '{}'", element.name, element.uri);
  unsupported.push_back({std::move(what), element.line});
}

void read_markers(const xml::Element& element, RawNode& node) {
  if (is_true(element.attribute_or_empty("isForCompensation")))
    node.unsupported.push_back({"compensation marker", element.line});
  for (const std::string_view quantity : {"startQuantity", "completionQuantity"}) {
    const auto value = element.attribute(quantity);
    if (value && *value != "1")
      node.unsupported.push_back({fmt::format("{} other than 1", words(quantity)), element.line});
  }
}

// What each kind of event may carry. Everything else is refused by name.
constexpr auto kEvents = std::to_array<std::pair<std::string_view, EventType>>({
    {"timerEventDefinition", EventType::kTimer},
    {"messageEventDefinition", EventType::kMessage},
    {"signalEventDefinition", EventType::kSignal},
    {"errorEventDefinition", EventType::kError},
    {"escalationEventDefinition", EventType::kEscalation},
    {"terminateEventDefinition", EventType::kTerminate},
    {"linkEventDefinition", EventType::kLink},
});

constexpr unsigned bit(EventType type) {
  return 1U << static_cast<unsigned>(type);
}
constexpr unsigned kWaited = bit(EventType::kTimer) | bit(EventType::kMessage) | bit(EventType::kSignal);
constexpr unsigned kCaught = kWaited | bit(EventType::kError) | bit(EventType::kEscalation);
constexpr unsigned kThrown = bit(EventType::kMessage) | bit(EventType::kSignal) | bit(EventType::kEscalation);

unsigned events_of(ElementType type) {
  switch (type) {
    case ElementType::kStartEvent:
    case ElementType::kBoundaryEvent:
      return kCaught;
    case ElementType::kIntermediateCatchEvent:
      return kWaited | bit(EventType::kLink);
    case ElementType::kIntermediateThrowEvent:
      return kThrown | bit(EventType::kLink);
    case ElementType::kEndEvent:
      return kThrown | bit(EventType::kError) | bit(EventType::kTerminate);
    default:
      return 0;
  }
}

std::optional<std::string> optional_text(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return std::string(*text);
}

void read_timer(const xml::Element& element, RawTimer& timer, std::vector<Unsupported>& unsupported) {
  for (const xml::Element& child : element.children()) {
    if (child.ns != Namespace::kBpmn) continue;
    std::optional<std::string>* part = child.name == "timeDuration" ? &timer.duration
                                       : child.name == "timeDate"   ? &timer.date
                                       : child.name == "timeCycle"  ? &timer.cycle
                                                                    : nullptr;
    if (part == nullptr) continue;
    if (*part) unsupported.push_back({fmt::format("a second {}", words(child.name)), child.line});
    *part = std::string(trimmed(child.text));
  }
}

RawEvent read_event(const xml::Element& element, EventType type, std::vector<Unsupported>& unsupported) {
  RawEvent event;
  event.type = type;
  event.line = element.line;
  event.link = text_of(element, "name");
  for (const char* reference : {"messageRef", "signalRef", "errorRef", "escalationRef"}) {
    if (const auto id = element.attribute(reference)) event.reference = std::string(*id);
  }
  if (type == EventType::kTimer) read_timer(element, event.timer, unsupported);
  for (const xml::Element& child : element.children()) {
    if (child.is(Namespace::kBpmn, "extensionElements")) read_other_extensions(child, unsupported);
  }
  return event;
}

/// True if `child` was an event definition that `node` may carry.
bool read_event_definition(const xml::Element& child, RawNode& node) {
  const unsigned allowed = events_of(node.spec->type);
  for (const auto& [name, type] : kEvents) {
    if (!child.is(Namespace::kBpmn, name) || (allowed & bit(type)) == 0) continue;
    node.events.push_back(read_event(child, type, node.unsupported));
    return true;
  }
  return false;
}

void read_multi_instance(const xml::Element& element, RawNode& node) {
  RawMultiInstance loop;
  loop.sequential = is_true(element.attribute_or_empty("isSequential"));
  loop.line = element.line;
  for (const xml::Element& child : element.children()) {
    if (child.is(Namespace::kBpmn, "extensionElements")) {
      read_loop_extensions(child, loop, node.unsupported);
    } else if (child.is(Namespace::kBpmn, "completionCondition")) {
      loop.completion_condition = std::string(trimmed(child.text));
    } else if (child.ns == Namespace::kBpmn && child.name == "loopCardinality") {
      keep_unsupported(child, node.unsupported);
    }
  }
  if (node.multi_instance) keep_unsupported(element, node.unsupported);  // a second one
  node.multi_instance = std::move(loop);
}

void read_attributes(const xml::Element& element, RawNode& node) {
  if (const auto default_flow = element.attribute("default")) node.default_flow = std::string(*default_flow);
  node.triggered_by_event = is_true(element.attribute_or_empty("triggeredByEvent"));
  const char* interrupting = node.spec->type == ElementType::kBoundaryEvent ? "cancelActivity" : "isInterrupting";
  if (const auto value = element.attribute(interrupting)) node.interrupting = is_true(*value);
  node.attached_to = text_of(element, "attachedToRef");
  if (node.spec->type == ElementType::kReceiveTask) node.message = optional_text(element.attribute("messageRef"));
  if (is_true(element.attribute_or_empty("instantiate"))) node.unsupported.push_back({"instantiate", element.line});
  if (is_true(element.attribute_or_empty("parallelMultiple")))
    node.unsupported.push_back({"parallel multiple", element.line});
  read_markers(element, node);
}

/// The children that say something about the node itself. True if `child` was one of them.
bool read_node_child(const xml::Element& child, RawNode& node) {
  if (child.is(Namespace::kBpmn, "extensionElements")) {
    read_node_extensions(child, node);
    return true;
  }
  if (child.is(Namespace::kBpmn, "multiInstanceLoopCharacteristics") && is_activity(node.spec->type) &&
      !node.triggered_by_event) {
    read_multi_instance(child, node);
    return true;
  }
  return read_event_definition(child, node) || (child.ns == Namespace::kBpmn && contains(kInertInNode, child.name));
}

RawNode read_node(const xml::Element& element, std::uint32_t parent) {
  RawNode node;
  node.id = text_of(element, "id");
  node.name = text_of(element, "name");
  node.kind = std::string(element.name);
  node.line = element.line;
  node.parent = parent;
  if (element.ns == Namespace::kBpmn) node.spec = find_element_spec(element.name);
  if (node.spec == nullptr) {  // refused as a whole; its inside is not looked at
    if (element.ns == Namespace::kBpmn) {
      node.unsupported.push_back({words(element.name), element.line});
    } else {
      node.kind = "foreignElement";
      node.unsupported.push_back(
          {fmt::format("name '{}' and namespace '{}'", element.name, element.uri), element.line});
    }
    return node;
  }
  read_attributes(element, node);
  for (const xml::Element& child : element.children()) {
    if (!read_node_child(child, node) && node.spec->type != ElementType::kSubProcess)
      keep_unsupported(child, node.unsupported);
  }
  return node;
}

RawFlow read_flow(const xml::Element& element, std::uint32_t parent) {
  RawFlow flow;
  flow.parent = parent;
  flow.id = text_of(element, "id");
  flow.name = text_of(element, "name");
  flow.source = text_of(element, "sourceRef");
  flow.target = text_of(element, "targetRef");
  flow.line = element.line;
  for (const xml::Element& child : element.children()) {
    if (child.is(Namespace::kBpmn, "conditionExpression")) {
      flow.condition = std::string(trimmed(child.text));
      flow.condition_line = child.line;
    } else if (child.is(Namespace::kBpmn, "extensionElements")) {
      read_other_extensions(child, flow.unsupported);
    } else if (child.ns != Namespace::kBpmn || !contains(kInertInFlow, child.name)) {
      keep_unsupported(child, flow.unsupported);
    }
  }
  return flow;
}

/// Reads the flow elements of a process and of the sub-processes in it: an explicit stack, because files nest as deep
/// as they like.
void read_flow_elements(const xml::Element& root, RawProcess& process) {
  struct Level {
    const xml::Element* next;
    std::uint32_t parent;
  };
  std::vector<Level> levels{{root.first_child, RawNode::kNoParent}};
  while (!levels.empty()) {
    if (levels.back().next == nullptr) {
      levels.pop_back();
      continue;
    }
    const xml::Element& child = *levels.back().next;
    const std::uint32_t parent = levels.back().parent;
    levels.back().next = child.next_sibling;
    if (child.is(Namespace::kBpmn, "sequenceFlow")) {
      process.flows.push_back(read_flow(child, parent));
    } else if (child.is(Namespace::kBpmn, "extensionElements")) {
      if (parent == RawNode::kNoParent) read_process_extensions(child, process);
    } else if (child.ns == Namespace::kBpmn && contains(kInertInProcess, child.name)) {
      continue;
    } else if (parent != RawNode::kNoParent && child.ns == Namespace::kBpmn &&
               (contains(kInertInNode, child.name) || child.name == "multiInstanceLoopCharacteristics")) {
      continue;  // read with the sub-process itself
    } else {
      process.nodes.push_back(read_node(child, parent));
      const ElementSpec* spec = process.nodes.back().spec;
      if (spec != nullptr && spec->type == ElementType::kSubProcess)
        levels.push_back({child.first_child, static_cast<std::uint32_t>(process.nodes.size() - 1)});
    }
  }
}

RawProcess read_process(const xml::Element& element) {
  RawProcess process;
  process.id = text_of(element, "id");
  process.name = text_of(element, "name");
  process.is_executable = is_true(element.attribute_or_empty("isExecutable"));
  process.line = element.line;
  read_flow_elements(element, process);
  return process;
}

void read_event_root(const xml::Element& element, Definitions& definitions) {
  auto* roots = element.name == "message"      ? &definitions.messages
                : element.name == "signal"     ? &definitions.signals
                : element.name == "error"      ? &definitions.errors
                : element.name == "escalation" ? &definitions.escalations
                                               : nullptr;
  if (roots == nullptr) return;
  RawEventRoot root;
  root.id = text_of(element, "id");
  root.name = text_of(element, "name");
  root.code = text_of(element, element.name == "error" ? "errorCode" : "escalationCode");
  root.line = element.line;
  for (const xml::Element& child : element.children()) {
    if (child.is(Namespace::kBpmn, "extensionElements"))
      read_event_root_extensions(child, root, definitions.unsupported);
  }
  roots->try_emplace(root.id, std::move(root));
}

// BPMN ids are xs:ID: unique in the file. Ids of the diagram are another matter and do not concern an engine.
void read_ids(const xml::Element& root, Definitions& definitions) {
  for (const xml::Element* at = &root; at != nullptr; at = at->next_in_document(root)) {
    if (at->ns != Namespace::kBpmn) continue;
    const std::string_view id = at->attribute_or_empty("id");
    if (id.empty()) continue;
    const auto [place, is_new] = definitions.ids.try_emplace(std::string(id), IdPlace{std::string(at->name), at->line});
    if (!is_new) {
      definitions.duplicate_ids.push_back({std::string(id), place->second, IdPlace{std::string(at->name), at->line}});
    }
  }
}

}  // namespace

std::optional<Binding> binding_of(std::string_view text) {
  if (text.empty() || text == "latest") return Binding::kLatest;
  if (text == "deployment") return Binding::kDeployment;
  if (text == "versionTag") return Binding::kVersionTag;
  return std::nullopt;
}

std::string words(std::string_view xml_name) {
  std::string out;
  for (const char c : xml_name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isupper(byte) != 0) {
      if (!out.empty()) out.push_back(' ');
      out.push_back(static_cast<char>(std::tolower(byte)));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

Result<Definitions> parse(std::string_view xml) {
  BATON_ASSIGN(const xml::Document document, xml::parse(xml));
  const xml::Element& root = document.root();
  if (!root.is(Namespace::kBpmn, "definitions")) {
    return failf(Code::kInvalidArgument,
                 "line {}, column 1: the root element is '{}' of namespace '{}', expected 'definitions' of '{}'",
                 root.line, root.name.substr(0, 100), root.uri.substr(0, 200), xml::kBpmnUri);
  }
  Definitions definitions;
  definitions.id = text_of(root, "id");
  definitions.line = root.line;
  read_ids(root, definitions);
  for (const xml::Element& child : root.children()) {
    if (child.ns != Namespace::kBpmn) continue;  // the diagram, and vendors' own data
    if (child.name == "process") {
      definitions.processes.push_back(read_process(child));
    } else if (child.name == "extension") {
      if (is_true(child.attribute_or_empty("mustUnderstand")))
        definitions.unsupported.push_back({"extension that must be understood", child.line});
    } else if (!contains(kInertRoots, child.name) && !child.name.ends_with("EventDefinition")) {
      keep_unsupported(child, definitions.unsupported);
    } else {
      read_event_root(child, definitions);
    }
  }
  return definitions;
}

}  // namespace baton::bpmn
