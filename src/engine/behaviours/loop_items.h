#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"

namespace baton::engine {

/// Items of loops that were read ahead, so that a long list is not evaluated once per frame. Known to this process
/// alone: after a restart the rest is read again. Items that a frame read are forgotten with it if it is taken back.
class LoopItems {
 public:
  /// Items `from`, `from` + 1, ... of a body as JSON, at most `count`; none if they were not read.
  [[nodiscard]] std::span<const std::string> find(Key body, std::uint32_t from, std::uint32_t count) const;
  void keep(Key body, std::uint32_t from, std::vector<std::string> items);
  void begin_frame() { kept_ = 0; }
  void roll_back();

 private:
  struct Entry {
    Key body;
    std::uint32_t from = 0;
    std::vector<std::string> items;
  };
  std::array<Entry, 4> entries_;
  std::size_t next_ = 0;  // to be replaced
  std::size_t kept_ = 0;  // in this frame
};

}  // namespace baton::engine
