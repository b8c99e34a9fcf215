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
};

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

/// Which version of a resource a reference means.
enum class Binding : std::uint8_t { kLatest = 0, kDeployment = 1, kVersionTag = 2 };

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
  std::optional<JobDefinition> job;
  std::optional<CalledDecision> decision;
  std::optional<Script> script;
  std::vector<Mapping> inputs;
  std::vector<Mapping> outputs;
};

struct ProcessModel {
  std::string process_id;
  std::string name;
  std::string version_tag;
  ElementTable table;
  std::vector<Element> elements;  // elements[0] is the process
  std::vector<SequenceFlow> flows;
  ElementIndex none_start = kNoElement;

  [[nodiscard]] const Element& element(ElementIndex index) const { return elements[index.value()]; }
  [[nodiscard]] const SequenceFlow& flow(FlowIndex index) const { return flows[index.value()]; }
};

}  // namespace baton::bpmn
