#include "engine/commands/start_events.h"

#include "engine/behaviours/subscriptions.h"

namespace baton::engine {

namespace {

using bpmn::EventType;

/// A name that is a fixed text or an expression without variables.
Result<std::string> constant_text(Execution& x, const bpmn::TextOrExpression& source) {
  if (!source.expression) return source.text;
  struct NoVariables final : feel::Variables {
    std::optional<feel::Value> find(std::size_t, std::string_view, feel::Evaluation&) const override {
      return std::nullopt;
    }
  };
  x.evaluation.reset(x.now());
  auto value = source.expression->evaluate(x.evaluation, NoVariables());
  if (!value) return fail(value.error());
  if (!value->is(feel::Kind::kString)) {
    return failf(Code::kInvalidArgument, "Expected the expression '{}' to be a string, but it was a {}",
                 source.expression->source(), feel::kind_name(value->kind()));
  }
  return std::string(value->as_string());
}

Status open_start_event(Execution& x, const DefinitionRow& definition, ElementIndex start) {
  const bpmn::Element& element = definition.model->element(start);
  if (element.event->type == EventType::kTimer) {
    BATON_ASSIGN(const TimerTimes times, evaluate_start_timer(x, *element.event));
    if (times.due) x.events.append(StartTimerSet{{definition.key, start, *times.due, times.repetitions, times.cycle}});
    return {};
  }
  BATON_ASSIGN(const std::string name, constant_text(x, element.event->text));
  x.events.append(StartSubscriptionOpened{
      {definition.key, start, element.event->type, definition.tenant, x.symbols.intern(name), definition.process_id}});
  return {};
}

}  // namespace

Status open_start_events(Execution& x, const DefinitionRow& definition) {
  for (const ElementIndex start : definition.model->start_events) {
    if (Status opened = open_start_event(x, definition, start); !opened) {
      const bpmn::Element& element = definition.model->element(start);
      return failf(Code::kInvalidArgument,
                   "Expected to deploy new resources, but encountered the following errors:\n'{}': - Element: {}\n"
                   "    - ERROR: {} (line {}, rule start-event-value)\n",
                   definition.resource_name, element.id, opened.error().message, element.line);
    }
  }
  return {};
}

void close_start_events(Execution& x, Key definition) {
  const DefinitionRow* row = x.view.definition(definition);
  if (row == nullptr) return;
  for (const ElementIndex start : row->model->start_events) {
    if (x.view.start_timer(definition, start) != nullptr) x.events.append(StartTimerEnded{definition, start});
    if (x.view.start_subscription(definition, start) != nullptr)
      x.events.append(StartSubscriptionClosed{definition, start});
  }
}

Outcome start_instance(CommandContext& context, Key definition, ElementIndex start, bool locks,
                       const std::string& correlation_key) {
  Execution& x = context.x;
  const DefinitionRow* row = x.view.definition(definition);
  if (row == nullptr || start.value() >= row->model->elements.size())
    return failf(Code::kNotFound, "no definition {}", definition.value());
  const Key key(x.view.counters().next_block);
  x.events.set_instance(key);
  InstanceCreated created;
  created.key = key;
  created.definition = definition;
  created.locks_start = locks;
  created.start_key = correlation_key;
  x.events.append(created);
  x.activate_process_at(start);
  x.run();
  return {};
}

}  // namespace baton::engine
