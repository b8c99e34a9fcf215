// The forms of a deployment.
#pragma once

#include <map>
#include <string>

#include "engine/commands/handler.h"

namespace baton::engine {

/// What the engine reads of a form; the rest is for those who show it.
struct ReadForm {
  std::string id;
  std::string version_tag;
};

/// Reads a .form resource, which is a JSON object with an id. Errors: kInvalidArgument.
Result<ReadForm> read_form(const Resource& resource);

/// Notes the id; appends a line to `errors` if it is there already. `ids` maps to the resources.
void check_unique_id(const ReadForm& form, const std::string& resource, std::map<std::string, std::string>& ids,
                     std::string& errors);

/// Whether the latest version is exactly this: same name and content.
bool is_duplicate(const StateView& view, std::string_view tenant, const Resource& resource, std::string_view checksum,
                  const ReadForm& form);

/// Appends the event of a form with the key `next_key`, which moves on. With `is_known` nothing is defined. Either way
/// `reply` gets what is deployed.
void deploy_form(Execution& x, std::string_view tenant, std::uint32_t resource, std::string_view checksum,
                 const ReadForm& form, bool is_known, std::uint64_t& next_key, DeployReply& reply);

}  // namespace baton::engine
