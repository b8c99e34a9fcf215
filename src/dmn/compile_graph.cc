// The requirements graph: elements, what they require, which names they see.
#include <algorithm>

#include "dmn/compiler.h"

namespace baton::dmn {
namespace {

std::string logic_name(const std::optional<RawExpression>& logic) {
  if (!logic) return "UNSPECIFIED";
  switch (logic->kind) {
    case RawExpression::Kind::kLiteral:
      return "LITERAL_EXPRESSION";
    case RawExpression::Kind::kTable:
      return "DECISION_TABLE";
    case RawExpression::Kind::kContext:
      return "CONTEXT";
    case RawExpression::Kind::kRelation:
      return "RELATION";
    case RawExpression::Kind::kList:
      return "LIST";
    case RawExpression::Kind::kInvocation:
      return "INVOCATION";
    default:
      return "UNKNOWN";
  }
}

}  // namespace

void Compiler::link_imports() {
  imports_.resize(files_.size());
  for (std::size_t file = 0; file < files_.size(); ++file) {
    for (const RawImport& import : files_[file].imports) {
      const auto other = std::find_if(files_.begin(), files_.end(),
                                      [&](const Definitions& d) { return !d.uri.empty() && d.uri == import.uri; });
      if (other != files_.end()) {
        imports_[file].emplace(import.name, static_cast<std::size_t>(other - files_.begin()));
      } else if (import.uri.find("/DMN/") == std::string::npos) {  // other kinds of imports are not decision models
        model_.diagnostics.push_back({import.name, import.line,
                                      fmt::format("the imported namespace '{}' is not among the files", import.uri)});
      }
    }
  }
}

void Compiler::add_id(std::size_t file, const std::string& id, int line, const Target& target) {
  if (id.empty()) return;
  if (!by_id_[file].emplace(id, target).second)
    model_.diagnostics.push_back({id, line, "two elements have this id"});
}

void Compiler::add_file_elements(std::size_t file) {
  const Definitions& raw = files_[file];
  for (const RawInputData& input : raw.inputs) {
    const auto index = static_cast<std::uint32_t>(model_.inputs.size());
    const TypeId type = model_.types.resolve(input.variable.type, file, input.id, input.line, model_.diagnostics);
    model_.inputs.push_back({input.variable.name, raw.uri, type, true});
    add_id(file, input.id, input.line, {Ref::Kind::kInput, index, file, intern(input.variable.name)});
    if (file == 0) outside_.emplace(input.variable.name, index);
  }
  for (const RawDecision& decision : raw.decisions) {
    const auto index = static_cast<std::uint32_t>(model_.decisions.size());
    DecisionCode& code = model_.decisions.emplace_back();
    code.variable = intern(decision.variable.name);
    code.file = file;
    code.type = model_.types.resolve(decision.variable.type, file, decision.id, decision.line, model_.diagnostics);
    DecisionInfo& info = model_.decision_infos.emplace_back();
    info.id = decision.id;
    info.name = decision.name;
    info.version_tag = decision.version_tag;
    info.type = code.type;
    info.logic = logic_name(decision.logic);
    info.line = decision.line;
    info.imported = file != 0;
    if (decision.logic && decision.logic->table) describe_table(*decision.logic->table, info);
    add_id(file, decision.id, decision.line, {Ref::Kind::kDecision, index, file, code.variable});
    model_.decisions_by_id.emplace(decision.id, index);
    model_.decisions_by_name.emplace(decision.name, index);
  }
  for (const RawKnowledge& knowledge : raw.knowledge) {
    const auto index = static_cast<std::uint32_t>(model_.knowledge.size());
    KnowledgeCode& code = model_.knowledge.emplace_back();
    code.id = knowledge.id;
    code.type = model_.types.resolve(knowledge.variable.type, file, knowledge.id, knowledge.line, model_.diagnostics);
    add_id(file, knowledge.id, knowledge.line,
           {Ref::Kind::kKnowledge, index, file, intern(knowledge.variable.name)});
  }
  for (const RawService& service : raw.services) {
    const auto index = static_cast<std::uint32_t>(model_.services.size());
    ServiceCode& code = model_.services.emplace_back();
    code.id = service.id;
    code.variable = intern(service.variable.name);
    code.type = model_.types.resolve(service.variable.type, file, service.id, service.line, model_.diagnostics);
    model_.service_infos.push_back({service.id, service.name, {}});
    model_.services_by_name.emplace(service.id, index);
    model_.services_by_name.emplace(service.name, index);
    add_id(file, service.id, service.line, {Ref::Kind::kService, index, file, code.variable});
  }
}

void Compiler::describe_table(const RawTable& raw, DecisionInfo& info) const {
  for (const RawInput& input : raw.inputs)
    info.inputs.push_back({input.id, input.label.empty() ? input.expression.text : input.label});
  for (const RawOutput& output : raw.outputs)
    info.outputs.push_back({output.id, output.name.empty() ? output.label : output.name});
  for (const RawRule& rule : raw.rules) info.rules.push_back({rule.id, rule.line});
}

const Compiler::Target* Compiler::find_target(const RawText& href, std::size_t file) const {
  const auto hash = href.text.find('#');
  const std::string_view id = std::string_view(href.text).substr(hash == std::string::npos ? 0 : hash + 1);
  const std::string_view uri = std::string_view(href.text).substr(0, hash == std::string::npos ? 0 : hash);
  if (uri.empty() || uri == files_[file].uri) {
    const auto own = by_id_[file].find(id);
    return own != by_id_[file].end() ? &own->second : nullptr;
  }
  for (std::size_t other = 0; other < files_.size(); ++other) {
    if (files_[other].uri != uri) continue;
    const auto found = by_id_[other].find(id);
    if (found != by_id_[other].end()) return &found->second;
  }
  return nullptr;
}

std::vector<std::uint32_t> Compiler::targets(const std::vector<RawText>& hrefs, Ref::Kind kind, std::size_t file,
                                             const std::string& element) {
  std::vector<std::uint32_t> result;
  for (const RawText& href : hrefs) {
    const Target* target = find_target(href, file);
    if (target != nullptr && target->kind == kind) {
      result.push_back(target->index);
    } else {
      model_.diagnostics.push_back({element, href.line, fmt::format("'{}' refers to nothing of that kind", href.text)});
    }
  }
  return result;
}

void Compiler::connect_services() {
  std::size_t index = 0;
  for (std::size_t file = 0; file < files_.size(); ++file) {
    for (const RawService& raw : files_[file].services) {
      ServiceCode& code = model_.services[index];
      code.outputs = targets(raw.outputs, Ref::Kind::kDecision, file, raw.id);
      code.input_decisions = targets(raw.input_decisions, Ref::Kind::kDecision, file, raw.id);
      code.inputs = targets(raw.inputs, Ref::Kind::kInput, file, raw.id);
      for (const auto input : code.inputs) code.parameters.push_back(model_.inputs[input].name);
      for (const auto decision : code.input_decisions) code.parameters.push_back(model_.decisions[decision].variable);
      code.type = model_.types.result_of(code.type);
      model_.service_infos[index].outputs.assign(code.outputs.begin(), code.outputs.end());
      ++index;
    }
  }
}

/// Makes a required element visible: by its name, or as a member of the import that it comes from.
void Compiler::add_name(Scope& scope, std::size_t file, const Target& target) {
  const Ref ref{target.kind, target.index, 0, 0};
  if (target.file == file) {
    scope.names[std::string(target.name)] = ref;
    return;
  }
  for (const auto& [import, other] : imports_[file]) {
    if (other != target.file) continue;
    if (import.empty()) {
      scope.names[std::string(target.name)] = ref;
      return;
    }
    const auto [place, is_new] = scope.names.try_emplace(
        import, Ref{Ref::Kind::kImport, static_cast<std::uint32_t>(model_.imports.size()), 0, 0});
    if (is_new) model_.imports.emplace_back();
    if (place->second.kind == Ref::Kind::kImport) model_.imports[place->second.index].push_back({target.name, ref});
    return;
  }
}

Scope Compiler::element_scope(const RawRequirements& requirements, std::size_t file, const std::string& element,
                              DecisionCode* decision) {
  Scope scope;
  scope.file = file;
  scope.element = element;
  scope.is_frame = false;
  for (const auto* hrefs : {&requirements.inputs, &requirements.decisions, &requirements.knowledge}) {
    for (const RawText& href : *hrefs) {
      const Target* target = find_target(href, file);
      if (target == nullptr) {
        model_.diagnostics.push_back({element, href.line, fmt::format("requires '{}', which is not there", href.text)});
        continue;
      }
      add_name(scope, file, *target);
      if (decision != nullptr && target->kind == Ref::Kind::kDecision)
        decision->requires_decisions.push_back(target->index);
    }
  }
  return scope;
}

void Compiler::compile_decision(std::size_t index, const RawDecision& raw, std::size_t file) {
  DecisionCode& code = model_.decisions[index];
  Scope scope = element_scope(raw.requirements, file, raw.id, &code);
  scope.is_open = true;
  if (raw.logic) code.logic = compile_node(*raw.logic, scope);
}

void Compiler::compile_knowledge(std::size_t index, const RawKnowledge& raw, std::size_t file) {
  KnowledgeCode& code = model_.knowledge[index];
  code.type = model_.types.result_of(code.type);
  Scope scope = element_scope(raw.requirements, file, raw.id, nullptr);
  scope.names.try_emplace(raw.variable.name, Ref{Ref::Kind::kKnowledge, static_cast<std::uint32_t>(index), 0, 0});
  if (raw.logic) code.function = compile_node(*raw.logic, scope);
}

Status Compiler::compile_elements() {
  std::size_t decision = 0;
  std::size_t knowledge = 0;
  for (std::size_t file = 0; file < files_.size(); ++file) {
    for (const RawDecision& raw : files_[file].decisions) compile_decision(decision++, raw, file);
    for (const RawKnowledge& raw : files_[file].knowledge) compile_knowledge(knowledge++, raw, file);
  }
  return check_cycles();
}

/// Decisions that require themselves have no value. A walk with its own stack: chains may be long.
Status Compiler::check_cycles() const {
  enum class Mark : std::uint8_t { kNew, kOpen, kDone };
  std::vector<Mark> marks(model_.decisions.size(), Mark::kNew);
  std::vector<std::pair<std::uint32_t, std::size_t>> stack;
  for (std::uint32_t root = 0; root < model_.decisions.size(); ++root) {
    if (marks[root] == Mark::kNew) stack.emplace_back(root, 0);
    while (!stack.empty()) {
      auto& [index, next] = stack.back();
      marks[index] = Mark::kOpen;
      const auto& required = model_.decisions[index].requires_decisions;
      if (next == required.size()) {
        marks[index] = Mark::kDone;
        stack.pop_back();
        continue;
      }
      const std::uint32_t child = required[next++];
      if (marks[child] == Mark::kOpen) {
        const DecisionInfo& info = model_.decision_infos[child];
        return failf(Code::kInvalidArgument, "line {}: decision '{}' requires itself", info.line, info.id);
      }
      if (marks[child] == Mark::kNew) stack.emplace_back(child, 0);
    }
  }
  return {};
}

Status Compiler::run() {
  link_imports();
  model_.id = files_[0].id;
  model_.name = files_[0].name;
  model_.types.add(files_, imports_, model_.options.dialect, model_.diagnostics);
  by_id_.resize(files_.size());
  for (std::size_t file = 0; file < files_.size(); ++file) add_file_elements(file);
  connect_services();
  return compile_elements();
}

}  // namespace baton::dmn
