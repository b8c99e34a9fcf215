// Creating a process instance and running it to its first wait states.
#include <algorithm>

#include "base/limits.h"
#include "engine/authorize.h"
#include "engine/behaviours/variables.h"
#include "engine/commands/handler.h"

namespace baton::engine {

namespace {

Result<const DefinitionRow*> find_definition(const CommandContext& context, const CreateInstance& command) {
  const StateView& view = context.x.view;
  const std::string& tenant = context.command.tenant;
  if (command.definition.value() != 0) {
    const DefinitionRow* row = view.definition(command.definition);
    if (row == nullptr || !authorize(context.command.principal, tenant, row->tenant.text())) {
      return failf(Code::kNotFound, "Expected to find process definition with key '{}', but none found",
                   command.definition.value());
    }
    return row;
  }
  if (command.process_id.empty()) {
    return fail(Code::kInvalidArgument, "Expected at least a bpmnProcessId or a key greater than -1, but none given");
  }
  if (command.version >= 0) {
    const DefinitionRow* row = view.definition(tenant, command.process_id, Version(command.version));
    if (row != nullptr) return row;
    return failf(Code::kNotFound,
                 "Expected to find process definition with process ID '{}' and version '{}', but none found",
                 command.process_id, command.version);
  }
  const LatestDefinitionRow* latest = view.latest(tenant, command.process_id);
  if (latest == nullptr || latest->latest.value() == 0) {
    return failf(Code::kNotFound, "Expected to find process definition with process ID '{}', but none found",
                 command.process_id);
  }
  return view.definition(latest->latest);
}

/// The elements that start or terminate instructions name.
Result<std::vector<ElementIndex>> find_elements(const DefinitionRow& definition, const std::vector<std::string>& ids,
                                                std::string_view where) {
  std::vector<ElementIndex> found;
  const auto& table = definition.model->table.elements;
  for (const std::string& id : ids) {
    const auto at = std::find(table.begin() + 1, table.end(), id);
    if (at == table.end()) {
      return failf(Code::kInvalidArgument,
                   "Expected to create instance of process with {} but no element found with id '{}'.", where, id);
    }
    found.emplace_back(static_cast<std::uint32_t>(at - table.begin()));
  }
  return found;
}

bool behind_event_based_gateway(const bpmn::ProcessModel& model, const bpmn::Element& element) {
  return std::any_of(element.incoming.begin(), element.incoming.end(), [&](bpmn::FlowIndex flow) {
    return model.element(model.flow(flow).source).type == bpmn::ElementType::kEventBasedGateway;
  });
}

/// Rules of camunda-8-api.md 5.12; a multi-instance activity is started as a whole.
Result<ElementIndex> startable(const bpmn::ProcessModel& model, ElementIndex index) {
  if (model.element(index).is_item) index = model.element(index).scope;
  const bpmn::Element& element = model.element(index);
  const auto refused = [&](std::string_view why) {
    return failf(Code::kInvalidArgument,
                 "Expected to create instance of process with start instructions but the element with id '{}' {}.",
                 element.id, why);
  };
  using enum bpmn::ElementType;
  if (element.type == kStartEvent || element.type == kBoundaryEvent)
    return refused(fmt::format("targets unsupported element type '{}'", bpmn::element_type_name(element.type)));
  if (element.type == kEventSubProcess) return refused("targets unsupported element type 'EVENT_SUB_PROCESS'");
  if (behind_event_based_gateway(model, element)) return refused("belongs to an event-based gateway");
  for (ElementIndex at = element.scope; at != kNoElement; at = model.element(at).scope) {
    if (model.element(at).type == kMultiInstanceBody) return refused("is inside a multi-instance subprocess");
  }
  return index;
}

Result<std::vector<ElementIndex>> find_start_elements(const DefinitionRow& definition, const CreateInstance& command) {
  BATON_ASSIGN(std::vector<ElementIndex> elements,
               find_elements(definition, command.start_elements, "start instructions"));
  for (ElementIndex& element : elements) {
    BATON_ASSIGN(element, startable(*definition.model, element));
  }
  return elements;
}

Status check_business_id(const CommandContext& context, const DefinitionRow& definition,
                         const CreateInstance& command) {
  if (command.business_id.size() > limits::kBusinessIdBytes) {
    return failf(Code::kInvalidArgument, "Expected a business id of at most {} bytes", limits::kBusinessIdBytes);
  }
  if (command.business_id.empty() || !context.x.unique_business_ids) return {};
  const Key holder = context.x.view.instance_with_business_id(definition.tenant.text(), definition.process_id,
                                                              context.x.symbols.intern(command.business_id));
  if (holder.value() == 0) return {};
  return failf(Code::kAlreadyExists,
               "Expected to create instance of process with business id '{}', but the active process instance with key "
               "'{}' has it",
               command.business_id, shown(holder));
}

}  // namespace

Outcome handle(CommandContext& context, const CreateInstance& command) {
  Execution& x = context.x;
  BATON_ASSIGN(const DefinitionRow* definition, find_definition(context, command));
  BATON_ASSIGN(const std::vector<ElementIndex> starts, find_start_elements(*definition, command));
  BATON_ASSIGN(const std::vector<ElementIndex> ends,
               find_elements(*definition, command.terminate_after, "runtime instructions"));
  BATON_TRY(check_business_id(context, *definition, command));
  if (starts.empty() && definition->model->none_start == kNoElement) {
    return fail(Code::kFailedPrecondition,
                "Expected to create instance of process with none start event, but there is no such event");
  }
  const Key key(x.view.counters().next_block);
  x.events.set_instance(key);
  InstanceCreated created;
  created.key = key;
  created.definition = definition->key;
  created.await_result = command.await_result;
  created.fetch_variables = command.fetch_variables;
  created.tags = command.tags;
  created.business_id = command.business_id;
  created.terminate_after = ends;
  x.events.append(created);
  if (!command.await_result) context.reply(created_reply(x.instance()));
  if (starts.empty()) {
    x.activate_process();
  } else {
    x.activate_process_before(starts);
  }
  x.run();
  return {};
}

}  // namespace baton::engine
