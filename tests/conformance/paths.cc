// Path cases: a model and the ordered list of the flow nodes that end, one after the other. The runner begins at the
// first one and does what leads to the next: completes or fails jobs and user tasks, publishes messages, broadcasts
// signals, lets time pass, and gives variables that make gateways choose the listed way. Called processes that are not
// at hand are played by stand-ins. Containers count only where a path lists them.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "bpmn/definitions.h"
#include "bpmn/validation.h"
#include "conformance/engine_driver.h"
#include "conformance/report.h"
#include "feel/json.h"
#include "feel/syntax.h"

namespace baton::conformance {

namespace {

using bpmn::ElementType;
using bpmn::EventType;

constexpr int kMostActions = 200;

struct PathCase {
  std::string file;
  std::string process_id;
  std::vector<std::string> path;
};

/// Values that conditions are tried with: what they compare with, and the booleans.
void collect_literals(std::string_view source, const feel::SyntaxNode& node, std::set<std::string>& out) {
  if (node.kind == feel::SyntaxKind::kString || node.kind == feel::SyntaxKind::kNumber)
    out.emplace(source.substr(node.begin, node.end - node.begin));
  for (const feel::SyntaxNode& child : node.children) collect_literals(source, child, out);
}

class JsonObject final : public feel::Variables {
 public:
  JsonObject(const std::map<std::string, std::string>& values, feel::Evaluation& evaluation) {
    for (const auto& [name, json] : values) {
      const auto value = feel::from_json(json, evaluation);
      if (value) values_[name] = *value;
    }
  }
  std::optional<feel::Value> find(std::size_t, std::string_view name, feel::Evaluation&) const override {
    const auto found = values_.find(std::string(name));
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, feel::Value> values_;
};

class PathRun {
 public:
  PathRun(const PathCase& test, std::string content) : test_(test), content_(std::move(content)) {}

  /// What went wrong, "" if nothing, or "refused: ..." if the model is not accepted.
  std::string run() {
    if (std::string refused = deploy(); !refused.empty()) return refused;
    if (std::string wrong = not_a_path(); !wrong.empty()) return "refused: " + wrong;
    if (std::string failed = begin(); !failed.empty()) return failed;
    for (int i = 0; i < kMostActions; ++i) {
      if (std::string wrong = take_note(); !wrong.empty()) return wrong;
      if (done()) return driver_.sound() ? "" : "replay leads to another state";
      if (!act()) return stuck();
    }
    return "no end after many actions";
  }

 private:
  [[nodiscard]] const bpmn::ProcessModel& model() const { return *model_; }
  [[nodiscard]] const bpmn::Element* element(std::string_view id) const {
    for (const bpmn::Element& one : model().elements) {
      if (one.id == id && one.type != ElementType::kMultiInstanceBody) return &one;
    }
    return nullptr;
  }
  [[nodiscard]] ElementIndex index_of(const bpmn::Element& one) const {
    return ElementIndex(static_cast<std::uint32_t>(&one - model().elements.data()));
  }
  [[nodiscard]] std::string next(std::size_t ahead = 0) const {
    return at_ + ahead < test_.path.size() ? test_.path[at_ + ahead] : "";
  }

  std::string deploy() {
    engine::DeployResources alone{{{"case.bpmn", content_}}};
    EngineDriver probe;
    if (!probe.run(alone)) return "refused: " + probe.error()->message;
    model_ = find_model(probe);
    if (model_ == nullptr) return "no process " + test_.process_id;
    std::vector<engine::Resource> resources = {{"case.bpmn", content_}};
    for (const bpmn::Element& one : model().elements) {
      if (!one.called) continue;
      const std::string id = called_id(*one.called);
      if (!id.empty()) resources.push_back({"called_" + id + ".bpmn", stand_in(one, id)});
    }
    if (!driver_.run(engine::DeployResources{resources})) return "stand-in refused: " + driver_.error()->message;
    model_ = find_model(driver_);
    return "";
  }

