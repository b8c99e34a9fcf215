// Released formats are frozen: one line of hex per (kind, version) of a fixed sample, for events, rows and commands.
// The files are in golden/; BATON_GOLDEN_UPDATE=1 adds the lines of new kinds and never changes an old one.
#include <fstream>
#include <set>

#include "engine/command_codec.h"
#include "engine/state/row_codec.h"
#include "engine/tests/harness.h"

namespace baton::engine::testing {
namespace {

constexpr Key kInstance{(1ULL << kKeyCounterBits) + 128};
constexpr Key at(std::int64_t offset) {
  return Key(kInstance.value() + static_cast<std::uint64_t>(offset));
}

using Lines = std::map<std::string, std::string>;  // "NAME version" -> hex

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out.empty() ? "-" : out;
}

std::string golden_file(const char* name) {
  return std::string(BATON_SOURCE_DIR) + "/src/engine/tests/golden/" + name;
}

void compare(const char* name, const Lines& actual) {
  Lines golden;
  std::ifstream in(golden_file(name));
  std::string kind, version, bytes;
  while (in >> kind >> version >> bytes) golden[kind + " " + version] = bytes;
  std::string added;
  for (const auto& [key, line] : actual) {
    const auto it = golden.find(key);
    if (it == golden.end()) {
      added += key + " " + line + "\n";
    } else {
      EXPECT_EQ(it->second, line) << name << ": " << key << ": a released format changed: register a new version";
    }
  }
  for (const auto& [key, line] : golden)
    EXPECT_TRUE(actual.contains(key)) << name << ": " << key << " can no longer be written or read";
  if (added.empty()) return;
  if (std::getenv("BATON_GOLDEN_UPDATE") != nullptr) {
    std::ofstream(golden_file(name), std::ios::app) << added;
  } else {
    ADD_FAILURE() << name << " has no line for:\n" << added;
  }
}

class Samples {
 public:
  template <typename Event>
  void event(const Event& event) {
    std::string bytes;
    ByteWriter out(bytes);
    FieldWriter writer(out, kInstance);
    Event::fields(event, writer);
    lines_[fmt::format("{} {}", event_kind_name(Event::kKind), kEventVersion)] = hex(bytes);
    // What is written can be read, and reads as the same.
    SymbolTable symbols;
    ByteReader in(bytes);
    FieldReader reader(in, kInstance, symbols, static_cast<const CommandVariables*>(nullptr));
    Event read;
    Event::fields(read, reader);
    EXPECT_TRUE(in.ok() && in.at_end());
    std::string again;
    ByteWriter out_again(again);
    FieldWriter writer_again(out_again, kInstance);
    Event::fields(read, writer_again);
    EXPECT_EQ(hex(again), hex(bytes));
  }
  [[nodiscard]] const Lines& lines() const { return lines_; }

