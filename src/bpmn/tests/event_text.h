// Pieces of BPMN XML with events and what they refer to, for tests of rules.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bpmn/tests/bpmn_text.h"

namespace baton::bpmn::testing {

inline const std::string kTimer =
    "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>";
inline std::string timer(std::string_view kind, std::string_view text) {
  return fmt::format("<bpmn:timerEventDefinition><bpmn:{0}>{1}</bpmn:{0}></bpmn:timerEventDefinition>", kind, text);
}
inline std::string ref(std::string_view kind, std::string_view id) {
  return fmt::format("<bpmn:{0}EventDefinition {0}Ref=\"{1}\"/>", kind, id);
}
inline std::string message(std::string_view id, std::string_view name, std::string_view key = "=k") {
  return node("message", fmt::format("id=\"{}\" name=\"{}\"", id, name),
              key.empty() ? "" : extensions(fmt::format("<zeebe:subscription correlationKey=\"{}\"/>", key)));
}
inline std::string signal(std::string_view id, std::string_view name) {
  return node("signal", fmt::format("id=\"{}\" name=\"{}\"", id, name));
}
inline std::string error(std::string_view id, std::string_view code) {
  return node("error", fmt::format("id=\"{}\" errorCode=\"{}\"", id, code));
}
inline std::string escalation(std::string_view id, std::string_view code) {
  return node("escalation", fmt::format("id=\"{}\" escalationCode=\"{}\"", id, code));
}
inline const std::string kRoots =
    message("m", "paid") + message("m2", "sent") + message("plain", "plain", "") + message("nameless", "") +
    message("variable", "=x") + message("static", "s", "k") + message("badname", "=((") +
    message("badkey", "b", "=((") + signal("badsig", "=((") + signal("varsig", "=x") + error("badcode", "=((") +
    escalation("badesc", "=((") + signal("sg", "alarm") + signal("sg2", "other") + signal("nosig", "") +
    error("e", "E") + error("e2", "E2") + error("nocode", "") + error("ecode", "=x") + escalation("x", "X") +
    escalation("x2", "X2") + escalation("noesc", "") + escalation("xcode", "=x");

inline std::string in_file(std::string_view inside) {
  return file(kRoots + process(inside));
}
/// A start event of a process.
inline std::string starts(std::string_view definition) {
  return in_file(node("startEvent", "id=\"s1\"", definition));
}
/// An intermediate event "a" on the way.
inline std::string on_the_way(std::string_view kind, std::string_view definition) {
  return in_file(start() + node(kind, "id=\"a\"", definition) + end() + flow("f1", "start", "a") +
                 flow("f2", "a", "end"));
}
inline std::string catches(std::string_view definition) {
  return on_the_way("intermediateCatchEvent", definition);
}
inline std::string throws(std::string_view definition) {
  return on_the_way("intermediateThrowEvent", definition);
}
inline std::string ends(std::string_view definition) {
  return in_file(start() + node("endEvent", "id=\"a\"", definition) + flow("f1", "start", "a"));
}
inline std::string sub(std::string_view inside, std::string_view attributes = "") {
  return node("subProcess", fmt::format("id=\"sub\" {}", attributes), inside);
}
inline const std::string kSub = sub(start("s"));
/// Boundary events at a host, all with a flow to the end.
inline std::string at(const std::string& host, const std::vector<std::pair<std::string, std::string>>& events) {
  std::string text = start() + host + end();
  for (const auto& [attributes, definition] : events) {
    const std::string id = attributes.substr(4, attributes.find('"', 4) - 4);
    text += node("boundaryEvent", attributes, definition) + flow("to_" + id, id, "end");
  }
  return in_file(text);
}
inline std::string b(std::string_view id, std::string_view host = "a", bool interrupting = true) {
  return fmt::format("id=\"{}\" attachedToRef=\"{}\" cancelActivity=\"{}\"", id, host, interrupting);
}
inline std::string event_sub(std::string_view id, std::string_view definition, bool interrupting = true) {
  return node("subProcess", fmt::format("id=\"{}\" triggeredByEvent=\"true\"", id),
              node("startEvent", fmt::format("id=\"{}_s\" isInterrupting=\"{}\"", id, interrupting), definition));
}

}  // namespace baton::bpmn::testing
