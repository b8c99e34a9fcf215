#include "engine/tests/harness.h"

#include <algorithm>
#include <charconv>

#include "engine/behaviours/variables.h"
#include "engine/command_codec.h"
#include "engine/describe.h"

namespace baton::engine::testing {

namespace {

/// The n-th word of an event's text, as a number.
std::uint64_t number_at(std::string_view event, std::size_t n) {
  for (; n > 0 && !event.empty(); --n) event.remove_prefix(std::min(event.find(' '), event.size() - 1) + 1);
  std::uint64_t number = 0;
  std::from_chars(event.data(), event.data() + event.size(), number);
  return number;
}

std::string_view name_of(std::string_view event) {
  return event.substr(0, event.find(' '));
}

bool joins(const bpmn::Element& element) {
  return (element.type == bpmn::ElementType::kParallelGateway ||
          element.type == bpmn::ElementType::kInclusiveGateway) &&
         element.incoming.size() > 1;
}

}  // namespace

JsonDocument json(std::string_view text) {
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document.has_value()) << text;
  return document ? std::move(*document) : JsonDocument();
}

std::vector<std::string> names_of(const std::vector<std::string>& trace) {
  std::vector<std::string> names;
  for (const auto& line : trace) names.emplace_back(name_of(line));
  return names;
}

std::vector<std::string> only(const std::vector<std::string>& trace, std::string_view prefix) {
  std::vector<std::string> found;
  for (const auto& line : trace) {
    if (name_of(line) == prefix) found.push_back(line.substr(std::min(line.size(), prefix.size() + 1)));
  }
  return found;
}

World::World() = default;

World::~World() {
  if (!::testing::Test::HasFatalFailure()) cold_.check(journal_);
}

bool World::run(CommandBody body) {
  return run_as(std::string(kDefaultTenant), std::move(body));
}

bool World::run_as(std::string tenant, CommandBody body) {
  Command command;
  command.tenant = std::move(tenant);
  if (is_internal(body)) {
    command.principal.kind = Principal::Kind::kEngine;
  } else {
    command.reply_token = ++token_;
  }
  command.body = std::move(body);
  return process(command);
}

bool World::process(const Command& command) {
  trace_.clear();
  effects_.clear();
  reply_.reset();
  const bool accepted = process_one(command);
  Command sent;
  constexpr int kMost = 100'000;
  for (int i = 0; engine().next_sent(sent); ++i) {
    EXPECT_TRUE(process_one(sent)) << "a sent command is not taken";
    if (i < kMost) continue;
    ADD_FAILURE() << "instances answer each other without end";
    break;
  }
  return accepted;
}

bool World::process_one(const Command& command) {
  const bool whole = ++frames_ % check_every_ == 0;
  const std::uint64_t before = whole ? state().full_hash() : 0;
  std::string frame;
  Effects effects;
  const bool appended = live_.process(command, now_, frame, effects);
  std::string cold_frame;
  Effects cold_effects;
  cold_.process(command, now_, cold_frame, cold_effects);
  EXPECT_TRUE(cold_frame == frame) << "an engine with a store writes another frame";
  EXPECT_EQ(cold_effects.size(), effects.size());
  effects_.insert(effects_.end(), effects.begin(), effects.end());
  bool refused = false;
  for (const Effect& effect : effects) {
    const auto* reply = std::get_if<Reply>(&effect);
    if (reply != nullptr && reply->token == command.reply_token && command.reply_token != 0) {
      reply_ = reply->body;
      refused = std::holds_alternative<Error>(reply->body);
    }
  }
  const bool accepted = appended && !refused;
  EXPECT_EQ(appended, !frame.empty());
  if (whole && !accepted) {
    EXPECT_EQ(state().full_hash(), before) << "a refused command left traces";
  }
  if (appended) replay_frame(frame);
  if (whole) check_all();
  return accepted;
}

void World::replay_frame(std::string_view bytes) {
  journal_ += bytes;
  std::string_view rest = bytes;
  const auto frame = read_frame(rest);
  ASSERT_TRUE(frame) << frame.error().message;
  EXPECT_TRUE(rest.empty());
  record_events(*frame);
  const Status status = replayed_.replay(*frame);
  ASSERT_TRUE(status) << status.error().message;
  if (const Instance* instance = state().instance(frame->header.instance)) check_instance(*instance);
}