  /// Why no instance can take this path: a node that the model does not have, or one that no flow leads to from a node
  /// of the path before it. Nodes of other scopes, boundary and start events, and the targets of links need no flow.
  [[nodiscard]] std::string not_a_path() const {
    std::set<std::string> before;
    for (const std::string& id : test_.path) {
      const bpmn::Element* node = element(id);
      if (node == nullptr) return "not a path: the model has no node " + id;
      const bool by_flow = !node->incoming.empty() && std::any_of(before.begin(), before.end(), [&](const auto& other) {
        const bpmn::Element* known = element(other);
        return known != nullptr && known->scope == node->scope;
      });
      const bool reached = std::any_of(node->incoming.begin(), node->incoming.end(), [&](const bpmn::FlowIndex flow) {
        return before.contains(model().element(model().flow(flow).source).id);
      });
      if (by_flow && !reached) return "not a path: no flow leads to " + id;
      // A path may leave out the containers that it leads through.
      for (const bpmn::Element* at = node;; at = &model().element(at->scope)) {
        before.insert(at->id);
        if (at->type == ElementType::kProcess) break;
      }
    }
    return "";
  }

  std::shared_ptr<const bpmn::ProcessModel> find_model(const EngineDriver& driver) {
    const auto* reply = driver.reply<engine::DeployReply>();
    if (reply == nullptr) return nullptr;
    for (const auto& process : reply->processes) {
      if (process.process_id != test_.process_id) continue;
      definition_ = process.key;
      return driver.state().definition(process.key)->model;
    }
    return nullptr;
  }

  static std::string called_id(const bpmn::CalledElement& called) {
    if (!called.process_id.expression) return called.process_id.text;
    feel::Evaluation evaluation(TimeMs(0));
    const JsonObject none({}, evaluation);
    const auto value = called.process_id.expression->evaluate(evaluation, none);
    return value && value->is(feel::Kind::kString) ? std::string(value->as_string()) : "";
  }

  /// A process in place of the called one, which ends the way the path wants it.
  std::string stand_in(const bpmn::Element& call, const std::string& id) const {
    std::string task;
    std::string end = "<bpmn:endEvent id=\"e\"/>";
    std::string global;
    if (const bpmn::Element* boundary = boundary_after(call.id)) {
      const std::string code = boundary->event->text.text.empty() ? "any" : boundary->event->text.text;
      if (boundary->event->type == EventType::kError) {
        global = fmt::format(R"(<bpmn:error id="x" errorCode="{}"/>)", code);
        end = R"(<bpmn:endEvent id="e"><bpmn:errorEventDefinition errorRef="x"/></bpmn:endEvent>)";
      } else if (boundary->event->type == EventType::kEscalation) {
        global = fmt::format(R"(<bpmn:escalation id="x" escalationCode="{}"/>)", code);
        end = R"(<bpmn:endEvent id="e"><bpmn:escalationEventDefinition escalationRef="x"/></bpmn:endEvent>)";
      } else {
        task = R"(<bpmn:serviceTask id="t"><bpmn:extensionElements><zeebe:taskDefinition type="never"/>)"
               R"(</bpmn:extensionElements></bpmn:serviceTask>)";
      }
    }
    const std::string flows = task.empty() ? R"(<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="e"/>)"
                                           : R"(<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>)"
                                             R"(<bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/>)";
    const std::string tag = call.called->version_tag.empty()
                                ? ""
                                : fmt::format(R"(<bpmn:extensionElements><zeebe:versionTag value="{}"/>)"
                                              R"(</bpmn:extensionElements>)",
                                              call.called->version_tag);
    return fmt::format(
        R"(<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" )"
        R"(xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">{}<bpmn:process )"
        R"(id="{}" isExecutable="true">{}<bpmn:startEvent id="s"/>{}{}{}</bpmn:process></bpmn:definitions>)",
        global, id, tag, task, end, flows);
  }

