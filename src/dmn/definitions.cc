#include "dmn/definitions.h"

#include <array>

#include "base/limits.h"
#include "xml/xml.h"

namespace baton::dmn {
namespace {

using xml::Element;
using xml::Namespace;
using Kind = RawExpression::Kind;

std::string text_of(const Element& element, std::string_view attribute) {
  return std::string(element.attribute_or_empty(attribute));
}

bool is(const Element& element, std::string_view name) {
  return element.is(Namespace::kDmn, name);
}

const Element* child_of(const Element& element, std::string_view name) {
  for (const Element& child : element.children()) {
    if (is(child, name)) return &child;
  }
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The `text` child of an element, with the element's id.
RawText read_text(const Element& element) {
  RawText result{{}, text_of(element, "id"), element.line};
  if (const Element* text = child_of(element, "text")) {
    result.text = std::string(trimmed(text->text));
    result.line = text->line;
  }
  return result;
}

std::optional<RawText> read_optional_text(const Element& parent, std::string_view name) {
  const Element* child = child_of(parent, name);
  if (child == nullptr) return std::nullopt;
  RawText text = read_text(*child);
  if (text.text.empty()) return std::nullopt;
  return text;
}

/// A type's name: an attribute, or an element in itemDefinition and DMN 1.1.
std::string read_type(const Element& element) {
  if (const auto attribute = element.attribute("typeRef")) return std::string(trimmed(*attribute));
  const Element* child = child_of(element, "typeRef");
  return child != nullptr ? std::string(trimmed(child->text)) : std::string();
}

RawVariable read_variable(const Element& element) {
  return {std::string(trimmed(element.attribute_or_empty("name"))), read_type(element)};
}

constexpr auto kExpressionNames = std::to_array<std::pair<std::string_view, Kind>>({
    {"literalExpression", Kind::kLiteral},
    {"decisionTable", Kind::kTable},
    {"context", Kind::kContext},
    {"relation", Kind::kRelation},
    {"list", Kind::kList},
    {"invocation", Kind::kInvocation},
    {"functionDefinition", Kind::kFunction},
    {"conditional", Kind::kConditional},
    {"filter", Kind::kFilter},
    {"for", Kind::kFor},
    {"some", Kind::kSome},
    {"every", Kind::kEvery},
});

std::optional<Kind> expression_kind(const Element& element) {
  if (element.ns != Namespace::kDmn) return std::nullopt;
  for (const auto& [name, kind] : kExpressionNames) {
    if (element.name == name) return kind;
  }
  return std::nullopt;
}

/// Reads boxed expressions; nesting is bounded.
class ExpressionReader {
 public:
  /// The first expression among the children, if there is one.
  Result<std::optional<RawExpression>> child_expression(const Element& parent) {
    for (const Element& child : parent.children()) {
      if (expression_kind(child)) {
        BATON_ASSIGN(RawExpression expression, read(child));
        return std::optional(std::move(expression));
      }
    }
    return std::optional<RawExpression>();
  }

  Result<RawExpression> read(const Element& element) {
    return read(element, expression_kind(element).value_or(Kind::kUnsupported));
  }

  /// The same for an element whose name does not tell the kind, e.g. encapsulatedLogic.
  Result<RawExpression> read(const Element& element, Kind kind) {
    if (depth_ >= limits::kDmnNesting)
      return failf(Code::kResourceExhausted, "line {}, column 1: more than {} expressions inside each other",
                   element.line, limits::kDmnNesting);
    ++depth_;
    RawExpression expression;
    expression.kind = kind;
    expression.id = text_of(element, "id");
    expression.type = read_type(element);
    expression.line = element.line;
    auto status = read_parts(element, expression);
    --depth_;
    if (!status) return fail(std::move(status.error()));
    return expression;
  }

 private:
  Status read_parts(const Element& element, RawExpression& expression) {
    switch (expression.kind) {
      case Kind::kLiteral:
        return read_literal(element, expression);
      case Kind::kTable:
        return read_table(element, expression);
      case Kind::kContext:
        return read_context(element, expression);
      case Kind::kRelation:
        return read_relation(element, expression);
      case Kind::kList:
        return read_children(element, expression);
      case Kind::kInvocation:
        return read_invocation(element, expression);
      case Kind::kFunction:
        return read_function(element, expression);
      case Kind::kConditional:
        return read_wrapped(element, expression, {"if", "then", "else"});
      case Kind::kFilter:
        return read_wrapped(element, expression, {"in", "match"});
      case Kind::kFor:
        expression.names.push_back({text_of(element, "iteratorVariable"), {}});
        return read_wrapped(element, expression, {"in", "return"});
      case Kind::kSome:
      case Kind::kEvery:
        expression.names.push_back({text_of(element, "iteratorVariable"), {}});
        return read_wrapped(element, expression, {"in", "satisfies"});
      case Kind::kUnsupported:
        break;
    }
    return {};
  }

  Status read_literal(const Element& element, RawExpression& expression) {
    expression.language = text_of(element, "expressionLanguage");
    const RawText text = read_text(element);
    expression.text = text.text;
    expression.line = text.line;
    if (child_of(element, "importedValues") != nullptr) {
      expression.kind = Kind::kUnsupported;
      expression.text = "imported values";
    }
    return {};
  }

  Status read_children(const Element& element, RawExpression& expression) {
    for (const Element& child : element.children()) {
      if (!expression_kind(child)) continue;
      BATON_ASSIGN(RawExpression part, read(child));
      expression.parts.push_back(std::move(part));
    }
    return {};
  }

  Status read_context(const Element& element, RawExpression& expression) {
    for (const Element& entry : element.children()) {
      if (!is(entry, "contextEntry")) continue;
      RawVariable variable;
      if (const Element* child = child_of(entry, "variable")) variable = read_variable(*child);
      BATON_ASSIGN(auto value, child_expression(entry));
      if (!value) value = RawExpression{.kind = Kind::kLiteral, .line = entry.line};
      expression.names.push_back(std::move(variable));
      expression.parts.push_back(std::move(*value));
    }
    return {};
  }

  Status read_relation(const Element& element, RawExpression& expression) {
    for (const Element& child : element.children()) {
      if (is(child, "column")) expression.names.push_back(read_variable(child));
      if (!is(child, "row")) continue;
      RawExpression row{.kind = Kind::kList, .id = text_of(child, "id"), .line = child.line};
      BATON_TRY(read_children(child, row));
      expression.parts.push_back(std::move(row));
    }
    return {};
  }

  Status read_invocation(const Element& element, RawExpression& expression) {
    BATON_ASSIGN(auto function, child_expression(element));
    if (!function) function = RawExpression{.kind = Kind::kLiteral, .line = element.line};
    expression.parts.push_back(std::move(*function));
    for (const Element& binding : element.children()) {
      if (!is(binding, "binding")) continue;
      RawVariable parameter;
      if (const Element* child = child_of(binding, "parameter")) parameter = read_variable(*child);
      BATON_ASSIGN(auto argument, child_expression(binding));
      if (!argument) argument = RawExpression{.kind = Kind::kLiteral, .text = "null", .line = binding.line};
      expression.names.push_back(std::move(parameter));
      expression.parts.push_back(std::move(*argument));
    }
    return {};
  }

  Status read_function(const Element& element, RawExpression& expression) {
    expression.language = text_of(element, "kind");
    for (const Element& child : element.children()) {
      if (is(child, "formalParameter")) expression.names.push_back(read_variable(child));
    }
    BATON_ASSIGN(auto body, child_expression(element));
    if (body) expression.parts.push_back(std::move(*body));
    return {};
  }

  /// Parts that each stand in an element of their own name, e.g. <in><list/></in>.
  Status read_wrapped(const Element& element, RawExpression& expression,
                      std::initializer_list<std::string_view> wrappers) {
    for (const std::string_view wrapper : wrappers) {
      std::optional<RawExpression> part;
      if (const Element* child = child_of(element, wrapper)) {
        BATON_ASSIGN(part, child_expression(*child));
      }
      if (!part) part = RawExpression{.kind = Kind::kLiteral, .line = element.line};
      expression.parts.push_back(std::move(*part));
    }
    return {};
  }

  static Status read_table(const Element& element, RawExpression& expression) {
    auto table = std::make_shared<RawTable>();
    table->hit_policy = text_of(element, "hitPolicy");
    table->aggregation = text_of(element, "aggregation");
    table->output_label = text_of(element, "outputLabel");
    for (const Element& child : element.children()) {
      if (is(child, "input")) table->inputs.push_back(read_input(child));
      if (is(child, "output")) table->outputs.push_back(read_output(child));
      if (is(child, "rule")) table->rules.push_back(read_rule(child));
    }
    expression.table = std::move(table);
    return {};
  }

  static RawInput read_input(const Element& element) {
    RawInput input;
    input.id = text_of(element, "id");
    input.label = text_of(element, "label");
    input.expression.line = element.line;
    if (const Element* expression = child_of(element, "inputExpression")) {
      input.expression = read_text(*expression);
      input.type = read_type(*expression);
    }
    input.values = read_optional_text(element, "inputValues");
    return input;
  }

  static RawOutput read_output(const Element& element) {
    RawOutput output;
    output.id = text_of(element, "id");
    output.label = text_of(element, "label");
    output.name = text_of(element, "name");
    output.type = read_type(element);
    output.line = element.line;
    output.values = read_optional_text(element, "outputValues");
    output.fallback = read_optional_text(element, "defaultOutputEntry");
    return output;
  }

  static RawRule read_rule(const Element& element) {
    RawRule rule{text_of(element, "id"), element.line, {}, {}};
    for (const Element& child : element.children()) {
      if (is(child, "inputEntry")) rule.inputs.push_back(read_text(child));
      if (is(child, "outputEntry")) rule.outputs.push_back(read_text(child));
    }
    return rule;
  }

  int depth_ = 0;
};

RawText read_href(const Element& element) {
  return {text_of(element, "href"), text_of(element, "id"), element.line};
}

void read_requirement(const Element& element, RawRequirements& requirements) {
  for (const Element& child : element.children()) {
    if (is(child, "requiredInput")) requirements.inputs.push_back(read_href(child));
    if (is(child, "requiredDecision")) requirements.decisions.push_back(read_href(child));
    if (is(child, "requiredKnowledge")) requirements.knowledge.push_back(read_href(child));
  }
}

/// What decisions and knowledge models have in common.
template <typename Node>
void read_node(const Element& element, Node& node) {
  node.id = text_of(element, "id");
  node.name = std::string(trimmed(element.attribute_or_empty("name")));
  node.line = element.line;
  node.variable.name = node.name;
  for (const Element& child : element.children()) {
    if (is(child, "variable")) {
      node.variable = read_variable(child);
      if (node.variable.name.empty()) node.variable.name = node.name;
    }
    if constexpr (requires { node.requirements; }) {
      if (is(child, "informationRequirement") || is(child, "knowledgeRequirement"))
        read_requirement(child, node.requirements);
    }
  }
}

std::string read_version_tag(const Element& element) {
  const Element* extensions = child_of(element, "extensionElements");
  if (extensions == nullptr) return {};
  for (const Element& child : extensions->children()) {
    if (child.is(Namespace::kZeebe, "versionTag")) return text_of(child, "value");
  }
  return {};
}

Result<RawDecision> read_decision(const Element& element) {
  RawDecision decision;
  read_node(element, decision);
  decision.version_tag = read_version_tag(element);
  BATON_ASSIGN(decision.logic, ExpressionReader().child_expression(element));
  return decision;
}

Result<RawKnowledge> read_knowledge(const Element& element) {
  RawKnowledge knowledge;
  read_node(element, knowledge);
  for (const Element& child : element.children()) {
    if (!is(child, "encapsulatedLogic")) continue;
    BATON_ASSIGN(RawExpression logic, ExpressionReader().read(child, Kind::kFunction));
    knowledge.logic = std::move(logic);
  }
  return knowledge;
}

RawService read_service(const Element& element) {
  RawService service;
  read_node(element, service);
  for (const Element& child : element.children()) {
    if (is(child, "outputDecision")) service.outputs.push_back(read_href(child));
    if (is(child, "inputDecision")) service.input_decisions.push_back(read_href(child));
    if (is(child, "inputData")) service.inputs.push_back(read_href(child));
  }
  return service;
}

Result<RawItem> read_item(const Element& element, int depth) {
  if (depth >= limits::kDmnNesting)
    return failf(Code::kResourceExhausted, "line {}, column 1: more than {} item components inside each other",
                 element.line, limits::kDmnNesting);
  RawItem item;
  item.name = std::string(trimmed(element.attribute_or_empty("name")));
  item.type = read_type(element);
  item.line = element.line;
  item.is_collection = element.attribute_or_empty("isCollection") == "true";
  item.allowed_values = read_optional_text(element, "allowedValues");
  item.type_constraint = read_optional_text(element, "typeConstraint");
  for (const Element& child : element.children()) {
    if (is(child, "itemComponent")) {
      BATON_ASSIGN(RawItem component, read_item(child, depth + 1));
      item.components.push_back(std::move(component));
    } else if (is(child, "functionItem")) {
      item.is_function = true;
      item.result_type = text_of(child, "outputTypeRef");
      for (const Element& parameter : child.children()) {
        if (is(parameter, "parameters")) item.parameters.push_back(read_variable(parameter));
      }
    }
  }
  return item;
}

Status read_root_child(const Element& child, Definitions& definitions) {
  if (is(child, "import")) {
    definitions.imports.push_back({text_of(child, "name"), text_of(child, "namespace"), child.line});
  } else if (is(child, "itemDefinition")) {
    BATON_ASSIGN(RawItem item, read_item(child, 0));
    definitions.items.push_back(std::move(item));
  } else if (is(child, "inputData")) {
    RawInputData input;
    read_node(child, input);
    definitions.inputs.push_back(std::move(input));
  } else if (is(child, "decision")) {
    BATON_ASSIGN(RawDecision decision, read_decision(child));
    definitions.decisions.push_back(std::move(decision));
  } else if (is(child, "businessKnowledgeModel")) {
    BATON_ASSIGN(RawKnowledge knowledge, read_knowledge(child));
    definitions.knowledge.push_back(std::move(knowledge));
  } else if (is(child, "decisionService")) {
    definitions.services.push_back(read_service(child));
  }
  return {};
}

}  // namespace

Result<Definitions> parse(std::string_view xml) {
  BATON_ASSIGN(const xml::Document document, xml::parse(xml));
  const Element& root = document.root();
  if (!is(root, "definitions")) {
    return failf(Code::kInvalidArgument,
                 "line {}, column 1: the root element is '{}' of namespace '{}', expected 'definitions' of DMN", root.line,
                 root.name.substr(0, 100), root.uri.substr(0, 200));
  }
  Definitions definitions;
  definitions.id = text_of(root, "id");
  definitions.name = text_of(root, "name");
  definitions.uri = text_of(root, "namespace");
  definitions.line = root.line;
  for (const Element& child : root.children()) BATON_TRY(read_root_child(child, definitions));
  return definitions;
}

}  // namespace baton::dmn
