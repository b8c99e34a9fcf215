// The process itself: its element instance has the process instance's key and is the outermost scope. Sub-processes and
// event sub-processes are scopes inside it.
#include "engine/behaviours/variables.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

void start(Execution& x, Key key, const bpmn::Element& element) {
  x.activate(element.start, key, bpmn::kNoFlow);
}

StepResult answer_waiting_create(Execution& x, Key key, Completed&) {
  const Instance& instance = x.instance();
  if (!instance.row.await_result) return {};
  ResultReply reply;
  reply.created = created_reply(instance);
  reply.variables = local_variables_json(instance, key, instance.row.fetch_variables);
  x.effects.emplace_back(InstanceResult{key, std::move(reply)});
  return {};
}

void nothing_follows(Execution&, const Completed&) {}

// The start event of an event sub-process has caught something already. If the input mappings of the sub-process failed
// before it got here, what it caught is lost with them: they have no place to read it from.
void start_caught(Execution& x, Key key, const bpmn::Element& element) {
  const CommandVariables variables = std::move(x.caught_variables);
  x.caught_variables.clear();
  x.activate_caught(element.start, key, bpmn::kNoFlow, variables);
}

}  // namespace

const ElementBehaviour kProcessBehaviour{&nothing_to_do, &start, &answer_waiting_create, &nothing_follows,
                                         &nothing_to_terminate};

const ElementBehaviour kSubProcessBehaviour{&nothing_to_do, &start, &nothing_to_complete, &take_all_flows,
                                            &nothing_to_terminate};

const ElementBehaviour kEventSubProcessBehaviour{&nothing_to_do, &start_caught, &nothing_to_complete, &nothing_follows,
                                                 &nothing_to_terminate};

}  // namespace baton::engine
