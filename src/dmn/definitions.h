// Raw model of a DMN file (DMN 1.1 to 1.5): what the file says, with line numbers, before names and types are resolved.
//
//   auto definitions = dmn::parse(bytes);                    // definitions.h
//   auto model = dmn::DecisionModel::compile(...);           // decision_model.h
//
// Values own their strings. Descriptions, questions, allowed answers and diagrams are not read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::dmn {

/// A FEEL text with its place.
struct RawText {
  std::string text;
  std::string id;
  int line = 0;
};

/// A name with the name of its type ("" if none is given).
struct RawVariable {
  std::string name;
  std::string type;
};

struct RawInput {
  std::string id;
  std::string label;
  RawText expression;
  std::string type;
  std::optional<RawText> values;
};

struct RawOutput {
  std::string id;
  std::string label;
  std::string name;
  std::string type;
  std::optional<RawText> values;
  std::optional<RawText> fallback;  // defaultOutputEntry
  int line = 0;
};

struct RawRule {
  std::string id;
  int line = 0;
  std::vector<RawText> inputs;
  std::vector<RawText> outputs;
};

struct RawTable {
  std::string hit_policy;   // as written, "" for the default
  std::string aggregation;  // as written
  std::string output_label;
  std::vector<RawInput> inputs;
  std::vector<RawOutput> outputs;
  std::vector<RawRule> rules;
};

/// A boxed expression (DMN 7.3, 10.2).
struct RawExpression {
  enum class Kind : std::uint8_t {
    kLiteral,
    kTable,
    kContext,      // parts: values, names: their variables; a last part without a name is the result
    kRelation,     // parts: one kList per row, names: columns
    kList,         // parts: items
    kInvocation,   // parts: function, then arguments; names: their parameters
    kFunction,     // parts: body; names: parameters
    kConditional,  // parts: if, then, else
    kFilter,       // parts: in, match
    kFor,          // parts: in, return; names: iterator
    kSome,         // parts: in, satisfies; names: iterator
    kEvery,
    kUnsupported,  // text: what it is
  };
  Kind kind = Kind::kLiteral;
  std::string id;
  std::string type;
  std::string text;      // kLiteral, kUnsupported
  std::string language;  // expressionLanguage, or kind of a function
  int line = 0;
  std::vector<RawExpression> parts;
  std::vector<RawVariable> names;
  std::shared_ptr<RawTable> table;
};

struct RawRequirements {
  std::vector<RawText> inputs;     // text: href
  std::vector<RawText> decisions;  // text: href
  std::vector<RawText> knowledge;  // text: href
};

struct RawDecision {
  std::string id;
  std::string name;
  std::string version_tag;  // zeebe:versionTag
  int line = 0;
  RawVariable variable;
  RawRequirements requirements;
  std::optional<RawExpression> logic;
};

struct RawKnowledge {  // businessKnowledgeModel
  std::string id;
  std::string name;
  int line = 0;
  RawVariable variable;
  RawRequirements requirements;
  std::optional<RawExpression> logic;  // kFunction
};

struct RawService {
  std::string id;
  std::string name;
  int line = 0;
  RawVariable variable;
  std::vector<RawText> outputs;          // hrefs, here and below
  std::vector<RawText> input_decisions;
  std::vector<RawText> inputs;
};

struct RawInputData {
  std::string id;
  std::string name;
  int line = 0;
  RawVariable variable;
};

struct RawItem {  // itemDefinition, itemComponent
  std::string name;
  std::string type;
  int line = 0;
  bool is_collection = false;
  bool is_function = false;
  std::vector<RawItem> components;
  std::vector<RawVariable> parameters;
  std::string result_type;
  std::optional<RawText> allowed_values;
  std::optional<RawText> type_constraint;
};

struct RawImport {
  std::string name;
  std::string uri;
  int line = 0;
};

/// The definitions element: a decision requirements graph.
struct Definitions {
  std::string id;
  std::string name;
  std::string uri;  // its namespace attribute
  int line = 0;
  std::vector<RawImport> imports;
  std::vector<RawItem> items;
  std::vector<RawInputData> inputs;
  std::vector<RawDecision> decisions;
  std::vector<RawKnowledge> knowledge;
  std::vector<RawService> services;
};

/// Reads a DMN file. Errors: not acceptable XML (base/limits.h, "line L, column C: ..."), another root element than
/// definitions of DMN, boxed expressions nested deeper than limits::kDmnNesting.
Result<Definitions> parse(std::string_view xml);

}  // namespace baton::dmn
