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

std::string extended(std::string_view inside) {
  return inside.empty() ? "" : fmt::format("<bpmn:extensionElements>{}</bpmn:extensionElements>", inside);
}

std::string timer(std::string_view kind, std::string_view text) {
  return fmt::format("<bpmn:timerEventDefinition><bpmn:{0}>{1}</bpmn:{0}></bpmn:timerEventDefinition>", kind,
                     escaped(text));
}

std::string reference(std::string_view kind, std::string_view id) {
  if (id.empty()) return fmt::format("<bpmn:{}EventDefinition/>", kind);
  return fmt::format("<bpmn:{0}EventDefinition {0}Ref=\"{1}\"/>", kind, id);
}

}  // namespace

std::string timer_duration(std::string_view text) {
  return timer("timeDuration", text);
}
std::string timer_date(std::string_view text) {
  return timer("timeDate", text);
}
std::string timer_cycle(std::string_view text) {
  return timer("timeCycle", text);
}
std::string message_event(std::string_view id) {
  return reference("message", id);
}
std::string signal_event(std::string_view id) {
  return reference("signal", id);
}
std::string error_event(std::string_view id) {
  return reference("error", id);
}
std::string escalation_event(std::string_view id) {
  return reference("escalation", id);
}
std::string terminate_event() {
  return "<bpmn:terminateEventDefinition/>";
}
std::string link_event(std::string_view name) {
  return fmt::format("<bpmn:linkEventDefinition name=\"{}\"/>", name);
}

std::string multi_instance(const LoopText& loop) {
  std::string attributes = fmt::format("inputCollection=\"{}\"", escaped(loop.input));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) attributes += fmt::format(" {}=\"{}\"", name, escaped(value));
  };
  add("inputElement", loop.input_element);
  add("outputCollection", loop.output);
  add("outputElement", loop.output_element);
  std::string out = fmt::format("<bpmn:multiInstanceLoopCharacteristics isSequential=\"{}\">", loop.sequential);
  out += extended(fmt::format("<zeebe:loopCharacteristics {}/>", attributes));
  if (!loop.until.empty())
    out += fmt::format("<bpmn:completionCondition>{}</bpmn:completionCondition>", escaped(loop.until));
  return out + "</bpmn:multiInstanceLoopCharacteristics>";
}

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

ProcessText& ProcessText::raw(std::string_view kind, std::string_view id, std::string_view attributes,
                              std::string_view inside) {
  body_ += fmt::format("<bpmn:{0} id=\"{1}\" {2}>{3}</bpmn:{0}>\n", kind, id, attributes, inside);
  return *this;
}

ProcessText& ProcessText::event(std::string_view kind, std::string_view id, std::string_view definition,
                                std::string_view attributes, const Pairs& inputs, const Pairs& outputs) {
  return raw(kind, id, attributes, extended(mappings(inputs, outputs)) + std::string(definition));
}

ProcessText& ProcessText::boundary(std::string_view id, std::string_view host, std::string_view definition,
                                   bool interrupting, const Pairs& outputs) {
  return event("boundaryEvent", id, definition,
               fmt::format("attachedToRef=\"{}\" cancelActivity=\"{}\"", host, interrupting), {}, outputs);
}

ProcessText& ProcessText::start_event(std::string_view id, std::string_view definition, bool interrupting,
                                      const Pairs& outputs) {
  return event("startEvent", id, definition, fmt::format("isInterrupting=\"{}\"", interrupting), {}, outputs);
}

ProcessText& ProcessText::sub_process(std::string_view id, const ProcessText& inner, std::string_view more) {
  roots_ += inner.roots_;
  return raw("subProcess", id, "", fmt::format("{}\n{}", more, inner.body_));
}

ProcessText& ProcessText::event_sub_process(std::string_view id, const ProcessText& inner) {
  roots_ += inner.roots_;
  return raw("subProcess", id, "triggeredByEvent=\"true\"", inner.body_);
}

ProcessText& ProcessText::call(std::string_view id, std::string_view called, const Pairs& inputs,
                               const Pairs& outputs) {
  return raw("callActivity", id, "",
             extended(fmt::format("<zeebe:calledElement {}/>", called) + mappings(inputs, outputs)));
}

ProcessText& ProcessText::loop_service(std::string_view id, const LoopText& loop, const JobText& job) {
  return raw("serviceTask", id, "",
             extended(fmt::format("<zeebe:taskDefinition type=\"{}\"/>", escaped(job.type)) +
                      mappings(job.inputs, job.outputs)) +
                 multi_instance(loop));
}

ProcessText& ProcessText::message(std::string_view id, std::string_view name, std::string_view correlation_key) {
  roots_ += fmt::format("<bpmn:message id=\"{}\" name=\"{}\">", id, escaped(name));
  if (!correlation_key.empty())
    roots_ += extended(fmt::format("<zeebe:subscription correlationKey=\"{}\"/>", escaped(correlation_key)));
  roots_ += "</bpmn:message>\n";
  return *this;
}

ProcessText& ProcessText::signal(std::string_view id, std::string_view name) {
  roots_ += fmt::format("<bpmn:signal id=\"{}\" name=\"{}\"/>\n", id, escaped(name));
  return *this;
}
ProcessText& ProcessText::error(std::string_view id, std::string_view code) {
  roots_ += fmt::format("<bpmn:error id=\"{}\" errorCode=\"{}\"/>\n", id, escaped(code));
  return *this;
}
ProcessText& ProcessText::escalation(std::string_view id, std::string_view code) {
  roots_ += fmt::format("<bpmn:escalation id=\"{}\" escalationCode=\"{}\"/>\n", id, escaped(code));
  return *this;
}

ProcessText& ProcessText::flow(std::string_view from, std::string_view to, std::string_view condition,
                               std::string_view id) {
  ++flows_;
  const std::string name = id.empty() ? fmt::format("{}{}", flow_prefix_, flows_) : std::string(id);
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
  for (const ProcessText& process : processes) out += process.roots() + process.process();
  return out + "</bpmn:definitions>\n";
}

}  // namespace baton::engine::testing