void World::record_events(const FrameView& frame) {
  const auto body = decode_command(frame.header.intent, frame.command);
  ASSERT_TRUE(body) << body.error().message;
  ASSERT_TRUE(describe(frame));
  SymbolTable symbols;
  CommandVariables variables;
  if (const JsonDocument* document = variables_of(*body)) variables = intern_variables(*document, symbols);
  ByteReader events(frame.events);
  for (std::uint64_t i = 0; i < frame.event_count; ++i) {
    std::string event;
    const Status status = describe_next(events, frame.header.instance, symbols, variables, event);
    ASSERT_TRUE(status) << status.error().message;
    trace_.push_back(readable(std::move(event), frame.header.instance));
    traces_.push_back(trace_.back());
  }
}

// Keys become the ids of their elements, so that a test reads like the model.
std::string World::readable(std::string event, Key instance) {
  const std::string name(name_of(event));
  const std::uint64_t key = number_at(event, 1);
  if (name == "INSTANCE_CREATED") {
    models_[key] = state().definition(Key(number_at(event, 2)))->model.get();
    return name;
  }
  if (name == "ELEMENT_ACTIVATING") {
    element_ids_[key] = models_.at(instance.value())->elements.at(number_at(event, 2)).id;
    EXPECT_EQ(++live_count_[instance.value()][key], 1) << "element instance " << key << " is activated twice";
  }
  if (name == "ELEMENT_COMPLETED" || name == "ELEMENT_TERMINATED") {
    EXPECT_EQ(--live_count_[instance.value()][key], 0) << "element instance " << key << " ends twice";
    live_count_[instance.value()].erase(key);
  }
  if (name.starts_with("ELEMENT_")) return name + " " + element_ids_.at(key);
  if (name == "FLOW_TAKEN") return name + " " + models_.at(instance.value())->flows.at(key).id;
  if (name.starts_with("VARIABLE_")) {
    for (int i = 0; i < 2; ++i) event.erase(name.size(), event.find(' ', name.size() + 1) - name.size());
    return event;
  }
  return name;
}

void World::check_all() {
  EXPECT_EQ(replayed_.state().full_hash(), state().full_hash()) << "replay leads to another state (I2)";
  std::size_t jobs = 0;
  std::size_t incidents_found = 0;
  state().for_each_instance([&](const Instance& instance) {
    jobs += instance.jobs.size();
    incidents_found += instance.incidents.size();
  });
  EXPECT_EQ(state().job_count(), jobs);
  EXPECT_EQ(state().incident_count(), incidents_found);
  EXPECT_EQ(replayed_.state().next_due(), state().next_due()) << "indexes of what is due";
  check_subscriptions();
}

