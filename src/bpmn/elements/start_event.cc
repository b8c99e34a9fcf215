// Start event (BPMN 10.5.2).
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

void validate_start_event(const NodeView& view, Report& report) {
  if (!view.incoming().empty())
    report.add(view.node, "start-event-incoming", "A start event must not have incoming sequence flows");
  check_start_form(view, report);
  check_event(view, {.waits = true, .starts = true}, report);
}

}  // namespace

const ElementSpec kStartEventSpec{.xml_name = "startEvent",
                                  .type = ElementType::kStartEvent,
                                  .token_flow = TokenFlow::kRoutes,
                                  .validate = validate_start_event};

}  // namespace baton::bpmn
