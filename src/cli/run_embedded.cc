// `baton run FILE`: the engine as a library, no server and nothing on disk.
#include <cstdio>

#include "base/clock.h"
#include "cli/commands.h"
#include "engine/engine.h"
#include "gateway/rest/system_api.h"

namespace baton::cli {

namespace {

struct Run {
  engine::Engine engine{PartitionId(1)};
  SystemClock clock;
  std::string frames;
  engine::Effects effects;

  /// Processes a command and returns its first reply.
  Result<engine::ReplyBody> process(engine::CommandBody body) {
    engine::Command command;
    command.body = std::move(body);
    command.reply_token = 1;
    effects.clear();
    engine.process(command, std::max(clock.wall(), engine.state().last_time()), frames, effects);
    return first_reply();
  }

  Result<engine::ReplyBody> first_reply() {
    for (auto& effect : effects) {
      auto* reply = std::get_if<engine::Reply>(&effect);
      if (reply == nullptr) continue;
      if (const auto* error = std::get_if<Error>(&reply->body)) return fail(*error);
      return std::move(reply->body);
    }
    return engine::ReplyBody(engine::EmptyReply{});
  }

  /// Continues what the step budget cut off.
  Result<engine::ReplyBody> finish() {
    engine::ReplyBody last;
    std::vector<engine::Command> due;
    for (engine.collect_due(clock.wall(), 64, due); !due.empty(); engine.collect_due(clock.wall(), 64, due)) {
      for (const auto& command : due) {
        effects.clear();
        engine.process(command, std::max(clock.wall(), engine.state().last_time()), frames, effects);
        BATON_ASSIGN(engine::ReplyBody reply, first_reply());
        if (!std::holds_alternative<engine::EmptyReply>(reply)) last = std::move(reply);
      }
      due.clear();
      frames.clear();
    }
    return last;
  }
};

Status run_files(const std::vector<std::string>& files, const std::string& variables, bool json) {
  BATON_ASSIGN(JsonDocument document, JsonDocument::parse(variables));
  Run run;
  engine::DeployResources deployment;
  for (const std::string& file : files) {
    BATON_ASSIGN(std::string content, read_file(file));
    deployment.resources.push_back({file.substr(file.rfind('/') + 1), std::move(content)});
  }
  BATON_ASSIGN(const engine::ReplyBody deployed, run.process(std::move(deployment)));
  const auto& processes = std::get<engine::DeployReply>(deployed).processes;
  if (processes.empty()) return fail(Code::kInvalidArgument, "none of the files has a process to run");
  engine::CreateInstance create;
  create.process_id = processes.front().process_id;
  create.variables = std::move(document);
  create.await_result = true;
  BATON_ASSIGN(engine::ReplyBody reply, run.process(std::move(create)));
  if (std::holds_alternative<engine::EmptyReply>(reply)) {
    BATON_ASSIGN(reply, run.finish());
  }
  if (const auto* result = std::get_if<engine::ResultReply>(&reply)) {
    std::printf(json ? "{\"state\":\"COMPLETED\",\"variables\":%s}\n" : "completed: %s\n", result->variables.c_str());
    return {};
  }
  Key key;
  run.engine.state().for_each_instance([&key](const engine::Instance& instance) { key = instance.row.key; });
  const std::string state = rest::instance_json(run.engine.state(), key);
  std::printf(json ? "{\"state\":\"ACTIVE\",\"instance\":%s}\n" : "waiting: %s\n", state.c_str());
  return {};
}

}  // namespace

int run_embedded(const std::vector<std::string>& files, const std::string& variables, bool json) {
  const Status status = run_files(files, variables, json);
  return status ? 0 : report(status.error(), json);
}

}  // namespace baton::cli
