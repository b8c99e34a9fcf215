// Raw model of a BPMN file: what the file says, with line numbers, before any judgement.
//
//   auto definitions = bpmn::parse(bytes);                  // definitions.h
//   auto violations = bpmn::validate(*definitions);         // validation.h
//   auto models = bpmn::compile(*definitions);              // compile.h
//
// The parse is lenient: whatever is readable XML with a bpmn:definitions root gives Definitions. Constructs that this
// version does not execute are kept as `unsupported`, so that validation can name them. Values own their strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "bpmn/process_model.h"

namespace baton::bpmn {

struct ElementSpec;  // elements/element_spec.h

/// Something in the file that this version does not execute.
struct Unsupported {
  std::string what;  // in words, e.g. "timer event definition"
  int line = 0;
};

/// zeebe:taskDefinition.
struct RawTaskDefinition {
  std::optional<std::string> type;
  std::optional<std::string> retries;
  int line = 0;
};

/// zeebe:calledDecision.
struct RawCalledDecision {
  std::string decision_id;
  std::string result_variable;
  std::string binding_type;
  std::string version_tag;
  int line = 0;
};

/// zeebe:script.
struct RawScript {
  std::string expression;
  std::string result_variable;
  int line = 0;
};

/// zeebe:header.
struct RawHeader {
  std::string key;
  std::string value;
  int line = 0;
  /// Headers without key or value are ignored (Camunda writes them for unfilled template fields).
  [[nodiscard]] bool ignored() const { return key.empty() || value.empty(); }
};

/// zeebe:input or zeebe:output.
struct RawMapping {
  std::optional<std::string> source;  // absent when missing or empty
  std::string target;
  int line = 0;
};

/// Children of bpmn:timerEventDefinition; texts are trimmed.
struct RawTimer {
  std::optional<std::string> duration;
  std::optional<std::string> date;
  std::optional<std::string> cycle;
};

/// An event definition of an event (BPMN 10.5.5).
struct RawEvent {
  EventType type = EventType::kNone;
  std::optional<std::string> reference;  // messageRef, signalRef, errorRef, escalationRef
  std::string link;                      // name of a link
  RawTimer timer;
  int line = 0;
};

/// zeebe:calledElement.
struct RawCalledElement {
  std::optional<std::string> process_id;
  std::string propagate_all_child_variables;
  std::string propagate_all_parent_variables;
  std::string binding_type;
  std::string version_tag;
  int line = 0;
};

/// zeebe:loopCharacteristics.
struct RawLoopCharacteristics {
  std::string input_collection;
  std::string input_element;
  std::string output_collection;
  std::string output_element;
  int line = 0;
};

/// bpmn:multiInstanceLoopCharacteristics.
struct RawMultiInstance {
  bool sequential = false;
  std::vector<RawLoopCharacteristics> loops;
  std::optional<std::string> completion_condition;
  int line = 0;
};

/// An attribute of an extension with the line that it stands in.
struct RawAttribute {
  std::string value;
  int line = 0;
};

/// zeebe:formDefinition.
struct RawForm {
  std::string form_id;
  std::string form_key;
  std::string external_reference;
  std::string binding_type;
  std::string version_tag;
  int line = 0;
};

/// The extensions of a user task; of a start event the forms alone.
struct RawUserTask {
  int native_blocks = 0;  // zeebe:userTask
  std::vector<RawForm> forms;
  std::optional<RawAttribute> assignee;
  std::optional<RawAttribute> candidate_groups;
  std::optional<RawAttribute> candidate_users;
  std::optional<RawAttribute> due_date;
  std::optional<RawAttribute> follow_up_date;
  std::optional<RawAttribute> priority;
};

/// A flow node (BPMN 8.4.2: activity, gateway or event).
struct RawNode {
  static constexpr std::uint32_t kNoParent = 0xFFFFFFFFU;

  std::string id;
  std::string name;
  std::string kind;                   // XML name, e.g. "serviceTask"
  const ElementSpec* spec = nullptr;  // null if this version does not execute the kind
  int line = 0;
  std::uint32_t parent = kNoParent;  // index of the sub-process around it, or kNoParent for the process itself
  std::optional<std::string> default_flow;
  std::vector<RawEvent> events;
  bool triggered_by_event = false;     // of a sub-process
  bool interrupting = true;            // isInterrupting of a start event, cancelActivity of a boundary event
  bool instantiates = false;           // of a receive task or an event-based gateway
  std::string attached_to;             // of a boundary event
  std::optional<std::string> message;  // messageRef of a receive task
  std::vector<RawCalledElement> called_elements;
  std::optional<RawMultiInstance> multi_instance;
  RawUserTask user_task;
  std::vector<RawTaskDefinition> task_definitions;
  std::vector<RawCalledDecision> called_decisions;
  std::vector<RawScript> scripts;
  std::vector<RawHeader> headers;
  int header_blocks = 0;
  std::vector<RawMapping> inputs;
  std::vector<RawMapping> outputs;
  int mapping_blocks = 0;
  std::vector<Unsupported> unsupported;
};

/// bpmn:sequenceFlow.
struct RawFlow {
  std::string id;
  std::string name;
  std::string source;
  std::string target;
  std::optional<std::string> condition;  // text of bpmn:conditionExpression, trimmed
  std::uint32_t parent = RawNode::kNoParent;
  int line = 0;
  int condition_line = 0;
  std::vector<Unsupported> unsupported;
};

/// bpmn:process.
struct RawProcess {
  std::string id;
  std::string name;
  std::string version_tag;
  bool is_executable = false;
  int line = 0;
  std::vector<RawNode> nodes;  // in document order, those inside sub-processes behind their sub-process
  std::vector<RawFlow> flows;  // in document order
  std::vector<Unsupported> unsupported;
};

/// bpmn:message, signal, error or escalation: what events refer to.
struct RawEventRoot {
  std::string id;
  std::string name;
  std::string code;                            // errorCode or escalationCode
  std::optional<std::string> correlation_key;  // zeebe:subscription of a message
  int line = 0;
};

/// Where an id of the BPMN namespace stands.
struct IdPlace {
  std::string kind;  // XML name
  int line = 0;
};

/// An id that a second element uses again.
struct DuplicateId {
  std::string id;
  IdPlace first;
  IdPlace second;
};

/// bpmn:definitions.
struct Definitions {
  std::string id;
  int line = 0;
  std::vector<RawProcess> processes;
  std::unordered_map<std::string, RawEventRoot> messages;
  std::unordered_map<std::string, RawEventRoot> signals;
  std::unordered_map<std::string, RawEventRoot> errors;
  std::unordered_map<std::string, RawEventRoot> escalations;
  std::vector<Unsupported> unsupported;
  std::unordered_map<std::string, IdPlace> ids;
  std::vector<DuplicateId> duplicate_ids;
};

/// Reads a BPMN 2.0 file. Errors: not acceptable XML (base/limits.h, "line L, column C: ..."), or another root element
/// than bpmn:definitions (BPMN 8.1).
Result<Definitions> parse(std::string_view xml);

/// The binding that an attribute `bindingType` names; absent means latest. Nullopt if there is no such binding.
std::optional<Binding> binding_of(std::string_view text);

/// "intermediateCatchEvent" -> "intermediate catch event": an XML name in words.
std::string words(std::string_view xml_name);

}  // namespace baton::bpmn
