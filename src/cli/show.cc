// `baton show KEY`: where an instance is, and why.
#include <cstdio>

#include "base/json.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "cli/json_view.h"

namespace baton::cli {

int show(const ClientOptions& options, std::int64_t key) {
  auto body = http_get(options, fmt::format("/baton/instances/{}", key));
  if (!body) return report(body.error(), options.json);
  if (options.json) {
    std::printf("%s\n", body->c_str());
    return 0;
  }
  const JsonView instance(*body);
  std::printf("instance %s of %s version %s\n", instance["processInstanceKey"].text().c_str(),
              instance["processDefinitionId"].text().c_str(), instance["processDefinitionVersion"].text().c_str());
  for (const JsonView& element : instance["elements"].items()) {
    const std::string type = element["type"].text();
    if (type == "PROCESS") continue;
    std::printf("  %-18s %-28s %s\n", type.c_str(), element["elementId"].text().c_str(),
                element["state"].text().c_str());
    const JsonView job = element["job"];
    if (!job.missing()) {
      std::printf("    job %s of type %s: %s, %s retries left\n", job["jobKey"].text().c_str(),
                  job["type"].text().c_str(), job["state"].text().c_str(), job["retries"].text().c_str());
    }
  }
  for (const JsonView& incident : instance["incidents"].items()) {
    std::printf("  INCIDENT %s at %s: %s: %s\n", incident["incidentKey"].text().c_str(),
                incident["elementId"].text().c_str(), incident["errorType"].text().c_str(),
                incident["message"].text().c_str());
  }
  for (const JsonView& variable : instance["variables"].items()) {
    const bool root = variable["scopeKey"].text() == instance["processInstanceKey"].text();
    std::printf("  %s%s = %s\n", root ? "" : "(local) ", variable["name"].text().c_str(),
                std::string(variable["value"].raw()).c_str());
  }
  return 0;
}

}  // namespace baton::cli