  /// The boundary event of `activity` that the path lists right behind it.
  [[nodiscard]] const bpmn::Element* boundary_after(std::string_view activity) const {
    for (std::size_t i = 0; i + 1 < test_.path.size(); ++i) {
      if (test_.path[i] != activity) continue;
      const bpmn::Element* following = element(test_.path[i + 1]);
      if (following != nullptr && following->type == ElementType::kBoundaryEvent &&
          attached_activity(*following) == activity)
        return following;
    }
    return nullptr;
  }

  [[nodiscard]] std::string attached_activity(const bpmn::Element& boundary) const {
    return model().element(boundary.attached_to).id;
  }

  // --- variables ---

  /// Values with which the gateways on the rest of the path choose the listed way.
  [[nodiscard]] std::map<std::string, std::string> variables() const {
    std::set<std::string> names;
    std::set<std::string> candidates = {"true", "false"};
    std::map<std::string, std::string> values;
    for (const bpmn::SequenceFlow& flow : model().flows) {
      if (!flow.condition) continue;
      for (const std::string& name : flow.condition->free_names()) names.insert(name);
      const auto syntax = feel::parse_syntax(flow.condition->source(), {});
      if (syntax) collect_literals(flow.condition->source(), *syntax, candidates);
    }
    for (const bpmn::Element& one : model().elements) {
      if (!one.loop || !one.loop->input_collection) continue;
      for (const std::string& name : one.loop->input_collection->free_names()) values[name] = "[1]";
    }
    const std::vector<std::string> list(names.begin(), names.end());
    const std::vector<std::string> choices(candidates.begin(), candidates.end());
    search(list, choices, 0, values);
    return values;
  }

  bool search(const std::vector<std::string>& names, const std::vector<std::string>& choices, std::size_t level,
              std::map<std::string, std::string>& values) const {
    constexpr std::size_t kMostNames = 5;
    if (level == std::min(names.size(), kMostNames)) return gateways_agree(values);
    for (const std::string& choice : choices) {
      values[names[level]] = choice;
      if (search(names, choices, level + 1, values)) return true;
    }
    return false;
  }

  [[nodiscard]] bool gateways_agree(const std::map<std::string, std::string>& values) const {
    feel::Evaluation evaluation(TimeMs(0));
    const JsonObject variables(values, evaluation);
    std::set<std::string> seen;
    for (std::size_t i = at_; i + 1 < test_.path.size(); ++i) {
      const bpmn::Element* gateway = element(test_.path[i]);
      if (gateway == nullptr || gateway->outgoing.size() < 2 || !seen.insert(gateway->id).second) continue;
      const bool one_way = gateway->type == ElementType::kExclusiveGateway;
      if (!one_way && gateway->type != ElementType::kInclusiveGateway) continue;
      if (!takes(*gateway, test_.path[i + 1], one_way, evaluation, variables)) return false;
    }
    return true;
  }

  [[nodiscard]] bool takes(const bpmn::Element& gateway, const std::string& target, bool one_way,
                           feel::Evaluation& evaluation, const feel::Variables& variables) const {
    bool found = false;
    for (const bpmn::FlowIndex index : gateway.outgoing) {
      const bpmn::SequenceFlow& flow = model().flow(index);
      if (index == gateway.default_flow || !flow.condition) continue;
      const auto value = flow.condition->evaluate(evaluation, variables);
      if (!value || !value->is(feel::Kind::kBoolean)) return false;
      if (!value->is_true()) continue;
      found = true;
      if (model().element(flow.target).id != target) return false;
      if (one_way) return true;
    }
    if (found) return true;
    return gateway.default_flow != bpmn::kNoFlow &&
           model().element(model().flow(gateway.default_flow).target).id == target;
  }

  [[nodiscard]] JsonDocument document() const {
    std::string json = "{";
    for (const auto& [name, value] : variables()) {
      if (json.size() > 1) json += ',';
      json += nlohmann::json(name).dump() + ":" + value;
    }
    auto parsed = JsonDocument::parse(json + "}");
    return parsed ? std::move(*parsed) : JsonDocument();
  }

