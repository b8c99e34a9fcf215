// What the reader, the validation and the compiler know about one kind of flow node. One file per kind (or per family
// of equal kinds) in this folder; adding a kind means adding its file and its line in registry.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bpmn/process_model.h"
#include "bpmn/rules/rules.h"

namespace baton::bpmn {

/// What a token does at an element; the straight-through-loop rule needs it.
enum class TokenFlow : std::uint8_t {
  kWaits,   // the token stays until something outside happens, e.g. a job is completed
  kRoutes,  // gateways and events that a token passes
  kPasses,  // activities without work: a loop of those would never end
};

struct ElementSpec {
  std::string_view xml_name;  // in the BPMN namespace
  ElementType type = ElementType::kTask;
  TokenFlow token_flow = TokenFlow::kWaits;
  bool has_job = false;                // takes zeebe:taskDefinition and zeebe:taskHeaders
  bool has_conditional_flows = false;  // outgoing flows may carry conditions, and one may be the default flow
  /// Rules of this kind beyond those that hold for every flow node.
  void (*validate)(const NodeView& node, Report& report) = nullptr;
};

extern const ElementSpec kStartEventSpec;
extern const ElementSpec kEndEventSpec;
extern const ElementSpec kTaskSpec;
extern const ElementSpec kManualTaskSpec;
extern const ElementSpec kServiceTaskSpec;
extern const ElementSpec kBusinessRuleTaskSpec;
extern const ElementSpec kScriptTaskSpec;
extern const ElementSpec kSendTaskSpec;
extern const ElementSpec kExclusiveGatewaySpec;
extern const ElementSpec kParallelGatewaySpec;
extern const ElementSpec kInclusiveGatewaySpec;
extern const ElementSpec kEventBasedGatewaySpec;
extern const ElementSpec kBoundaryEventSpec;
extern const ElementSpec kIntermediateCatchEventSpec;
extern const ElementSpec kIntermediateThrowEventSpec;
extern const ElementSpec kReceiveTaskSpec;
extern const ElementSpec kUserTaskSpec;
extern const ElementSpec kCallActivitySpec;
extern const ElementSpec kSubProcessSpec;

/// Every kind that this version executes.
std::span<const ElementSpec* const> element_specs();

/// True for tasks, sub-processes and call activities: what boundary events and loops may be attached to.
bool is_activity(ElementType type);

/// True if element instances of `node` hand a job to a worker.
bool creates_job(const RawNode& node);

/// The kind of that XML name (BPMN namespace), or null if this version does not execute it.
const ElementSpec* find_element_spec(std::string_view xml_name);

}  // namespace baton::bpmn
