#include "engine/commands/deploy_decisions.h"

#include "base/limits.h"
#include "engine/behaviours/decisions.h"

namespace baton::engine {

namespace {

std::string violation(std::string_view element, int line, std::string_view text) {
  return fmt::format("\n- Element: {} (line {})\n    - ERROR: {}", element, line, text);
}

void check_id(const std::string& id, std::string_view what, int line, std::string& errors) {
  if (id.empty()) {
    errors += violation(what, line, "must have an id");
  } else if (id.size() > limits::kBpmnIdBytes) {
    errors += violation(what, line, fmt::format("the id must not be longer than {} bytes", limits::kBpmnIdBytes));
  }
}

}  // namespace

Result<std::shared_ptr<const dmn::DecisionModel>> read_decisions(const Resource& resource) {
  auto definitions = dmn::parse(resource.content);
  if (!definitions) return failf(Code::kInvalidArgument, "'{}': {}", resource.name, definitions.error().message);
  auto model = dmn::DecisionModel::compile({&*definitions, 1}, {});
  if (!model) return failf(Code::kInvalidArgument, "'{}': {}", resource.name, model.error().message);
  std::string errors;
  check_id(definitions->id, "definitions", definitions->line, errors);
  if (definitions->decisions.size() > limits::kDmnDecisions) {
    errors += violation("definitions", definitions->line,
                        fmt::format("more than {} decisions in one file", limits::kDmnDecisions));
  }
  for (const dmn::RawDecision& decision : definitions->decisions) {
    check_id(decision.id, decision.name.empty() ? "decision" : decision.name, decision.line, errors);
    if (!decision.logic) errors += violation(decision.id, decision.line, "the decision has no logic");
  }
  for (const dmn::Diagnostic& diagnostic : (*model)->diagnostics()) {
    if (errors.size() > limits::kViolationTextBytes) break;
    errors += violation(diagnostic.element, diagnostic.line, diagnostic.message);
  }
  if (!errors.empty()) return failf(Code::kInvalidArgument, "'{}':{}", resource.name, errors);
  return std::move(*model);
}

void check_unique_ids(const dmn::DecisionModel& model, const std::string& resource, DeployedIds& ids,
                      std::string& errors) {
  const auto [drg, is_new] = ids.requirements.emplace(model.id(), resource);
  if (!is_new) {
    errors += fmt::format(
        "\nExpected the DRG ids to be unique within a deployment but found a duplicated id '{}' in the resources '{}' "
        "and '{}'",
        model.id(), drg->second, resource);
  }
  for (const dmn::DecisionInfo& decision : model.decisions()) {
    const auto [at, inserted] = ids.decisions.emplace(decision.id, resource);
    if (!inserted) {
      errors += fmt::format(
          "\nExpected the decision ids to be unique within a deployment but found a duplicated id '{}' in the resources "
          "'{}' and '{}'",
          decision.id, at->second, resource);
    }
  }
}

bool is_duplicate(const StateView& view, std::string_view tenant, const Resource& resource, std::string_view checksum,
                  const dmn::DecisionModel& model) {
  const LatestRequirementsRow* latest = view.latest_requirements(tenant, model.id());
  const DecisionRequirementsRow* row = latest == nullptr ? nullptr : view.requirements(latest->latest);
  if (row == nullptr || row->resource_name != resource.name || row->checksum != checksum) return false;
  for (const dmn::DecisionInfo& decision : model.decisions()) {
    const LatestDecisionRow* latest_decision = view.latest_decision(tenant, decision.id);
    const DecisionRow* known = latest_decision == nullptr ? nullptr : view.decision(latest_decision->latest);
    if (known == nullptr || known->requirements != row->key) return false;
  }
  return true;
}

std::size_t key_count(const dmn::DecisionModel& model) {
  return 1 + model.decisions().size();
}

Status deploy_decisions(Execution& x, std::string_view tenant, std::uint32_t resource, std::string_view checksum,
                        const dmn::DecisionModel& model, bool is_known, std::uint64_t& next_key, DeployReply& reply) {
  if (!is_known) {
    const Key key(next_key++);
    const LatestRequirementsRow* last = x.view.latest_requirements(tenant, model.id());
    const Version version(last == nullptr ? 1 : last->last_version.value() + 1);
    x.events.append(DecisionRequirementsDefined{key, reply.key, x.symbols.intern(model.id()), model.name(), version,
                                                resource, std::string(checksum)});
    BATON_TRY(x.events.status());
    for (const dmn::DecisionInfo& decision : model.decisions()) {
      const LatestDecisionRow* before = x.view.latest_decision(tenant, decision.id);
      const Version next(before == nullptr ? 1 : before->last_version.value() + 1);
      x.events.append(DecisionDefined{Key(next_key++), reply.key, key, x.symbols.intern(decision.id), decision.name,
                                      next, x.symbols.intern(decision.version_tag)});
    }
  }
  const DecisionRequirementsRow* row = x.view.requirements(x.view.latest_requirements(tenant, model.id())->latest);
  reply.requirements.push_back({model.id(), row->name, row->version, row->key, row->resource_name});
  for (const dmn::DecisionInfo& decision : model.decisions())
    reply.decisions.push_back(
        deployed_decision(x.view, *x.view.decision(x.view.latest_decision(tenant, decision.id)->latest)));
  return {};
}

}  // namespace baton::engine
