// Arbitrary bytes as a sequence of commands on a fixed set of processes. After every command, an engine that replays
// the frames must have the same state, and a refused command must have changed nothing.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

#include "engine/engine.h"
#include "engine/tests/process_text.h"

namespace {

using namespace baton;
namespace testing = engine::testing;
using testing::ProcessText;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fputs(what, stderr);
  std::abort();
}

/// Scopes, and all that interrupts or joins them.
ProcessText events() {
  ProcessText inner = ProcessText::inside("s");
  inner.start("s_start")
      .service("s_a")
      .loop_service("s_loop", {.input = "= [1, 2, x]", .output = "r", .output_element = "= item", .until = "= x = 2"})
      .end_event("s_end", testing::escalation_event("late"))
      .sequence({"s_start", "s_a", "s_loop", "s_end"});
  ProcessText handler = ProcessText::inside("h");
  handler.start_event("h_start", testing::signal_event("stop"), false)
      .call("h_call", "processId=\"p0\"")
      .end("h_end")
      .sequence({"h_start", "h_call", "h_end"});
  ProcessText text("p4");
  text.start()
      .sub_process("s", inner)
      .boundary("on_error", "s", testing::error_event("e"))
      .boundary("on_timer", "s", testing::timer_cycle("R3/PT0.020S"), false)
      .boundary("on_message", "s", testing::message_event("m"), true)
      .boundary("on_escalation", "s", testing::escalation_event(), false)
      .event_sub_process("h", handler)
      .catch_event("c", testing::message_event("m"))
      .throw_event("t", testing::signal_event("stop"))
      .call("call", "processId=\"p5\" propagateAllChildVariables=\"false\"")
      .end_event("end", testing::terminate_event())
      .sequence({"start", "s", "c", "t", "call", "end"});
  for (const char* from : {"on_error", "on_timer", "on_message", "on_escalation"}) text.flow(from, "c");
  return text.message("m", "m", "= x").signal("stop", "stop").error("e", "e").escalation("late", "late");
}

/// Started by a message or a caller, and done by people.
ProcessText people() {
  ProcessText text("p5");
  text.start()
      .event("startEvent", "by_message", testing::message_event("m"))
      .raw("userTask", "a", "",
           "<bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition assignee=\"=o\"/>"
           "</bpmn:extensionElements>")
      .boundary("late", "a", testing::timer_duration("PT0.010S"))
      .end_event("end", testing::error_event("e"))
      .sequence({"start", "a", "end"})
      .flow("by_message", "a")
      .flow("late", "end");
  return text.message("m", "m").error("e", "e");
}

std::vector<engine::Resource> processes() {
  ProcessText mapped("p0");
  mapped.start()
      .service("a", {.inputs = {{"= x + 1", "x"}, {"= x", "o.p"}}, .outputs = {{"= if r = null then 1 else r", "r"}}})
      .end();
  ProcessText choice("p1");
  choice.start()
      .exclusive("g")
      .service("a")
      .service("b")
      .flow("start", "g")
      .flow("g", "a", "= x > 1")
      .flow("g", "b", "= x < 1")
      .flow("a", "g");
  ProcessText fork("p2");
  fork.start()
      .parallel("f")
      .service("a")
      .service("b")
      .parallel("j")
      .end()
      .sequence({"start", "f", "a", "j", "end"})
      .sequence({"f", "b", "j"})
      .flow("b", "f");
  ProcessText wide("p3");
  wide.start()
      .exclusive("m")
      .parallel("f")
      .exclusive("again", "out")
      .service("a")
      .sequence({"start", "m", "f"})
      .flow("f", "a")
      .flow("f", "again")
      .flow("again", "m", "= x > 0")
      .flow("again", "a", "", "out");
  return {{"0.bpmn", mapped.sequence({"start", "a", "end"}).file()},
          {"1.bpmn", choice.file()},
          {"2.bpmn", fork.file()},
          {"3.bpmn", wide.file()},
          {"4.bpmn", events().file()},
          {"5.bpmn", people().file()}};
}

