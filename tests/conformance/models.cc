// Every BPMN file below a folder: refused with element and line, or deployed and each executable process run by a
// driver that completes jobs with empty variables. Each file runs in a process of its own, so that a crash is one
// failure.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <vector>

#include "bpmn/validation.h"
#include "conformance/report.h"
#include "engine/engine.h"

namespace baton::conformance {

namespace {

constexpr int kDriverSteps = 1000;
constexpr int kExitFailed = 1;
constexpr unsigned kSecondsPerFile = 60;

/// An engine and another one that replays its frames.
class Driver {
 public:
  bool run(engine::CommandBody body, engine::Effects& effects) {
    engine::Command command;
    command.principal.kind = engine::Principal::Kind::kEngine;
    command.reply_token = 1;
    command.body = std::move(body);
    std::string frames;
    effects.clear();
    live_.process(command, TimeMs(0), frames, effects);
    std::string_view rest = frames;
    while (!rest.empty()) {
      const auto frame = engine::read_frame(rest);
      if (!frame || !replayed_.replay(*frame)) return false;
    }
    return true;
  }
  [[nodiscard]] bool replay_is_equal() const { return live_.state().full_hash() == replayed_.state().full_hash(); }
  [[nodiscard]] engine::Engine& engine() { return live_; }

 private:
  engine::Engine live_{PartitionId(1)};
  engine::Engine replayed_{PartitionId(1)};
};

template <typename T>
const T* reply_in(const engine::Effects& effects) {
  for (const auto& effect : effects) {
    const auto* reply = std::get_if<engine::Reply>(&effect);
    if (reply == nullptr) continue;
    if (const T* body = std::get_if<T>(&reply->body)) return body;
  }
  return nullptr;
}

/// What an instance that the driver cannot move any further waits for.
std::string ending(const engine::Instance& instance) {
  if (!instance.incidents.empty()) {
    const engine::IncidentRow& incident = instance.incidents.begin()->second;
    const auto* element = instance.element(incident.element_instance);
    return fmt::format("incident {} at {}: {}", engine::incident_kind_name(incident.incident),
                       instance.model().element(element->element).id, incident.message.json());
  }
  return fmt::format("waiting, {} tokens at joins", instance.process()->tokens);
}

/// One driver step: something due, or the oldest job that can be done. False if there is neither.
bool step(Driver& driver, Key key, engine::Effects& effects, bool& sound) {
  std::vector<engine::Command> due;
  driver.engine().collect_due(TimeMs(0), 1, due);
  if (!due.empty()) {
    sound = driver.run(due[0].body, effects);
    return true;
  }
  for (const auto& [number, job] : driver.engine().state().instance(key)->jobs) {
    if (job.state != engine::JobState::kActivatable) continue;
    sound = driver.run(engine::CompleteJob{job.key, {}}, effects);
    return true;
  }
  return false;
}

/// Runs one process; false if something is wrong with the engine.
bool run_process(Driver& driver, const engine::DeployedProcess& process) {
  engine::Effects effects;
  engine::CreateInstance create;
  create.definition = process.key;
  if (!driver.run(create, effects)) return false;
  const auto* created = reply_in<engine::CreateReply>(effects);
  if (created == nullptr) {
    const auto* error = reply_in<Error>(effects);
    fmt::print("  process {}: not started: {}\n", process.process_id, error == nullptr ? "no answer" : error->message);
    return error != nullptr;
  }
  const Key key = created->instance;
  bool sound = true;
  int steps = 0;
  while (sound && steps < kDriverSteps && driver.engine().state().instance(key) != nullptr &&
         step(driver, key, effects, sound))
    ++steps;
  const engine::Instance* instance = driver.engine().state().instance(key);
  fmt::print("  process {}: {} after {} steps\n", process.process_id,
             instance == nullptr ? "completed" : ending(*instance), steps);
  if (instance != nullptr) sound = driver.run(engine::CancelInstance{key}, effects) && sound;
  return sound && driver.replay_is_equal();
}

/// A refusal by validation is a result if each violation says what and where.
int judge_refusal(const std::string& content, const std::string& message) {
  const auto definitions = bpmn::parse(content);
  if (!definitions) {
    fmt::print("  refused: {}\n", definitions.error().message);
    const bool says_where = definitions.error().message.find("line ") != std::string::npos;
    if (!says_where) fmt::print("  the refusal names no line\n");
    return says_where ? 0 : kExitFailed;
  }
  std::map<std::string, int> rules;
  bool says_where = true;
  for (const auto& violation : bpmn::validate(*definitions)) {
    ++rules[violation.rule];
    says_where = says_where && !violation.element_id.empty() && violation.line > 0;
  }
  if (rules.empty()) {
    fmt::print("  refused although validation accepts it: {}\n", message);
    return kExitFailed;
  }
  for (const auto& [rule, count] : rules) fmt::print("  refused by {} ({})\n", rule, count);
  if (!says_where) fmt::print("  a refusal names no element or line\n");
  return says_where ? 0 : kExitFailed;
}

int run_file(const std::filesystem::path& path) {
  const std::string content = content_of(path);
  Driver driver;
  engine::Effects effects;
  if (!driver.run(engine::DeployResources{{{path.filename().string(), content}}}, effects)) return kExitFailed;
  if (const auto* error = reply_in<Error>(effects)) return judge_refusal(content, error->message);
  const auto* deployed = reply_in<engine::DeployReply>(effects);
  if (deployed == nullptr) return kExitFailed;
  const engine::DeployReply reply = *deployed;
  fmt::print("  deployed, {} processes\n", reply.processes.size());
  bool sound = true;
  for (const auto& process : reply.processes) sound = run_process(driver, process) && sound;
  if (!sound) fmt::print("  replay leads to another state, or a command was not answered\n");
  return sound ? 0 : kExitFailed;
}

}  // namespace

int run_models(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".bpmn") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Report report;
  for (const auto& path : files) {
    const std::string name = std::filesystem::relative(path, folder).string();
    fmt::print("{}\n", name);
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      alarm(kSecondsPerFile);
      const int code = run_file(path);
      std::fflush(stdout);
      _exit(code);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
      report.fail(name, "cannot run it in a process of its own");
    } else if (WIFSIGNALED(status)) {
      report.fail(name, WTERMSIG(status) == SIGALRM ? "not done in time"
                                                    : fmt::format("crashed with signal {}", WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != 0) {
      report.fail(name, "see above");
    } else {
      report.pass();
    }
  }
  return report.finish();
}

}  // namespace baton::conformance
