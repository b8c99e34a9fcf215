// Activities that are no plain jobs: receive task, user task, call activity, sub-process (BPMN 10.3).
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

void validate_receive_task(const NodeView& view, Report& report) {
  check_message(view, view.node.message, view.node.line, {.waits = true}, report);
}

void validate_user_task(const NodeView& view, Report& report) {
  check_user_task(view.node, report);
}

void validate_call_activity(const NodeView& view, Report& report) {
  check_called_element(view.node, report);
}

void validate_sub_process(const NodeView& view, Report& report) {
  check_sub_process(view, report);
}

}  // namespace

const ElementSpec kReceiveTaskSpec{.xml_name = "receiveTask",
                                   .type = ElementType::kReceiveTask,
                                   .token_flow = TokenFlow::kWaits,
                                   .validate = validate_receive_task};

const ElementSpec kUserTaskSpec{.xml_name = "userTask",
                                .type = ElementType::kUserTask,
                                .token_flow = TokenFlow::kWaits,
                                .validate = validate_user_task};

const ElementSpec kCallActivitySpec{.xml_name = "callActivity",
                                    .type = ElementType::kCallActivity,
                                    .token_flow = TokenFlow::kWaits,
                                    .validate = validate_call_activity};

const ElementSpec kSubProcessSpec{.xml_name = "subProcess",
                                  .type = ElementType::kSubProcess,
                                  .token_flow = TokenFlow::kRoutes,
                                  .validate = validate_sub_process};

}  // namespace baton::bpmn
