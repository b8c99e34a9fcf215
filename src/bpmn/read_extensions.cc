#include "bpmn/read_extensions.h"

#include <algorithm>
#include <array>

#include "bpmn/elements/element_spec.h"

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

std::string text_of(const xml::Element& element, std::string_view attribute) {
  return std::string(element.attribute_or_empty(attribute));
}

/// A missing or empty attribute sets nothing.
void read_attribute(const xml::Element& element, std::string_view attribute, std::optional<RawAttribute>& out) {
  std::string value = text_of(element, attribute);
  if (!value.empty()) out = RawAttribute{std::move(value), element.line};
}

void read_called_element(const xml::Element& extension, RawNode& node) {
  node.called_elements.push_back({optional_text(extension.attribute("processId")),
                                  text_of(extension, "propagateAllChildVariables"),
                                  text_of(extension, "propagateAllParentVariables"), text_of(extension, "bindingType"),
                                  text_of(extension, "versionTag"), extension.line});
}

void read_form(const xml::Element& extension, RawUserTask& task) {
  task.forms.push_back({text_of(extension, "formId"), text_of(extension, "formKey"),
                        text_of(extension, "externalReference"), text_of(extension, "bindingType"),
                        text_of(extension, "versionTag"), extension.line});
}

/// True if `extension` is one of a user task.
bool read_user_task_extension(const xml::Element& extension, RawUserTask& task) {
  if (extension.name == "userTask") {
    ++task.native_blocks;
  } else if (extension.name == "formDefinition") {
    read_form(extension, task);
  } else if (extension.name == "assignmentDefinition") {
    read_attribute(extension, "assignee", task.assignee);
    read_attribute(extension, "candidateGroups", task.candidate_groups);
    read_attribute(extension, "candidateUsers", task.candidate_users);
  } else if (extension.name == "taskSchedule") {
    read_attribute(extension, "dueDate", task.due_date);
    read_attribute(extension, "followUpDate", task.follow_up_date);
  } else if (extension.name == "priorityDefinition") {
    read_attribute(extension, "priority", task.priority);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void read_loop_extensions(const xml::Element& extensions, RawMultiInstance& loop,
                          std::vector<Unsupported>& unsupported) {
  for (const xml::Element& extension : extensions.children()) {
    if (extension.ns != Namespace::kZeebe) continue;
    if (extension.name == "loopCharacteristics") {
      loop.loops.push_back({text_of(extension, "inputCollection"), text_of(extension, "inputElement"),
                            text_of(extension, "outputCollection"), text_of(extension, "outputElement"),
                            extension.line});
    } else {
      keep_unsupported(extension, unsupported);
    }
  }
}

void read_event_root_extensions(const xml::Element& extensions, RawEventRoot& root,
                                std::vector<Unsupported>& unsupported) {
  for (const xml::Element& extension : extensions.children()) {
    if (extension.ns != Namespace::kZeebe) continue;
    if (extension.name == "subscription") {
      root.correlation_key = text_of(extension, "correlationKey");
    } else {
      keep_unsupported(extension, unsupported);
    }
  }
}

void read_node_extensions(const xml::Element& extensions, RawNode& node) {
  using enum ElementType;
  for (const xml::Element& extension : extensions.children()) {
    if (extension.ns != Namespace::kZeebe) continue;
    if (node.spec->type == kUserTask && read_user_task_extension(extension, node.user_task)) continue;
    if (extension.name == "formDefinition" && node.spec->type == kStartEvent) {
      read_form(extension, node.user_task);
    } else if (extension.name == "calledElement" && node.spec->type == kCallActivity) {
      read_called_element(extension, node);
    } else if (extension.name == "taskDefinition") {
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
