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
constexpr Key at(std::uint64_t offset) {
  return Key(kInstance.value() + offset);
}

using Lines = std::map<std::string, std::string>;  // "NAME version" -> hex

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
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

TEST(Golden, Events) {
  SymbolTable symbols;
  Samples s;
  s.event(DeploymentCreated{at(0), 2});
  s.event(ProcessDefined{
      at(1), at(0), "order", Version(3), "v1", 1, std::string("\x01\xFF", 2), {{"order", "start"}, {"f1"}}});
  s.event(InstanceCreated{kInstance, Key(77), Key(0), true, {"x"}, {"tag"}});
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

TEST(Golden, Rows) {
  SymbolTable symbols;
  Lines lines;
  std::set<RowKind> kinds;
  const RowEncoder::Visit keep = [&](std::string_view key, std::string_view value) {
    kinds.insert(static_cast<RowKind>(key[0]));
    lines[fmt::format("{} {}", static_cast<int>(key[0]), static_cast<int>(value[0]))] = hex(key) + "=" + hex(value);
  };
  RowEncoder rows(keep);
  rows.row(Key(0), {}, CountersRow{4096});
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
  rows.row(definition);
  rows.row(LatestDefinitionRow{symbols.intern("red"), symbols.intern("order"), Version(3), at(1)});
  rows.row(DirectoryRow{at(640), kInstance});
  rows.row(Key(0), {}, TotalsRow{Position(9), kStart, 4, 3, 2, 1});
  rows.row(
      kInstance, {},
      InstanceRow{
          kInstance, Key(77), symbols.intern("red"), kInstance, Key(0), at(9), at(64), true, {"x"}, {"t"}, kStart});
  rows.row(
      kInstance, {at(2).value()},
      ElementInstanceRow{at(2), kInstance, ElementIndex(3), ElementState::kCompleting, 1, 2, at(6), at(8), 4, kStart});
  rows.row(kInstance, {kInstance.value(), 4}, WaitingTokensRow{kInstance, bpmn::FlowIndex(4), 2});
  rows.row(kInstance, {at(6).value()},
           JobRow{at(6), at(2), ElementIndex(3), symbols.intern("work"), JobState::kFailed, -1, symbols.intern("w"),
                  kStart, kStart + 1, Position(12), at(8), Value("\"e\"")});
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
  compare("rows.txt", lines);
  for (const int first : {static_cast<int>(RowKind::kCounters), static_cast<int>(RowKind::kDecisionRequirements)}) {
    const int last = static_cast<int>(first == 1 ? RowKind::kDeferredStep : RowKind::kLatestRequirements);
    for (int kind = first; kind <= last; ++kind)
      EXPECT_TRUE(kinds.contains(static_cast<RowKind>(kind))) << "row kind " << kind << " has no sample";
  }
}

TEST(Golden, Commands) {
  const JsonDocument variables = json(R"({"x":1,"y":{"z":null}})");
  const std::vector<CommandBody> samples = {
      DeployResources{{{"a.bpmn", "<xml/>"}}},
      CreateInstance{Key(77), "order", -1, variables, true, {"x"}, {"tag"}},
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
      IsolateInstance{at(6), "why"},
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
    EXPECT_FALSE(decode_command(intent_number(samples[i]), std::string_view(bytes).substr(0, bytes.size() - 1)));
  }
  EXPECT_FALSE(decode_command(0, ""));
  EXPECT_FALSE(decode_command(static_cast<std::uint8_t>(samples.size() + 1), ""));
  compare("commands.txt", lines);
}

}  // namespace
}  // namespace baton::engine::testing
