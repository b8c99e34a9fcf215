// Building blocks of the validation: the report that rules write to, the view of one process that they read, and one
// function per group of rules. Every rule function is linear in the size of the process.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bpmn/definitions.h"
#include "bpmn/validation.h"

namespace baton::bpmn {

/// Collects violations, up to limits::kViolations: a hostile file has as many as it has elements.
class Report {
 public:
  void add(std::string_view element_id, int line, std::string_view rule, std::string message);
  void add(const RawNode& node, std::string_view rule, std::string message);
  void add(const RawFlow& flow, std::string_view rule, std::string message);
  std::vector<Violation> take() { return std::move(violations_); }

 private:
  std::vector<Violation> violations_;
};

/// A process with its flows resolved: indexes instead of ids.
class ProcessView {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  ProcessView(const Definitions& definitions, const RawProcess& process);

  [[nodiscard]] const Definitions& definitions() const { return definitions_; }
  [[nodiscard]] const RawProcess& process() const { return process_; }
  /// Indexes of the nodes directly in a sub-process; of the process itself with RawNode::kNoParent.
  [[nodiscard]] std::span<const std::uint32_t> inside(std::uint32_t parent) const {
    return inside_[parent == RawNode::kNoParent ? inside_.size() - 1 : parent];
  }
  /// Indexes of the boundary events at a node.
  [[nodiscard]] std::span<const std::uint32_t> attached(std::uint32_t node) const { return attached_[node]; }
  /// Index of the flow node of that id in process().nodes, or kNone.
  [[nodiscard]] std::uint32_t node_index(std::string_view id) const;
  /// Indexes of flows in document order.
  [[nodiscard]] std::span<const std::uint32_t> incoming(std::uint32_t node) const { return incoming_[node]; }
  [[nodiscard]] std::span<const std::uint32_t> outgoing(std::uint32_t node) const { return outgoing_[node]; }
  /// Index of the target node of a flow, or kNone if it dangles.
  [[nodiscard]] std::uint32_t target(std::uint32_t flow) const { return targets_[flow]; }
  [[nodiscard]] std::uint32_t source(std::uint32_t flow) const { return sources_[flow]; }

 private:
  const Definitions& definitions_;
  const RawProcess& process_;
  std::unordered_map<std::string_view, std::uint32_t> index_;
  std::vector<std::vector<std::uint32_t>> inside_;
  std::vector<std::vector<std::uint32_t>> attached_;
  std::vector<std::vector<std::uint32_t>> incoming_;
  std::vector<std::vector<std::uint32_t>> outgoing_;
  std::vector<std::uint32_t> sources_;
  std::vector<std::uint32_t> targets_;
};

/// One flow node within its process.
struct NodeView {
  const ProcessView& process;
  const RawNode& node;
  std::uint32_t index;
  [[nodiscard]] std::span<const std::uint32_t> incoming() const { return process.incoming(index); }
  [[nodiscard]] std::span<const std::uint32_t> outgoing() const { return process.outgoing(index); }
  [[nodiscard]] const RawFlow& flow(std::uint32_t flow_index) const { return process.process().flows[flow_index]; }
};

/// What is expected of the event definitions of a node.
struct EventRules {
  int least = 0;        // definitions; never more than one
  bool waits = false;   // catches, rather than throws
  bool starts = false;  // a start event
};

/// How a message names an element that has no id.
std::string described(std::string_view id, std::string_view kind, int line);
/// `text` for a message: at most `max` bytes, cut between characters.
std::string clipped(std::string_view text, std::size_t max = 200);

/// ids: duplicates within the file, missing ids.
void check_ids(const Definitions& definitions, Report& report);
/// At least one executable process; start events of each process (BPMN 10.5.2), and the messages they share.
void check_processes(const Definitions& definitions, Report& report);
/// Constructs that this version does not execute, by name.
void check_supported(const Definitions& definitions, Report& report);
/// Sequence flows: source, target, scope, conditions, default flows (BPMN 8.4.13, 10.6).
void check_flows(const Definitions& definitions, const ProcessView& process, Report& report);
/// zeebe:taskDefinition and zeebe:taskHeaders of a job-based node.
void check_job(const RawNode& node, Report& report);
/// zeebe:calledDecision, and zeebe:script: what a task has instead of a job.
void check_decision(const RawNode& node, Report& report);
void check_script(const RawNode& node, Report& report);
/// The same extensions on a node that creates no job.
void check_no_job(const RawNode& node, Report& report);
/// zeebe:ioMapping.
void check_mappings(const RawNode& node, Report& report);
/// Event definitions: how many, timers, references, codes (BPMN 10.5.5).
void check_event(const NodeView& view, const EventRules& rules, Report& report);
/// A reference to a bpmn:message: it exists, has a name, and a correlation key where one is needed.
void check_message(const NodeView& view, const std::optional<std::string>& reference, int line, const EventRules& rules,
                   Report& report);
/// Catch events among which no two may wait for the same: message and signal names, error and escalation codes.
void check_unique_catches(const ProcessView& process, const std::vector<const RawNode*>& events, Report& report);
/// Start events of a sub-process or event sub-process, and its flows.
void check_sub_process(const NodeView& view, Report& report);
/// Start events, event sub-processes and links of each scope; boundary events of each activity.
void check_scopes(const ProcessView& process, Report& report);
void check_called_element(const RawNode& node, Report& report);
void check_multi_instance(const RawNode& node, Report& report);
void check_user_task(const RawNode& node, Report& report);
void check_start_form(const NodeView& view, Report& report);

/// A loop in which a token would run for ever without anything from outside.
void check_straight_through_loops(std::span<const ProcessView> processes, Report& report);

/// An attribute that may be text or '=' and FEEL: compiles it if it is FEEL.
void check_text_or_expression(const RawNode& node, int line, std::string_view what, std::string_view text,
                              Report& report);
/// An attribute that must be '=' and FEEL.
void check_expression(std::string_view element_id, int line, std::string_view what, std::string_view text,
                      Report& report);

}  // namespace baton::bpmn
