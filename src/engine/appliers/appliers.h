// One applier per event kind and version: the only code that writes state, live and in replay alike. No decisions here:
// an applier writes what the event says.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/messaging_events.h"
#include "engine/state/mutator.h"

namespace baton::engine {

inline constexpr std::uint8_t kEventVersion = 1;

/// What an applier may use besides the event.
struct ApplyContext {
  Mutator& state;
  Key instance;  // the instance that the frame changes; 0 for deployments
  Symbol tenant;
  const std::vector<Resource>* resources = nullptr;  // of the frame's deploy command
  Status status;                                     // set when an old resource cannot be compiled any more
};

void apply(ApplyContext& context, const DeploymentCreated& event);
void apply(ApplyContext& context, const ProcessDefined& event);
void apply(ApplyContext& context, const InstanceCreated& event);
void apply(ApplyContext& context, const BlockTaken& event);
void apply(ApplyContext& context, const ElementActivating& event);
void apply(ApplyContext& context, const ElementActivated& event);
void apply(ApplyContext& context, const ElementCompleting& event);
void apply(ApplyContext& context, const ElementCompleted& event);
void apply(ApplyContext& context, const ElementTerminating& event);
void apply(ApplyContext& context, const ElementTerminated& event);
void apply(ApplyContext& context, const FlowTaken& event);
void apply(ApplyContext& context, const StepDeferred& event);
void apply(ApplyContext& context, const StepResumed& event);
void apply(ApplyContext& context, const VariableCreated& event);
void apply(ApplyContext& context, const VariableUpdated& event);
void apply(ApplyContext& context, const JobCreated& event);
void apply(ApplyContext& context, const JobActivated& event);
void apply(ApplyContext& context, const JobCompleted& event);
void apply(ApplyContext& context, const JobFailed& event);
void apply(ApplyContext& context, const JobBackoffStarted& event);
void apply(ApplyContext& context, const JobBackoffEnded& event);
void apply(ApplyContext& context, const JobActivatable& event);
void apply(ApplyContext& context, const JobRetriesUpdated& event);
void apply(ApplyContext& context, const JobDeadlineUpdated& event);
void apply(ApplyContext& context, const JobCanceled& event);
void apply(ApplyContext& context, const IncidentCreated& event);
void apply(ApplyContext& context, const IncidentResolved& event);
void apply(ApplyContext& context, const ScopeInterrupted& event);
void apply(ApplyContext& context, const CommandSent& event);
void apply(ApplyContext& context, const CommandTaken& event);
void apply(ApplyContext& context, const JobErrorThrown& event);
void apply(ApplyContext& context, const JobHeadersSet& event);
void apply(ApplyContext& context, const CallStarted& event);
void apply(ApplyContext& context, const CallEnded& event);
void apply(ApplyContext& context, const LoopStarted& event);
void apply(ApplyContext& context, const LoopItemStarted& event);
void apply(ApplyContext& context, const LoopItemCompleted& event);
void apply(ApplyContext& context, const LoopSatisfied& event);
void apply(ApplyContext& context, const LoopChunkRead& event);
void apply(ApplyContext& context, const FormDefined& event);
void apply(ApplyContext& context, const FormDeleted& event);
void apply(ApplyContext& context, const UserTaskCreated& event);
void apply(ApplyContext& context, const UserTaskAssigned& event);
void apply(ApplyContext& context, const UserTaskUpdated& event);
void apply(ApplyContext& context, const UserTaskCompleted& event);
void apply(ApplyContext& context, const UserTaskCanceled& event);
void apply(ApplyContext& context, const SubscriptionOpened& event);
void apply(ApplyContext& context, const SubscriptionClosed& event);
void apply(ApplyContext& context, const TimerRescheduled& event);
void apply(ApplyContext& context, const StartTimerSet& event);
void apply(ApplyContext& context, const StartTimerEnded& event);
void apply(ApplyContext& context, const StartSubscriptionOpened& event);
void apply(ApplyContext& context, const StartSubscriptionClosed& event);
void apply(ApplyContext& context, const MessagePublished& event);
void apply(ApplyContext& context, const MessageExpired& event);
void apply(ApplyContext& context, const MessageSubscriptionOpened& event);
void apply(ApplyContext& context, const MessageSubscriptionClosed& event);
void apply(ApplyContext& context, const MessageCorrelating& event);
void apply(ApplyContext& context, const MessageAcknowledged& event);
void apply(ApplyContext& context, const MessageRejected& event);
void apply(ApplyContext& context, const StartLockTaken& event);
void apply(ApplyContext& context, const StartLockReleased& event);
void apply(ApplyContext& context, const SignalBroadcast& event);
void apply(ApplyContext& context, const RequestRemembered& event);
void apply(ApplyContext& context, const RequestForgotten& event);
void apply(ApplyContext& context, const DecisionRequirementsDefined& event);
void apply(ApplyContext& context, const DecisionDefined& event);
void apply(ApplyContext& context, const DecisionEvaluated& event);
void apply(ApplyContext& context, const ProcessDeleted& event);
void apply(ApplyContext& context, const DecisionDeleted& event);
void apply(ApplyContext& context, const DecisionRequirementsDeleted& event);
void apply(ApplyContext& context, const UserPut& event);
void apply(ApplyContext& context, const UserDeleted& event);
void apply(ApplyContext& context, const TokenCreated& event);
void apply(ApplyContext& context, const TokenDeleted& event);

/// Decodes the next event of `in` and applies it. Errors: kDataLoss for an unknown (kind, version) or a malformed
/// event.
Status apply_next(ApplyContext& context, ByteReader& in, SymbolTable& symbols, const CommandVariables& variables);

/// Decodes the next event and calls `visit(kind name, fields as JSON)`; for `journal dump`.
Status describe_next(ByteReader& in, Key base, SymbolTable& symbols, const CommandVariables& variables,
                     std::string& out);

/// The rows that an event names; they exist. A job's back-off is taken into its own row: put or erase that.
JobRow job_row(ApplyContext& context, Key key);
ElementInstanceRow element_row(ApplyContext& context, Key key);

/// Marks `key` as given: the instance's next key moves behind it.
void take_key(ApplyContext& context, Key key);

}  // namespace baton::engine
