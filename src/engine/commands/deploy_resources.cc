// Deployment: all resources or none; versions and de-duplication as in camunda-8-api.md 5.11.
#include <map>
#include <optional>
#include <set>

#include "base/hash.h"
#include "base/limits.h"
#include "bpmn/compile.h"
#include "bpmn/definitions.h"
#include "bpmn/validation.h"
#include "engine/commands/deploy_decisions.h"
#include "engine/commands/deploy_forms.h"
#include "engine/commands/start_events.h"

namespace baton::engine {

namespace {

struct ReadResource {
  std::string checksum;
  std::vector<bpmn::ProcessModel> models;
  std::shared_ptr<const dmn::DecisionModel> decisions;
  std::optional<ReadForm> form;
};

bool has_suffix(std::string_view name, std::string_view suffix) {
  return name.ends_with(suffix);
}

std::string checksum_of(const Resource& resource) {
  const Sha256 digest = sha256(resource.content);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Result<ReadResource> read(const Resource& resource) {
  if (has_suffix(resource.name, ".dmn")) {
    BATON_ASSIGN(auto decisions, read_decisions(resource));
    return ReadResource{checksum_of(resource), {}, std::move(decisions), {}};
  }
  if (has_suffix(resource.name, ".form")) {
    BATON_ASSIGN(ReadForm form, read_form(resource));
    return ReadResource{checksum_of(resource), {}, nullptr, std::move(form)};
  }
  if (!has_suffix(resource.name, ".bpmn") && !has_suffix(resource.name, ".xml")) {
    return failf(Code::kInvalidArgument,
                 "'{}': unknown resource type; this version deploys .bpmn, .xml, .dmn and .form", resource.name);
  }
  auto definitions = bpmn::parse(resource.content);
  if (!definitions) return failf(Code::kInvalidArgument, "'{}': {}", resource.name, definitions.error().message);
  const auto violations = bpmn::validate(*definitions);
  if (!violations.empty()) return fail(Code::kInvalidArgument, bpmn::violations_text(resource.name, violations));
  auto models = bpmn::compile(*definitions);
  if (!models) return failf(Code::kInvalidArgument, "'{}': {}", resource.name, models.error().message);
  return ReadResource{checksum_of(resource), std::move(*models), nullptr, {}};
}

Result<std::vector<ReadResource>> read_all(const DeployResources& command) {
  std::vector<ReadResource> resources;
  std::string errors;
  std::set<std::string> ids;
  DeployedIds decision_ids;
  std::map<std::string, std::string> form_ids;
  for (const Resource& resource : command.resources) {
    if (errors.size() > limits::kViolationTextBytes) {
      errors += "\n... and possibly more in the resources after these";
      break;
    }
    auto result = read(resource);
    if (!result) {
      errors += "\n" + result.error().message;
      continue;
    }
    for (const auto& model : result->models) {
      if (!ids.insert(model.process_id).second) {
        errors += fmt::format("\n'{}': Duplicated process id in resources: '{}'", resource.name, model.process_id);
      }
    }
    if (result->decisions) check_unique_ids(*result->decisions, resource.name, decision_ids, errors);
    if (result->form) check_unique_id(*result->form, resource.name, form_ids, errors);
    resources.push_back(std::move(*result));
  }
  if (!errors.empty()) {
    return fail(Code::kInvalidArgument,
                "Expected to deploy new resources, but encountered the following errors:" + errors);
  }
  return resources;
}

bool is_known(const StateView& view, std::string_view tenant, const Resource& resource, const ReadResource& read) {
  if (read.decisions && !is_duplicate(view, tenant, resource, read.checksum, *read.decisions)) return false;
  if (read.form && !is_duplicate(view, tenant, resource, read.checksum, *read.form)) return false;
  for (const auto& model : read.models) {
    const LatestDefinitionRow* latest = view.latest(tenant, model.process_id);
    const DefinitionRow* row = latest == nullptr ? nullptr : view.definition(latest->latest);
    if (row == nullptr || row->resource_name != resource.name || row->checksum != read.checksum) return false;
  }
  return true;
}

DeployedProcess deployed(const DefinitionRow& row) {
  return {row.process_id, row.version, row.key, row.resource_name};
}

}  // namespace

Outcome handle(CommandContext& context, const DeployResources& command) {
  Execution& x = context.x;
  if (command.resources.empty()) {
    return fail(Code::kInvalidArgument, "Expected to deploy at least one resource, but none given");
  }
  BATON_ASSIGN(const std::vector<ReadResource> resources, read_all(command));
  const std::string_view tenant = context.command.tenant;
  bool all_known = true;
  std::size_t keys = 0;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    all_known = all_known && is_known(x.view, tenant, command.resources[i], resources[i]);
    keys += resources[i].models.size();
    if (resources[i].decisions) keys += key_count(*resources[i].decisions);
    if (resources[i].form) ++keys;
  }
  DeployReply reply;
  reply.key = Key(x.view.counters().next_block);
  reply.tenant = tenant;
  const auto blocks = static_cast<std::uint32_t>(1 + (all_known ? 0 : keys) / kKeyBlockSize);
  x.events.append(DeploymentCreated{reply.key, blocks});
  std::uint64_t next_key = reply.key.value() + 1;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    for (const auto& model : resources[i].models) {
      const LatestDefinitionRow* latest = x.view.latest(tenant, model.process_id);
      if (!all_known) {
        if (latest != nullptr) close_start_events(x, latest->latest);
        const Version version(latest == nullptr ? 1 : latest->last_version.value() + 1);
        x.events.append(ProcessDefined{Key(next_key++), reply.key, model.process_id, version, model.version_tag,
                                       static_cast<std::uint32_t>(i), resources[i].checksum, model.table});
        BATON_TRY(x.events.status());
        latest = x.view.latest(tenant, model.process_id);
        BATON_TRY(open_start_events(x, *x.view.definition(latest->latest)));
      }
      reply.processes.push_back(deployed(*x.view.definition(latest->latest)));
    }
    if (resources[i].decisions) {
      BATON_TRY(deploy_decisions(x, tenant, static_cast<std::uint32_t>(i), resources[i].checksum,
                                 *resources[i].decisions, all_known, next_key, reply));
    }
    if (resources[i].form) {
      deploy_form(x, tenant, static_cast<std::uint32_t>(i), resources[i].checksum, *resources[i].form, all_known,
                  next_key, reply);
      BATON_TRY(x.events.status());
    }
  }
  context.reply(std::move(reply));
  return {};
}

}  // namespace baton::engine
