// What a state consists of besides instances: the rows that belong to none, and the indexes. Storage, checkpoints,
// look-ups in the store, undo and hashes follow from these declarations.
//
// To add a kind of row that belongs to no instance: declare it (row_map.h), add it to MapRows.
// To add a kind of row that belongs to an instance: see Instance::tables (instance.h).
// To add an index: declare it (ordered_index.h), add it to Indexes, and say below which entries a row has in it:
// entries_of(instance, row, entry) or entries_of(row, entry) calls entry.template operator()<Index>(group, order).
// The mutator adds and removes entries whenever such a row is put, erased or put back.
#pragma once

#include <cstdint>
#include <tuple>

#include "engine/state/instance.h"
#include "engine/state/messaging_rows.h"
#include "engine/state/rows.h"

namespace baton::engine {

/// Activatable jobs: by tenant and type, the one that became ready first in front.
struct ActivatableJobs {
  static constexpr RowKind kKind = RowKind::kActivatableJobs;
  using Group = std::tuple<Symbol, Symbol>;
  using Order = std::tuple<Position, Key>;
};
/// Jobs with workers: by the time at which they come back.
struct JobDeadlines {
  static constexpr RowKind kKind = RowKind::kJobDeadlines;
  using Group = std::tuple<>;
  using Order = std::tuple<TimeMs, Key>;
};
/// Failed jobs that are tried again later: by the end of their back-off.
struct JobBackoffs {
  static constexpr RowKind kKind = RowKind::kJobBackoffs;
  using Group = std::tuple<>;
  using Order = std::tuple<TimeMs, Key>;
};
/// Instances with deferred steps: by the position at which these changed, so that they take turns.
struct DeferredInstances {
  static constexpr RowKind kKind = RowKind::kDeferredInstances;
  using Group = std::tuple<>;
  using Order = std::tuple<Position, Key>;
};
/// Instances of one definition, the newest first: the key is complemented.
struct InstancesOfDefinition {
  static constexpr RowKind kKind = RowKind::kInstancesOfDefinition;
  using Group = std::tuple<Key>;
  using Order = std::tuple<std::uint64_t>;
};
/// Versions of one process of a tenant.
struct DefinitionVersions {
  static constexpr RowKind kKind = RowKind::kDefinitionVersions;
  using Group = std::tuple<Symbol, std::string>;
  using Order = std::tuple<Version, Key>;
};
/// All process definitions.
struct Definitions {
  static constexpr RowKind kKind = RowKind::kDefinitions;
  using Group = std::tuple<>;
  using Order = std::tuple<Key>;
};

/// Versions of one decision of a tenant, the newest first: the key is complemented.
struct DecisionVersions {
  static constexpr RowKind kKind = RowKind::kDecisionVersions;
  using Group = std::tuple<Symbol, Symbol>;
  using Order = std::tuple<std::uint64_t>;
};
/// Versions of one decision with one version tag, the newest first.
struct DecisionTags {
  static constexpr RowKind kKind = RowKind::kDecisionTags;
  using Group = std::tuple<Symbol, Symbol, Symbol>;
  using Order = std::tuple<std::uint64_t>;
};
/// The version of a decision that came with a deployment.
struct DecisionsOfDeployment {
  static constexpr RowKind kKind = RowKind::kDecisionsOfDeployment;
  using Group = std::tuple<Key, Symbol>;
  using Order = std::tuple<Key>;
};
/// The decisions of one requirements graph.
struct DecisionsOfRequirements {
  static constexpr RowKind kKind = RowKind::kDecisionsOfRequirements;
  using Group = std::tuple<Key>;
  using Order = std::tuple<Key>;
};
/// Versions of one requirements graph of a tenant, the newest first.
struct RequirementsVersions {
  static constexpr RowKind kKind = RowKind::kRequirementsVersions;
  using Group = std::tuple<Symbol, Symbol>;
  using Order = std::tuple<std::uint64_t>;
};

/// Versions of one form of a tenant, the newest first.
struct FormVersions {
  static constexpr RowKind kKind = RowKind::kFormVersions;
  using Group = std::tuple<Symbol, Symbol>;
  using Order = std::tuple<std::uint64_t>;
};
/// Versions of one form with one version tag, the newest first.
struct FormTags {
  static constexpr RowKind kKind = RowKind::kFormTags;
  using Group = std::tuple<Symbol, Symbol, Symbol>;
  using Order = std::tuple<std::uint64_t>;
};
/// The version of a form that came with a deployment.
struct FormsOfDeployment {
  static constexpr RowKind kKind = RowKind::kFormsOfDeployment;
  using Group = std::tuple<Key, Symbol>;
  using Order = std::tuple<Key>;
};

/// Native user tasks of a tenant that somebody may work on.
struct UserTasks {
  static constexpr RowKind kKind = RowKind::kUserTasks;
  using Group = std::tuple<Symbol>;
  using Order = std::tuple<Key>;
};

/// Users by name, over all tenants: names are those people sign in with.
struct UserNames {
  static constexpr RowKind kKind = RowKind::kUserNames;
  using Group = std::tuple<Symbol>;
  using Order = std::tuple<Key>;
};
/// All users, and all API tokens.
struct Users {
  static constexpr RowKind kKind = RowKind::kUsers;
  using Group = std::tuple<>;
  using Order = std::tuple<Key>;
};
struct Tokens {
  static constexpr RowKind kKind = RowKind::kTokens;
  using Group = std::tuple<>;
  using Order = std::tuple<Key>;
};

/// Timers of instances, by their due date.
struct DueTimers {
  static constexpr RowKind kKind = RowKind::kDueTimers;
  using Group = std::tuple<>;
  using Order = std::tuple<TimeMs, Key>;
};
/// Timers of start events.
struct DueStartTimers {
  static constexpr RowKind kKind = RowKind::kDueStartTimers;
  using Group = std::tuple<>;
  using Order = std::tuple<TimeMs, Key, ElementIndex>;
};
/// Who waits for a signal: by tenant and name, in the order in which they began to wait.
struct SignalWaiters {
  static constexpr RowKind kKind = RowKind::kSignalWaiters;
  using Group = std::tuple<Symbol, Symbol>;
  using Order = std::tuple<Position, Key>;
};
/// Commands between instances, in the order in which they were sent.
struct SentCommands {
  static constexpr RowKind kKind = RowKind::kSentCommands;
  using Group = std::tuple<>;
  using Order = std::tuple<std::uint64_t>;
};
/// Buffered messages: by tenant, name and correlation key, the oldest in front.
struct MessagesByName {
  static constexpr RowKind kKind = RowKind::kMessagesByName;
  using Group = std::tuple<Symbol, Symbol, Symbol>;
  using Order = std::tuple<Key>;
};
/// ... and by their message id.
struct MessageIds {
  static constexpr RowKind kKind = RowKind::kMessageIds;
  using Group = std::tuple<Symbol, Symbol, Symbol, Symbol>;
  using Order = std::tuple<Key>;
};
struct MessageDeadlines {
  static constexpr RowKind kKind = RowKind::kMessageDeadlines;
  using Group = std::tuple<>;
  using Order = std::tuple<TimeMs, Key>;
};
/// Who waits for a message: by tenant, name and correlation key, in the order in which they began to wait.
struct SubscriptionsByName {
  static constexpr RowKind kKind = RowKind::kSubscriptionsByName;
  using Group = std::tuple<Symbol, Symbol, Symbol>;
  using Order = std::tuple<Position, Key>;
};
/// Start events: by tenant, type and name, the oldest definition in front.
struct StartSubscriptionsByName {
  static constexpr RowKind kKind = RowKind::kStartSubscriptionsByName;
  using Group = std::tuple<Symbol, std::uint8_t, Symbol>;
  using Order = std::tuple<Key, ElementIndex>;
};
/// Active root instances by tenant, process and business id.
struct BusinessIds {
  static constexpr RowKind kKind = RowKind::kBusinessIds;
  using Group = std::tuple<Symbol, std::string, Symbol>;
  using Order = std::tuple<Key>;
};
struct RequestExpiries {
  static constexpr RowKind kKind = RowKind::kRequestExpiries;
  using Group = std::tuple<>;
  using Order = std::tuple<TimeMs, std::uint64_t, std::uint64_t>;
};

using MapRows =
    TypeList<DefinitionRow, LatestDefinitionRow, DirectoryRow, DecisionRequirementsRow, DecisionRow, LatestDecisionRow,
             LatestRequirementsRow, SentCommandRow, StartTimerRow, MessageRow, MessageSubscriptionRow,
             StartSubscriptionRow, StartLockRow, RequestRow, UserRow, TokenRow, FormRow, LatestFormRow, JobBackoffRow>;
using Indexes =
    TypeList<ActivatableJobs, JobDeadlines, JobBackoffs, DeferredInstances, InstancesOfDefinition, DefinitionVersions,
             Definitions, DecisionVersions, DecisionTags, DecisionsOfDeployment, DecisionsOfRequirements,
             RequirementsVersions, DueTimers, DueStartTimers, SignalWaiters, SentCommands, MessagesByName, MessageIds,
             MessageDeadlines, SubscriptionsByName, StartSubscriptionsByName, BusinessIds, RequestExpiries, UserNames,
             Users, Tokens, FormVersions, FormTags, FormsOfDeployment, UserTasks>;

/// Rows without entries.
template <typename Row, typename Entry>
void entries_of(const Instance&, const Row&, Entry&&) {}
template <typename Row, typename Entry>
void entries_of(const Row&, Entry&&) {}

template <typename Entry>
void entries_of(const Instance& instance, const JobRow& job, Entry&& entry) {
  if (instance.closing || instance.isolated) return;
  if (job.state == JobState::kActivatable) {
    entry.template operator()<ActivatableJobs>({instance.row.tenant, job.type}, {job.ready, job.key});
  }
  if (job.deadline.value() != 0) entry.template operator()<JobDeadlines>({}, {job.deadline, job.key});
  if (job.backoff_until.value() != 0) entry.template operator()<JobBackoffs>({}, {job.backoff_until, job.key});
}

template <typename Entry>
void entries_of(const JobBackoffRow& row, Entry&& entry) {
  if (row.until.value() != 0) {
    entry.template operator()<JobBackoffs>({}, {row.until, row.job});
  } else {
    entry.template operator()<ActivatableJobs>({row.tenant, row.type}, {row.ready, row.job});
  }
}

template <typename Entry>
void entries_of(const DecisionRow& row, Entry&& entry) {
  entry.template operator()<DecisionVersions>({row.tenant, row.decision_id}, {~row.key.value()});
  if (!row.version_tag.empty()) {
    entry.template operator()<DecisionTags>({row.tenant, row.decision_id, row.version_tag}, {~row.key.value()});
  }
  entry.template operator()<DecisionsOfDeployment>({row.deployment, row.decision_id}, {row.key});
  entry.template operator()<DecisionsOfRequirements>({row.requirements}, {row.key});
}

template <typename Entry>
void entries_of(const DecisionRequirementsRow& row, Entry&& entry) {
  entry.template operator()<RequirementsVersions>({row.tenant, row.requirements_id}, {~row.key.value()});
}

template <typename Entry>
void entries_of(const FormRow& row, Entry&& entry) {
  entry.template operator()<FormVersions>({row.tenant, row.form_id}, {~row.key.value()});
  if (!row.version_tag.empty())
    entry.template operator()<FormTags>({row.tenant, row.form_id, row.version_tag}, {~row.key.value()});
  entry.template operator()<FormsOfDeployment>({row.deployment, row.form_id}, {row.key});
}

template <typename Entry>
void entries_of(const Instance& instance, const UserTaskRow& row, Entry&& entry) {
  if (instance.closing || instance.isolated) return;
  entry.template operator()<UserTasks>({instance.row.tenant}, {row.key});
}

template <typename Entry>
void entries_of(const UserRow& row, Entry&& entry) {
  entry.template operator()<UserNames>({row.username}, {row.key});
  entry.template operator()<Users>({}, {row.key});
}

template <typename Entry>
void entries_of(const TokenRow& row, Entry&& entry) {
  entry.template operator()<Tokens>({}, {row.key});
}

template <typename Entry>
void entries_of(const Instance& instance, const SubscriptionRow& row, Entry&& entry) {
  if (row.type == bpmn::EventType::kTimer && !instance.closing && !instance.isolated)
    entry.template operator()<DueTimers>({}, {row.due, row.key});
  if (row.type == bpmn::EventType::kSignal)
    entry.template operator()<SignalWaiters>({instance.row.tenant, row.name}, {row.opened, row.key});
}

template <typename Entry>
void entries_of(const SentCommandRow& row, Entry&& entry) {
  entry.template operator()<SentCommands>({}, {row.number});
}

template <typename Entry>
void entries_of(const StartTimerRow& row, Entry&& entry) {
  entry.template operator()<DueStartTimers>({}, {row.due, row.definition, row.element});
}

template <typename Entry>
void entries_of(const MessageRow& row, Entry&& entry) {
  entry.template operator()<MessagesByName>({row.tenant, row.name, row.correlation_key}, {row.key});
  if (!row.message_id.empty())
    entry.template operator()<MessageIds>({row.tenant, row.name, row.correlation_key, row.message_id}, {row.key});
  entry.template operator()<MessageDeadlines>({}, {row.deadline, row.key});
}

template <typename Entry>
void entries_of(const MessageSubscriptionRow& row, Entry&& entry) {
  entry.template operator()<SubscriptionsByName>({row.tenant, row.name, row.correlation_key}, {row.order, row.key});
}

template <typename Entry>
void entries_of(const StartSubscriptionRow& row, Entry&& entry) {
  entry.template operator()<StartSubscriptionsByName>({row.tenant, static_cast<std::uint8_t>(row.type), row.name},
                                                      {row.definition, row.element});
}

template <typename Entry>
void entries_of(const RequestRow& row, Entry&& entry) {
  entry.template operator()<RequestExpiries>({}, {row.expires, row.high, row.low});
}

/// Entries of the instance itself.
template <typename Entry>
void entries_of(const Instance& instance, Entry&& entry) {
  entry.template operator()<InstancesOfDefinition>({instance.row.definition}, {~instance.row.key.value()});
  if (instance.deferred_since != 0) {
    entry.template operator()<DeferredInstances>({}, {Position(instance.deferred_since), instance.row.key});
  }
  if (!instance.row.business_id.empty() && instance.row.parent.value() == 0) {
    entry.template operator()<BusinessIds>(
        {instance.row.tenant, instance.definition->process_id, instance.row.business_id}, {instance.row.key});
  }
}

template <typename Entry>
void entries_of(const DefinitionRow& row, Entry&& entry) {
  entry.template operator()<Definitions>({}, {row.key});
  entry.template operator()<DefinitionVersions>({row.tenant, row.process_id}, {row.version, row.key});
}

}  // namespace baton::engine
