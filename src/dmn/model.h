// The compiled form of DMN files, private to this module: names are resolved to references, expressions are compiled,
// decision tables are indexed.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "dmn/decision_model.h"
#include "dmn/table_index.h"

namespace baton::dmn {

/// Where the value of a name comes from.
struct Ref {
  enum class Kind : std::uint8_t {
    kNone,       // there is none
    kLocal,      // slot `index` of the frame `depth` levels out
    kItemField,  // field `name` of the item in that slot if it has one, else `fallback`
    kTested,     // `?` of unary tests
    kInput,
    kDecision,
    kKnowledge,
    kService,
    kImport,  // a context of what an imported file provides
  };
  Kind kind = Kind::kNone;
  std::uint32_t index = 0;
  std::uint32_t depth = 0;
  std::uint32_t fallback = 0;  // in Model::refs
};

/// Where an expression stands, for problems.
struct Place {
  enum class Kind : std::uint8_t { kExpression, kInput, kInputValues, kCondition, kOutput, kDefault, kOutputValues };
  Kind kind = Kind::kExpression;
  std::uint32_t rule = 0;    // from 0
  std::uint32_t column = 0;  // from 0
  int line = 0;
  std::string id;
};

/// A compiled FEEL text with its names resolved.
struct Feel {
  std::optional<feel::Expression> expression;  // none: empty, or `broken`
  std::vector<Ref> refs;                       // by slot of free_names()
  std::optional<feel::Value> constant;         // its value, if it is always the same
  std::string broken;                          // why it cannot be evaluated
  Place place;
};

struct InputClause {
  Feel expression;
  TypeId type = kAnyType;
  std::optional<Feel> values;
};

struct OutputClause {
  std::string_view name;
  TypeId type = kAnyType;
  std::optional<Feel> values;
  std::vector<feel::Value> priorities;  // the output values in order
  std::optional<Feel> fallback;
};

struct Table {
  HitPolicy hit_policy = HitPolicy::kUnique;
  Aggregation aggregation = Aggregation::kNone;
  std::vector<InputClause> inputs;
  std::vector<OutputClause> outputs;
  std::size_t rules = 0;
  std::vector<Feel> conditions;  // rules x inputs
  std::vector<Feel> results;     // rules x outputs
  bool has_fallback = false;
  TableIndex index;
};

struct Parameter {
  std::string_view name;
  TypeId type = kAnyType;
};

/// A boxed expression.
struct Node {
  RawExpression::Kind kind = RawExpression::Kind::kLiteral;
  TypeId type = kAnyType;
  Feel feel;                                // kLiteral
  std::vector<const Node*> parts;           // as in RawExpression
  std::vector<Parameter> names;             // as in RawExpression
  std::vector<std::string_view> name_list;  // parameters of a function, as FEEL wants them
  std::unique_ptr<Table> table;
  std::string broken;  // why it cannot be evaluated
  Place place;
  int depth = 1;  // of the tree below, itself included
};

struct ImportedName {
  std::string_view name;
  Ref ref;
};

struct DecisionCode {
  std::string_view variable;
  TypeId type = kAnyType;
  std::size_t file = 0;
  const Node* logic = nullptr;
  std::vector<std::uint32_t> requires_decisions;
};

struct KnowledgeCode {
  std::string id;
  TypeId type = kAnyType;
  const Node* function = nullptr;
};

struct ServiceCode {
  std::string id;
  std::string_view name;
  TypeId type = kAnyType;
  std::vector<std::uint32_t> outputs;          // decisions
  std::vector<std::uint32_t> inputs;           // first parameters (DMN 10.4: input data, then input decisions)
  std::vector<std::uint32_t> input_decisions;  // then these
  std::vector<std::string_view> parameters;
  std::string_view variable;
};

struct Model {
  std::string id;
  std::string name;
  CompileOptions options;
  Types types;
  Diagnostics diagnostics;
  std::vector<DecisionInfo> decision_infos;
  std::vector<ServiceInfo> service_infos;
  std::vector<InputInfo> inputs;
  std::vector<DecisionCode> decisions;
  std::vector<KnowledgeCode> knowledge;
  std::vector<ServiceCode> services;
  std::vector<std::vector<ImportedName>> imports;  // contexts that expressions refer to
  std::vector<Ref> refs;                           // fallbacks
  std::deque<Node> nodes;
  std::deque<std::string> texts;
  std::unordered_map<std::string, std::size_t> decisions_by_id;
  std::unordered_map<std::string, std::size_t> decisions_by_name;
  std::unordered_map<std::string, std::size_t> services_by_name;
  feel::Evaluation constants{TimeMs(0), feel::Budgets{~0ULL, ~std::size_t{0}, limits::kFeelCallDepth,
                                                      limits::kFeelStringBytes, limits::kFeelListItems}};
};

}  // namespace baton::dmn
