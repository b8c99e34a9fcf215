// Events that tell something: intermediate throw events and end events (BPMN 10.5.3, 10.5.4).
//
// A message is a job. A signal is broadcast and an escalation thrown when the event completes its activation; what its
// input mappings made goes with them. An error that nobody catches is an incident of the activation.
#include "engine/behaviours/catching.h"
#include "engine/behaviours/expressions.h"
#include "engine/behaviours/jobs.h"
#include "engine/behaviours/variables.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

using bpmn::EventType;

EventType type_of(const bpmn::Element& element) {
  return element.event ? element.event->type : EventType::kNone;
}

StepResult prepare_error(Execution& x, Key key, const std::string& code) {
  x.pending_catch = find_catch(x, EventType::kError, code, key);
  if (x.pending_catch) return {};
  return step_failure(IncidentKind::kUnhandledErrorEvent, uncaught_text(x, code, "", key));
}

StepResult prepare(Execution& x, Key key, const bpmn::Element& element) {
  const EventType type = type_of(element);
  if (type == EventType::kMessage) {
    auto job = evaluate_job(x, key, *element.job);
    if (!job) return tl::unexpected(std::move(job.error()));
    x.pending_job = std::move(*job);
  } else if (type == EventType::kSignal || type == EventType::kEscalation || type == EventType::kError) {
    auto text = evaluate_text(x, key, element.event->text);
    if (!text) return tl::unexpected(std::move(text.error()));
    if (type == EventType::kError) return prepare_error(x, key, *text);
    x.pending_text = std::move(*text);
  }
  return {};
}

void escalate(Execution& x, Key key, const std::string& code) {
  const auto caught = find_catch(x, EventType::kEscalation, code, key);
  if (!caught) {
    x.complete(key);
    return;
  }
  // An interrupting catch event takes the thrower with it; another one lets it go on.
  x.deliver(*caught, local_variables(x.instance(), key));
  if (!caught->interrupting) x.complete(key);
}

void throw_event(Execution& x, Key key, const bpmn::Element& element) {
  switch (type_of(element)) {
    case EventType::kMessage:
      create_job(x, key, x.pending_job);
      return;
    case EventType::kSignal:
      x.send(DeliverSignal{x.pending_text, x.position(), Position(0), Key(0),
                           to_document(local_variables(x.instance(), key))});
      x.complete(key);
      return;
    case EventType::kEscalation:
      escalate(x, key, x.pending_text);
      return;
    case EventType::kError: {
      const Catch caught = *x.pending_catch;
      x.deliver(caught, local_variables(x.instance(), key));
      return;
    }
    default:
      x.complete(key);
  }
}

void finish(Execution& x, const Completed& done) {
  if (type_of(done.element) == EventType::kTerminate) {
    x.interrupt(done.scope);
    return;
  }
  x.take_outgoing(done.element, done.scope);
}

void give_up(Execution& x, Key key, const bpmn::Element&) {
  cancel_job(x, key);
}

}  // namespace

const ElementBehaviour kThrowEventBehaviour{&prepare, &throw_event, &nothing_to_complete, &finish, &give_up};

}  // namespace baton::engine
