// The table from (event kind, version) to its codec and applier.
#include <array>

#include "engine/appliers/appliers.h"
#include "engine/field_printer.h"
#include "engine/state/mutator_rows.h"

namespace baton::engine {

namespace {

using Apply = void (*)(ApplyContext&, FieldReader&);
using Describe = void (*)(FieldReader&, FieldPrinter&);

struct Registered {
  EventKind kind;
  std::uint8_t version;
  std::string_view name;
  Apply apply;
  Describe describe;
};

template <typename Event>
void apply_event(ApplyContext& context, FieldReader& reader) {
  Event event;
  Event::fields(event, reader);
  if (reader.ok()) apply(context, event);
}

template <typename Event>
void describe_event(FieldReader& reader, FieldPrinter& printer) {
  Event event;
  Event::fields(event, reader);
  Event::fields(event, printer);
}

template <typename Event>
constexpr Registered registered(std::string_view name) {
  return {Event::kKind, kEventVersion, name, &apply_event<Event>, &describe_event<Event>};
}

constexpr std::array kRegistry = {
    registered<DeploymentCreated>("DEPLOYMENT_CREATED"),
    registered<ProcessDefined>("PROCESS_DEFINED"),
    registered<InstanceCreated>("INSTANCE_CREATED"),
    registered<BlockTaken>("BLOCK_TAKEN"),
    registered<ElementActivating>("ELEMENT_ACTIVATING"),
    registered<ElementActivated>("ELEMENT_ACTIVATED"),
    registered<ElementCompleting>("ELEMENT_COMPLETING"),
    registered<ElementCompleted>("ELEMENT_COMPLETED"),
    registered<ElementTerminating>("ELEMENT_TERMINATING"),
    registered<ElementTerminated>("ELEMENT_TERMINATED"),
    registered<FlowTaken>("FLOW_TAKEN"),
    registered<StepDeferred>("STEP_DEFERRED"),
    registered<StepResumed>("STEP_RESUMED"),
    registered<VariableCreated>("VARIABLE_CREATED"),
    registered<VariableUpdated>("VARIABLE_UPDATED"),
    registered<JobCreated>("JOB_CREATED"),
    registered<JobActivated>("JOB_ACTIVATED"),
    registered<JobCompleted>("JOB_COMPLETED"),
    registered<JobFailed>("JOB_FAILED"),
    registered<JobActivatable>("JOB_ACTIVATABLE"),
    registered<JobRetriesUpdated>("JOB_RETRIES_UPDATED"),
    registered<JobDeadlineUpdated>("JOB_DEADLINE_UPDATED"),
    registered<JobCanceled>("JOB_CANCELED"),
    registered<IncidentCreated>("INCIDENT_CREATED"),
    registered<IncidentResolved>("INCIDENT_RESOLVED"),
    registered<JobBackoffStarted>("JOB_BACKOFF_STARTED"),
    registered<JobBackoffEnded>("JOB_BACKOFF_ENDED"),
    registered<ScopeInterrupted>("SCOPE_INTERRUPTED"),
    registered<SubscriptionOpened>("SUBSCRIPTION_OPENED"),
    registered<SubscriptionClosed>("SUBSCRIPTION_CLOSED"),
    registered<TimerRescheduled>("TIMER_RESCHEDULED"),
    registered<CommandSent>("COMMAND_SENT"),
    registered<CommandTaken>("COMMAND_TAKEN"),
    registered<JobErrorThrown>("JOB_ERROR_THROWN"),
    registered<JobHeadersSet>("JOB_HEADERS_SET"),
    registered<StartTimerSet>("START_TIMER_SET"),
    registered<StartTimerEnded>("START_TIMER_ENDED"),
    registered<StartSubscriptionOpened>("START_SUBSCRIPTION_OPENED"),
    registered<StartSubscriptionClosed>("START_SUBSCRIPTION_CLOSED"),
    registered<MessagePublished>("MESSAGE_PUBLISHED"),
    registered<MessageExpired>("MESSAGE_EXPIRED"),
    registered<MessageSubscriptionOpened>("MESSAGE_SUBSCRIPTION_OPENED"),
    registered<MessageSubscriptionClosed>("MESSAGE_SUBSCRIPTION_CLOSED"),
    registered<MessageCorrelating>("MESSAGE_CORRELATING"),
    registered<MessageAcknowledged>("MESSAGE_ACKNOWLEDGED"),
    registered<MessageRejected>("MESSAGE_REJECTED"),
    registered<StartLockTaken>("START_LOCK_TAKEN"),
    registered<StartLockReleased>("START_LOCK_RELEASED"),
    registered<SignalBroadcast>("SIGNAL_BROADCAST"),
    registered<CallStarted>("CALL_STARTED"),
    registered<CallEnded>("CALL_ENDED"),
    registered<LoopStarted>("LOOP_STARTED"),
    registered<LoopItemStarted>("LOOP_ITEM_STARTED"),
    registered<LoopItemCompleted>("LOOP_ITEM_COMPLETED"),
    registered<LoopSatisfied>("LOOP_SATISFIED"),
    registered<LoopChunkRead>("LOOP_CHUNK_READ"),
    registered<UserTaskCreated>("USER_TASK_CREATED"),
    registered<UserTaskAssigned>("USER_TASK_ASSIGNED"),
    registered<UserTaskUpdated>("USER_TASK_UPDATED"),
    registered<UserTaskCompleted>("USER_TASK_COMPLETED"),
    registered<UserTaskCanceled>("USER_TASK_CANCELED"),
    registered<RequestRemembered>("REQUEST_REMEMBERED"),
    registered<RequestForgotten>("REQUEST_FORGOTTEN"),
    registered<DecisionRequirementsDefined>("DECISION_REQUIREMENTS_DEFINED"),
    registered<DecisionDefined>("DECISION_DEFINED"),
    registered<DecisionEvaluated>("DECISION_EVALUATED"),
    registered<ProcessDeleted>("PROCESS_DELETED"),
    registered<DecisionDeleted>("DECISION_DELETED"),
    registered<DecisionRequirementsDeleted>("DECISION_REQUIREMENTS_DELETED"),
    registered<UserPut>("USER_PUT"),
    registered<UserDeleted>("USER_DELETED"),
    registered<TokenCreated>("TOKEN_CREATED"),
    registered<TokenDeleted>("TOKEN_DELETED"),
    registered<FormDefined>("FORM_DEFINED"),
    registered<FormDeleted>("FORM_DELETED"),
};

// By kind; the registry has one version of each so far.
constexpr auto kByKind = [] {
  std::array<const Registered*, 256> table{};
  for (const Registered& entry : kRegistry) table[static_cast<std::size_t>(entry.kind)] = &entry;
  return table;
}();

const Registered* find(std::uint8_t kind, std::uint8_t version) {
  const Registered* entry = kByKind[kind];
  return entry != nullptr && entry->version == version ? entry : nullptr;
}

Result<const Registered*> next_entry(ByteReader& in) {
  const std::uint8_t kind = in.u8();
  const std::uint8_t version = in.u8();
  const Registered* entry = in.ok() ? find(kind, version) : nullptr;
  if (entry == nullptr) {
    return failf(Code::kDataLoss, "no applier for event kind {} version {}: written by a newer Baton or damaged", kind,
                 version);
  }
  return entry;
}

}  // namespace

std::string_view event_kind_name(EventKind kind) {
  const Registered* entry = find(static_cast<std::uint8_t>(kind), kEventVersion);
  return entry == nullptr ? "UNKNOWN" : entry->name;
}

Status apply_next(ApplyContext& context, ByteReader& in, SymbolTable& symbols, const CommandVariables& variables) {
  BATON_ASSIGN(const Registered* entry, next_entry(in));
  FieldReader reader(in, context.instance, symbols, &variables);
  entry->apply(context, reader);
  if (!in.ok()) return failf(Code::kDataLoss, "a {} event is malformed", entry->name);
  return context.status;
}

Status describe_next(ByteReader& in, Key base, SymbolTable& symbols, const CommandVariables& variables,
                     std::string& out) {
  BATON_ASSIGN(const Registered* entry, next_entry(in));
  FieldReader reader(in, base, symbols, &variables);
  out.append(entry->name);
  FieldPrinter printer(out);
  entry->describe(reader, printer);
  if (!in.ok()) return failf(Code::kDataLoss, "a {} event is malformed", entry->name);
  return {};
}

}  // namespace baton::engine