/// Reads numbers from the input; zeros at its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool empty() const { return size_ == 0; }
  std::uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  std::int64_t number() {
    const std::uint8_t b = byte();
    return b == 255 ? std::numeric_limits<std::int64_t>::max() : b - 8;
  }
  JsonDocument variables() {
    JsonDocument document;
    for (int n = byte() % 4; n > 0; --n) {
      static constexpr const char* kNames[] = {"x", "o", "r", ""};
      static constexpr const char* kValues[] = {"0", "1", "2", "null", "\"t\"", "{\"p\":[1]}", "true", "-1.50"};
      document.add(kNames[byte() % 4], kValues[byte() % 8]);
    }
    return document;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

class Player {
 public:
  Player() { play(engine::DeployResources{processes()}); }

  void step(Input& in) {
    const std::uint8_t kind = in.byte() % 24;
    if (kind == 0) {
      now_ = now_ + in.byte();
      std::vector<engine::Command> due;
      live_.collect_due(now_, 8, due);
      for (const auto& command : due) play(command.body);
      return;
    }
    play(command(kind, in));
  }

 private:
  Key key(Input& in) {
    const std::uint64_t first = (1ULL << kKeyCounterBits) + 2 * kKeyBlockSize;
    const std::uint8_t offset = in.byte();
    return Key(first + (in.byte() % 16) * kKeyBlockSize + offset % kKeyBlockSize);
  }

  static std::string correlation_key(Input& in) {
    static constexpr const char* kKeys[] = {"0", "1", "2", ""};
    return kKeys[in.byte() % 4];
  }

  engine::CommandBody command(std::uint8_t kind, Input& in) {
    using namespace engine;
    switch (kind) {
      case 1:
        return CancelInstance{Key(block_of(key(in)))};
      case 2:
        return ActivateJob{key(in), "w", in.number(), {}, 0};
      case 3:
      case 4:
        return CompleteJob{key(in), in.variables()};
      case 5:
        return FailJob{key(in), static_cast<std::int32_t>(in.byte()) - 3, "m\xC3\xA9", in.number(), in.variables()};
      case 6:
        return UpdateJobRetries{key(in), in.byte() - 3};
      case 7:
        return UpdateJobTimeout{key(in), in.number()};
      case 8:
        return ResolveIncident{key(in)};
      case 9:
        return SetVariables{key(in), in.byte() % 2 == 0, in.variables()};
      case 10:
        return TimeOutJob{key(in)};
      case 11:
        return EndJobBackoff{key(in)};
      case 12:
        return YieldJob{key(in)};
      case 13:
        return Continue{block_of(key(in))};
      case 14:
        return PublishMessage{"m", correlation_key(in), in.number(), in.byte() % 2 == 0 ? "id" : "", in.variables()};
      case 15:
        return RequestCorrelation{"m", correlation_key(in), in.variables()};
      case 16:
        return BroadcastSignal{"stop", in.variables()};
      case 17:
        return ThrowError{key(in), in.byte() % 2 == 0 ? "e" : "other", "text", in.variables()};
      case 18:
        return AssignUserTask{key(in), in.byte() % 2 == 0 ? "ann" : "", in.byte() % 2 == 0, in.byte() % 2 == 0, ""};
      case 19:
        return UpdateUserTask{key(in), std::vector<std::string>{"g"}, {}, "2030-01-01T00:00:00Z", {}, in.byte(), ""};
      case 20:
        return CompleteUserTask{key(in), in.variables(), ""};
      case 21:
        return DeleteResource{key(in)};
      default: {
        CreateInstance create;
        create.process_id = std::string("p") + static_cast<char>('0' + in.byte() % 6);
        create.variables = in.variables();
        create.await_result = in.byte() % 2 == 0;
        return create;
      }
    }
  }

  /// A command, and what instances send each other because of it.
  void play(engine::CommandBody body) {
    constexpr int kMostSent = 64;
    engine::Command one;
    one.reply_token = ++token_;
    one.principal.kind =
        engine::is_internal(body) ? engine::Principal::Kind::kEngine : engine::Principal::Kind::kAnonymous;
    one.body = std::move(body);
    run(one);
    engine::Command sent;
    for (int i = 0; i < kMostSent && live_.next_sent(sent); ++i) run(sent);
  }

  void run(const engine::Command& one) {
    const std::uint64_t before = live_.state().full_hash();
    std::string frames;
    engine::Effects effects;
    live_.process(one, now_, frames, effects);
    const auto is_refusal = [](const engine::Effect& effect) {
      const auto* reply = std::get_if<engine::Reply>(&effect);
      return reply != nullptr && std::holds_alternative<Error>(reply->body);
    };
    const bool refused = frames.empty() || std::any_of(effects.begin(), effects.end(), is_refusal);
    require(!refused || live_.state().full_hash() == before, "a refused command changed the state\n");
    std::string_view rest = frames;
    while (!rest.empty()) {
      const auto frame = engine::read_frame(rest);
      require(frame.has_value(), "a frame cannot be read\n");
      require(replayed_.replay(*frame).has_value(), "a frame cannot be replayed\n");
    }
    require(live_.state().full_hash() == replayed_.state().full_hash(), "replay leads to another state\n");
  }

  engine::Engine live_{PartitionId(1)};
  engine::Engine replayed_{PartitionId(1)};
  TimeMs now_{1000};
  std::uint64_t token_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostBytes = 400;
  Input input(data, std::min(size, kMostBytes));
  Player player;
  while (!input.empty()) player.step(input);
  return 0;
}
