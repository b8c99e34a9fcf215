// Writes events: each one is encoded for the journal and applied to the state at once, so the next decision sees it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/appliers/appliers.h"

namespace baton::engine {

class Recorder {
 public:
  explicit Recorder(Mutator& mutator) : writer_(bytes_), context_{mutator, Key(0), {}, nullptr, {}} {}

  /// Starts a frame that changes `instance` (0 if it is not known yet, or none).
  void begin(Key instance, Symbol tenant, const std::vector<Resource>* resources) {
    bytes_.clear();
    count_ = 0;
    context_.instance = instance;
    context_.tenant = std::move(tenant);
    context_.resources = resources;
    context_.status = {};
  }
  /// Names the instance that the frame creates; before its first event.
  void set_instance(Key instance) { context_.instance = instance; }

  template <typename Event>
  void append(const Event& event) {
    writer_.u8(static_cast<std::uint8_t>(Event::kKind));
    writer_.u8(kEventVersion);
    FieldWriter fields(writer_, context_.instance);
    Event::fields(event, fields);
    ++count_;
    apply(context_, event);
  }

  [[nodiscard]] Key instance() const { return context_.instance; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const Status& status() const { return context_.status; }

 private:
  std::string bytes_;
  ByteWriter writer_;
  ApplyContext context_;
  std::uint64_t count_ = 0;
};

}  // namespace baton::engine
