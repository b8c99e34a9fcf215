// End event (BPMN 10.5.3).
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

void validate_end_event(const NodeView& view, Report& report) {
  if (!view.outgoing().empty())
    report.add(view.node, "end-event-outgoing", "End events must not have outgoing sequence flows");
  check_event(view, {}, report);
}

}  // namespace

const ElementSpec kEndEventSpec{.xml_name = "endEvent",
                                .type = ElementType::kEndEvent,
                                .token_flow = TokenFlow::kRoutes,
                                .validate = validate_end_event};

}  // namespace baton::bpmn
