// User tasks from the command line.
#include <algorithm>
#include <cstdio>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "cli/json_view.h"

namespace baton::cli {

namespace {

std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

std::string list_path(const TaskFilter& filter, const std::string& after) {
  std::string path = fmt::format("/baton/user-tasks?limit={}", std::min(filter.limit, 1000));
  if (!after.empty()) path += "&after=" + after;
  if (!filter.assignee.empty()) path += "&assignee=" + encoded(filter.assignee);
  if (!filter.group.empty()) path += "&candidateGroup=" + encoded(filter.group);
  return path;
}

void print_task(const JsonView& task) {
  const auto text = [&task](const char* name) {
    const std::string value = task[name].text();
    return value == "null" ? std::string("-") : value;
  };
  std::string groups;
  for (const JsonView& group : task["candidateGroups"].items()) groups += (groups.empty() ? "" : ",") + group.text();
  std::printf("%-18s %-24s %-16s %-20s priority %-4s due %s of %s %s\n", text("userTaskKey").c_str(),
              text(task["name"].text() == "null" ? "elementId" : "name").c_str(), text("assignee").c_str(),
              groups.empty() ? "-" : groups.c_str(), text("priority").c_str(), text("dueDate").c_str(),
              text("processDefinitionId").c_str(), text("processInstanceKey").c_str());
}

int print_done(const ClientOptions& options, const Result<std::string>& answer, const std::string& text) {
  if (!answer) return report(answer.error(), options.json);
  std::printf("%s\n", options.json ? "{}" : text.c_str());
  return 0;
}

}  // namespace

int task_list(const ClientOptions& options, const TaskFilter& filter) {
  std::string cursor;
  std::string json;
  int listed = 0;
  do {
    const auto body = http_get(options, list_path(filter, cursor));
    if (!body) return report(body.error(), options.json);
    const JsonView page(*body);
    for (const JsonView& task : page["items"].items()) {
      if (listed++ == filter.limit) break;
      if (options.json) {
        json += (json.empty() ? "" : ",") + std::string(task.raw());
      } else {
        print_task(task);
      }
    }
    cursor = page["endCursor"].text();
  } while (cursor != "null" && listed < filter.limit);
  if (options.json) {
    std::printf("{\"items\":[%s]}\n", json.c_str());
  } else if (listed == 0) {
    std::printf("no user tasks\n");
  }
  return 0;
}

int task_complete(const ClientOptions& options, std::int64_t key, const std::string& variables) {
  return print_done(options,
                    http_post(options, fmt::format("/v2/user-tasks/{}/completion", key),
                              fmt::format(R"({{"variables":{}}})", variables)),
                    fmt::format("completed user task {}", key));
}

int task_assign(const ClientOptions& options, std::int64_t key, const std::string& assignee, bool claim) {
  return print_done(options,
                    http_post(options, fmt::format("/v2/user-tasks/{}/assignment", key),
                              fmt::format(R"({{"assignee":{},"allowOverride":{}}})", json_quote(assignee), !claim)),
                    fmt::format("assigned user task {} to {}", key, assignee));
}

}  // namespace baton::cli
