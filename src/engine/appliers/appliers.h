// One applier per event kind and version: the only code that writes state, live and in replay alike. No decisions here:
// an applier writes what the event says.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/command.h"
#include "engine/event.h"
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
void apply(ApplyContext& context, const JobActivatable& event);
void apply(ApplyContext& context, const JobRetriesUpdated& event);
void apply(ApplyContext& context, const JobDeadlineUpdated& event);
void apply(ApplyContext& context, const JobCanceled& event);
void apply(ApplyContext& context, const IncidentCreated& event);
void apply(ApplyContext& context, const IncidentResolved& event);
void apply(ApplyContext& context, const DecisionRequirementsDefined& event);
void apply(ApplyContext& context, const DecisionDefined& event);
void apply(ApplyContext& context, const DecisionEvaluated& event);
void apply(ApplyContext& context, const ProcessDeleted& event);
void apply(ApplyContext& context, const DecisionDeleted& event);
void apply(ApplyContext& context, const DecisionRequirementsDeleted& event);

/// Decodes the next event of `in` and applies it. Errors: kDataLoss for an unknown (kind, version) or a malformed
/// event.
Status apply_next(ApplyContext& context, ByteReader& in, SymbolTable& symbols, const CommandVariables& variables);

/// Decodes the next event and calls `visit(kind name, fields as JSON)`; for `journal dump`.
Status describe_next(ByteReader& in, Key base, SymbolTable& symbols, const CommandVariables& variables,
                     std::string& out);

/// Marks `key` as given: the instance's next key moves behind it.
void take_key(ApplyContext& context, Key key);

}  // namespace baton::engine
