// Every BPMN file below a folder: refused with element and line, or deployed and each executable process run by a
// driver that completes jobs and user tasks with empty variables and lets time pass. Each file runs in a process of its
// own, so that a crash is one failure.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <vector>

#include "bpmn/validation.h"
#include "conformance/engine_driver.h"
#include "conformance/report.h"

namespace baton::conformance {

namespace {

constexpr int kDriverSteps = 1000;
constexpr int kExitFailed = 1;
constexpr unsigned kSecondsPerFile = 60;

std::string_view waited_for(bpmn::EventType type) {
  return type == bpmn::EventType::kTimer ? "a timer" : type == bpmn::EventType::kMessage ? "a message" : "a signal";
}

/// What an instance that the driver cannot move any further waits for.
std::string ending(const engine::Instance& instance) {
  if (!instance.incidents.empty()) {
    const engine::IncidentRow& incident = instance.incidents.begin()->second;
    const auto* element = instance.element(incident.element_instance);
    return fmt::format("incident {} at {}: {}", engine::incident_kind_name(incident.incident),
                       instance.model().element(element->element).id, incident.message.json());
  }
  std::string waits;
  const auto add = [&](std::string_view what, ElementIndex at) {
    waits += fmt::format("{}{} at {}", waits.empty() ? "" : ", ", what, instance.model().element(at).id);
  };
  for (const auto& [key, row] : instance.jobs) add("a job", row.element);
  for (const auto& [key, row] : instance.subscriptions) add(waited_for(row.type), row.element);
  if (waits.empty() && instance.process()->tokens == 0) return "";  // of nothing that could ever move it
  return fmt::format("waiting for {}", waits.empty() ? "tokens at a join" : waits);
}

/// The next timer of an instance, but not the further ones of a cycle that goes on for ever.
const engine::SubscriptionRow* next_timer(const engine::Instance& instance) {
  const engine::SubscriptionRow* next = nullptr;
  for (const auto& [key, row] : instance.subscriptions) {
    if (row.type == bpmn::EventType::kTimer && (next == nullptr || row.due < next->due)) next = &row;
  }
  return next;
}

/// One driver step: the oldest job or user task that can be done, else the next timer. False if there is none.
bool step(EngineDriver& driver, Key key) {
  const engine::Instance& instance = *driver.state().instance(key);
  for (const auto& [number, job] : instance.jobs) {
    if (job.state == engine::JobState::kActivatable) return driver.run(engine::CompleteJob{job.key, {}});
  }
  for (const auto& [number, element] : instance.elements) {
    if (element.user_task.value() == 0 || !instance.is_live(element.key) || element.incident.value() != 0) continue;
    engine::CompleteUserTask complete;
    complete.user_task = element.user_task;
    return driver.run(std::move(complete));
  }
  const engine::SubscriptionRow* timer = next_timer(instance);
  if (timer == nullptr) return false;
  driver.pass_to(timer->due);
  return true;
}

/// Starts a process by its first start event.
std::string start(EngineDriver& driver, const engine::DeployedProcess& process, Key& instance) {
  engine::CreateInstance create;
  create.definition = process.key;
  if (driver.run(create)) {
    instance = driver.reply<engine::CreateReply>()->instance;
    return "";
  }
  const std::string refusal = driver.error()->message;
  const auto model = driver.state().definition(process.key)->model;
  for (const ElementIndex index : model->start_events) {
    const bpmn::Event& event = *model->element(index).event;
    if (event.type == bpmn::EventType::kMessage) {
      engine::PublishMessage message;
      message.name = event.text.text;
      driver.run(std::move(message));
    } else if (event.type == bpmn::EventType::kSignal) {
      driver.run(engine::BroadcastSignal{event.text.text, {}});
    } else if (const auto* timer = driver.state().start_timer(process.key, index)) {
      driver.pass_to(timer->due);
    }
  }
  for (const auto& ended : driver.take_ended()) instance = ended.instance;
  driver.state().for_each_instance([&](const engine::Instance& one) {
    if (one.row.definition == process.key) instance = one.row.key;
  });
  return instance.value() == 0 ? refusal : "";
}

/// Runs one process; false if something is wrong with the engine.
bool run_process(EngineDriver& driver, const engine::DeployedProcess& process) {
  Key key;
  if (const std::string refusal = start(driver, process, key); !refusal.empty()) {
    fmt::print("  process {}: not started: {}\n", process.process_id, refusal);
    return driver.sound();
  }
  int steps = 0;
  while (driver.sound() && steps < kDriverSteps && driver.state().instance(key) != nullptr && step(driver, key))
    ++steps;
  const engine::Instance* instance = driver.state().instance(key);
  const std::string state = instance == nullptr ? "completed" : ending(*instance);
  fmt::print("  process {}: {} after {} steps\n", process.process_id, state.empty() ? "stuck" : state, steps);
  if (instance != nullptr) driver.run(engine::CancelInstance{key});
  return driver.sound() && !state.empty();
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
  EngineDriver driver;
  if (!driver.run(engine::DeployResources{{{path.filename().string(), content}}}))
    return judge_refusal(content, driver.error()->message);
  const engine::DeployReply reply = *driver.reply<engine::DeployReply>();
  fmt::print("  deployed, {} processes\n", reply.processes.size());
  bool sound = true;
  for (const auto& process : reply.processes) sound = run_process(driver, process) && sound;
  if (!driver.sound()) fmt::print("  replay leads to another state\n");
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
