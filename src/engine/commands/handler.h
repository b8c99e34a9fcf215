// Command handlers: check a command against the state, then append events and effects. One file a command.
#pragma once

#include <string>

#include "engine/command.h"
#include "engine/execution.h"

namespace baton::engine {

/// What a handler knows besides the Execution.
struct CommandContext {
  const Command& command;
  Execution& x;

  /// Answers the caller, if there is one.
  void reply(ReplyBody body) const {
    if (command.reply_token != 0) x.effects.emplace_back(Reply{command.reply_token, std::move(body)});
  }
};

/// A refused command: the code and the reason, without the frame "Command ... rejected".
using Outcome = Status;

Outcome handle(CommandContext& context, const DeployResources& command);
Outcome handle(CommandContext& context, const CreateInstance& command);
Outcome handle(CommandContext& context, const CancelInstance& command);
Outcome handle(CommandContext& context, const ActivateJob& command);
Outcome handle(CommandContext& context, const CompleteJob& command);
Outcome handle(CommandContext& context, const FailJob& command);
Outcome handle(CommandContext& context, const UpdateJobRetries& command);
Outcome handle(CommandContext& context, const UpdateJobTimeout& command);
Outcome handle(CommandContext& context, const ResolveIncident& command);
Outcome handle(CommandContext& context, const SetVariables& command);
Outcome handle(CommandContext& context, const TimeOutJob& command);
Outcome handle(CommandContext& context, const EndJobBackoff& command);
Outcome handle(CommandContext& context, const YieldJob& command);
Outcome handle(CommandContext& context, const Continue& command);
Outcome handle(CommandContext& context, const ThrowError& command);
Outcome handle(CommandContext& context, const PublishMessage& command);
Outcome handle(CommandContext& context, const RequestCorrelation& command);
Outcome handle(CommandContext& context, const BroadcastSignal& command);
Outcome handle(CommandContext& context, const AssignUserTask& command);
Outcome handle(CommandContext& context, const UpdateUserTask& command);
Outcome handle(CommandContext& context, const CompleteUserTask& command);
Outcome handle(CommandContext& context, const TriggerTimer& command);
Outcome handle(CommandContext& context, const TriggerStartTimer& command);
Outcome handle(CommandContext& context, const ExpireMessages& command);
Outcome handle(CommandContext& context, const ForgetRequests& command);
Outcome handle(CommandContext& context, const OpenMessageSubscription& command);
Outcome handle(CommandContext& context, const CloseMessageSubscription& command);
Outcome handle(CommandContext& context, const CorrelateMessage& command);
Outcome handle(CommandContext& context, const AcknowledgeMessage& command);
Outcome handle(CommandContext& context, const RejectMessage& command);
Outcome handle(CommandContext& context, const StartByMessage& command);
Outcome handle(CommandContext& context, const ReleaseStartLock& command);
Outcome handle(CommandContext& context, const DeliverSignal& command);
Outcome handle(CommandContext& context, const TriggerSignal& command);
Outcome handle(CommandContext& context, const StartBySignal& command);
Outcome handle(CommandContext& context, const StartCalledProcess& command);
Outcome handle(CommandContext& context, const ReportCallFailure& command);
Outcome handle(CommandContext& context, const CompleteCall& command);
Outcome handle(CommandContext& context, const TerminateCalled& command);
Outcome handle(CommandContext& context, const CatchInCaller& command);
Outcome handle(CommandContext& context, const IsolateInstance& command);
Outcome handle(CommandContext& context, const EvaluateDecision& command);
Outcome handle(CommandContext& context, const DeleteResource& command);
Outcome handle(CommandContext& context, const PutUser& command);
Outcome handle(CommandContext& context, const DeleteUser& command);
Outcome handle(CommandContext& context, const CreateToken& command);
Outcome handle(CommandContext& context, const DeleteToken& command);

/// The instance that `key` belongs to, if the caller's tenant may see it; makes it the frame's instance.
const Instance* select_instance(CommandContext& context, Key key);

/// A job that can still be worked on; `doing` is the verb of the rejection, e.g. "complete job".
struct SelectedJob {
  const Instance* instance;
  const JobRow* job;
};
Result<SelectedJob> select_job(CommandContext& context, Key key, std::string_view doing);

/// True if the job's element is being terminated, in slices: then nobody may work on it, and it is canceled at once
/// (the caller has nothing else to do).
bool drop_dead_job(CommandContext& context, const SelectedJob& job);

/// True if what `row` waits for may happen to it now.
bool can_catch(const Instance& instance, const SubscriptionRow& row);

/// A subscription that can still be triggered. Errors: kNotFound; one whose owner is being terminated is closed instead
/// (then the result is null).
Result<const SubscriptionRow*> select_subscription(CommandContext& context, Key subscription);

}  // namespace baton::engine
