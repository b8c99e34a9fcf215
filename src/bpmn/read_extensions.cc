#include "bpmn/read_extensions.h"

#include <algorithm>
#include <array>

namespace baton::bpmn {
namespace {

using xml::Namespace;

// No engine acts on these: data of templates, documentation for agents, forms embedded for user tasks.
constexpr auto kInert =
    std::to_array<std::string_view>({"properties", "agentDefinition", "userTaskForm", "modelerTemplate"});
// Without children these say nothing; modelers leave them behind.
constexpr auto kContainers =
    std::to_array<std::string_view>({"executionListeners", "taskListeners", "linkedResources"});

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<std::string> optional_text(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return std::string(*text);
}

void keep_unsupported(const xml::Element& extension, std::vector<Unsupported>& unsupported) {
  if (contains(kInert, extension.name)) return;
  if (contains(kContainers, extension.name)) {
    for (const xml::Element& child : extension.children()) {
      unsupported.push_back({"extension zeebe:" + std::string(child.name), child.line});
    }
    return;
  }
  unsupported.push_back({"extension zeebe:" + std::string(extension.name), extension.line});
}

void read_headers(const xml::Element& block, RawNode& node) {
  ++node.header_blocks;
  for (const xml::Element& header : block.children()) {
    if (!header.is(Namespace::kZeebe, "header")) continue;
    node.headers.push_back(
        {std::string(header.attribute_or_empty("key")), std::string(header.attribute_or_empty("value")), header.line});
  }
}

void read_mappings(const xml::Element& block, RawNode& node) {
  ++node.mapping_blocks;
  for (const xml::Element& mapping : block.children()) {
    if (mapping.ns != Namespace::kZeebe) continue;
    const bool is_input = mapping.name == "input";
    if (!is_input && mapping.name != "output") continue;
    RawMapping read;
    const std::string_view source = mapping.attribute_or_empty("source");
    if (!source.empty()) read.source = std::string(source);
    read.target = std::string(mapping.attribute_or_empty("target"));
    read.line = mapping.line;
    (is_input ? node.inputs : node.outputs).push_back(std::move(read));
  }
}

}  // namespace

void read_node_extensions(const xml::Element& extensions, RawNode& node) {
  for (const xml::Element& extension : extensions.children()) {
    if (extension.ns != Namespace::kZeebe) continue;
    if (extension.name == "taskDefinition") {
      node.task_definitions.push_back(
          {optional_text(extension.attribute("type")), optional_text(extension.attribute("retries")), extension.line});
    } else if (extension.name == "calledDecision" && node.kind == "businessRuleTask") {
      node.called_decisions.push_back({std::string(extension.attribute_or_empty("decisionId")),
                                       std::string(extension.attribute_or_empty("resultVariable")),
                                       std::string(extension.attribute_or_empty("bindingType")),
                                       std::string(extension.attribute_or_empty("versionTag")), extension.line});
    } else if (extension.name == "script" && node.kind == "scriptTask") {
      node.scripts.push_back({std::string(extension.attribute_or_empty("expression")),
                              std::string(extension.attribute_or_empty("resultVariable")), extension.line});
    } else if (extension.name == "taskHeaders") {
      read_headers(extension, node);
    } else if (extension.name == "ioMapping") {
      read_mappings(extension, node);
    } else {
      keep_unsupported(extension, node.unsupported);
    }
  }
}

void read_process_extensions(const xml::Element& extensions, RawProcess& process) {
  for (const xml::Element& extension : extensions.children()) {
    if (extension.is(Namespace::kZeebe, "versionTag")) {
      process.version_tag = std::string(extension.attribute_or_empty("value"));
    } else if (extension.ns == Namespace::kZeebe) {
      keep_unsupported(extension, process.unsupported);
    }
  }
}

void read_other_extensions(const xml::Element& extensions, std::vector<Unsupported>& unsupported) {
  for (const xml::Element& extension : extensions.children()) {
    if (extension.ns == Namespace::kZeebe) keep_unsupported(extension, unsupported);
  }
}

}  // namespace baton::bpmn
