#include "conformance/engine_driver.h"

#include <algorithm>
#include <sstream>

#include "engine/appliers/appliers.h"
#include "engine/behaviours/variables.h"
#include "engine/command_codec.h"
#include "engine/frame.h"

namespace baton::conformance {

namespace {
constexpr std::uint64_t kToken = 1;
constexpr std::size_t kDueSlice = 64;
constexpr int kMostRounds = 10'000;
}  // namespace

bool EngineDriver::run(engine::CommandBody body) {
  engine::Command command;
  command.principal.kind = engine::Principal::Kind::kClient;
  command.reply_token = kToken;
  command.body = std::move(body);
  reply_.reset();
  error_.reset();
  process(command);
  process_sent();
  process_due();
  return !error_;
}

void EngineDriver::pass_to(TimeMs time) {
  now_ = std::max(now_, time);
  process_due();
}

bool EngineDriver::process(const engine::Command& command) {
  std::string frames;
  engine::Effects effects;
  const bool appended = live_.process(command, now_, frames, effects);
  for (const engine::Effect& effect : effects) {
    const auto* reply = std::get_if<engine::Reply>(&effect);
    if (reply == nullptr || reply->token != kToken) continue;
    if (const auto* error = std::get_if<Error>(&reply->body)) {
      error_ = *error;
    } else {
      reply_ = reply->body;
    }
  }
  record(frames);
  return appended;
}

void EngineDriver::process_sent() {
  engine::Command sent;
  for (int round = 0; round < kMostRounds && live_.next_sent(sent); ++round) process(sent);
}

void EngineDriver::process_due() {
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<engine::Command> due;
    live_.collect_due(now_, kDueSlice, due);
    bool moved = false;
    for (const engine::Command& command : due) {
      moved = process(command) || moved;
      process_sent();
    }
    if (!moved) return;
  }
}

void EngineDriver::record(std::string_view frames) {
  while (!frames.empty()) {
    const auto frame = engine::read_frame(frames);
    if (!frame || !replayed_.replay(*frame)) {
      sound_ = false;
      return;
    }
    const auto body = engine::decode_command(frame->header.intent, frame->command);
    if (!body) {
      sound_ = false;
      return;
    }
    engine::SymbolTable symbols;
    engine::CommandVariables variables;
    if (const JsonDocument* document = engine::variables_of(*body))
      variables = engine::intern_variables(*document, symbols);
    ByteReader events(frame->events);
    for (std::uint64_t i = 0; i < frame->event_count; ++i) {
      std::string event;
      if (!engine::describe_next(events, frame->header.instance, symbols, variables, event)) {
        sound_ = false;
        return;
      }
      record_event(event, frame->header.instance);
    }
  }
}

void EngineDriver::record_event(std::string_view event, Key instance) {
  std::istringstream fields{std::string(event)};
  std::string name;
  std::uint64_t key = 0;
  std::uint64_t next = 0;
  fields >> name >> key >> next;
  if (name == "INSTANCE_CREATED") {
    models_[key] = live_.state().definition(Key(next))->model.get();
  } else if (name == "ELEMENT_ACTIVATING") {
    elements_[key] = {models_.at(instance.value()), static_cast<std::uint32_t>(next)};
  } else if (name == "ELEMENT_COMPLETED" || name == "ELEMENT_TERMINATED") {
    const auto& [model, index] = elements_.at(key);
    const bpmn::Element& element = model->elements.at(index);
    const bool item = index != 0 && model->element(element.scope).type == bpmn::ElementType::kMultiInstanceBody;
    ended_.push_back({instance, element.id, element.type, name == "ELEMENT_COMPLETED", item});
  }
}

}  // namespace baton::conformance