 private:
  Lines lines_;
};

void add_activities(Samples& s, SymbolTable& symbols) {
  s.event(ScopeInterrupted{at(2)});
  s.event(CommandSent{7, symbols.intern("red"), 38, std::string("\x01\xFF", 2)});
  s.event(CommandTaken{7});
  s.event(JobErrorThrown{at(6), "code", Value("\"why\"")});
  s.event(JobHeadersSet{at(6), Value("{\"a\":\"b\"}")});
  s.event(CallStarted{at(2), at(640)});
  s.event(CallEnded{at(2)});
  s.event(LoopStarted{at(2), 300});
  s.event(LoopItemStarted{at(3), 17});
  s.event(LoopItemCompleted{at(3), Value("[1]")});
  s.event(LoopSatisfied{at(2)});
  s.event(LoopChunkRead{at(2), 256, Value("[1,2]")});
  s.event(UserTaskCreated{
      at(7), at(2), "ada", {"g"}, {"u", "v"}, "2030-01-31T12:00:00Z", "", 70, "form", Value("{}"), at(640)});
  s.event(UserTaskAssigned{at(7), "bob", "claim"});
  s.event(UserTaskUpdated{at(7), {}, {"u"}, "", "2030-01-31T12:00:00Z", 1, "update"});
  s.event(UserTaskCompleted{at(7), "complete"});
  s.event(UserTaskCanceled{at(7)});
}

void add_messaging(Samples& s, SymbolTable& symbols) {
  const Symbol red = symbols.intern("red");
  const Symbol paid = symbols.intern("paid");
  const Symbol order = symbols.intern("order");
  const Symbol key = symbols.intern("4711");
  const ElementIndex element(3);
  using bpmn::EventType;
  s.event(SubscriptionOpened{at(5), at(2), element, EventType::kTimer, kStart, -1, "R/PT1S", paid, "4711"});
  s.event(SubscriptionClosed{at(5)});
  s.event(TimerRescheduled{at(5), kStart, 2});
  s.event(StartTimerSet{{Key(77), element, kStart, 3, "R4/PT1S"}});
  s.event(StartTimerEnded{Key(77), element});
  s.event(StartSubscriptionOpened{{Key(77), element, EventType::kMessage, red, paid, "order"}});
  s.event(StartSubscriptionClosed{Key(77), element});
  s.event(MessagePublished{
      Key(640), red, paid, key, symbols.intern("id"), kStart, {{symbols.intern("x"), Value("1"), -1}}});
  s.event(MessageExpired{Key(640)});
  s.event(MessageSubscriptionOpened{at(5), at(2), red, paid, key, "order"});
  s.event(MessageSubscriptionClosed{at(5)});
  s.event(MessageCorrelating{Key(640), at(5), "order", true});
  s.event(MessageAcknowledged{at(5)});
  s.event(MessageRejected{Key(640), "order"});
  s.event(StartLockTaken{{red, order, key, Key(640)}});
  s.event(StartLockReleased{red, order, key});
  s.event(SignalBroadcast{Key(704), "alarm"});
  s.event(RequestRemembered{{1, 2, "body", "reply", Position(12), kStart}});
  s.event(RequestForgotten{1, 2});
}

TEST(Golden, Events) {
  SymbolTable symbols;
  Samples s;
  s.event(DeploymentCreated{at(0), 2});
  s.event(ProcessDefined{
      at(1), at(0), "order", Version(3), "v1", 1, std::string("\x01\xFF", 2), {{"order", "start"}, {"f1"}}});
  s.event(InstanceCreated{
      kInstance, Key(77), at(-64), true, {"x"}, {"tag"}, at(-128), 2, true, "key", "business", {ElementIndex(4)}});
  s.event(BlockTaken{at(640)});
  s.event(ElementActivating{at(2), ElementIndex(3), kInstance, bpmn::FlowIndex(4), true});
  s.event(ElementActivated{at(2)});
  s.event(ElementCompleting{at(2)});
  s.event(ElementCompleted{at(2)});
  s.event(ElementTerminating{at(2)});
  s.event(ElementTerminated{at(2)});
  s.event(FlowTaken{bpmn::FlowIndex(300), kInstance, true});
  s.event(StepDeferred{at(9), DeferredKind::kTerminateScope, bpmn::kNoFlow, kInstance});
  s.event(StepResumed{at(9)});
  s.event(VariableCreated{at(5), kInstance, {symbols.intern("name"), Value("{\"a\":1}"), -1}});
  s.event(VariableUpdated{at(5), kInstance, {symbols.intern("name"), Value("null"), -1}});
  s.event(JobCreated{at(6), at(2), symbols.intern("work"), -3});
  s.event(JobActivated{at(6), symbols.intern("worker"), kStart});
  s.event(JobCompleted{at(6)});
  s.event(JobFailed{at(6), 2, kStart, Value("\"why\"")});
  s.event(JobBackoffStarted{at(6), 2, kStart, Value("\"why\"")});
  s.event(JobBackoffEnded{at(6)});
  s.event(JobActivatable{at(6), JobReason::kIncidentResolved});
  s.event(JobRetriesUpdated{at(6), 7});
  s.event(JobDeadlineUpdated{at(6), kStart});
  s.event(JobCanceled{at(6)});
  s.event(IncidentCreated{at(8), at(2), at(6), IncidentKind::kMessageSizeExceeded, Value("\"big\"")});
  s.event(IncidentResolved{at(8)});
  s.event(DecisionRequirementsDefined{at(1), at(0), symbols.intern("drg"), "Graph", Version(2), 1, "sum"});
  s.event(
      DecisionDefined{at(2), at(0), at(1), symbols.intern("discount"), "Discount", Version(2), symbols.intern("v1")});
  s.event(DecisionEvaluated{at(9), Key(77), at(2), Value("5"), Value("[]"), "discount", "why"});
  s.event(ProcessDeleted{at(1)});
  s.event(DecisionDeleted{at(2)});
  s.event(DecisionRequirementsDeleted{at(1)});
  s.event(UserPut{at(64), symbols.intern("ada"), "Ada", "ada@example.org", {"$argon2id$x"}});
  s.event(UserDeleted{at(64)});
  s.event(TokenCreated{at(128), "ci", symbols.intern("red"), {"digest"}});
  s.event(TokenDeleted{at(128)});
  s.event(FormDefined{at(1), at(0), symbols.intern("form"), Version(2), symbols.intern("v1"), 1, "sum"});
  s.event(FormDeleted{at(1)});
  add_activities(s, symbols);
  add_messaging(s, symbols);
  compare("events.txt", s.lines());
  for (int kind = 1; kind < 256; ++kind) {
    if (event_kind_name(static_cast<EventKind>(kind)) == "UNKNOWN") continue;
    const std::string line = fmt::format("{} {}", event_kind_name(static_cast<EventKind>(kind)), kEventVersion);
    EXPECT_TRUE(s.lines().contains(line)) << line << " has no sample";
  }
}

TEST(Golden, VariablesOfTheCommandAreReferredToByIndex) {
  SymbolTable symbols;
  std::string bytes;
  ByteWriter out(bytes);
  FieldWriter writer(out, kInstance);
  const VariableCreated event{at(5), kInstance, {symbols.intern("x"), Value("1"), 3}};
  VariableCreated::fields(event, writer);
  EXPECT_EQ(hex(bytes), "0c020103");
}

void add_new_rows(RowEncoder& rows, SymbolTable& symbols) {
  const Symbol red = symbols.intern("red");
  const Symbol paid = symbols.intern("paid");
  const Symbol key = symbols.intern("4711");
  using bpmn::EventType;
  const auto own = [&](const auto& row) { rows.row(kInstance, {row.key.value()}, row); };
  own(SubscriptionRow{at(5), at(2), ElementIndex(3), EventType::kMessage, TimeMs(0), 0, "", paid, "4711",
                      Position(12)});
  own(LoopRow{at(2), 300, 20, 10, true, 256, Value("[1]")});
  own(LoopItemRow{at(3), at(2), 17, Value("null")});
  own(UserTaskRow{at(7),
                  at(2),
                  ElementIndex(3),
                  UserTaskState::kAssigning,
                  "ada",
                  {"g"},
                  {"u"},
                  "2030-01-31T12:00:00Z",
                  "",
                  70,
                  "form",
                  Value("{}"),
                  kStart,
                  at(640)});
  rows.row(SentCommandRow{7, red, 38, "bytes"});
  rows.row(StartTimerRow{Key(77), ElementIndex(3), kStart, 2, "R3/PT1S"});
  rows.row(MessageRow{Key(640), red, paid, key, symbols.intern("id"), kStart, Value("{}"), {"order"}});
  rows.row(MessageSubscriptionRow{at(5), at(2), red, paid, key, "order", Position(12), Key(640)});
  rows.row(StartSubscriptionRow{Key(77), ElementIndex(3), EventType::kSignal, red, paid, "order"});
  rows.row(StartLockRow{red, symbols.intern("order"), key, Key(640)});
  rows.row(JobBackoffRow{at(6), red, symbols.intern("work"), kStart, Position(12)});
  rows.row(RequestRow{1, 2, "body", "reply", Position(12), kStart});
}

DefinitionRow sample_definition(SymbolTable& symbols) {
  DefinitionRow definition;
  definition.key = at(1);
  definition.process_id = "order";
  definition.version = Version(3);
  definition.version_tag = "v1";
  definition.tenant = symbols.intern("<default>");
  definition.deployment = at(0);
  definition.resource_name = "order.bpmn";
  definition.checksum = "sum";
  definition.table = {{"order", "start"}, {"f1"}};
  definition.resource = SharedBytes("<xml/>");
  return definition;
}

TEST(Golden, Rows) {
  SymbolTable symbols;
  Lines lines;
  std::set<RowKind> kinds;
  const RowEncoder::Visit keep = [&](std::string_view key, std::string_view value) {
    kinds.insert(static_cast<RowKind>(key[0]));
    lines[fmt::format("{} {}", static_cast<int>(key[0]), static_cast<int>(value[0]))] = hex(key) + "=" + hex(value);
  };
  RowEncoder rows(keep);
  rows.row(Key(0), {}, CountersRow{4096, 9, 2});
  rows.row(sample_definition(symbols));
  rows.row(LatestDefinitionRow{symbols.intern("red"), symbols.intern("order"), Version(3), at(1)});
  rows.row(DirectoryRow{at(640), kInstance});
  rows.row(Key(0), {}, TotalsRow{Position(9), kStart, 4, 3, 2, 1});
  rows.row(kInstance, {},
           InstanceRow{kInstance,
                       Key(77),
                       symbols.intern("red"),
                       kInstance,
                       Key(0),
                       at(9),
                       at(64),
                       true,
                       {"x"},
                       {"t"},
                       kStart,
                       3,
                       true,
                       "key",
                       symbols.intern("business"),
                       {ElementIndex(4)}});
  rows.row(kInstance, {at(2).value()},
           ElementInstanceRow{at(2), kInstance, ElementIndex(3), ElementState::kCompleting, 1, 2, at(6), at(8), 4,
                              kStart, at(20), at(640), 7, at(21)});
  rows.row(kInstance, {kInstance.value(), 4}, WaitingTokensRow{kInstance, bpmn::FlowIndex(4), 2});
  rows.row(kInstance, {at(6).value()},
           JobRow{at(6), at(2), ElementIndex(3), symbols.intern("work"), JobState::kFailed, -1, symbols.intern("w"),
                  kStart, kStart + 1, Position(12), at(8), Value("\"e\""), Value("{}")});
  rows.row(kInstance, {at(5).value()}, VariableRow{at(5), kInstance, symbols.intern("name"), Value("[1]")});
  rows.row(kInstance, {at(8).value()},
           IncidentRow{at(8), at(2), at(6), IncidentKind::kConditionError, Value("\"m\""), 2, kStart});
  rows.row(kInstance, {at(9).value()}, DeferredStepRow{at(9), DeferredKind::kTakeFlow, bpmn::FlowIndex(4), kInstance});
  DecisionRequirementsRow requirements;
  requirements.key = at(1);
  requirements.tenant = symbols.intern("<default>");
  requirements.requirements_id = symbols.intern("drg");
  requirements.name = "Graph";
  requirements.version = Version(2);
  requirements.deployment = at(0);
  requirements.resource_name = "drg.dmn";
  requirements.checksum = "sum";
  requirements.resource = SharedBytes("<xml/>");
  rows.row(requirements);
  DecisionRow decision;
  decision.key = at(2);
  decision.tenant = symbols.intern("<default>");
  decision.decision_id = symbols.intern("discount");
  decision.name = "Discount";
  decision.version = Version(2);
  decision.version_tag = symbols.intern("v1");
  decision.requirements = at(1);
  decision.deployment = at(0);
  rows.row(decision);
  rows.row(LatestDecisionRow{symbols.intern("red"), symbols.intern("discount"), Version(3), at(2)});
  rows.row(LatestRequirementsRow{symbols.intern("red"), symbols.intern("drg"), Version(3), at(1)});
  rows.row(UserRow{at(64), symbols.intern("ada"), "Ada", "ada@example.org", {"$argon2id$x"}, symbols.intern("red")});
  rows.row(TokenRow{at(128), "ci", symbols.intern("red"), {"digest"}});
  FormRow form;
  form.key = at(1);
  form.tenant = symbols.intern("<default>");
  form.form_id = symbols.intern("form");
  form.version = Version(2);
  form.version_tag = symbols.intern("v1");
  form.deployment = at(0);
  form.resource_name = "a.form";
  form.checksum = "sum";
  form.resource = SharedBytes("{}");
  rows.row(form);
  rows.row(LatestFormRow{symbols.intern("red"), symbols.intern("form"), Version(3), at(1)});
  add_new_rows(rows, symbols);
  compare("rows.txt", lines);
  const auto all_in = [&](RowKind first, RowKind last) {
    for (int kind = static_cast<int>(first); kind <= static_cast<int>(last); ++kind)
      EXPECT_TRUE(kinds.contains(static_cast<RowKind>(kind))) << "row kind " << kind << " has no sample";
  };
  all_in(RowKind::kCounters, RowKind::kDeferredStep);
  all_in(RowKind::kDecisionRequirements, RowKind::kLatestRequirements);
  all_in(RowKind::kSubscription, RowKind::kRequest);
  all_in(RowKind::kForm, RowKind::kLatestForm);
  all_in(RowKind::kJobBackoff, RowKind::kJobBackoff);
}

TEST(Golden, Commands) {
  const JsonDocument variables = json(R"({"x":1,"y":{"z":null}})");
  const std::vector<CommandBody> samples = {
      DeployResources{{{"a.bpmn", "<xml/>"}}},
      CreateInstance{Key(77), "order", -1, variables, true, {"x"}, {"tag"}, {"a"}, {"b"}, "business"},
      CancelInstance{kInstance},
      ActivateJob{at(6), "worker", 60'000, {"x"}, 99},
      CompleteJob{at(6), variables},
      FailJob{at(6), -1, "why", 500, variables},
      UpdateJobRetries{at(6), 3},
      UpdateJobTimeout{at(6), 1000},
      ResolveIncident{at(8)},
      SetVariables{kInstance, true, variables},
      TimeOutJob{at(6)},
      EndJobBackoff{at(6)},
      YieldJob{at(6)},
      Continue{kInstance},
      EvaluateDecision{Key(77), "discount", variables},
      DeleteResource{Key(77)},
      PutUser{PutUser::Mode::kUpdate, "ada", "Ada", "ada@example.org", "$argon2id$x"},
      DeleteUser{"ada"},
      CreateToken{"ci", "digest"},
      DeleteToken{at(128)},
      ThrowError{at(6), "code", "why", variables},
      PublishMessage{"paid", "4711", 500, "id", variables},
      BroadcastSignal{"alarm", variables},
      AssignUserTask{at(7), "ada", false, true, "claim"},
      UpdateUserTask{at(7), std::vector<std::string>{"g"}, std::nullopt, "", std::nullopt, 70, "update"},
      CompleteUserTask{at(7), variables, "complete"},
      TriggerTimer{at(5)},
      TriggerStartTimer{Key(77), ElementIndex(3)},
      ExpireMessages{},
      ForgetRequests{},
      OpenMessageSubscription{at(5), at(2), "paid", "4711", "order"},
      CloseMessageSubscription{at(5)},
      CorrelateMessage{at(5), Key(640), "order", variables},
      AcknowledgeMessage{at(5)},
      RejectMessage{at(5), Key(640), "order"},
      StartByMessage{Key(77), ElementIndex(3), true, "4711", variables},
      ReleaseStartLock{"order", "4711"},
      DeliverSignal{"alarm", Position(12), Position(3), at(5), variables},
      TriggerSignal{at(5), variables},
      StartBySignal{Key(77), ElementIndex(3), variables},
      StartCalledProcess{Key(77), at(640), at(2), kInstance, 2, variables},
      ReportCallFailure{at(2), at(640), "why"},
      CompleteCall{at(2), at(640), variables},
      TerminateCalled{at(640)},
      CatchInCaller{at(2), at(640), at(3), ElementIndex(4), variables},
      IsolateInstance{at(6), "why"},
      RequestCorrelation{"paid", "4711", variables},
  };
  ASSERT_EQ(samples.size(), std::variant_size_v<CommandBody>) << "a command has no sample";
  Lines lines;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    ASSERT_EQ(samples[i].index(), i);
    std::string bytes;
    encode_command(samples[i], bytes);
    lines[fmt::format("{} {}", command_name(samples[i]), static_cast<int>(kFrameVersion))] = hex(bytes);
    const auto read = decode_command(intent_number(samples[i]), bytes);
    ASSERT_TRUE(read) << command_name(samples[i]);
    std::string again;
    encode_command(*read, again);
    EXPECT_EQ(hex(again), hex(bytes));
    EXPECT_FALSE(decode_command(intent_number(samples[i]), bytes + "x")) << "trailing bytes";
    if (bytes.empty()) continue;
    EXPECT_FALSE(decode_command(intent_number(samples[i]), std::string_view(bytes).substr(0, bytes.size() - 1)));
  }
  EXPECT_FALSE(decode_command(0, ""));
  EXPECT_FALSE(decode_command(static_cast<std::uint8_t>(samples.size() + 1), ""));
  compare("commands.txt", lines);
}

}  // namespace
}  // namespace baton::engine::testing
