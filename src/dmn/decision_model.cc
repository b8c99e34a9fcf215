#include "dmn/decision_model.h"

#include "dmn/compiler.h"
#include "dmn/evaluator.h"
#include "dmn/model.h"

namespace baton::dmn {

std::string Problem::to_string() const {
  if (decision.empty()) return fmt::format("{}: {}", place, message);
  return fmt::format("decision '{}', {}: {}", decision, place, message);
}

void DecisionRun::reset(TimeMs now) {
  feel_.reset(now);
  output_ = feel::Value();
  decisions_.clear();
  problems_.clear();
  failed_ = false;
}

const Problem* DecisionRun::failure() const {
  for (const Problem& problem : problems_) {
    if (problem.failure) return &problem;
  }
  return nullptr;
}

DecisionModel::DecisionModel(std::unique_ptr<const Model> model) : model_(std::move(model)) {}
DecisionModel::~DecisionModel() = default;

Result<std::shared_ptr<const DecisionModel>> DecisionModel::compile(std::span<const Definitions> files,
                                                                    const CompileOptions& options) {
  if (files.empty()) return fail(Code::kInvalidArgument, "there is no DMN file to compile");
  auto model = std::make_unique<Model>();
  model->options = options;
  BATON_TRY(Compiler(files, *model).run());
  return std::make_shared<const DecisionModel>(std::move(model));
}

Result<std::shared_ptr<const DecisionModel>> DecisionModel::load(std::string_view xml, const CompileOptions& options) {
  BATON_ASSIGN(const Definitions definitions, parse(xml));
  return compile({&definitions, 1}, options);
}

const std::string& DecisionModel::id() const {
  return model_->id;
}
const std::string& DecisionModel::name() const {
  return model_->name;
}
std::span<const Diagnostic> DecisionModel::diagnostics() const {
  return model_->diagnostics;
}
std::span<const DecisionInfo> DecisionModel::decisions() const {
  return model_->decision_infos;
}
std::span<const ServiceInfo> DecisionModel::services() const {
  return model_->service_infos;
}
std::span<const InputInfo> DecisionModel::inputs() const {
  return model_->inputs;
}
const Types& DecisionModel::types() const {
  return model_->types;
}

std::optional<std::size_t> DecisionModel::find_decision(std::string_view id_or_name) const {
  const std::string key(id_or_name);
  if (const auto found = model_->decisions_by_id.find(key); found != model_->decisions_by_id.end())
    return found->second;
  if (const auto found = model_->decisions_by_name.find(key); found != model_->decisions_by_name.end())
    return found->second;
  return std::nullopt;
}

std::optional<std::size_t> DecisionModel::find_service(std::string_view id_or_name) const {
  const auto found = model_->services_by_name.find(std::string(id_or_name));
  return found != model_->services_by_name.end() ? std::optional(found->second) : std::nullopt;
}

Status DecisionModel::evaluate(std::size_t decision, const feel::Variables& variables, DecisionRun& run,
                               const EvaluateOptions& options) const {
  if (decision >= model_->decisions.size()) return fail(Code::kNotFound, "there is no such decision");
  Run root(*model_, run, &variables, options.variables_replace_decisions);
  if (run.feel_.exhausted()) return run.feel_.status();
  run.output_ = root.decide(static_cast<std::uint32_t>(decision));
  return run.feel_.status();
}

Status DecisionModel::evaluate_service(std::size_t service, const feel::Variables& variables, DecisionRun& run) const {
  if (service >= model_->services.size()) return fail(Code::kNotFound, "there is no such decision service");
  const ServiceCode& code = model_->services[service];
  Run root(*model_, run, nullptr, false);
  if (run.feel_.exhausted()) return run.feel_.status();
  for (const std::uint32_t input : code.inputs) {
    const InputInfo& info = model_->inputs[input];
    const auto value = variables.find(input, info.name, run.feel_);
    root.set_input(input, root.fit(value.value_or(feel::Value()), info.type, info.name));
  }
  for (const std::uint32_t decision : code.input_decisions) {
    const DecisionCode& target = model_->decisions[decision];
    const auto value = variables.find(model_->inputs.size() + decision, target.variable, run.feel_);
    root.set_decision(decision,
                      root.fit(value.value_or(feel::Value()), target.type, std::string(target.variable)));
  }
  run.output_ = root.serve(static_cast<std::uint32_t>(service));
  return run.feel_.status();
}

}  // namespace baton::dmn
