#include "models.h"

#include <fmt/format.h>

namespace baton::bench {

namespace {

std::string in_definitions(const std::string& id, const std::string& globals, const std::string& inside) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
      "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"definitions\" "
      "targetNamespace=\"http://bpmn.io/schema/bpmn\">\n{}"
      "  <bpmn:process id=\"{}\" isExecutable=\"true\">\n{}  </bpmn:process>\n</bpmn:definitions>\n",
      globals, id, inside);
}

/// One node between a start and an end event.
std::string with_one_node(const std::string& id, const std::string& globals, const std::string& node) {
  return in_definitions(id, globals,
                        "    <bpmn:startEvent id=\"start\"/>\n    " + node +
                            "\n    <bpmn:endEvent id=\"end\"/>\n"
                            "    <bpmn:sequenceFlow id=\"flow_1\" sourceRef=\"start\" targetRef=\"node\"/>\n"
                            "    <bpmn:sequenceFlow id=\"flow_2\" sourceRef=\"node\" targetRef=\"end\"/>\n");
}

}  // namespace

std::string make_bpmn(const std::string& id, int tasks, const std::string& job_type) {
  std::string flows;
  std::string nodes = "    <bpmn:startEvent id=\"start\"/>\n";
  std::string source = "start";
  for (int i = 1; i <= tasks; ++i) {
    nodes += fmt::format(
        "    <bpmn:serviceTask id=\"task_{}\">\n      <bpmn:extensionElements>\n"
        "        <zeebe:taskDefinition type=\"{}\"/>\n      </bpmn:extensionElements>\n    </bpmn:serviceTask>\n",
        i, job_type);
    flows +=
        fmt::format("    <bpmn:sequenceFlow id=\"flow_{}\" sourceRef=\"{}\" targetRef=\"task_{}\"/>\n", i, source, i);
    source = fmt::format("task_{}", i);
  }
  nodes += "    <bpmn:endEvent id=\"end\"/>\n";
  flows += fmt::format("    <bpmn:sequenceFlow id=\"flow_end\" sourceRef=\"{}\" targetRef=\"end\"/>\n", source);
  return in_definitions(id, "", nodes + flows);
}

std::string make_message_bpmn(const std::string& id) {
  return with_one_node(id,
                       "  <bpmn:message id=\"message\" name=\"paid\"><bpmn:extensionElements><zeebe:subscription "
                       "correlationKey=\"=string(seq)\"/></bpmn:extensionElements></bpmn:message>\n",
                       "<bpmn:intermediateCatchEvent id=\"node\"><bpmn:messageEventDefinition "
                       "messageRef=\"message\"/></bpmn:intermediateCatchEvent>");
}

std::string make_timer_bpmn(const std::string& id) {
  return with_one_node(id, "",
                       "<bpmn:intermediateCatchEvent id=\"node\"><bpmn:timerEventDefinition><bpmn:timeDate>=due"
                       "</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>");
}

std::string make_loop_bpmn(const std::string& id, const std::string& job_type) {
  const std::string loop =
      "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
      "inputCollection=\"=for i in 1..items return i\" inputElement=\"item\"/></bpmn:extensionElements>"
      "</bpmn:multiInstanceLoopCharacteristics>";
  if (job_type.empty()) return with_one_node(id, "", "<bpmn:task id=\"node\">" + loop + "</bpmn:task>");
  return with_one_node(id, "",
                       "<bpmn:serviceTask id=\"node\"><bpmn:extensionElements><zeebe:taskDefinition type=\"" +
                           job_type + "\"/></bpmn:extensionElements>" + loop + "</bpmn:serviceTask>");
}

std::string make_payload() {
  return fmt::format(
      "{{\"seq\":{},\"orderId\":\"PO-2024-0048151\",\"customer\":\"Nordlicht Maschinenbau "
      "GmbH\",\"customerNo\":48151623,"
      "\"street\":\"Am Alten Hafen 17\",\"city\":\"Bremerhaven\",\"postcode\":\"27568\",\"country\":\"DE\","
      "\"item\":\"Hydraulic pump, 12 kW, double seal\",\"quantity\":12,\"unitPrice\":1849.95,\"currency\":\"EUR\","
      "\"express\":false,\"approvedBy\":\"s.petersen@nordlicht.example\","
      "\"remark\":\"Deliver to gate 3 between 7 and 11 o'clock; call the plant manager one hour before arrival. "
      "Packaging is taken back with the next transport.\"}}",
      kFirstSeq);
}

}  // namespace baton::bench