  // --- driving ---

  std::string begin() {
    const bpmn::Element* first = element(next());
    if (first == nullptr) return "the path begins at an unknown node " + next();
    if (first->type == ElementType::kStartEvent && first->scope.value() == 0) return begin_at_start(*first);
    engine::CreateInstance create;
    create.definition = definition_;
    create.variables = document();
    // Start events and what follows an event-based gateway cannot be started at: the element before it can.
    const bpmn::Element* from = first;
    if (first->type == ElementType::kStartEvent) from = &model().element(first->scope);
    for (const bpmn::FlowIndex flow : first->incoming) {
      const bpmn::Element& source = model().element(model().flow(flow).source);
      if (source.type == ElementType::kEventBasedGateway) from = &source;
    }
    if (first->type == ElementType::kBoundaryEvent) from = element(attached_activity(*first));
    begun_before_ = from != first;
    create.start_elements = {from->id};
    if (!driver_.run(std::move(create))) return "not started: " + driver_.error()->message;
    instance_ = driver_.reply<engine::CreateReply>()->instance;
    return "";
  }

  std::string begin_at_start(const bpmn::Element& start) {
    if (!start.event || start.event->type == EventType::kNone) {
      engine::CreateInstance create;
      create.definition = definition_;
      create.variables = document();
      if (!driver_.run(std::move(create))) return "not started: " + driver_.error()->message;
      instance_ = driver_.reply<engine::CreateReply>()->instance;
      return "";
    }
    if (start.event->type == EventType::kMessage) {
      engine::PublishMessage message;
      message.name = start.event->text.text;
      message.variables = document();
      driver_.run(std::move(message));
    } else if (start.event->type == EventType::kSignal) {
      driver_.run(engine::BroadcastSignal{start.event->text.text, document()});
    } else {
      if (const auto* timer = driver_.state().start_timer(definition_, index_of(start))) start_due_ = timer->due;
      driver_.pass_to(start_due_);
    }
    driver_.state().for_each_instance([&](const engine::Instance& one) {
      if (one.row.definition == definition_) instance_ = one.row.key;
    });
    return "";
  }

  /// Compares what ended since the last action with the path.
  std::string take_note() {
    for (const EngineDriver::Ended& ended : driver_.take_ended()) {
      if (instance_.value() == 0) instance_ = ended.instance;
      if (ended.instance != instance_ || ended.item) continue;
      const bool listed = std::find(test_.path.begin(), test_.path.end(), ended.element) != test_.path.end();
      if (bpmn::is_scope(ended.type) && !listed) continue;
      if (ended.element == next()) {
        begun_before_ = false;
        ++at_;
      } else if (!begun_before_ && at_ < test_.path.size() && ended.completed) {
        return fmt::format("expected {} after {} nodes, but {} ended", next(), at_, ended.element);
      }
    }
    return "";
  }

  [[nodiscard]] const engine::Instance* instance() const { return driver_.state().instance(instance_); }

  [[nodiscard]] bool is_active(std::string_view id) const {
    if (instance() == nullptr) return false;
    const auto& elements = instance()->elements;
    return std::any_of(elements.begin(), elements.end(),
                       [&](const auto& entry) { return model().element(entry.second.element).id == id; });
  }

  [[nodiscard]] bool done() const {
    return at_ == test_.path.size() || (at_ + 1 == test_.path.size() && is_active(next()));
  }

  /// Does what lets the next node end; false if there is nothing to do.
  bool act() {
    if (instance() == nullptr) return false;
    const bpmn::Element* here = element(next());
    if (here == nullptr) return false;
    if (!document().empty()) driver_.run(engine::SetVariables{instance_, true, document()});
    if (const bpmn::Element* following = element(next(1)); following != nullptr && !waits_alone(*here)) {
      if (is_trigger(*following, *here) && trigger(*following)) return true;
    }
    if (trigger(*here)) return true;
    return finish_task(*here);
  }

