// What a checkpoint writes of a large instance. Instead of being copied when it changes while the checkpoint is being
// written, which would stop everything for as long as that takes, it is encoded on the partition's thread: a few rows
// in each turn, and a row that is about to change before it does.
#pragma once

#include <string>
#include <vector>

#include "engine/state/cold.h"
#include "engine/state/instance_codec.h"

namespace baton::engine {

class InstanceSpill {
 public:
  /// Of a split instance as it is now; takes over its books of changed rows.
  explicit InstanceSpill(Instance& instance);
  InstanceSpill(const InstanceSpill&) = delete;
  InstanceSpill& operator=(const InstanceSpill&) = delete;

  [[nodiscard]] Instance& instance() const { return instance_; }
  /// A row is about to be put or erased.
  void before_change(RowKind kind, std::uint64_t first, std::uint64_t second);
  /// Encodes up to `most` rows, which are counted down; true if some are left.
  bool step(std::size_t& most);
  /// Hands all of it to `sink`; when step() has left nothing. Any thread.
  void write(RowSink& sink) const;

 private:
  /// Collects rows as bytes: a few large blocks instead of a string for each key and value. Blocks never grow, which
  /// would copy what they have.
  class Buffer final : public RowSink {
   public:
    void put(std::string_view key, std::string_view value) override;
    void erase(std::string_view key) override;
    void erase_all(std::string_view prefix) override;
    void replay(RowSink& sink) const;

   private:
    enum class Kind : char { kPut, kErase, kEraseAll };
    void add(Kind kind, std::string_view key, std::string_view value);
    std::vector<std::string> blocks_;
  };

  Instance& instance_;
  decltype(CacheState::changed_rows) pending_;
  Buffer buffer_;
  InstanceWriter writer_;
};

}  // namespace baton::engine
