// The immutable process model that instances run on: dense indexes, resolved flows, compiled FEEL. Nothing looks up
// strings or parses expressions while an instance runs.
//
// Elements and flows are numbered by an ElementTable that the deployment event carries. A later reader that numbers
// differently still compiles old resources to the journaled numbers, so events and rows stay valid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "feel/expression.h"

namespace baton::bpmn {

/// BPMN words as in the standard. The values are journaled: append only.
enum class ElementType : std::uint8_t {
  kProcess = 1,
  kStartEvent = 2,
  kEndEvent = 3,
  kTask = 4,
  kManualTask = 5,
  kServiceTask = 6,
  kBusinessRuleTask = 7,
  kScriptTask = 8,
  kSendTask = 9,
  kExclusiveGateway = 10,
  kParallelGateway = 11,
  kSubProcess = 12,
  kEventSubProcess = 13,
  kBoundaryEvent = 14,
  kIntermediateCatchEvent = 15,
  kIntermediateThrowEvent = 16,
  kReceiveTask = 17,
  kUserTask = 18,
  kCallActivity = 19,
  kMultiInstanceBody = 20,
  kInclusiveGateway = 21,
  kEventBasedGateway = 22,
};

/// True for elements whose instances hold other element instances.
constexpr bool is_scope(ElementType type) {
  return type == ElementType::kProcess || type == ElementType::kSubProcess || type == ElementType::kEventSubProcess ||
         type == ElementType::kMultiInstanceBody;
}

/// Event definitions (BPMN 10.5.5). The values are journaled: append only.
enum class EventType : std::uint8_t {
  kNone = 0,
  kTimer = 1,
  kMessage = 2,
  kSignal = 3,
  kError = 4,
  kEscalation = 5,
  kTerminate = 6,
  kLink = 7,
};
constexpr EventType last_value(EventType) {
  return EventType::kLink;
}

enum class TimerKind : std::uint8_t { kDuration, kDate, kCycle };

/// Which version of a resource a reference means.
enum class Binding : std::uint8_t { kLatest = 0, kDeployment = 1, kVersionTag = 2 };

/// "SERVICE_TASK" and the like, as in the Camunda 8 APIs.
std::string_view element_type_name(ElementType type);

using FlowIndex = StrongId<struct FlowIndexTag, std::uint32_t>;
inline constexpr FlowIndex kNoFlow{0xFFFFFFFFU};

/// Ids in the order that events and rows refer to. elements[0] is the process.
struct ElementTable {
  std::vector<std::string> elements;
  std::vector<std::string> flows;
  bool operator==(const ElementTable&) const = default;
};

/// An attribute that is a fixed text or, with a leading '=', a FEEL expression.
struct TextOrExpression {
  std::string text;
  std::optional<feel::Expression> expression;
};

/// zeebe:taskDefinition and zeebe:taskHeaders.
struct JobDefinition {
  TextOrExpression type;
  TextOrExpression retries;  // default "3"
  std::string headers_json = "{}";
};

/// zeebe:calledDecision of a business rule task.
struct CalledDecision {
  TextOrExpression decision_id;
  std::string result_variable;
  Binding binding = Binding::kLatest;
  std::string version_tag;
};

/// zeebe:script of a script task.
struct Script {
  feel::Expression expression;
  std::string result_variable;
};

/// zeebe:input or zeebe:output. Without a source an input creates a null variable.
struct Mapping {
  std::optional<TextOrExpression> source;
  std::vector<std::string> target;  // path, at least one segment
};

/// What an event waits for or throws.
struct Event {
  EventType type = EventType::kNone;
  TimerKind timer = TimerKind::kDuration;
  bool interrupting = true;  // boundary events and start events of event sub-processes
  bool catches_all = false;  // an error or escalation catch event without a code
  TextOrExpression text;     // timer: its definition; message, signal: the name; error, escalation: the code
  std::optional<feel::Expression> correlation_key;  // of a message that is waited for
};

/// zeebe:calledElement.
struct CalledElement {
  TextOrExpression process_id;
  bool propagate_all_child_variables = true;
  bool propagate_all_parent_variables = true;
  Binding binding = Binding::kLatest;
  std::string version_tag;
};

/// bpmn:multiInstanceLoopCharacteristics with zeebe:loopCharacteristics.
struct LoopCharacteristics {
  bool sequential = false;
  std::optional<feel::Expression> input_collection;
  std::string input_element;      // empty: none
  std::string output_collection;  // empty: none
  std::optional<feel::Expression> output_element;
  std::string output_variable;  // the variable that output_element is or begins with; empty if it is none
  std::optional<feel::Expression> completion_condition;
};

/// A form that is deployed as a resource of its own (zeebe:formDefinition with a formId).
struct LinkedForm {
  TextOrExpression form_id;  // of a start event always a text
  Binding binding = Binding::kLatest;
  std::string version_tag;
};

/// The extensions of a user task; what is absent is not set.
struct UserTaskDefinition {
  bool native = false;  // zeebe:userTask; otherwise its work is a job
  std::optional<TextOrExpression> assignee;
  std::optional<TextOrExpression> candidate_groups;
  std::optional<TextOrExpression> candidate_users;
  std::optional<TextOrExpression> due_date;
  std::optional<TextOrExpression> follow_up_date;
  std::optional<TextOrExpression> priority;
  std::string form_key;
  std::optional<LinkedForm> form;
  std::optional<TextOrExpression> external_reference;
  std::vector<std::pair<std::string, std::string>> headers;  // zeebe:taskHeaders, in document order
};

struct SequenceFlow {
  std::string id;
  ElementIndex source = kNoElement;
  ElementIndex target = kNoElement;
  std::optional<feel::Expression> condition;
};

struct Element {
  std::string id;
  std::string name;
  ElementType type = ElementType::kTask;
  ElementIndex scope = kNoElement;  // the enclosing process or sub-process; kNoElement for the process itself
  int line = 0;
  std::vector<FlowIndex> incoming;
  std::vector<FlowIndex> outgoing;  // in document order of the flows
  FlowIndex default_flow = kNoFlow;
  bool opens_subscriptions = false;  // element instances may have timer, message or signal subscriptions
  std::optional<JobDefinition> job;
  std::optional<CalledDecision> decision;
  std::optional<Script> script;
  std::vector<Mapping> inputs;
  std::vector<Mapping> outputs;
  std::optional<Event> event;
  ElementIndex start = kNoElement;            // of a process or sub-process: its none start event; else its only one
  ElementIndex attached_to = kNoElement;      // of a boundary event: the activity, or its multi-instance body
  std::vector<ElementIndex> boundary_events;  // attached here, in document order
  std::vector<ElementIndex> event_sub_processes;  // directly inside, in document order
  bool is_item = false;                           // the activity inside a multi-instance body
  ElementIndex inner = kNoElement;                // of a multi-instance body: the activity
  std::optional<LoopCharacteristics> loop;        // of a multi-instance body
  std::optional<CalledElement> called;
  std::optional<UserTaskDefinition> user_task;
  std::optional<LinkedForm> start_form;  // of a none start event of the process
};

struct ProcessModel {
  std::string process_id;
  std::string name;
  std::string version_tag;
  ElementTable table;
  std::vector<Element> elements;  // elements[0] is the process
  std::vector<SequenceFlow> flows;
  ElementIndex none_start = kNoElement;
  std::vector<ElementIndex> start_events;  // of the process: those with a timer, message or signal
  bool has_inclusive_joins = false;

  [[nodiscard]] const Element& element(ElementIndex index) const { return elements[index.value()]; }
  [[nodiscard]] const SequenceFlow& flow(FlowIndex index) const { return flows[index.value()]; }
};

}  // namespace baton::bpmn
