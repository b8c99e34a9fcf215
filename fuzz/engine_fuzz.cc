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
using engine::testing::ProcessText;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fputs(what, stderr);
  std::abort();
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
          {"3.bpmn", wide.file()}};
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
    const std::uint8_t kind = in.byte() % 16;
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
      default: {
        CreateInstance create;
        create.process_id = std::string("p") + static_cast<char>('0' + in.byte() % 4);
        create.variables = in.variables();
        create.await_result = in.byte() % 2 == 0;
        return create;
      }
    }
  }

  void play(engine::CommandBody body) {
    engine::Command one;
    one.reply_token = ++token_;
    one.principal.kind =
        engine::is_internal(body) ? engine::Principal::Kind::kEngine : engine::Principal::Kind::kAnonymous;
    one.body = std::move(body);
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