  /// True if `here` ends without what follows it.
  static bool waits_alone(const bpmn::Element& here) {
    return here.event && here.type != ElementType::kReceiveTask && here.type != ElementType::kStartEvent;
  }

  /// `following` can be what ends `here`: its boundary event, an event behind the gateway, an event sub-process.
  [[nodiscard]] bool is_trigger(const bpmn::Element& following, const bpmn::Element& here) const {
    if (following.type == ElementType::kBoundaryEvent || here.type == ElementType::kEventBasedGateway) return true;
    return following.type == ElementType::kStartEvent &&
           model().element(following.scope).type == ElementType::kEventSubProcess;
  }

  bool trigger(const bpmn::Element& event) {
    if (event.event && (event.event->type == EventType::kError)) return throw_error(event);
    for (const auto& [id, row] : instance()->subscriptions) {
      if (model().element(row.element).id != event.id) continue;
      if (row.type == EventType::kTimer) {
        driver_.pass_to(row.due);
        return true;
      }
      if (row.type == EventType::kSignal)
        return driver_.run(engine::BroadcastSignal{std::string(row.name.text()), document()});
      engine::PublishMessage message;
      message.name = row.name.text();
      message.correlation_key = row.correlation_key;
      message.variables = document();
      return driver_.run(std::move(message));
    }
    return false;
  }

  bool throw_error(const bpmn::Element& event) {
    for (const auto& [key, job] : instance()->jobs) {
      engine::ThrowError error;
      error.job = Key(key);
      error.code = event.event->text.text;
      return driver_.run(std::move(error));
    }
    return false;
  }

  bool finish_task(const bpmn::Element& here) {
    for (const auto& [key, row] : instance()->elements) {
      if (model().element(row.element).id != here.id) continue;
      if (row.job.value() != 0) return driver_.run(engine::CompleteJob{row.job, document()});
      if (row.user_task.value() != 0) {
        engine::CompleteUserTask complete;
        complete.user_task = row.user_task;
        complete.variables = document();
        return driver_.run(std::move(complete));
      }
    }
    return false;
  }

  [[nodiscard]] std::string stuck() const {
    std::string active;
    std::string incidents;
    if (instance() != nullptr) {
      for (const auto& [key, row] : instance()->elements) active += model().element(row.element).id + " ";
      for (const auto& [key, row] : instance()->incidents) incidents += std::string(row.message.json()) + " ";
    }
    return fmt::format("stuck before {} (node {} of {}); active: {}; incidents: {}; {}", next(), at_ + 1,
                       test_.path.size(), active, incidents, driver_.error() ? driver_.error()->message : "");
  }

  const PathCase& test_;
  std::string content_;
  EngineDriver driver_;
  std::shared_ptr<const bpmn::ProcessModel> model_;
  Key definition_;
  Key instance_;
  TimeMs start_due_;
  std::size_t at_ = 0;  // nodes of the path that ended
  bool begun_before_ = false;
};

}  // namespace

int run_paths(const std::filesystem::path& cases, const std::filesystem::path& folder) {
  Report report;
  const auto document = nlohmann::json::parse(content_of(cases), nullptr, false);
  if (!document.is_array()) {
    report.fail(cases.string(), "not a JSON list of cases");
    return report.finish();
  }
  int number = 0;
  for (const auto& item : document) {
    PathCase test{item.value("file", ""), item.value("processId", ""), item.value("path", std::vector<std::string>())};
    const std::string name =
        fmt::format("{} {} {} to {}", ++number, test.file, test.path.empty() ? "" : test.path.front(),
                    test.path.empty() ? "" : test.path.back());
    const std::string wrong = test.path.empty() ? "no path" : PathRun(test, content_of(folder / test.file)).run();
    if (wrong.empty()) {
      report.pass();
    } else if (wrong.starts_with("refused: ")) {
      report.skip(fmt::format("{}: {}", name, wrong.substr(0, wrong.find('\n', 60))));
    } else {
      report.fail(name, wrong);
    }
  }
  return report.finish();
}

}  // namespace baton::conformance
