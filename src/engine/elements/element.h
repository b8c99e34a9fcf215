// The behaviour of each kind of element: one file a kind, all with the same lifecycle (engine/lifecycle.h).
//
//   activate            state ACTIVATING: after the input mappings. May fail: becomes an incident, the step is
//   repeated. finish_activation   state ACTIVATED: create what the element waits for, or complete at once. complete
//   state COMPLETING: before the output mappings. May fail. finish_completion   the element instance is gone: pass the
//   token on. terminate           state TERMINATING: give up what activation created.
//
// Every transition goes through Execution, so a listener step can stop it and resume it.
#pragma once

#include "engine/execution.h"

namespace baton::engine {

/// What finish_completion may still know of an element instance that is gone.
struct Completed {
  const bpmn::Element& element;
  Key scope;
  bpmn::FlowIndex chosen = bpmn::kNoFlow;        // by `complete` of an exclusive gateway
  std::vector<bpmn::FlowIndex> all_chosen = {};  // by `complete` of an inclusive gateway
};

struct ElementBehaviour {
  StepResult (*activate)(Execution&, Key element_instance, const bpmn::Element&);
  void (*finish_activation)(Execution&, Key element_instance, const bpmn::Element&);
  StepResult (*complete)(Execution&, Key element_instance, Completed&);
  void (*finish_completion)(Execution&, const Completed&);
  void (*terminate)(Execution&, Key element_instance, const bpmn::Element&);
};

/// The behaviour of `type`; every type that validation accepts has one.
const ElementBehaviour& behaviour_of(bpmn::ElementType type);

extern const ElementBehaviour kProcessBehaviour;
extern const ElementBehaviour kStartEventBehaviour;
extern const ElementBehaviour kThrowEventBehaviour;
extern const ElementBehaviour kCatchEventBehaviour;
extern const ElementBehaviour kBoundaryEventBehaviour;
extern const ElementBehaviour kSubProcessBehaviour;
extern const ElementBehaviour kEventSubProcessBehaviour;
extern const ElementBehaviour kUserTaskBehaviour;
extern const ElementBehaviour kCallActivityBehaviour;
extern const ElementBehaviour kMultiInstanceBodyBehaviour;
extern const ElementBehaviour kInclusiveGatewayBehaviour;
extern const ElementBehaviour kEventBasedGatewayBehaviour;
extern const ElementBehaviour kPassThroughTaskBehaviour;
extern const ElementBehaviour kJobTaskBehaviour;
extern const ElementBehaviour kBusinessRuleTaskBehaviour;
extern const ElementBehaviour kScriptTaskBehaviour;
extern const ElementBehaviour kExclusiveGatewayBehaviour;
extern const ElementBehaviour kParallelGatewayBehaviour;

// Steps that several kinds share.
inline StepResult nothing_to_do(Execution&, Key, const bpmn::Element&) {
  return {};
}
inline StepResult nothing_to_complete(Execution&, Key, Completed&) {
  return {};
}
inline void nothing_to_terminate(Execution&, Key, const bpmn::Element&) {}
inline void complete_at_once(Execution& x, Key key, const bpmn::Element&) {
  x.complete(key);
}
inline void take_all_flows(Execution& x, const Completed& done) {
  x.take_outgoing(done.element, done.scope);
}

}  // namespace baton::engine
