// The working context of one frame: what a command handler and the elements may use. It sees the state as a view,
// changes it only by appending events, and leaves effects.
//
// All token moves up to the next wait states happen in one frame, in the order in which they arose. A counted step
// budget ends a frame that would run too long; what is left is recorded as deferred steps and goes on with a Continue
// command.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "bpmn/process_model.h"
#include "engine/command.h"
#include "engine/effect.h"
#include "engine/recorder.h"
#include "engine/state/view.h"
#include "feel/evaluation.h"

namespace baton::engine {

/// Element activations and terminations that one frame may do.
inline constexpr std::uint32_t kStepsPerFrame = 1000;

/// Why a step cannot go on: becomes an incident.
struct StepFailure {
  IncidentKind kind = IncidentKind::kUnknown;
  std::string message;
};
using StepResult = tl::expected<void, StepFailure>;
inline auto step_failure(IncidentKind kind, std::string message) {
  return tl::unexpected<StepFailure>(StepFailure{kind, std::move(message)});
}

/// A job's evaluated type and retries.
struct JobProperties {
  std::string type;
  std::int32_t retries = 0;
};

class Execution {
 public:
  Execution(State& state, Mutator& mutator, Recorder& recorder, Effects& effects_out, feel::Evaluation& evaluation_in)
      : view(state),
        events(recorder),
        effects(effects_out),
        evaluation(evaluation_in),
        symbols(state.symbols()),
        mutator_(mutator) {}

  const StateView& view;
  Recorder& events;
  Effects& effects;
  feel::Evaluation& evaluation;  // reset before each use
  SymbolTable& symbols;          // interning changes no row

  /// The frame's time: the only time there is.
  [[nodiscard]] TimeMs now() const { return mutator_.time(); }
  [[nodiscard]] Position position() const { return mutator_.position(); }
  [[nodiscard]] const Instance& instance() const { return *mutator_.instance(events.instance()); }
  /// True once the process has completed or terminated in this frame.
  [[nodiscard]] bool instance_ended() const { return mutator_.instance(events.instance()) == nullptr; }
  [[nodiscard]] const bpmn::ProcessModel& model() const { return instance().model(); }
  [[nodiscard]] ElementInstanceRow element(Key key) const { return *instance().element(key); }
  [[nodiscard]] const bpmn::Element& definition_of(Key element_instance) const {
    return model().element(instance().element(element_instance)->element);
  }
  /// The next key of the instance; takes a further block when the last one is used up.
  Key new_key();

  /// Interned variables of the command; events refer to them by index.
  CommandVariables command_variables;
  /// Handed from an element's activate to its finish_activation.
  JobProperties pending_job;
  std::string pending_result;  // JSON, of a decision or script

  // --- tokens (behaviours/transitions.cc) ---
  /// Activates the process of the instance just created, with the command's variables.
  void activate_process();
  /// Activates `element` in `scope`, with the token of `flow`, as far as it goes.
  void activate(ElementIndex element, Key scope, bpmn::FlowIndex flow);
  /// Starts the completion of an activated element.
  void complete(Key element_instance);
  /// Goes on with an element whose activation or completion was stopped by an incident.
  void resume(Key element_instance);
  /// Takes `flow` in `scope`: its target is activated later in this frame.
  void take_flow(bpmn::FlowIndex flow, Key scope);
  /// Takes all outgoing flows of `element`.
  void take_outgoing(const bpmn::Element& element, Key scope);
  /// Terminates an element instance with everything in it.
  /// False if the budget ended it: the rest is deferred.
  bool terminate(Key element_instance);
  /// Works until no token can move any more or the budget is used up.
  void run();
  /// Takes up the deferred steps of the instance.
  void run_deferred();

  // --- incidents (behaviours/incidents.cc) ---
  void raise_incident(Key element_instance, Key job, IncidentKind kind, std::string_view message);

 private:
  struct PendingFlow {
    bpmn::FlowIndex flow;
    Key scope;
  };
  void activate_target(const PendingFlow& pending);
  void go_on_activating(Key element_instance);
  void go_on_completing(Key element_instance);
  void complete_scope_if_done(Key scope);
  bool finish_terminating(Key scope);
  void go_on_terminating(Key scope);
  void defer(DeferredKind step, bpmn::FlowIndex flow, Key scope);
  /// False when the budget is used up.
  bool step() {
    if (budget_ == 0) return false;
    --budget_;
    return true;
  }

  Mutator& mutator_;
  std::deque<PendingFlow> pending_;
  std::uint32_t budget_ = kStepsPerFrame;
};

}  // namespace baton::engine
