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

RawNode read_node(const xml::Element& element) {
  RawNode node;
  node.id = text_of(element, "id");
  node.name = text_of(element, "name");
  node.kind = std::string(element.name);
  node.line = element.line;
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
  if (const auto default_flow = element.attribute("default")) node.default_flow = std::string(*default_flow);
  read_markers(element, node);
  for (const xml::Element& child : element.children()) {
    if (child.is(Namespace::kBpmn, "extensionElements")) {
      read_node_extensions(child, node);
    } else if (child.ns != Namespace::kBpmn || !contains(kInertInNode, child.name)) {
      keep_unsupported(child, node.unsupported);
    }
  }
  return node;
}

RawFlow read_flow(const xml::Element& element) {
  RawFlow flow;
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

RawProcess read_process(const xml::Element& element) {
  RawProcess process;
  process.id = text_of(element, "id");
  process.name = text_of(element, "name");
  process.is_executable = is_true(element.attribute_or_empty("isExecutable"));
  process.line = element.line;
  for (const xml::Element& child : element.children()) {
    if (child.is(Namespace::kBpmn, "sequenceFlow")) {
      process.flows.push_back(read_flow(child));
    } else if (child.is(Namespace::kBpmn, "extensionElements")) {
      read_process_extensions(child, process);
    } else if (child.ns != Namespace::kBpmn || !contains(kInertInProcess, child.name)) {
      process.nodes.push_back(read_node(child));
    }
  }
  return process;
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
    }
  }
  return definitions;
}

}  // namespace baton::bpmn
