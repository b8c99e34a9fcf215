#include "engine/tests/process_text.h"

#include <fmt/format.h>

namespace baton::engine::testing {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string mappings(const Pairs& inputs, const Pairs& outputs) {
  if (inputs.empty() && outputs.empty()) return {};
  std::string out = "<zeebe:ioMapping>";
  for (const auto& [source, target] : inputs) {
    out += fmt::format("<zeebe:input source=\"{}\" target=\"{}\"/>", escaped(source), escaped(target));
  }
  for (const auto& [source, target] : outputs) {
    out += fmt::format("<zeebe:output source=\"{}\" target=\"{}\"/>", escaped(source), escaped(target));
  }
  return out + "</zeebe:ioMapping>";
}

}  // namespace

ProcessText& ProcessText::job_task(std::string_view kind, std::string_view id, const JobText& job) {
  std::string inside = fmt::format("<zeebe:taskDefinition type=\"{}\"", escaped(job.type));
  if (!job.retries.empty()) inside += fmt::format(" retries=\"{}\"", escaped(job.retries));
  inside += "/>";
  if (!job.headers.empty()) {
    inside += "<zeebe:taskHeaders>";
    for (const auto& [key, value] : job.headers) {
      inside += fmt::format("<zeebe:header key=\"{}\" value=\"{}\"/>", escaped(key), escaped(value));
    }
    inside += "</zeebe:taskHeaders>";
  }
  inside += mappings(job.inputs, job.outputs);
  body_ += fmt::format("<bpmn:{0} id=\"{1}\"><bpmn:extensionElements>{2}</bpmn:extensionElements></bpmn:{0}>\n", kind,
                       id, inside);
  return *this;
}

ProcessText& ProcessText::exclusive(std::string_view id, std::string_view default_flow) {
  if (default_flow.empty()) return node("exclusiveGateway", id);
  body_ += fmt::format("<bpmn:exclusiveGateway id=\"{}\" default=\"{}\"/>\n", id, default_flow);
  return *this;
}

ProcessText& ProcessText::node(std::string_view kind, std::string_view id, const Pairs& inputs, const Pairs& outputs) {
  const std::string inside = mappings(inputs, outputs);
  body_ += fmt::format("<bpmn:{0} id=\"{1}\">{2}{3}{4}</bpmn:{0}>\n", kind, id,
                       inside.empty() ? "" : "<bpmn:extensionElements>", inside,
                       inside.empty() ? "" : "</bpmn:extensionElements>");
  return *this;
}

ProcessText& ProcessText::flow(std::string_view from, std::string_view to, std::string_view condition,
                               std::string_view id) {
  ++flows_;
  const std::string name = id.empty() ? fmt::format("f{}", flows_) : std::string(id);
  body_ += fmt::format("<bpmn:sequenceFlow id=\"{}\" sourceRef=\"{}\" targetRef=\"{}\">", name, from, to);
  if (!condition.empty())
    body_ += fmt::format("<bpmn:conditionExpression>{}</bpmn:conditionExpression>", escaped(condition));
  body_ += "</bpmn:sequenceFlow>\n";
  return *this;
}

ProcessText& ProcessText::sequence(std::initializer_list<std::string_view> ids) {
  for (auto it = ids.begin(); it + 1 < ids.end(); ++it) flow(*it, *(it + 1));
  return *this;
}

std::string ProcessText::process() const {
  return fmt::format("<bpmn:process id=\"{}\" isExecutable=\"true\">\n{}</bpmn:process>\n", id_, body_);
}

std::string ProcessText::file() const {
  return file_of({*this});
}

std::string file_of(const std::vector<ProcessText>& processes) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
      "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"definitions\" targetNamespace=\"test\">\n";
  for (const ProcessText& process : processes) out += process.process();
  return out + "</bpmn:definitions>\n";
}

}  // namespace baton::engine::testing