// Both sides of a message subscription know the same, as long as nothing is on its way between them.
void World::check_subscriptions() const {
  std::size_t waiting = 0;
  state().for_each_instance([&](const Instance& instance) {
    for (const auto& [key, row] : instance.subscriptions) {
      EXPECT_NE(instance.element(row.owner), nullptr) << "subscription " << key << " has no owner";
      if (row.type == bpmn::EventType::kMessage) {
        ++waiting;
        if (state().oldest_sent() == nullptr) {
          EXPECT_NE(state().message_subscription(row.key), nullptr);
        }
      } else if (row.type == bpmn::EventType::kSignal) {
        const auto waiters = state().signal_waiters(instance.row.tenant.text(), row.name.text(), {}, 10'000);
        EXPECT_TRUE(std::find(waiters.begin(), waiters.end(), std::tuple(row.opened, row.key)) != waiters.end());
      }
    }
  });
  if (state().oldest_sent() == nullptr) {
    EXPECT_EQ(count<MessageSubscriptionRow>(), waiting) << "sides of message subscriptions";
  }
}

// I4: what is counted is what is there.
void World::check_instance(const Instance& instance) const {
  std::map<std::uint64_t, std::uint32_t> children;
  std::map<std::uint64_t, std::uint32_t> tokens;
  for (const auto& [key, row] : instance.elements) {
    if (row.scope.value() != 0) ++children[row.scope.value()];
    if (row.job.value() != 0) {
      EXPECT_NE(instance.job(row.job), nullptr) << "element " << key << " names a job that is gone";
    }
    if (row.incident.value() != 0) {
      EXPECT_NE(instance.incident(row.incident), nullptr) << "element " << key;
    }
  }
  for (const auto& [key, count] : instance.waiting) {
    EXPECT_GT(count, 0U);
    tokens[key.first] += count;
  }
  for (const auto& [key, row] : instance.deferred) {
    const auto& model = instance.model();
    if (row.step == DeferredKind::kTakeFlow && !joins(model.element(model.flow(row.flow).target)))
      ++tokens[row.scope.value()];
  }
  for (const auto& [key, row] : instance.elements) {
    EXPECT_EQ(row.children, children[key]) << "children of " << key;
    std::uint32_t found = 0;
    instance.for_each_child(Key(key), [&](const ElementInstanceRow&) { return ++found, true; });
    EXPECT_EQ(found, children[key]) << "index of the children of " << key;
    if (instance.is_live(Key(key))) {
      EXPECT_EQ(row.tokens, tokens[key]) << "tokens of " << key;
    }
  }
  const auto live = live_count_.find(instance.row.key.value());
  EXPECT_EQ(live == live_count_.end() ? 0 : live->second.size(), instance.elements.size())
      << "activated = ended + active";
  for (const auto& [key, row] : instance.jobs) {
    const ElementInstanceRow* owner = instance.element(row.element_instance);
    ASSERT_NE(owner, nullptr) << "job " << key << " has no element instance";
    EXPECT_EQ(owner->job, row.key);
    EXPECT_EQ(row.incident.value() != 0, instance.incident(row.incident) != nullptr);
  }
  for (const auto& [key, row] : instance.user_tasks) {
    const ElementInstanceRow* owner = instance.element(row.element_instance);
    ASSERT_NE(owner, nullptr) << "user task " << key << " has no element instance";
    EXPECT_EQ(owner->user_task, row.key);
  }
  for (const auto& [key, row] : instance.loops) EXPECT_NE(instance.element(row.key), nullptr) << "a loop without body";
  for (const auto& [key, row] : instance.items) EXPECT_NE(instance.loop(row.body), nullptr) << "an item without loop";
  for (const auto& [key, row] : instance.variables.rows()) {
    EXPECT_NE(instance.element(row.scope), nullptr) << "variable " << row.name.text() << " has no scope";
  }
}

bool World::deploy(const std::vector<Resource>& resources) {
  return run(DeployResources{resources});
}

Key World::deploy(const ProcessText& process, std::string name) {
  EXPECT_TRUE(deploy({{std::move(name), process.file()}})) << rejection();
  const auto* deployed = reply<DeployReply>();
  return deployed == nullptr || deployed->processes.empty() ? Key(0) : deployed->processes[0].key;
}

bool World::try_create(CreateInstance command) {
  return run(std::move(command));
}

Key World::create(std::string process_id, std::string_view variables) {
  CreateInstance command;
  command.process_id = std::move(process_id);
  command.variables = json(variables);
  EXPECT_TRUE(try_create(std::move(command))) << rejection();
  const auto* created = reply<CreateReply>();
  return created == nullptr ? Key(0) : created->instance;
}

ActivatedJob World::activate(Key job, std::int64_t timeout_ms, std::vector<std::string> fetch) {
  EXPECT_TRUE(run(ActivateJob{job, "w", timeout_ms, std::move(fetch), 7}));
  const auto pushes = effects_of<JobPush>();
  EXPECT_EQ(pushes.size(), 1U);
  return pushes.empty() ? ActivatedJob{} : pushes[0].job;
}

bool World::complete(Key job, std::string_view variables) {
  return run(CompleteJob{job, json(variables)});
}

bool World::fail(Key job, std::int32_t retries, std::string message, std::int64_t backoff_ms,
                 std::string_view variables) {
  return run(FailJob{job, retries, std::move(message), backoff_ms, json(variables)});
}

bool World::throw_error(Key job, std::string code, std::string message, std::string_view variables) {
  return run(ThrowError{job, std::move(code), std::move(message), json(variables)});
}

Key World::publish(std::string name, std::string correlation_key, std::string_view variables, std::int64_t ttl_ms,
                   std::string message_id) {
  run(PublishMessage{std::move(name), std::move(correlation_key), ttl_ms, std::move(message_id), json(variables)});
  const auto* published = reply<PublishReply>();
  return published == nullptr ? Key(0) : published->key;
}

bool World::signal(std::string name, std::string_view variables) {
  return run(BroadcastSignal{std::move(name), json(variables)});
}

bool World::set_variables(Key scope, std::string_view variables, bool local) {
  return run(SetVariables{scope, local, json(variables)});
}

std::size_t World::run_due(std::size_t limit) {
  std::vector<Command> due;
  live_.collect_due(now_, limit, due);
  EXPECT_LE(due.size(), limit);
  for (const Command& command : due) process(command);
  return due.size();
}

std::size_t World::pass(std::int64_t ms) {
  now_ = now_ + ms;
  std::size_t total = 0;
  constexpr std::size_t kMost = 10'000;
  while (total < kMost) {
    const std::size_t n = run_due(16);
    if (n == 0) return total;
    total += n;
  }
  ADD_FAILURE() << "due work does not come to an end";
  return total;
}

std::string World::rejection() const {
  const Error* error = reply<Error>();
  if (error == nullptr) return {};
  const std::size_t reason = error->message.find("': ", error->message.find("with code"));
  return reason == std::string::npos ? error->message : error->message.substr(reason + 3);
}

Code World::rejection_code() const {
  const Error* error = reply<Error>();
  return error == nullptr ? Code::kOk : error->code;
}

std::vector<Key> World::elements(Key instance, std::string_view id) const {
  std::vector<Key> found;
  const Instance* row = state().instance(instance);
  if (row == nullptr) return found;
  for (const auto& [key, element] : row->elements) {
    if (row->model().element(element.element).id == id) found.emplace_back(key);
  }
  return found;
}

Key World::element(Key instance, std::string_view id) const {
  const auto found = elements(instance, id);
  EXPECT_EQ(found.size(), 1U) << "element instances of " << id;
  return found.empty() ? Key(0) : found[0];
}

Key World::body(Key instance, std::string_view id) const {
  for (const Key key : elements(instance, id)) {
    const Instance& row = *state().instance(instance);
    if (row.model().element(row.element(key)->element).type == bpmn::ElementType::kMultiInstanceBody) return key;
  }
  return Key(0);
}

std::vector<Key> World::items(Key instance, std::string_view id) const {
  std::vector<Key> found = elements(instance, id);
  std::erase_if(found, [&](Key key) { return state().instance(instance)->element(key)->loop_counter == 0; });
  return found;
}

Key World::item_job(Key instance, std::string_view id, std::size_t n) const {
  const auto found = items(instance, id);
  EXPECT_LT(n, found.size());
  return n < found.size() ? state().instance(instance)->element(found[n])->job : Key(0);
}

std::vector<Key> World::instances(std::string_view process_id) const {
  std::vector<Key> found;
  state().for_each_instance([&](const Instance& instance) {
    if (instance.definition->process_id == process_id) found.push_back(instance.row.key);
  });
  return found;
}

Key World::called(Key instance, std::string_view id) const {
  const Key key = element(instance, id);
  return key.value() == 0 ? Key(0) : state().instance(instance)->element(key)->called;
}

std::string World::element_state(Key instance, std::string_view id) const {
  const auto found = elements(instance, id);
  return found.empty() ? "" : std::string(element_state_name(state().instance(instance)->element(found[0])->state));
}

Key World::job(Key instance, std::string_view id) const {
  const Key key = element(instance, id);
  return key.value() == 0 ? Key(0) : state().instance(instance)->element(key)->job;
}

JobRow World::job_row(Key job) const {
  const Instance* instance = state().instance_of(job);
  const JobRow* row = instance == nullptr ? nullptr : instance->job(job);
  EXPECT_NE(row, nullptr) << "no job " << job.value();
  if (row == nullptr) return {};
  JobRow found = *row;
  found.state = state().state_of(*row);
  return found;
}

const IncidentRow& World::incident(Key instance) const {
  static const IncidentRow kNone;
  const Instance* row = state().instance(instance);
  EXPECT_EQ(incidents(instance), 1U);
  return row == nullptr || row->incidents.empty() ? kNone : row->incidents.begin()->second;
}

std::size_t World::incidents(Key instance) const {
  const Instance* row = state().instance(instance);
  return row == nullptr ? 0 : row->incidents.size();
}

std::string World::variables(Key scope) const {
  const Instance* instance = state().instance_of(scope);
  return instance == nullptr ? "" : local_variables_json(*instance, scope, {});
}

}  // namespace baton::engine::testing
