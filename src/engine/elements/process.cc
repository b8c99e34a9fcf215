// The process itself: its element instance has the process instance's key and is the outermost scope.
#include "engine/behaviours/variables.h"
#include "engine/elements/element.h"

namespace baton::engine {

namespace {

void start(Execution& x, Key key, const bpmn::Element&) {
  x.activate(x.model().none_start, key, bpmn::kNoFlow);
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

}  // namespace

const ElementBehaviour kProcessBehaviour{&nothing_to_do, &start, &answer_waiting_create, &nothing_follows,
                                         &nothing_to_terminate};

}  // namespace baton::engine
