// Boundary events and intermediate events (BPMN 10.5.4).
#include "bpmn/elements/element_spec.h"

namespace baton::bpmn {
namespace {

void validate_boundary_event(const NodeView& view, Report& report) {
  const RawNode& node = view.node;
  check_event(view, {.least = 1, .waits = true}, report);
  if (!view.incoming().empty())
    report.add(node, "boundary-incoming", "A boundary event must not have incoming sequence flows");
  // What an unsupported event (compensation) needs instead is not this version's business: it is refused by name.
  if (view.outgoing().empty() && node.unsupported.empty())
    report.add(node, "boundary-outgoing", "A boundary event must have at least one outgoing sequence flow");
  const std::uint32_t host = view.process.node_index(node.attached_to);
  const RawNode* attached = host == ProcessView::kNone ? nullptr : &view.process.process().nodes[host];
  if (attached == nullptr || attached->parent != node.parent ||
      (attached->spec != nullptr && (!is_activity(attached->spec->type) || attached->triggered_by_event))) {
    report.add(node, "boundary-attached",
               fmt::format("A boundary event must be attached to an activity of the same scope, not to '{}'",
                           clipped(node.attached_to)));
    return;
  }
  const bool escalates = !node.events.empty() && node.events.front().type == EventType::kEscalation;
  if (escalates && attached->spec != nullptr && attached->spec->type != ElementType::kSubProcess &&
      attached->spec->type != ElementType::kCallActivity) {
    report.add(node, "escalation-boundary",
               fmt::format("An escalation boundary event is possible on a sub-process or a call activity, not on a {}",
                           words(attached->kind)));
  }
}

void validate_catch_event(const NodeView& view, Report& report) {
  check_event(view, {.least = 1, .waits = true}, report);
}

void validate_throw_event(const NodeView& view, Report& report) {
  check_event(view, {}, report);
  const auto& events = view.node.events;
  if (!events.empty() && events.front().type == EventType::kLink && !view.outgoing().empty())
    report.add(view.node, "link-flow", "A link throw event must not have outgoing sequence flows");
}

}  // namespace

const ElementSpec kBoundaryEventSpec{.xml_name = "boundaryEvent",
                                     .type = ElementType::kBoundaryEvent,
                                     .token_flow = TokenFlow::kWaits,
                                     .validate = validate_boundary_event};

const ElementSpec kIntermediateCatchEventSpec{.xml_name = "intermediateCatchEvent",
                                              .type = ElementType::kIntermediateCatchEvent,
                                              .token_flow = TokenFlow::kWaits,
                                              .validate = validate_catch_event};

const ElementSpec kIntermediateThrowEventSpec{.xml_name = "intermediateThrowEvent",
                                              .type = ElementType::kIntermediateThrowEvent,
                                              .token_flow = TokenFlow::kRoutes,
                                              .validate = validate_throw_event};

}  // namespace baton::bpmn
