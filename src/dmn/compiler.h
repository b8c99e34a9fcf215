// Compiles raw DMN files to a Model: resolves names and types, compiles expressions, indexes tables.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dmn/model.h"

namespace baton::dmn {

/// Names that an expression sees: frames of boxed expressions inside of an element's requirements.
struct Scope {
  const Scope* parent = nullptr;
  std::size_t file = 0;
  std::string_view element;  // id, for diagnostics
  bool is_frame = true;
  // frames
  std::vector<std::string_view> locals;  // by slot
  bool has_item = false;                 // slot 0 is a filter's item, whose fields are names too
  // the outermost scope of an element
  std::map<std::string, Ref, std::less<>> names;
  bool is_open = false;  // other names are variables from outside
};

class Compiler {
 public:
  Compiler(std::span<const Definitions> files, Model& model) : files_(files), model_(model) {}
  Status run();

 private:
  struct Target {
    Ref::Kind kind = Ref::Kind::kNone;
    std::uint32_t index = 0;
    std::size_t file = 0;
    std::string_view name;  // of its variable
  };

  // The graph (compile_graph.cc)
  void link_imports();
  void add_elements();
  void add_file_elements(std::size_t file);
  void add_id(std::size_t file, const std::string& id, int line, const Target& target);
  void connect_services();
  std::vector<std::uint32_t> targets(const std::vector<RawText>& hrefs, Ref::Kind kind, std::size_t file,
                                     const std::string& element);
  Status compile_elements();
  void compile_decision(std::size_t index, const RawDecision& raw, std::size_t file);
  void compile_knowledge(std::size_t index, const RawKnowledge& raw, std::size_t file);
  Scope element_scope(const RawRequirements& requirements, std::size_t file, const std::string& element,
                      DecisionCode* decision);
  void add_name(Scope& scope, std::size_t file, const Target& target);
  [[nodiscard]] const Target* find_target(const RawText& href, std::size_t file) const;
  void describe_table(const RawTable& raw, DecisionInfo& info) const;
  [[nodiscard]] Status check_cycles() const;

  // Expressions (compile_expression.cc)
  const Node* compile_node(const RawExpression& raw, const Scope& scope);
  void compile_parts(const RawExpression& raw, const Scope& scope, Node& node);
  void compile_function(const RawExpression& raw, const Scope& scope, Node& node);
  Feel compile_feel(std::string_view text, std::string_view language, Place place, const Scope& scope, bool unary_tests);
  void fold(Feel& feel);
  Ref resolve(std::string_view name, const Scope& scope, bool unary_tests);
  std::uint32_t outside_name(std::string_view name);
  void complain(const Scope& scope, const Place& place, std::string message);
  std::string_view intern(std::string_view text) { return model_.texts.emplace_back(text); }

  // Decision tables (compile_table.cc)
  void compile_table(const RawTable& raw, const std::string& language, int line, const Scope& scope, Node& node);
  InputClause compile_input(const RawInput& raw, std::uint32_t column, const Scope& scope, std::string_view language);
  OutputClause compile_output(const RawOutput& raw, std::uint32_t column, const Scope& scope);
  void compile_rule(const RawTable& raw, std::size_t rule, const Scope& scope, Table& table);
  static void index_table(Table& table);

  std::span<const Definitions> files_;
  Model& model_;
  std::vector<std::map<std::string, std::size_t>> imports_;
  std::vector<std::map<std::string, Target, std::less<>>> by_id_;
  std::map<std::string, std::uint32_t, std::less<>> outside_;
};

}  // namespace baton::dmn
