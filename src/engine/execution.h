// The working context of one frame: what a command handler and the elements may use. It sees the state as a view,
// changes it only by appending events, and leaves effects.
//
// All token moves up to the next wait states happen in one frame, in the order in which they arose. A counted step
// budget ends a frame that would run too long; what is left is recorded as deferred steps and goes on with a Continue
// command.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bpmn/process_model.h"
#include "engine/command.h"
#include "engine/effect.h"
#include "engine/recorder.h"
#include "engine/state/view.h"
#include "feel/evaluation.h"

namespace baton::engine {

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

/// Where an error or escalation is caught: the activity or scope that waits, in its instance, and the catch event.
struct Catch {
  Key owner;
  ElementIndex event = kNoElement;
  bool interrupting = true;
  Key caller;  // when another instance catches: its call activity through which the error came
  Key child;   // and the instance that this activity called
};

class LoopItems;

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

  /// At most one active root instance of a process may have a business id.
  bool unique_business_ids = false;
  /// Interned variables of the command; events refer to them by index.
  CommandVariables command_variables;
  /// Handed from an element's activate to its finish_activation.
  JobProperties pending_job;
  Key pending_definition;                  // of a call activity
  std::optional<Catch> pending_catch;      // of an error end event
  std::string pending_text;                // a signal name, an escalation code
  std::vector<std::string> pending_items;  // of a multi-instance body: the items of the first slice, as JSON
  std::uint32_t pending_total = 0;
  LoopItems* loop_items = nullptr;  // never null when tokens move
  std::optional<UserTaskCreated> pending_user_task;
  /// What the start event of the event sub-process that is being activated brings.
  CommandVariables caught_variables;
  std::string pending_result;  // JSON, of a decision or script

  // --- tokens (behaviours/transitions.cc) ---
  /// Activates the process of the instance just created, with the command's variables, at its none start event.
  void activate_process();
  /// The same, but at the start event `start`: it takes the command's variables.
  void activate_process_at(ElementIndex start);
  /// The same, but before each of `elements`.
  void activate_process_before(const std::vector<ElementIndex>& elements);
  /// Activates `element` in `scope`, with the token of `flow`, as far as it goes.
  void activate(ElementIndex element, Key scope, bpmn::FlowIndex flow);
  /// Starts the completion of an activated element.
  void complete(Key element_instance);
  /// Goes on with an element whose activation or completion was stopped by an incident.
  void resume(Key element_instance);
  /// Takes `flow` in `scope`: its target is activated later in this frame.
  void take_flow(bpmn::FlowIndex flow, Key scope);
  /// The first half of activate() and the second one, for what is to happen between them.
  Key begin(ElementIndex element, Key scope, bpmn::FlowIndex flow = bpmn::kNoFlow);
  void go_on_activating(Key element_instance);
  /// Creates further items of a multi-instance body later in this frame.
  void go_on_with_items(Key body) { pending_.push_back({bpmn::kNoFlow, body}); }
  /// Activates an event that has caught something already, in `scope`, and completes it. `flow` may be kNoFlow.
  void activate_caught(ElementIndex event, Key scope, bpmn::FlowIndex flow, const CommandVariables& variables);
  /// Takes all outgoing flows of `element`.
  void take_outgoing(const bpmn::Element& element, Key scope);
  /// Terminates an element instance with everything in it.
  /// False if the budget ended it: the rest is deferred.
  bool terminate(Key element_instance);
  /// Terminates everything that is in `scope` now, and drops its tokens.
  void interrupt(Key scope);
  /// Completes `scope` if nothing in it is left to do.
  void complete_scope_if_done(Key scope);
  /// What is left of a step that a listener or the budget stopped; see DeferredKind.
  void defer(DeferredKind step, bpmn::FlowIndex flow, Key scope);
  /// False when the budget is used up.
  bool step() {
    if (budget_ == 0) return false;
    --budget_;
    return true;
  }
  [[nodiscard]] std::uint32_t steps_left() const { return budget_; }
  /// Works until no token can move any more or the budget is used up.
  void run();
  /// Takes up the deferred steps of the instance, and does at most `most_steps`.
  void run_deferred(std::uint32_t most_steps);

  // --- events (behaviours/events.cc) ---
  /// `owner` (or a scope) caught `event`: interrupts what is to be interrupted and goes on at the event.
  void catch_event(Key owner, ElementIndex event, const CommandVariables& variables);
  /// The same for an error or escalation, whichever instance catches it.
  void deliver(const Catch& caught, const CommandVariables& variables);

  // --- commands to other instances and to the message side (behaviours/sending.cc) ---
  void send(const CommandBody& command);
  void send(const CommandBody& command, const Symbol& tenant);

  // --- incidents (behaviours/incidents.cc) ---
  void raise_incident(Key element_instance, Key job, IncidentKind kind, std::string_view message);

 private:
  /// A token on a flow of a scope; without a flow a multi-instance body whose items go on.
  struct PendingFlow {
    bpmn::FlowIndex flow;
    Key scope;
  };
  void begin_process();
  void move(const PendingFlow& pending);
  void activate_target(const PendingFlow& pending);
  void go_on_completing(Key element_instance);
  StepResult complete_step(Key element_instance, struct Completed& done);
  void drop_pending(Key scope);
  /// Remembers that the instance is to end with this element.
  void note_end(ElementIndex element);
  bool finish_terminating(Key scope);
  bool finish_interrupting(Key scope);
  bool terminate_children(Key scope, Key before, DeferredKind kind);
  void go_on_terminating(Key scope);
  Key scope_for(ElementIndex element, std::vector<std::pair<ElementIndex, Key>>& opened);

  Mutator& mutator_;
  std::deque<PendingFlow> pending_;
  std::uint32_t most_steps_ = kStepsPerFrame;
  std::uint32_t budget_ = kStepsPerFrame;
  bool end_requested_ = false;
};

}  // namespace baton::engine
