// Small pieces of BPMN XML for tests: file(process(start() + task("a") + end() + flow("f1", "start", "a") + ...)).
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace baton::bpmn::testing {

/// bpmn:definitions with the prefixes bpmn, zeebe, camunda and xsi.
inline std::string file(std::string_view inside) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
      "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" "
      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" id=\"definitions\" "
      "targetNamespace=\"test\">\n{}</bpmn:definitions>\n",
      inside);
}

inline std::string process(std::string_view inside, std::string_view attributes = "id=\"p\" isExecutable=\"true\"") {
  return fmt::format("<bpmn:process {}>\n{}</bpmn:process>\n", attributes, inside);
}

/// An element of the BPMN namespace: node("serviceTask", "id=\"a\"", job("work")).
inline std::string node(std::string_view kind, std::string_view attributes, std::string_view inside = "") {
  return fmt::format("<bpmn:{0} {1}>{2}</bpmn:{0}>\n", kind, attributes, inside);
}

inline std::string start(std::string_view id = "start") {
  return node("startEvent", fmt::format("id=\"{}\"", id));
}
inline std::string end(std::string_view id = "end") {
  return node("endEvent", fmt::format("id=\"{}\"", id));
}
inline std::string task(std::string_view id) {
  return node("task", fmt::format("id=\"{}\"", id));
}

inline std::string extensions(std::string_view inside) {
  return fmt::format("<bpmn:extensionElements>{}</bpmn:extensionElements>", inside);
}
inline std::string definition(std::string_view type, std::string_view more = "") {
  return fmt::format("<zeebe:taskDefinition type=\"{}\" {}/>", type, more);
}
/// A service task with the given extensions.
inline std::string service(std::string_view id, std::string_view inside) {
  return node("serviceTask", fmt::format("id=\"{}\"", id), extensions(inside));
}
inline std::string service(std::string_view id) {
  return service(id, definition("work"));
}

inline std::string flow(std::string_view id, std::string_view source, std::string_view target) {
  return fmt::format("<bpmn:sequenceFlow id=\"{}\" sourceRef=\"{}\" targetRef=\"{}\"/>\n", id, source, target);
}
inline std::string flow(std::string_view id, std::string_view source, std::string_view target,
                        std::string_view condition) {
  return fmt::format(
      "<bpmn:sequenceFlow id=\"{}\" sourceRef=\"{}\" targetRef=\"{}\">"
      "<bpmn:conditionExpression "
      "xsi:type=\"bpmn:tFormalExpression\">{}</bpmn:conditionExpression></bpmn:sequenceFlow>\n",
      id, source, target, condition);
}

/// start -> the given node with id "a" -> end, as a whole file.
inline std::string around(std::string_view node_text) {
  return file(process(start() + std::string(node_text) + end() + flow("f1", "start", "a") + flow("f2", "a", "end")));
}

}  // namespace baton::bpmn::testing
