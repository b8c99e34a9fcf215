#include "engine/commands/deploy_forms.h"

#include "base/limits.h"
#include "bpmn/text_or_expression.h"

namespace baton::engine {

namespace {

/// The text of a member; empty if it is absent or null. Errors: kInvalidArgument if it is no string.
Result<std::string> text_member(const JsonDocument& form, std::string_view name) {
  for (std::size_t i = 0; i < form.size(); ++i) {
    const auto [member, value] = form[i];
    if (member != name || value == "null") continue;
    if (!value.starts_with('"')) return failf(Code::kInvalidArgument, "the form's {} must be a text", name);
    std::string text = json_unquote(value);
    if (text.size() > limits::kBpmnIdBytes) {
      return failf(Code::kInvalidArgument, "the form's {} must not be longer than {} bytes", name,
                   limits::kBpmnIdBytes);
    }
    return text;
  }
  return std::string();
}

}  // namespace

Result<ReadForm> read_form(const Resource& resource) {
  const auto refused = [&resource](const std::string& why) {
    return failf(Code::kInvalidArgument, "'{}': {}", resource.name, why);
  };
  if (bpmn::trimmed(resource.content).empty()) return refused("the form is empty");
  auto form = JsonDocument::parse(resource.content);
  if (!form) return refused("the form is no JSON object: " + form.error().message);
  auto id = text_member(*form, "id");
  if (!id) return refused(id.error().message);
  if (bpmn::trimmed(*id).empty()) return refused("Expected the form id to be present, but none given");
  auto tag = text_member(*form, "versionTag");
  if (!tag) return refused(tag.error().message);
  return ReadForm{std::move(*id), std::move(*tag)};
}

void check_unique_id(const ReadForm& form, const std::string& resource, std::map<std::string, std::string>& ids,
                     std::string& errors) {
  const auto [at, is_new] = ids.emplace(form.id, resource);
  if (is_new) return;
  errors += fmt::format(
      "\nExpected the form ids to be unique within a deployment but found a duplicated id '{}' in the resources '{}' "
      "and "
      "'{}'",
      form.id, at->second, resource);
}

bool is_duplicate(const StateView& view, std::string_view tenant, const Resource& resource, std::string_view checksum,
                  const ReadForm& form) {
  const FormRow* row = view.newest_form(tenant, form.id);
  return row != nullptr && row->resource_name == resource.name && row->checksum == checksum;
}

void deploy_form(Execution& x, std::string_view tenant, std::uint32_t resource, std::string_view checksum,
                 const ReadForm& form, bool is_known, std::uint64_t& next_key, DeployReply& reply) {
  if (!is_known) {
    const LatestFormRow* before = x.view.latest_form(tenant, form.id);
    const Version version(before == nullptr ? 1 : before->last_version.value() + 1);
    x.events.append(FormDefined{Key(next_key++), reply.key, x.symbols.intern(form.id), version,
                                x.symbols.intern(form.version_tag), resource, std::string(checksum)});
    if (!x.events.status()) return;
  }
  const FormRow& row = *x.view.newest_form(tenant, form.id);
  reply.forms.push_back({form.id, row.version, row.key, row.resource_name});
}

}  // namespace baton::engine
